"""Weights of simulation: of events, of masses, and what their sums are normalised to."""
