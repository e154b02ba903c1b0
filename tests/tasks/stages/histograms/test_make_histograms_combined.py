"""The dataset that combines the samples of a release: one table of cuts, and normalised contents added up."""

import base64
import json
import re
import zlib

import numpy as np
import pytest
import uproot

from tests.oracle.peaks import histogram, peak_cut
from tests.oracle.weights import binned_sums
from tests.support.simulated import RELEASE, Sample, Simulation

SAMPLES = (Sample(9, (150, 90)), Sample(10, (120,), cross_section_pb=2.0, sum_of_weights=-7e3))
NAMES = tuple(f"{RELEASE}_mc_{sample.number}" for sample in SAMPLES)
COMBINED = f"{RELEASE}_mc"
LUMINOSITY_PB = 36_646.74


@pytest.fixture
def runs(tmp_path, monkeypatch):
    return Simulation(tmp_path, SAMPLES, monkeypatch)


def masses(runs):
    """Give masses and weights of each sample by spectrum."""
    found = {name: {} for name in NAMES}
    for path in (runs.out / "im_arrays").glob("*/*.npz"):
        (log,) = (runs.out / "logs" / "ComputeMasses").glob(f"*/{path.stem}.json")
        spectra = found[json.loads(log.read_text())["dataset"]]
        with np.load(path) as arrays:
            for name, start, stop in zip(arrays["names"], arrays["offsets"], arrays["offsets"][1:], strict=False):
                pairs = zip(arrays["masses"][start:stop].tolist(), arrays["weights"][start:stop].tolist(), strict=True)
                spectra.setdefault(str(name), []).extend(pairs)
    return found


def expected(spectra, name, events):
    """Compute start, contents and squared errors of a histogram, in plain loops; None where there is none."""
    both = [mass for sample in NAMES for mass, _ in spectra[sample].get(name, ())]
    if events < 10:
        return None
    cut = peak_cut(both, name.split("/")[1], 10.0, 10_000.0)
    start, counts, _ = histogram(cut.main + cut.outliers, cut.turn_on_gev, 10.0)
    contents, variances = np.zeros(len(counts)), np.zeros(len(counts))
    for sample, dataset in zip(SAMPLES, NAMES, strict=True):
        total = float(np.float32(sample.sum_of_weights))
        unit = 2.0 ** (np.floor(np.log2(abs(total) / sample.n_generated)) - 20)
        factor = sample.cross_section_pb * float(np.float32(1.1)) * 0.75 * LUMINOSITY_PB / total
        entries = [(int(mass // 10) - round(start / 10), w) for mass, w in spectra[dataset].get(name, ())]
        inside = [(index, weight) for index, weight in entries if 0 <= index < len(counts)]
        first, second = binned_sums(inside, len(counts), unit)
        contents += factor * unit * np.array(first, dtype=float)
        variances += (1024 * unit * factor) ** 2 * np.array(second, dtype=float)
    return start, counts, contents, variances


def all_bytes(folder):
    """Give the bytes of contents, squared errors and entries of all histograms, by file and key."""
    found = {}
    for path in folder.glob("histograms/*/*.root"):
        with uproot.open(path) as file:
            for key in file.keys(cycle=False, filter_classname="TH1D"):
                made = file[key]
                numbers = made.values().tobytes(), made.variances().tobytes(), made.member("fEntries")
                found[path.name, key] = numbers
    return found


def test_contents_of_samples_are_added_in_the_ranges_of_their_sum(runs):
    end = runs()
    paths = {path.name: path for path in runs.products("histograms")}
    assert set(paths) == {f"histograms_{name}.root" for name in (*NAMES, COMBINED)}
    spectra, records = masses(runs), runs.records("MakeHistograms")
    (record,) = [record for record in records if record["dataset"] == COMBINED]
    assert list(record["normalisation"]) == list(NAMES)
    assert record["events"]["read"] == 360
    with uproot.open(paths[f"histograms_{COMBINED}.root"]) as file:
        keys = set(file.keys(cycle=False))
        for name in sorted({name for sample in NAMES for name in spectra[sample]}):
            state, combination = name.split("/")
            key = f"ROI_mass_{combination}_cat_{state.replace('e_', 'ex_').replace('m', 'mx')}_width_10.0"
            wanted = expected(spectra, name, record["final_states"][state])
            assert (wanted is not None) == (key in keys)
            if wanted is None:
                continue
            start, counts, contents, variances = wanted
            assert file[key].axis().low == start
            assert file[key].member("fEntries") == sum(counts)
            assert file[key].values() == pytest.approx(contents, rel=1e-12)
            assert file[key].variances() == pytest.approx(variances, rel=1e-12)
            assert file[key].title == f"{name.replace('/', ' ')} (simulation)"
    assert len(keys) > 3
    assert COMBINED in end.text
    before = runs.state()
    runs()
    assert runs.state() == before
    shared = {"threads": 2, "files_per_branch": 2, "chunk_events": 30, "run_name": "shared"}
    runs(**shared)
    assert all_bytes(runs.folder / "out" / "shared") == all_bytes(runs.out)


@pytest.mark.usefixtures("quick_figures")
def test_report_figures_and_summary_have_the_combined_dataset_too(runs):
    runs(task="MakeReport", plotted_final_states=1)
    (path,) = runs.products("report")
    document = json.loads(zlib.decompress(base64.b64decode(re.search(r'id="data">([^<]*)<', path.read_text())[1])))
    assert set(document["cutflow"]) == {*NAMES, COMBINED}
    assert {histogram["dataset"] for histogram in document["histograms"]} == {*NAMES, COMBINED}
    assert [file["dataset"] for file in document["files"]] == [NAMES[0], *NAMES]
    assert {folder.name for folder in runs.products("plots")} == {*NAMES, COMBINED}
    text = runs(task="Summary", plotted_final_states=1).text
    assert f"dataset {COMBINED}\n" in text
    assert "events: 360 read" in text
    assert "all stages are done" in text
