"""The table of cuts of a dataset."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar

from pydantic import ConfigDict, PlainSerializer, PlainValidator

from edm.records.documents import Count, Flag, Number
from edm.spectra import SpectrumKey

__all__ = ["Cut", "CutTable", "FinalStateCount", "Structure"]

_Key = Annotated[SpectrumKey, PlainValidator(SpectrumKey.parse), PlainSerializer(str)]


@dataclass(frozen=True)
class Structure:
    """What known physics leaves in the masses of a combination at a mass in GeV; it is not cut."""

    name: str
    mass_gev: Number


@dataclass(frozen=True)
class Cut:
    """The cuts of one combination, and how many masses fell into each class.

    Attributes:
        entries: All masses.
        below: Masses below the start that lie in no window.
        window: Masses in a window of a known resonance.
        main: Masses from the start to the split.
        outliers: Masses from the split on.
        above: Masses above the largest mass allowed.
        start_gev: Low edge of the turn-on bin in GeV; None when nothing is left.
        split_gev: Low edge of the empty bin that sets outliers apart in GeV; None when there is none.
        vetoed_gev: Gaps that vetoed resonances left, as (low, high) in GeV.
        reason: Why there is no histogram; None when there is one.
        structures: What known physics leaves in its masses, beside the resonances that are removed.
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    entries: Count
    below: Count
    window: Count
    main: Count
    outliers: Count
    above: Count
    start_gev: Number | None
    split_gev: Number | None
    vetoed_gev: tuple[tuple[Number, Number], ...] = ()
    reason: str | None = None
    structures: tuple[Structure, ...] = ()

    def is_consistent(self) -> bool:
        """Tell whether the classes hold all entries, and there is a start or a reason for none."""
        total = self.below + self.window + self.main + self.outliers + self.above
        return self.entries == total and (self.reason is None) == (self.start_gev is not None)


@dataclass(frozen=True)
class FinalStateCount:
    """Events of a final state in a dataset, and whether they are enough to keep it."""

    events: Count
    kept: Flag


@dataclass(frozen=True)
class CutTable:
    """The table of cuts of a dataset.

    Attributes:
        dataset: Its name.
        final_states: All final states, the largest first.
        cuts: The cuts of the combinations of those that are kept.
    """

    dataset: str
    final_states: Mapping[str, FinalStateCount]
    cuts: Mapping[_Key, Cut]
