"""A signal to look for: a Gaussian added to the counts of a histogram."""

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from edm.arrays import Float64, Int64
from physics.errors import PhysicsError

__all__ = ["Signal", "signal_counts"]


@dataclass(frozen=True)
class Signal:
    """A Gaussian signal.

    Attributes:
        mass_gev: Its mean in GeV.
        width_gev: Its standard deviation in GeV.
        events: Its events (dimensionless).
    """

    mass_gev: float
    width_gev: float
    events: int


def signal_counts(edges_gev: Float64, signal: Signal) -> Int64:
    """Return how many events of a signal lie in each bin, without any fluctuation.

    The expected number up to each edge is rounded, so that the sum is that of the signal and no bin is off by more
    than one event.

    Args:
        edges_gev: Edges of the bins in GeV, rising, shape (n_bins + 1,).
        signal: The signal.

    Returns:
        Events per bin, shape (n_bins,); what lies below the first and above the last edge is in no bin.

    Raises:
        PhysicsError: When its width is not above 0, or none of its events is in a bin.
    """
    if not signal.width_gev > 0:
        msg = f"signal_width_gev = {signal.width_gev:g}: the standard deviation of a signal must be above 0 GeV"
        raise PhysicsError(msg)
    shape = NormalDist(signal.mass_gev, signal.width_gev)
    below = np.array([shape.cdf(edge) for edge in edges_gev.tolist()])
    counts = np.diff(np.floor(signal.events * below + 0.5)).astype(np.int64)
    if not counts.any():
        msg = (
            f"no event of a signal of {signal.events} events at {signal.mass_gev:g} GeV lies in the histogram, which "
            f"goes from {edges_gev[0]:g} to {edges_gev[-1]:g} GeV: choose signal_mass_gev inside, or more signal_events"
        )
        raise PhysicsError(msg)
    return counts
