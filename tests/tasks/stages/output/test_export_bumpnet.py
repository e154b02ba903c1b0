"""ExportBumpNet through a whole run, its files read as BumpNet's loader does, and by ROOT where that is installed."""

import json
import re
import shutil
import warnings

import numpy as np
import pytest
import uproot

from tests.support.rootfiles_made import events, write
from tests.support.runs import Runs
from tests.support.simulated import Sample, Simulation

OPTIONS = {"min_events_per_fs": 1, "bin_width_gev": "2,10"}
NAME = re.compile(r"mass_(?:[em]\d)+_cat_\dex_\dmx_width_(2|10)\.0")


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """A finished run; no test may change it."""
    folder = tmp_path_factory.mktemp("exported")
    write(folder / "many.root", "cms-nanoaod", events(4000))
    runs = Runs(folder, str(folder / "many.root"))
    outcome = runs(task="ExportBumpNet", **OPTIONS)
    assert re.search(r"files: \d+ of \d+ histograms for BumpNet", outcome.text)
    return runs


def load_root(path):
    """Read as the loader does: keys that start with ROI, bins after the last content above 0.35 cut off."""
    read = {}
    with uproot.open(path) as file:
        for key in file.keys(cycle=False):
            if key.startswith("ROI"):
                contents, edges = file[key].to_numpy()
                last = np.flatnonzero(contents > 0.35)[-1] + 1
                if contents[0] > 0 and last >= 25 and contents.sum() >= 100:
                    read[key.removeprefix("ROI_")] = contents[:last], edges[: last + 1]
    return read


def load_npy(folder):
    """Read as the predict step does, which takes the format of the first file of a folder and applies no cuts."""
    assert {path.suffix for path in folder.iterdir()} == {".npy"}
    members = ("names", "bin_content", "bin_edges", "bin_errors")
    names, *arrays = (np.load(folder / f"{member}.npy", allow_pickle=True) for member in members)
    return {name: values for name, *values in zip(names, *arrays, strict=True)}


def test_both_formats_give_the_loader_the_same_histograms(exported):
    (gate,) = exported.out.glob("bumpnet/*/gate.json")
    by_root, by_npy = load_root(gate.parent / "root" / "rebinned.root"), load_npy(gate.parent / "npy")
    assert list(by_npy) == sorted(by_npy) == list(by_root)
    assert all(NAME.fullmatch(name) for name in by_npy)
    for name, (contents, edges, errors) in by_npy.items():
        assert contents.tolist() == by_root[name][0].tolist()
        assert edges.tolist() == by_root[name][1].tolist()
        assert errors.tolist() == np.sqrt(contents).tolist()
    verdicts = json.loads(gate.read_text())
    assert verdicts.keys() == exported.histograms().keys()
    assert {name.removeprefix("ROI_") for name, verdict in verdicts.items() if verdict["accepted"]} == set(by_npy)
    assert all(verdict["accepted"] == (verdict["reason"] is None) for verdict in verdicts.values())
    assert 0 < len(by_npy) < len(verdicts)
    (record,) = exported.records("ExportBumpNet")
    assert (record["histograms"], record["accepted"]) == (len(verdicts), len(by_npy))


def test_root_reads_the_same(exported):
    with warnings.catch_warnings(action="ignore"):  # PyPI's ROOT says that it is a pre-release
        root = pytest.importorskip("ROOT", reason="ROOT is not installed: its own reader is not tried")
    (path,) = exported.out.glob("bumpnet/*/root/rebinned.root")
    file = root.TFile.Open(str(path))
    read = load_root(path)
    assert {key.GetName() for key in file.GetListOfKeys()} == {f"ROI_{name}" for name in read}
    for name, (contents, edges) in read.items():
        histogram = file.Get(f"ROI_{name}")
        assert [histogram.GetBinContent(number + 1) for number in range(len(contents))] == contents.tolist()
        axis = histogram.GetXaxis()
        low = [axis.GetBinLowEdge(number + 1) for number in range(len(contents))]
        assert [*low, axis.GetBinUpEdge(len(contents))] == pytest.approx(edges)


def test_a_second_run_does_nothing_and_a_deleted_folder_comes_back(exported, tmp_path):
    shutil.copytree(exported.folder / "out", tmp_path / "out")
    runs = Runs(tmp_path, exported.input_files)
    assert runs(task="ExportBumpNet", **OPTIONS).started == []
    (folder,) = runs.out.glob("bumpnet/*/npy")
    content = (folder / "bin_content.npy").read_bytes()
    shutil.rmtree(folder)
    assert runs(task="ExportBumpNet", **OPTIONS).started == ["ExportBumpNet"]
    assert (folder / "bin_content.npy").read_bytes() == content


@pytest.mark.parametrize("single", [True, False])
def test_of_weighted_simulation_pseudo_data_are_exported_where_they_are_made(tmp_path, monkeypatch, single):
    runs = Simulation(tmp_path, (Sample(1, (4000,)),), monkeypatch)
    options = {"min_events_per_fs": 10, "single_output_file": single}
    weighted = runs(task="ExportBumpNet", **options)
    counted = runs(task="ExportBumpNet", pseudo_data=True, **options)
    assert weighted.status == counted.status == 0
    exported = [load_npy(gate.parent / "npy") for gate in sorted(runs.out.glob("bumpnet/*/gate.json"), key=_made_at)]
    contents, pseudo_data = ([values[0] for values in each.values()] for each in exported)
    assert not all((content == np.rint(content)).all() for content in contents)
    assert pseudo_data
    assert all((content == np.rint(content)).all() for content in pseudo_data)


def _made_at(path):
    return path.stat().st_mtime_ns


def test_names_that_the_loader_does_not_read_are_refused(exported):
    end = exported.attempt(task="ExportBumpNet", use_bumpnet_naming=False)
    assert "use_bumpnet_naming = False: BumpNet's loader reads no other names than its own" in end.text
    assert "Traceback" not in end.text
