"""The event data model: what all rooms speak of. No file, no path, no luigi. GeV and radians everywhere."""
