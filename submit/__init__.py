"""Batch systems: how tasks become jobs on a cluster."""
