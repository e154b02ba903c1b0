"""Schemas of the file formats as YAML files (data, no code)."""
