"""Weights of simulated events, and sums of them that are exact whatever the order.

A histogram's content is N Σ w: w is the weight of an event, g · Π factors, and N turns generated events into those that
a luminosity of collisions would give. Sums are sums of integers, multiples of a unit u, so that workers, chunks and the
order of files cannot change a single bit.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from physics.errors import EventLevelError, PhysicsError

__all__ = [
    "SPREAD",
    "UNIT_BITS",
    "Sample",
    "WeightSums",
    "Weighting",
    "check_exact",
    "constant",
    "event_weights",
    "exact_sum",
    "normalisation",
    "unit_of",
]

UNIT_BITS = 20
"""u is 2^-20 of a typical weight."""
SPREAD = 1024
"""Squares are summed in units of (1024 u)², so that they stay as far below 2⁵³ as the weights."""

_LIMIT = 2.0**53  # integers up to here are exact in float64


def event_weights(generator: npt.NDArray[Any], factors: Sequence[npt.NDArray[Any]]) -> npt.NDArray[np.float64]:
    """Multiply the weight of each event.

    Args:
        generator: The generator's weight g, shape (n_events,), in the generator's unit.
        factors: Scale factors (dimensionless), shape (n_events,) each.

    Returns:
        The products g · f₁ · f₂ · …, in this order and in float64, shape (n_events,).
    """
    weights = generator.astype(np.float64)
    for factor in factors:
        weights = weights * factor.astype(np.float64)
    return weights


def unit_of(sum_of_weights: float, n_events: float) -> float:
    """Choose the unit in which weights are summed: 2^(floor(log2 |ΣW| / n) − 20).

    Args:
        sum_of_weights: ΣW of all generated events.
        n_events: How many they are (dimensionless).

    Returns:
        u, a power of two, in the generator's unit.

    Raises:
        EventLevelError: When the mean is 0 or no number.
    """
    mean = abs(sum_of_weights) / n_events if n_events > 0 else math.nan
    if not (math.isfinite(mean) and mean > 0):
        msg = (
            f"the sum of weights {sum_of_weights!r} of {n_events!r} events gives no unit to sum in: give "
            "sum_of_weights for the sample (--cross-sections FILE), or --mc-weights False to count events"
        )
        raise EventLevelError(msg)
    return math.ldexp(1.0, math.frexp(mean)[1] - 1 - UNIT_BITS)


def exact_sum(weights: npt.NDArray[np.float64], unit: float) -> tuple[int, int]:
    """Sum weights, in units, whatever their order.

    Args:
        weights: Shape (n_events,), in the generator's unit.
        unit: u, in the same.

    Returns:
        Σ rint(w / u) and how many weights are not finite, which count as 0; both dimensionless.

    Raises:
        PhysicsError: When the integers reach 2⁵³, beyond which they would not be exact.
    """
    finite = np.isfinite(weights)
    whole = np.rint(np.where(finite, weights, 0.0) / unit)
    check_exact(np.abs(whole).sum(), unit)
    return int(whole.sum()), int(np.count_nonzero(~finite))


def constant(name: str, values: npt.NDArray[Any]) -> float:
    """Take a number of a sample, which every event repeats.

    Args:
        name: The branch, for the message.
        values: In the branch's own unit, shape (n_events,), at least one.

    Returns:
        The number.

    Raises:
        EventLevelError: When it is not the same in all events, or not finite.
    """
    if not np.isfinite(values).all() or (values != values[0]).any():
        shown = ", ".join(f"{value:g}" for value in np.unique(values)[:2].tolist())
        msg = f"{name} is {shown} in events of one sample, where one number is expected: is it a mixture of samples?"
        raise EventLevelError(msg)
    return float(values[0])


@dataclass(frozen=True, eq=False)
class WeightSums:
    """Sums of weights in bins, in units.

    Attributes:
        first: S1 = Σ rint(w / u), shape (n_bins,).
        second: S2 = Σ rint(w / (1024 u))², shape (n_bins,).
        counts: Entries, shape (n_bins,).
        non_finite: Weights that are not finite; they count as 0.
    """

    first: npt.NDArray[np.int64]
    second: npt.NDArray[np.int64]
    counts: npt.NDArray[np.int64]
    non_finite: int = 0

    @classmethod
    def filled(
        cls, weights: npt.NDArray[np.float64], bins: npt.NDArray[np.int64], n_bins: int, unit: float
    ) -> "WeightSums":
        """Fill bins.

        Args:
            weights: Shape (n_entries,), in the generator's unit.
            bins: The bin of each, from 0 to n_bins − 1, shape (n_entries,).
            n_bins: How many bins there are.
            unit: u, in the unit of the weights.

        Returns:
            Their sums.

        Raises:
            PhysicsError: When an integer reaches 2⁵³.
        """
        finite = np.isfinite(weights)
        whole = np.rint(np.where(finite, weights, 0.0) / unit)
        coarse = np.rint(np.where(finite, weights, 0.0) / (SPREAD * unit)) ** 2
        for parts in (np.abs(whole), coarse):
            check_exact(np.bincount(bins, weights=parts, minlength=n_bins), unit)
        first = np.bincount(bins, weights=whole, minlength=n_bins).astype(np.int64)
        second = np.bincount(bins, weights=coarse, minlength=n_bins).astype(np.int64)
        counts = np.bincount(bins, minlength=n_bins).astype(np.int64)
        return cls(first, second, counts, int(np.count_nonzero(~finite)))

    def add(self, other: "WeightSums") -> "WeightSums":
        """Add the sums of other events, in the same bins and units.

        Raises:
            PhysicsError: When an integer reaches 2⁵³.
        """
        first, second = self.first + other.first, self.second + other.second
        check_exact(np.stack([first, second]))
        return WeightSums(first, second, self.counts + other.counts, self.non_finite + other.non_finite)

    def contents(self, factor: float, unit: float) -> npt.NDArray[np.float64]:
        """Give the contents of the histogram, N u S1.

        Args:
            factor: N, what :func:`normalisation` gave.
            unit: u.

        Returns:
            Expected events, shape (n_bins,).
        """
        return factor * unit * self.first.astype(np.float64)

    def variances(self, factor: float, unit: float) -> npt.NDArray[np.float64]:
        """Give the squared errors of the contents, (1024 u N)² S2.

        Args:
            factor: N, what :func:`normalisation` gave.
            unit: u.

        Returns:
            In events squared, shape (n_bins,).
        """
        return (SPREAD * unit * factor) ** 2 * self.second.astype(np.float64)


@dataclass(frozen=True)
class Sample:
    """What is known of a sample of simulation.

    Attributes:
        cross_section_pb: σ in pb.
        sum_of_weights: ΣW over all generated events of what was read, in the generator's unit.
        k_factor: k (dimensionless).
        filter_efficiency: ε (dimensionless).
    """

    cross_section_pb: float
    sum_of_weights: float
    k_factor: float = 1.0
    filter_efficiency: float = 1.0


@dataclass(frozen=True, eq=False)
class Weighting:
    """Weights of entries, and how they are summed.

    Attributes:
        weights: Shape (n_entries,), in the generator's unit; those that are not finite count as 0.
        unit: u, in the unit of the weights.
    """

    weights: npt.NDArray[np.float64]
    unit: float

    def select(self, chosen: npt.NDArray[np.bool_]) -> "Weighting":
        """Take some entries, by a mask of shape (n_entries,)."""
        return Weighting(self.weights[chosen], self.unit)

    def sums(self, bins: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Sum weights and their squares in bins.

        Args:
            bins: The bin of each entry, from 0 on, shape (n_entries,).

        Returns:
            S1 and S2 up to the last bin of an entry, shape (2, n_bins), dimensionless.

        Raises:
            PhysicsError: When an integer reaches 2⁵³.
        """
        sums = WeightSums.filled(self.weights, bins, int(bins.max(initial=-1)) + 1, self.unit)
        return np.stack([sums.first, sums.second])


def check_exact(sums: npt.NDArray[Any], unit: float | None = None) -> None:
    """Refuse sums of weights that are too large to be exact.

    Args:
        sums: In units of u (dimensionless), of any shape.
        unit: u, for the message; None leaves it out.

    Raises:
        PhysicsError: When one reaches 2⁵³.
    """
    largest = float(np.abs(sums).max(initial=0))
    if largest >= _LIMIT:
        of_unit = f" of {unit!r}" if unit is not None else ""
        msg = (
            f"a sum of weights has {largest:.3g} units{of_unit}, at most 2^53 are exact: some weights are far above "
            "the mean of the sample: look at them, or --mc-weights False to count events"
        )
        raise PhysicsError(msg)


def normalisation(sample: Sample, luminosity_pb: float) -> float:
    """Compute N = σ k ε L / ΣW.

    Args:
        sample: The sample.
        luminosity_pb: L in 1/pb.

    Returns:
        N, in events per unit of the generator's weight.

    Raises:
        EventLevelError: When a number is not finite, L is not positive or ΣW is 0.
    """
    expected = sample.cross_section_pb * sample.k_factor * sample.filter_efficiency * luminosity_pb
    if not (math.isfinite(expected) and math.isfinite(sample.sum_of_weights) and luminosity_pb > 0):
        msg = (
            f"{sample} at {luminosity_pb!r} 1/pb gives no number of events: correct --cross-sections or --luminosity-fb"
        )
        raise EventLevelError(msg)
    if sample.sum_of_weights == 0:
        msg = f"{sample}: the sum of weights is 0: give sum_of_weights for the sample (--cross-sections FILE)"
        raise EventLevelError(msg)
    return expected / sample.sum_of_weights
