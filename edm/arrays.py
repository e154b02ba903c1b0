"""Names of the kinds of arrays that all rooms speak of; a module of its own, because the command line needs no more."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["Columns", "Float32", "Float64", "Int64", "Mask"]

Columns = Mapping[str, npt.NDArray[Any]]
"""Column name -> one value per object, shape (n_objects,)."""

Float32 = npt.NDArray[np.float32]
"""Numbers of objects, or masses, as they are stored: GeV, radians or dimensionless, shape (n,)."""

Float64 = npt.NDArray[np.float64]
"""What is computed on the way: GeV, radians or dimensionless, shape (n,)."""

Int64 = npt.NDArray[np.int64]
"""Offsets, counts or indices, shape (n,), dimensionless."""

Mask = npt.NDArray[np.bool_]
"""Which objects or events are meant, shape (n_objects,) or (n_events,)."""
