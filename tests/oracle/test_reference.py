"""The main job, run as a user runs it, against the reference numbers and the oracle: one run for each format."""

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import uproot

from tests.oracle.outputs import histogram_differences, histogram_name, mass_differences, read_histograms, read_masses
from tests.oracle.peaks import histogram, peak_cut
from tests.oracle.reference import (
    BIN_WIDTH_GEV,
    MIN_EVENTS,
    SHARED,
    differences,
    input_files,
    masses_of_files,
    needs_shared,
    oracle_masses,
    reference_table,
    summary,
    table_of,
)

PROJECT = Path(__file__).resolve().parents[2]


def make_histograms(base, files, *options):
    """Run MakeHistograms on the files with every object selected; the run directory."""
    command = [
        *(str(Path(sys.executable).with_name("luigi")), "--module", "tasks", "MakeHistograms", "--local-scheduler"),
        *("--run-name", "r", "--base-output-dir", str(base), "--selection", "none"),
        *("--input-files", ",".join(map(str, files)), *options),
    ]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=900, check=False)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout[-2000:]}\n{done.stderr[-6000:]}"
    return base / "r"


@pytest.fixture(
    scope="module", params=[pytest.param(name, marks=[*needs_shared, pytest.mark.slow]) for name in MIN_EVENTS]
)
def run(request, tmp_path_factory):
    """Run MakeHistograms on the files of one format; the format's name and the run directory."""
    name = request.param
    # one process: to start several takes longer than these files; the other settings below run in as many as there are
    options = ("--known-resonances", "none", "--min-events-per-fs", str(MIN_EVENTS[name]), "--threads", "1")
    return name, make_histograms(tmp_path_factory.mktemp(name), input_files(name), *options)


def _objects(final_state):
    return sum(int(number) for number in re.findall(r"\d+", final_state))


def test_masses_give_the_reference_numbers(run):
    name, folder = run
    masses = read_masses(folder)
    final_states = {entry.split("/")[0]: len(values) for entry, values in masses.items()}
    expected = reference_table(name)
    # A final state of fewer than two objects has no combination, and so no array.
    with_masses = {state: events for state, events in expected["final_states"].items() if _objects(state) >= 2}
    expected |= {"final_states": with_masses, "events": sum(with_masses.values())}
    assert differences(table_of(final_states, masses, MIN_EVENTS[name]), expected) == []


def test_masses_of_every_final_state_agree_with_the_oracle(run):
    name, folder = run
    assert mass_differences(read_masses(folder), oracle_masses(name)[1]) == []


def test_histograms_give_the_reference_numbers(run):
    name, folder = run
    found = read_histograms(folder)
    assert histogram_differences(found, reference_table(name)["combinations"], BIN_WIDTH_GEV) == []


@pytest.mark.realdata
@pytest.mark.slow
@needs_shared[1]
def test_other_settings_agree_with_the_oracle(tmp_path):
    names = ("Run2012B_SingleMu_1000", "nano_dy", "nano_dimuon", "nanoAOD_2015_CMS_Open_Data_ttbar")
    files = [SHARED / "data" / "cms-nanoaod" / f"{name}.root" for name in names]
    resonances, rules = ("jpsi", "psi2s", "upsilon", "z", "higgs"), (2, 3, 2, 0)
    options = {
        "objects-to-calculate": "t,g,e,m",
        "min-particles-in-combination": rules[0],
        "max-particles-in-combination": rules[1],
        "max-subleading-index": rules[2],
        "max-multiplicity": rules[3],
        "known-resonances": ",".join(resonances),
        "min-events-per-fs": 3,
        "peak-detection-bin-width-gev": 7.3,
        "bin-width-gev": 2.5,
        "max-mass-gev": 400,
        "exclude-outliers": True,
    }
    words = [word for key, value in options.items() for word in (f"--{key}", str(value))]
    folder = make_histograms(tmp_path, files, *words)
    masses = read_masses(folder)
    assert mass_differences(masses, masses_of_files(files, "emgt", rules)[1]) == []
    expected = {}
    for name, values in masses.items():
        if len(values) >= 3:
            cut = peak_cut(values, name.split("/")[1], 7.3, 400.0, resonances)
            first, counts, _ = histogram(cut.main, cut.turn_on_gev or 0.0, 2.5)
            expected[name] = {"turn_on_gev": first, "counts": counts}
    assert len(expected) > 100
    assert histogram_differences(read_histograms(folder), expected, 2.5) == []


def _write_artificial_run(folder, masses, histograms):
    """Write the masses as two branches, and histograms given as name -> (first edge, counts)."""
    (folder / "im_arrays" / "0123abcd").mkdir(parents=True)
    (folder / "histograms" / "0123abcd").mkdir(parents=True)
    for branch in (0, 1):
        parts = {name: values[branch::2] for name, values in masses.items()}
        np.savez(
            folder / "im_arrays" / "0123abcd" / f"{branch}.npz",
            masses=np.array([value for part in parts.values() for value in part], dtype=np.float32),
            offsets=np.cumsum([0, *map(len, parts.values())], dtype=np.int64),
            names=np.array(list(parts)),
        )
    with uproot.recreate(folder / "histograms" / "0123abcd" / "histograms.root") as file:
        for name, (first, counts) in histograms.items():
            edges = first + BIN_WIDTH_GEV * np.arange(len(counts) + 1)
            flow = np.array([0.0, *counts, 0.0])
            axis = uproot.writing.identify.to_TAxis("xaxis", "", len(counts), edges[0], edges[-1])
            statistics = {"fEntries": sum(counts), "fTsumw": 0.0, "fTsumw2": 0.0, "fTsumwx": 0.0, "fTsumwx2": 0.0}
            file[name] = uproot.writing.identify.to_TH1x(
                fName=name, fTitle="", data=flow, fSumw2=flow, fXaxis=axis, **statistics
            )


@pytest.fixture
def artificial():
    """Masses of two combinations in GeV, turn-ons at 30 and 90 GeV."""
    return {"2e_1j/e0e1": [91.0, 88.5, 95.0, 250.5], "2e_1j/e0j0": [20.0, 30.0, 35.0, 10_500.0]}


def test_comparison_accepts_a_right_run(tmp_path, artificial):
    table = table_of({"2e_1j": 4}, artificial, 1)
    named = {histogram_name(name): entry for name, entry in table["combinations"].items()}
    assert set(named) == {"ROI_mass_e0e1_cat_2ex_1jx_width_10.0", "ROI_mass_e0j0_cat_2ex_1jx_width_10.0"}
    _write_artificial_run(tmp_path, artificial, {key: (e["turn_on_gev"], e["counts"]) for key, e in named.items()})
    assert mass_differences(read_masses(tmp_path), artificial) == []
    assert histogram_differences(read_histograms(tmp_path), table["combinations"], BIN_WIDTH_GEV) == []


def test_comparison_names_what_is_wrong_in_a_run(tmp_path, artificial):
    wrong = {"2e_1j/e0e1": [91.0, 88.5, 95.1, 250.5], "3e/e0e1": [1.0]}
    histograms = {
        "ROI_mass_e0e1_cat_2ex_1jx_width_10.0": (80.0, [2, 2]),
        "ROI_mass_e0e1_cat_3ex_width_10.0": (0.0, [1]),
    }
    _write_artificial_run(tmp_path, wrong, histograms)
    lines = mass_differences(read_masses(tmp_path), artificial)
    assert lines[:2] == ["2e_1j/e0j0: missing", "3e/e0e1: unexpected"]
    assert [line.split(" GeV")[0] for line in lines[2:]] == ["2e_1j/e0e1: mass 95.0999984741211"]
    table = {name: summary(values) for name, values in artificial.items()}
    lines = histogram_differences(read_histograms(tmp_path), table, BIN_WIDTH_GEV)
    words = [" ".join(line.split()[:2]) for line in lines]
    name = "ROI_mass_e0e1_cat_2ex_1jx_width_10.0:"
    assert words[:2] == [
        "ROI_mass_e0j0_cat_2ex_1jx_width_10.0: missing",
        "ROI_mass_e0e1_cat_3ex_width_10.0: unexpected",
    ]
    assert words[2:] == [f"{name} {key}" for key in ("edges", "contents", "sumw2", "entries")]
