"""Which events and b-jets count: good runs, cleaning, triggers, streams, tags, duplicates."""
