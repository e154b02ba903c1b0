"""Parameters of categories, all off by default: halves of events, missing momentum, Z candidates and charges."""

from typing import Any

from tasks.parameters.types import Choice, Flag, Number

__all__ = ["MassCategories", "ParsedCategories"]


class ParsedCategories:
    """Categories that parsed data depend on."""

    halves = Choice(
        ("all", "a", "b"),
        default="all",
        description="which half of the events counts, told by a hash of run and event number: a or b, or all; look for "
        "bumps in one half and check them in the other",
    )
    met_combinations = Flag(
        default=False,
        description="make a second mass of every combination of one object or more, with the missing transverse "
        "momentum as one more object, in histograms_met.root",
    )


class MassCategories:
    """Categories that masses depend on, and parsed data do not."""

    z_candidates = Flag(
        default=False,
        description="replace lepton pairs of one flavour and opposite charge near the mass of the Z boson by one "
        "object of kind Z",
    )
    z_window_gev = Number(
        float,
        minimum=0,
        default=15.0,
        description="with z_candidates: how far the mass of a pair may lie from that of the Z boson, in GeV",
    )
    charge_categories = Flag(
        default=False,
        description="tell final states with exactly two leptons apart by their charges: _OS (opposite sign) and _SS "
        "(same sign)",
    )

    def categories(self) -> Any:
        """Return what ComputeMasses makes of objects before it tells final states."""
        from physics.categories.event_categories import Categories

        return Categories(self.z_window_gev if self.z_candidates else None, self.charge_categories)
