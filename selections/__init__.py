"""Object selections as YAML files (data, no code)."""
