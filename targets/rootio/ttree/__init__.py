"""TTrees: branches, baskets, and the layouts of their numbers."""
