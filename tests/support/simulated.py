"""Samples of simulation of release 2025, made by uproot, and a catalogue that lists them without a portal."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from targets.catalogue import atlas_releases
from targets.catalogue.input_files import Catalogue, InputFile
from tests.support.rootfiles_made import events, write
from tests.support.runs import Runs

__all__ = ["RELEASE", "Sample", "Simulation"]

RELEASE = "2025e-13tev-beta"

SELECTION = """name: weights
description: Weights alone.
weights:
  formats:
    2025e-13tev-beta:
      generator: mcWeight
      sample: channelNumber
      sum_of_weights: sum_of_weights
      n_events: num_events
      cross_section_pb: xsec
      k_factor: kfac
      filter_efficiency: filteff
      factors: [ScaleFactor_PILEUP]
      source: a test
"""


@dataclass(frozen=True)
class Sample:
    """A sample: how many events each of its files has, and numbers of the whole."""

    number: int
    events: tuple[int, ...]
    cross_section_pb: float = 0.5
    sum_of_weights: float = 4e4
    n_generated: int = 9000

    def columns(self, file: int) -> dict[str, Any]:
        """Draw the columns that only simulation has; weights of both signs, far from round numbers."""
        n_events = self.events[file]
        rng = np.random.default_rng([self.number, file])
        signs = np.where(rng.random(n_events) < 0.2, -1, 1)
        same = {
            "channelNumber": np.int32(self.number),
            "sum_of_weights": np.float32(self.sum_of_weights),
            "num_events": np.int32(self.n_generated),
            "xsec": np.float32(self.cross_section_pb),
            "kfac": np.float32(1.1),
            "filteff": np.float32(0.75),
        }
        return {name: np.full(n_events, number) for name, number in same.items()} | {
            "mcWeight": (signs * rng.uniform(1, 9, n_events)).astype(np.float32),
            "ScaleFactor_PILEUP": rng.uniform(0.5, 1.5, n_events).astype(np.float32),
        }


class Simulation(Runs):
    """Runs on samples that a release lists, in a folder of a test's own."""

    def __init__(self, folder: Path, samples: tuple[Sample, ...], monkeypatch: Any, name: str = "r") -> None:
        super().__init__(folder, "", name)
        (folder / "weights.yaml").write_text(SELECTION, encoding="utf-8")
        self.listed: list[InputFile] = []
        for sample in samples:
            for file, number in enumerate(sample.events):
                path = folder / f"{sample.number}_{file}.root"
                write(path, RELEASE, events(number, seed=sample.number + file), **sample.columns(file))
                dataset = f"{RELEASE}_mc_{sample.number}"
                self.listed.append(InputFile(str(path), None, None, None, RELEASE, None, dataset, "mc"))
        self.said: dict[str, dict[str, Any]] = {file.dataset: {} for file in self.listed}
        monkeypatch.setattr(atlas_releases, "release_files", lambda *_: Catalogue(self.listed, [], (), self.said))

    def arguments(self, *arguments: str, task: str = "MakeHistograms", **parameters: Any) -> list[str]:
        """Give the command line for the release."""
        of_release = {"input_files": None, "run_name": self.name, "release_years": RELEASE, "data_type": "mc"}
        more = {"selection": self.folder / "weights.yaml", "good_runs": "none", "triggers": "none"}
        return super().arguments(*arguments, task=task, **of_release | more | parameters)
