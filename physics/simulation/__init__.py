"""Numbers of simulation beside its weights."""
