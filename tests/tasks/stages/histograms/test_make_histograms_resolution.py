"""Bins by resolution through whole runs: contents, branches, figures and report."""

import base64
import json
import re
import zlib

import numpy as np
import pytest
import uproot

from physics.bins.bins import ResolutionBins
from tests.oracle.outputs import read_masses
from tests.support.runs import Runs

RESOLUTION = {"binning": "resolution", "bin_width_gev": "10,7", "known_resonances": "none"}


def edges_and_counts(path):
    with uproot.open(path) as file:
        return {key: [array.tolist() for array in file[key].to_numpy()] for key in file.keys(cycle=False)}


def test_bins_by_resolution_do_not_depend_on_branches(run, toys):
    run(**RESOLUTION)
    (path,) = run.products("histograms")
    made = edges_and_counts(path)
    assert all(re.search(r"_width_res0\.5$", key) for key in made)
    whole_names = edges_and_counts(path.with_name("whole.root"))
    assert {key.rpartition("_")[2] for key in whole_names} == {"10.0", "7.0"}
    for name, files in (("reversed", reversed(toys[:3])), ("parts", toys[:3])):
        other = Runs(run.folder / name, ",".join(map(str, files)))
        other(**RESOLUTION, files_per_branch=2, threads=2)
        (path,) = other.products("histograms")
        assert edges_and_counts(path) == made


def test_bins_by_resolution_hold_the_masses_above_the_turn_on(run):
    run(**RESOLUTION, resolution_factor=1, exclude_outliers=False)
    (path,) = run.products("histograms")
    (record,) = run.records("MakeHistograms")
    (table,) = [json.loads(path.read_text()) for path in run.products("peaks")]
    bins = ResolutionBins("CMS", 1.0, 1.0, 10_000.0)
    masses = read_masses(run.out)
    for key, (counts, edges) in edges_and_counts(path).items():
        combination, state = re.fullmatch(r"ROI_mass_(\w+)_cat_(\w+)_width_res1\.0", key).groups()
        name = f"{state.replace('x', '')}/{combination}"
        first = bins.edges(combination).tolist().index(edges[0])
        assert bins.edges(combination).tolist()[first : first + len(edges)] == edges
        assert np.histogram(masses[name], edges)[0].tolist() == counts
        cut, row = table["cuts"][name], record["rows"][key]
        assert edges[0] >= cut["start_gev"]
        assert row["entries"] + row["trimmed"] == cut["main"] + cut["outliers"]
        assert counts[0] == max(counts)


@pytest.mark.usefixtures("quick_figures")
def test_bins_by_resolution_are_drawn_and_reported(run):
    run(task="MakeReport", plotted_final_states=1, plot_formats="png", **RESOLUTION)
    (path,) = run.products("histograms")
    (page,) = run.products("report")
    made = edges_and_counts(path)
    shown = json.loads(zlib.decompress(base64.b64decode(re.search(r'id="data">([^<]*)<', page.read_text())[1])))[
        "histograms"
    ]
    assert sorted(map(str, (row["counts"] for row in shown))) == sorted(
        str([int(count) for count in counts]) for counts, _ in made.values()
    )
    assert sorted(row["edges_gev"] for row in shown) == sorted(edges for _, edges in made.values())


def test_bins_too_fine_or_above_the_largest_mass_are_refused(run):
    end = run.attempt(binning="resolution", resolution_start_gev=20_000)
    assert "bins by resolution from 20000 to 10000 GeV with resolution_factor 0.5 would be none" in end.text
    assert "Traceback" not in end.text
