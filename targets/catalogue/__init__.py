"""Which files a run reads: local files, releases, records."""
