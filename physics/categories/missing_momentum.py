"""The missing transverse momentum as an object of combinations: massless, and without longitudinal momentum."""

from typing import NamedTuple

import numpy as np

from edm.arrays import Float32, Mask
from edm.kinds import FIELDS
from edm.objects import Objects

__all__ = ["MissingMomentum"]


class MissingMomentum(NamedTuple):
    """The missing transverse momentum of events.

    Attributes:
        objects: One an event, with the columns FIELDS; zeros where it is not finite.
        finite: Whether it is finite, shape (n_events,): the others have no mass with it.
    """

    objects: Objects
    finite: Mask

    @classmethod
    def of_events(cls, magnitude: Float32, azimuth: Float32) -> "MissingMomentum":
        """Make it of two columns.

        Args:
            magnitude: In GeV, shape (n_events,).
            azimuth: In radians, shape (n_events,).

        Returns:
            Four-momenta (MET, MET cos φ, MET sin φ, 0) of events in which both are finite.
        """
        finite = np.isfinite(magnitude) & np.isfinite(azimuth)
        zeros = np.zeros(len(finite), dtype=np.float32)
        columns = (np.where(finite, magnitude, zeros), zeros, np.where(finite, azimuth, zeros), zeros)
        offsets = np.arange(len(finite) + 1, dtype=np.int64)
        return cls(Objects(offsets, dict(zip(FIELDS, columns, strict=True))), finite)
