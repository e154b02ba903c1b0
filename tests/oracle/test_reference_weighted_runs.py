"""Simulation through whole runs: histograms and normalisation against ../shared/reference/physics."""

import re

import numpy as np
import pytest
import uproot

from targets.documents import run_file
from tests.oracle.reference import SHARED, needs_shared
from tests.oracle.test_reference_weights import cases
from tests.support.runs import Runs

pytestmark = [*needs_shared, pytest.mark.slow]

FEW = {"known_resonances": "none", "min_events_per_fs": 1, "triggers": "none", "good_runs": "none", "data_type": "mc"}
NO_SUM = ("nanoAOD_2015", "nano_tt")  # CMS without a tree Runs


def cross_sections(tmp_path, file, expected):
    """Write what a user must give, where the file has no cross section of its own."""
    if expected["cross_section_from"].startswith("branches"):
        return {}
    more = f", sum_of_weights: {expected['sum_of_weights']!r}" if file.startswith(NO_SUM) else ""
    path = tmp_path / "xs.yaml"
    path.write_text(f"files: {{cross_section_pb: 1.0{more}, source: a test}}\n", encoding="utf-8")
    return {"cross_sections": path}


@pytest.mark.parametrize(("folder", "file", "expected"), cases())
def test_histograms_of_simulation_are_the_reference(tmp_path, folder, file, expected):
    runs = Runs(tmp_path, str(SHARED / "data" / folder / file))
    all_kinds = {"objects_to_calculate": "e,m,j,g", "max_particles_in_combination": 4}
    runs(selection="default", **FEW, **all_kinds, **cross_sections(tmp_path, file, expected))
    (record,) = runs.records("MakeHistograms")
    normalisation = record["normalisation"]["files"]
    assert normalisation["factor"] == pytest.approx(expected["N"], rel=1e-6)
    assert normalisation["unit"] == expected["u"]
    (parsed,) = runs.records("ParseFile")
    weights = parsed["files"][0]["weights"]
    assert (weights["first"], weights["second"]) == (expected["S1"], expected["S2"])
    assert weights["sum_of_generator_weights"] == expected["sum_g"]
    assert parsed["non_finite_weights"] == expected["non_finite"]
    histogram = expected["histograms"]["default"]
    state, combination = histogram["name"].split("/")
    category = re.sub("([emjg])", r"\1x", state)
    (path,) = runs.products("histograms")
    with uproot.open(path) as opened:
        found = opened[f"ROI_mass_{combination}_cat_{category}_width_10.0"]
    assert found.title == f"{state} {combination} (simulation)"
    skipped = round((found.axis().low - histogram["low_edge_gev"]) / 10)
    assert found.member("fEntries") == histogram["entries"] - sum(histogram["counts"][:skipped])
    assert found.values() == pytest.approx(histogram["contents"][skipped:], rel=1e-6, abs=0)
    assert np.sqrt(found.variances()) == pytest.approx(histogram["errors"][skipped:], rel=1e-6, abs=0)


SAMPLE = SHARED / "data" / "atlas-2016e-8tev" / "mc_110140.stop_wtchan.root"
SIGMA = "files: {cross_section_pb: 1.0, source: a test}\n"


@pytest.fixture
def run(tmp_path):
    (tmp_path / "xs.yaml").write_text(SIGMA, encoding="utf-8")

    def running(name, **parameters):
        runs = Runs(tmp_path, str(SAMPLE), name)
        options = FEW | {"run_name": name, "cross_sections": tmp_path / "xs.yaml", "selection": "default"} | parameters
        runs(**options)
        return runs

    return running


def contents(runs, name="histograms"):
    (path,) = [path for path in runs.out.rglob(f"{name}.root") if path.parent.parent.name == "histograms"]
    with uproot.open(path) as file:
        keys = file.keys(cycle=False)
        return {key: (file[key].values().tobytes(), file[key].variances().tobytes()) for key in keys}


def test_chunks_change_no_bit(run):
    assert contents(run("a")) == contents(run("b", chunk_events=777))


def test_another_luminosity_or_cross_section_makes_histograms_alone(run, tmp_path):
    runs = run("a")
    before = runs.state()
    run("a", luminosity_fb=2.0)
    (tmp_path / "xs.yaml").write_text(SIGMA.replace("1.0", "3.0"), encoding="utf-8")
    run("a")
    after = runs.state()
    made = {path.split("/")[0] for path in after.keys() - before.keys()}
    assert made == {"histograms", "logs"}
    logs = {path.split("/")[1] for path in after.keys() - before.keys() if path.startswith("logs")}
    assert logs == {"MakeHistograms"}
    changed = [path for path, state in before.items() if after[path] != state]
    assert [path for path in changed if path != run_file.NAME and not path.startswith("settings/")] == []
    factors = sorted(record["normalisation"]["files"]["factor"] for record in runs.records("MakeHistograms"))
    assert np.array(factors) / factors[0] == pytest.approx([1, 2, 3])


def test_pseudo_data_depend_on_their_seed(run):
    runs = run("a", pseudo_data=True)
    thrown = contents(runs, "histograms_pseudo")
    assert thrown.keys() == contents(runs).keys()
    other = run("b", pseudo_data=True, pseudo_data_seed=1)
    assert contents(other) == contents(runs)
    assert contents(other, "histograms_pseudo") != thrown


def test_events_are_counted_where_the_user_says_so(run):
    runs = run("a", mc_weights=False)
    (record,) = runs.records("MakeHistograms")
    assert record["normalisation"] == {}
    (path,) = runs.products("histograms")
    with uproot.open(path) as file:
        for key in file.keys(cycle=False):
            assert file[key].values().sum() == file[key].member("fEntries") == file[key].variances().sum()
            assert file[key].title.endswith("(simulation)")


def test_weights_stand_beside_masses(run):
    runs = run("a")
    for stage in ("im_arrays", "im_arrays_processed"):
        (path,) = runs.products(stage)
        with np.load(path) as arrays:
            assert arrays["weights"].dtype == np.float64
            assert arrays["weights"].shape == arrays["masses"].shape


def test_simulation_without_a_cross_section_ends_with_the_remedy(tmp_path):
    end = Runs(tmp_path, str(SAMPLE)).attempt(**FEW, selection="default")
    assert end.status != 0
    assert "files: neither its files nor a catalogue say its cross section: give cross_section_pb" in end.text


def test_two_samples_in_one_dataset_end_the_run(tmp_path):
    (tmp_path / "xs.yaml").write_text(SIGMA, encoding="utf-8")
    other = SAMPLE.with_name("mc_117049.ttbar_had.root")
    end = Runs(tmp_path, f"{SAMPLE},{other}").attempt(**FEW, selection="default", cross_sections=tmp_path / "xs.yaml")
    assert end.status != 0
    assert "files has files of the samples 110140, 117049: a dataset is one sample" in end.text
