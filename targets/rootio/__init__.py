"""ROOT files: from bytes to arrays."""
