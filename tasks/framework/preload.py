"""Compiled loops, loaded by importing this module: what takes a second is shared by workers forked afterwards."""

import numpy as np

from physics import masses

__all__: list[str] = []

_ONE = np.ones((2, 1), dtype=np.float32)

masses.invariant_mass(_ONE, _ONE, _ONE, _ONE)  # numba prepares itself with the first loop, whichever it is
