"""Histograms in bins by resolution through whole runs, against ../shared/reference/physics."""

import json
import re

import pytest
import uproot

from tests.oracle.reference import SHARED, needs_shared
from tests.support.runs import Runs

pytestmark = [*needs_shared, pytest.mark.slow]

FOLDERS = {"atlas-2016e-8tev": "atlas-2016e-8tev", "cms-nanoaod": "cms-nanoaod"}
OPTIONS = {
    "known_resonances": "none",
    "min_events_per_fs": 1,
    "objects_to_calculate": "e,m,j,g",
    "max_particles_in_combination": 4,
    "binning": "resolution",
    "mc_weights": False,
}


@pytest.mark.parametrize("name", FOLDERS)
def test_histograms_are_the_reference(tmp_path, name):
    table = json.loads((SHARED / "reference" / "physics" / f"{name}.resolution.json").read_text(encoding="utf-8"))
    runs = Runs(tmp_path, str(SHARED / "data" / FOLDERS[name] / table["file"]))
    for factor in ("0.5", "1.0"):
        before = set(runs.products("histograms"))
        runs(resolution_factor=factor, **OPTIONS)
        (path,) = set(runs.products("histograms")) - before
        rows = next(
            record["rows"] for record in runs.records("MakeHistograms") if f"res{factor}" in str(record["rows"])
        )
        with uproot.open(path) as file:
            for combination, expected in table["combinations"].items():
                state, objects = combination.split("/")
                category = re.sub("([emjg])", r"\1x", state)
                key = f"ROI_mass_{objects}_cat_{category}_width_res{factor}"
                compare(file[key], rows[key], expected[factor])


def compare(histogram, row, expected):
    edges = histogram.axis().edges().tolist()
    assert edges[: len(expected["first_edges"])] == expected["first_edges"][: len(edges)]
    assert edges[-2:] == expected["last_bin"]
    assert histogram.values().astype(int).tolist() == expected["contents"]
    assert histogram.member("fEntries") == expected["entries"]
    assert (row["trimmed"], row["bins"]) == (expected["trimmed"], expected["bins"])
    assert row["trimmed"] + row["entries"] == expected["passed_the_cut"]
