"""What may stand under ``weights:`` in a selection file: where a format keeps what simulated events weigh."""

from typing import Annotated

from pydantic import Field

from physics.selection.parts import Frozen

__all__ = ["Factor", "FormatWeights", "Weights"]

_Branch = Annotated[str, Field(min_length=1)]


class Factor(Frozen):
    """A scale factor.

    Attributes:
        branch: Its branch.
        if_present: Files without it are taken as if it were 1, instead of being refused.
    """

    branch: _Branch
    if_present: bool = False


class FormatWeights(Frozen):
    """Where a format keeps weights; what is None comes from the catalogue or the user.

    Attributes:
        generator: Branch of the generator's weight g; of a vector the first element, which is nominal.
        sum_of_weights: Branch of ΣW of the whole sample.
        n_events: Branch of the number of generated events (dimensionless).
        cross_section_pb: Branch of the cross section σ in pb.
        k_factor: Branch of k (dimensionless).
        filter_efficiency: Branch of ε (dimensionless).
        sample: Branch of the number of the sample, of which a dataset has one.
        runs_tree: ΣW and the number of events stand in the tree Runs.
        skimmed: The files hold only some of the generated events, and no branch gives ΣW: it comes from the catalogue
            or the user.
        factors: Scale factors, in the order in which they are multiplied.
        source: Where this is described.
    """

    generator: _Branch
    sum_of_weights: _Branch | None = None
    n_events: _Branch | None = None
    cross_section_pb: _Branch | None = None
    k_factor: _Branch | None = None
    filter_efficiency: _Branch | None = None
    sample: _Branch | None = None
    runs_tree: bool = False
    skimmed: bool = False
    factors: tuple[_Branch | Factor, ...] = ()
    source: str = Field(min_length=1)

    @property
    def scale_factors(self) -> tuple[Factor, ...]:
        """The scale factors, in order."""
        return tuple(Factor(branch=part) if isinstance(part, str) else part for part in self.factors)


class Weights(Frozen):
    """The weights of each format; None for a format whose simulation is not weighted."""

    formats: dict[str, FormatWeights | None] = Field(min_length=1)
