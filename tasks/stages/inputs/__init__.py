"""From sources of files to selected objects."""
