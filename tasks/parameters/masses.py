"""Parameters of masses and of the peak search."""

from dataclasses import replace
from typing import Any

from edm.kinds import Z_CANDIDATE
from physics import binning, final_states, resonances
from physics.combinations import Rules
from tasks.parameters.categories import MassCategories
from tasks.parameters.datasets import DatasetParameters
from tasks.parameters.list_types import Names
from tasks.parameters.types import Flag, Number

__all__ = ["RULES", "MassParameters", "PeakParameters"]

RULES = (
    "min_particles_in_combination",
    "max_particles_in_combination",
    "max_subleading_index",
    "max_multiplicity",
)
"""The parameters that decide which combinations are made, in the order of physics.combinations.Rules."""


class MassParameters(DatasetParameters, MassCategories):
    """Which final states and combinations there are."""

    objects_to_calculate = Names(
        check=final_states.check_kinds,
        default=("e", "m", "j", "g"),
        description="kinds of objects that define final states: e, m, j, g, t, b, comma-separated",
    )
    min_particles_in_combination = Number(
        int,
        minimum=2,
        default=2,
        description="smallest number of objects in a combination, 2 or more: events with fewer are counted, not stored",
    )
    max_particles_in_combination = Number(
        int, minimum=2, default=4, description="largest number of objects in a combination"
    )
    max_subleading_index = Number(
        int,
        minimum=0,
        default=0,
        description="combinations may skip leading objects of a kind as long as their last pT rank is at most this; "
        "0: leading objects only",
    )
    max_multiplicity = Number(
        int,
        minimum=0,
        default=4,
        description="objects of a kind in the top bucket of final states (4: four or more), 0 for no limit",
    )

    keep_masses = Flag(
        default=True,
        description="keep masses and what peak removal leaves of them; False counts them at once on the grids of all "
        "histograms, needs far less disk, and gives the same histograms; another bin width needs the events again",
    )

    def check_parameters(self) -> None:
        """Raise for sizes of combinations that contradict each other."""
        super().check_parameters()
        self.rules()

    def rules(self) -> Rules:
        """Return which combinations are made."""
        return replace(Rules(*(getattr(self, name) for name in RULES)), with_met=self.met_combinations)

    def kinds(self) -> tuple[str, ...]:
        """Return the kinds of final states, in the order of labels: that of Z candidates, where they are made, last."""
        kinds = final_states.check_kinds(self.objects_to_calculate)
        return (*kinds, Z_CANDIDATE) if self.z_candidates else kinds


class PeakParameters(MassParameters):
    """Where the smoothly falling part of a distribution is."""

    min_events_per_fs = Number(
        int,
        minimum=0,
        default=100,
        description="minimum number of events of a final state in the whole dataset",
    )
    peak_detection_bin_width_gev = Number(
        float, minimum=0, default=10.0, description="bin width of the peak search in GeV"
    )
    known_resonances = Names(
        check=resonances.check_names,
        default=("jpsi", "psi2s", "upsilon", "z"),
        description="resonances to remove: jpsi, psi2s, upsilon and z from lepton pairs, higgs (as a gap) from photon "
        "pairs and four leptons; none to keep all",
    )
    max_mass_gev = Number(float, minimum=0, default=10_000.0, description="masses above this are set aside, in GeV")

    def check_parameters(self) -> None:
        """Raise for bins that are too fine for the largest mass."""
        super().check_parameters()
        binning.check_width("peak_detection_bin_width_gev", self.peak_detection_bin_width_gev, self.max_mass_gev)

    def peak_search(self) -> Any:
        """Return how steps.peaks searches peaks."""
        from steps.peaks import PeakSearch

        return PeakSearch(
            min_events=self.min_events_per_fs,
            width_gev=self.peak_detection_bin_width_gev,
            max_mass_gev=self.max_mass_gev,
            resonances=resonances.choose(self.known_resonances),
            z_window_gev=self.z_window_gev if self.z_candidates else None,
        )
