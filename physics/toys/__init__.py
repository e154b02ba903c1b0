"""Toy collisions, for runs without a network."""
