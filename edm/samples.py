"""What is known of a sample of simulation, from whichever source."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Self

__all__ = ["SampleNumbers"]

_CATALOGUE = {
    "cross_section_pb": "cross_section_pb",
    "k_factor": "kFactor",
    "filter_efficiency": "genFiltEff",
    "sum_of_weights": "sumOfWeights",
    "n_events": "nEvents",
}
"""The names of the numbers in the catalogue of atlasopenmagic."""


@dataclass(frozen=True)
class SampleNumbers:
    """Numbers of a sample; None for what a source does not say.

    Attributes:
        cross_section_pb: σ in pb.
        k_factor: k (dimensionless).
        filter_efficiency: ε (dimensionless).
        sum_of_weights: ΣW of all generated events, in the generator's unit.
        n_events: How many were generated (dimensionless).
    """

    cross_section_pb: float | None = None
    k_factor: float | None = None
    filter_efficiency: float | None = None
    sum_of_weights: float | None = None
    n_events: float | None = None

    @classmethod
    def of_catalogue(cls, said: Mapping[str, Any]) -> Self:
        """Take the numbers out of what the catalogue says of a sample.

        Args:
            said: As atlasopenmagic names it; numbers may be text.

        Returns:
            The numbers; None where there is none, or none that is finite.
        """
        return cls(**{name: _number(said.get(key)) for name, key in _CATALOGUE.items()})

    def or_else(self, other: "SampleNumbers") -> "SampleNumbers":
        """Fill in from another source what this one does not say."""
        pairs = {field.name: (getattr(self, field.name), getattr(other, field.name)) for field in fields(self)}
        return SampleNumbers(**{name: second if first is None else first for name, (first, second) in pairs.items()})


def _number(value: Any) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) and not isinstance(value, bool) else None
