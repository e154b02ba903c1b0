"""Counts of masses on grids: those of branches, which add up, and what cuts leave of them."""
