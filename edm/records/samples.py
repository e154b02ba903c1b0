"""What is known of a sample of simulation, from whichever source, and what the weights of its files come to."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Self

__all__ = ["FileWeights", "Normalisation", "NormalisedBy", "SampleNumbers", "SumsOfSample"]

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
    def of_catalogue(cls, entry: Mapping[str, Any]) -> Self:
        """Take the numbers out of what the catalogue says of a sample.

        Args:
            entry: As atlasopenmagic names it; numbers may be text.

        Returns:
            The numbers; None where there is none, or none that is finite.
        """
        return cls(**{name: _number(entry.get(key)) for name, key in _CATALOGUE.items()})

    def or_else(self, other: "SampleNumbers") -> "SampleNumbers":
        """Fill in from another source what this one does not say."""
        pairs = {part.name: (getattr(self, part.name), getattr(other, part.name)) for part in fields(self)}
        return SampleNumbers(**{name: second if first is None else first for name, (first, second) in pairs.items()})


@dataclass(frozen=True)
class SumsOfSample:
    """What the unit of a sample's weights depends on, as it names a variant.

    Attributes:
        catalogue: ΣW and number of generated events as the catalogue gives them; None where it does not.
        first_file: Digest of the sample's first file.
    """

    catalogue: tuple[float | None, float | None]
    first_file: str


@dataclass(frozen=True)
class NormalisedBy:
    """What the normalisation of a sample depends on beside its files, as it names a variant.

    Attributes:
        given: What the user says of it.
        catalogue: What the catalogue says.
        whole: Whether all its files are read.
        luminosity_fb: What it is normalised to, in 1/fb; 0 for the luminosity of its format.
    """

    given: SampleNumbers
    catalogue: SampleNumbers
    whole: bool
    luminosity_fb: float


@dataclass(frozen=True)
class FileWeights:
    """The weights of all events of a file that were read, whether they are selected or not.

    Attributes:
        entries: How many events these are.
        sum_of_generator_weights: Σg, exact and rounded once, in the generator's unit.
        non_finite: Events whose w is not finite; it counts as 0.
        in_units: Σ rint(g/u), by the exponent of u, a power of two; only where nothing else gives the sum of weights.
        sum_of_weights: ΣW of what was generated, by a branch or the tree Runs, in the generator's unit.
        n_events: How many events these are, by the same (dimensionless).
        cross_section_pb: σ in pb, by a branch.
        k_factor: k by a branch (dimensionless).
        filter_efficiency: ε by a branch (dimensionless).
        sample: The number of the sample, by a branch.
        unit: u of this file alone, in the generator's unit; None where its mean weight is 0.
        first: S1 = Σ rint(w/u) in this unit.
        second: S2 = Σ rint(w/(1024 u))² in this unit.
        problem: Why its events have no weights; None where they have.
        missing_sum: Why nothing says what was generated, where a branch or the tree Runs should.
        of_whole_sample: Whether ``sum_of_weights`` is that of the whole sample, whichever of its files are read.
        skimmed: Whether the file holds only some of the generated events, so that Σg is not what was generated.
    """

    entries: int = 0
    sum_of_generator_weights: float = 0.0
    non_finite: int = 0
    in_units: Mapping[str, int] = field(default_factory=dict)
    sum_of_weights: float | None = None
    n_events: float | None = None
    cross_section_pb: float | None = None
    k_factor: float | None = None
    filter_efficiency: float | None = None
    sample: int | None = None
    unit: float | None = None
    first: int | None = None
    second: int | None = None
    problem: str | None = None
    missing_sum: str | None = None
    of_whole_sample: bool = False
    skimmed: bool = False


@dataclass(frozen=True)
class Normalisation:
    """What turns the weights of a sample into the events that a luminosity of collisions would give.

    Attributes:
        luminosity_fb: L in 1/fb.
        cross_section_pb: σ in pb.
        k_factor: k (dimensionless).
        filter_efficiency: ε (dimensionless).
        sum_of_weights: ΣW, in the generator's unit.
        sum_from: Where ΣW comes from.
        unit: u, in the generator's unit.
        factor: N = σ k ε L / ΣW, in events per unit of the generator's weight.
        note: What users should know of it; empty where there is nothing.
    """

    luminosity_fb: float
    cross_section_pb: float
    k_factor: float
    filter_efficiency: float
    sum_of_weights: float
    sum_from: str
    unit: float
    factor: float
    note: str = ""


def _number(value: Any) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) and not isinstance(value, bool) else None
