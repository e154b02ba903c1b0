"""Which events count: good runs, cleaning, triggers, streams, halves and duplicates."""
