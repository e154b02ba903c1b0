"""Formats and places: everything that is read from or written to disk or network."""
