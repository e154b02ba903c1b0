"""Compiled loops: numba's compiler, with a cache that never ends a run."""
