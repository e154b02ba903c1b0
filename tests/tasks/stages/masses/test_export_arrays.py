"""ExportArrays of simulation: a weight for each mass, and what they are normalised to."""

import json

import numpy as np
import pytest

from tests.support.simulated import RELEASE, Sample, Simulation

SAMPLES = (Sample(1, (0, 60, 40)), Sample(2, (50,)))


@pytest.fixture
def runs(tmp_path, monkeypatch):
    return Simulation(tmp_path, SAMPLES, monkeypatch)


def exported(runs):
    return {path.name: path for path in (runs.out / "exported_arrays").glob("*/*") if path.is_dir()}


def test_each_mass_has_its_weight_and_each_sample_its_normalisation(runs):
    runs(task="ExportArrays")
    folders = {record["dataset"]: exported(runs)[record["product"]] for record in runs.records("ExportArrays")}
    assert set(folders) == {f"{RELEASE}_mc_1", f"{RELEASE}_mc_2"}  # samples are not mixed
    pairs = {}
    for path in runs.products("im_arrays"):
        with np.load(path) as arrays:
            for name, start, stop in zip(arrays["names"], arrays["offsets"], arrays["offsets"][1:], strict=False):
                part = zip(arrays["masses"][start:stop], arrays["weights"][start:stop], strict=True)
                pairs.setdefault(str(name), []).extend(part)
    found = {}
    for folder in folders.values():
        for path in folder.glob("*/*_weights.npy"):
            masses, weights = np.load(path.with_name(path.name.replace("_weights", ""))), np.load(path)
            assert (masses.dtype, weights.dtype, masses.shape) == (np.float32, np.float64, weights.shape)
            name = f"{path.parent.name}/{path.stem.removesuffix('_weights')}"
            found.setdefault(name, []).extend(zip(masses, weights, strict=True))
    assert {name: sorted(values) for name, values in found.items()} == {
        name: sorted(values) for name, values in pairs.items()
    }
    normalisation = json.loads((folders[f"{RELEASE}_mc_1"] / "normalisation.json").read_text())
    total = float(np.float32(4e4))
    assert normalisation["factor"] == pytest.approx(0.5 * float(np.float32(1.1)) * 0.75 * 36646.74 / total, rel=1e-12)


def test_another_luminosity_is_another_export_and_counted_events_have_no_weights(runs):
    runs(task="ExportArrays")
    before = runs.state()
    assert runs(task="ExportArrays", luminosity_fb=1.0).started == ["ExportArrays"]
    assert runs.changed_since(before) == []
    assert len(exported(runs)) == 2  # named by the files
    runs(task="ExportArrays", mc_weights=False, run_name="counted")
    counted = runs.folder / "out" / "counted"
    assert list(counted.glob("exported_arrays/*/*/*/*.npy"))
    assert not list(counted.glob("exported_arrays/**/*_weights.npy"))
