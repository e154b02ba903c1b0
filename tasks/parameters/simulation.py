"""Parameters of simulation: what its events weigh, and what they are normalised to."""

from pathlib import Path
from typing import Any

from edm.records.samples import SampleNumbers
from physics.simulation.luminosities import LUMINOSITIES
from targets.catalogue.cross_sections import load_cross_sections
from tasks.parameters.types import Flag, FolderPath, Number

__all__ = ["SimulationParameters"]


class SimulationParameters:
    """What simulation is weighted with, and normalised to."""

    mc_weights = Flag(
        default=True,
        description="weight the events of simulated datasets (data_type mc) and normalise them to luminosity_fb; "
        "False counts them",
    )
    luminosity_fb = Number(
        float,
        minimum=0,
        default=0.0,
        description="integrated luminosity in 1/fb that simulation is normalised to",
        default_text="the format's: "
        + ", ".join(f"{name} {luminosity.fb:g}" for name, luminosity in LUMINOSITIES.items()),
    )
    cross_sections = FolderPath(
        default="",
        description="YAML file that gives for each simulated sample (by dataset number; for files that are not a "
        "release's, by the dataset's name, as files) cross_section_pb, k_factor, filter_efficiency, sum_of_weights and "
        "source; it overrides what files and catalogue say",
    )
    pseudo_data = Flag(
        default=False,
        description="write histograms_pseudo.root too: what an experiment might have counted, Poisson distributed "
        "around the contents of simulation",
    )
    pseudo_data_seed = Number(int, minimum=0, default=0, description="seed of the pseudo-data (dimensionless)")

    def weight_options(self, sample: str) -> Any:
        """Return what steps.parse asks of weights of a sample; None where they are not asked for.

        Args:
            sample: The number of the dataset, or its name.
        """
        from steps.weighting.weigher import WeightOptions

        return WeightOptions(self.given_numbers(sample).sum_of_weights is not None) if self.mc_weights else None

    def given_numbers(self, sample: str) -> SampleNumbers:
        """Return what the user says of a sample.

        Args:
            sample: The number of the dataset, or its name.
        """
        given = load_cross_sections(Path(self.cross_sections)).get(sample) if self.cross_sections else None
        return SampleNumbers(**given.model_dump(exclude={"source"})) if given else SampleNumbers()
