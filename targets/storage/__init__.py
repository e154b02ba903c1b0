"""Files and folders that exist whole or not at all, and locks."""
