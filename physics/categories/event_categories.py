"""What the categories of a run make of selected objects, before final states are told."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from edm.arrays import Int64
from edm.objects import Objects
from physics.categories.charges import check_charges, find_charge_tags
from physics.categories.z_candidates import find_z_candidates

__all__ = ["Categories", "Categorised"]


class Categorised(NamedTuple):
    """Selected objects after Z candidates were looked for.

    Attributes:
        objects: By kind, those of kind Z among them where they were looked for.
        tags: The place of each event's charge tag in physics.final_states.CHARGE_TAGS, shape (n_events,); None for no
            tags.
    """

    objects: Mapping[str, Objects]
    tags: Int64 | None


@dataclass(frozen=True)
class Categories:
    """Which categories a run has; by default none.

    Attributes:
        z_window_gev: How far from the Z boson's mass lepton pairs are Z candidates, in GeV; None for no candidates.
        charges: Whether events with two leptons are tagged by their charges.
    """

    z_window_gev: float | None = None
    charges: bool = False

    def apply(self, objects: Mapping[str, Objects]) -> Categorised:
        """Look for Z candidates, then for charge tags.

        Args:
            objects: All selected objects by kind, configured or not, sorted by falling pT.

        Returns:
            What is counted.

        Raises:
            PhysicsError: When the charge of an electron or muon is not known, and categories depend on it.
        """
        if self.z_window_gev is not None or self.charges:
            check_charges(objects)
        if self.z_window_gev is not None:
            objects = find_z_candidates(objects, self.z_window_gev)
        return Categorised(objects, find_charge_tags(objects) if self.charges else None)
