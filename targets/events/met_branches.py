"""The branches of the missing transverse momentum (MET): where a format has it, or why its files do not give it."""

from collections.abc import Container
from typing import Annotated, NamedTuple, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

__all__ = ["MetBranches", "MetPair"]


class MetPair(NamedTuple):
    """The branches of the magnitude and of the azimuth (radians) of the missing transverse momentum."""

    magnitude: str
    azimuth: str


class MetBranches(BaseModel):
    """Pairs of branches, of which the first that exists counts; or a reason why files of this format give no MET."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    branches: list[Annotated[list[str], Field(min_length=2, max_length=2)]] = []
    refused: str = ""

    @model_validator(mode="after")
    def _check_one(self) -> Self:
        if bool(self.branches) == bool(self.refused):
            msg = "it needs either branches (pairs of magnitude and azimuth) or refused (the reason why there are none)"
            raise ValueError(msg)
        return self

    def find(self, present: Container[str]) -> MetPair | None:
        """Find the pair of a file.

        Args:
            present: The branches of its tree.

        Returns:
            The first pair of which both exist; None where there is none.
        """
        pairs = (MetPair(*pair) for pair in self.branches)
        return next((pair for pair in pairs if all(branch in present for branch in pair)), None)
