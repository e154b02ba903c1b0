"""The masses of a branch give the same counts and cuts, however many of a name are read at a time."""

import json
from dataclasses import replace

import numpy as np
import pytest

from edm.records.branch_records import CountedMasses
from edm.records.cut_table import Cut
from edm.records.documents import to_document
from edm.spectra import SpectrumKey
from physics.bins.bins import ConstantBins
from physics.resonances import choose
from steps import peaks
from steps.counts import histogram_counts, mass_counter
from steps.errors import EmptyResultError
from targets.documents.json import dump_json
from targets.errors import FileFormatError
from targets.products import mass_arrays, mass_counts
from targets.products.mass_arrays import MassWriter

SEARCH = peaks.PeakSearch(10, 10.0, 1000.0, choose(("z",)))


@pytest.fixture
def branch(tmp_path):
    rng, writer = np.random.default_rng(1), MassWriter()
    for name, number in (("2e/e0e1", 5000), ("2m/m0m1", 40), ("2j/j0j1", 3)):
        writer.add(SpectrumKey.parse(name), rng.exponential(150, number).astype(np.float32))
    writer.write(tmp_path / "masses.npz")
    return tmp_path


def products(folder):
    """All that is made of the masses: counts, cuts, masses after removal, counts of histograms."""
    counted, removed, filled = (folder / f"{name}.npz" for name in ("counted", "removed", "filled"))
    said = [mass_counter.count(folder / "masses.npz", counted, SEARCH)]
    table = peaks.find("d", [counted], SEARCH)
    said.append(peaks.remove(folder / "masses.npz", removed, table, SEARCH))
    said.append(histogram_counts.count(removed, filled, (ConstantBins(10.0), ConstantBins(7.0)), False))
    left: dict[str, list[float]] = {}
    for key, values in mass_arrays.read(removed):
        left.setdefault(str(key), []).extend(values.tolist())
    rows = [
        [
            (key, width, part.counts.tolist(), part.above, part.in_window)
            for key, width, part in mass_counts.add_up([path])
        ]
        for path in (counted, filled)
    ]
    return said, table, left, rows


def test_parts_change_nothing(branch, monkeypatch):
    whole = products(branch)
    assert whole[0][0] == CountedMasses(combinations=3, masses=5043)
    assert sum(map(len, whole[2].values())) > 1000
    for size in (1, 7, 4999):
        monkeypatch.setattr(mass_arrays, "_PART_MASSES", size)
        assert products(branch) == whole


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"min_events": 6000}, "Read more files, lower min_events_per_fs, or look at the cutflow"),
        (
            {"min_events": 1000, "max_mass_gev": 1e-9},
            r"of the 5000 masses .* 5000 lie above max_mass_gev, and 0 in windows .* below them: raise max_mass_gev$",
        ),
        (
            {"min_events": 1000, "max_mass_gev": 100.0},
            r"of the 5000 masses .* \d+ lie above max_mass_gev, and \d+ in .*: raise max_mass_gev or name fewer",
        ),
    ],
)
def test_nothing_left_names_the_threshold_that_took_it(branch, changed, sentence):
    search = replace(SEARCH, **changed)
    mass_counter.count(branch / "masses.npz", branch / "counted.npz", search)
    with pytest.raises(EmptyResultError, match=sentence):
        peaks.find("d", [branch / "counted.npz"], search)


CUT = {"entries": 3, "below": 1, "window": 0, "main": 2, "outliers": 0, "above": 0}
CUT |= {"start_gev": 80.0, "split_gev": None}
TABLE = {"dataset": "d", "final_states": {"2e": {"events": 3, "kept": True}}, "cuts": {"2e/e0e1": CUT}}


@pytest.mark.parametrize(
    "table",
    [
        [],
        {},
        TABLE | {"cuts": []},
        TABLE | {"cuts": {"2e": CUT}},
        TABLE | {"cuts": {"2e/e0e1": CUT | {"main": 3}}},
        TABLE | {"cuts": {"2e/e0e1": CUT | {"start_gev": None}}},
        TABLE | {"cuts": {"2e/e0e1": CUT | {"unknown": 1}}},
        TABLE | {"final_states": {"2e": {}}},
    ],
)
def test_what_is_no_table_of_cuts(tmp_path, table):
    path = tmp_path / "t.json"
    path.write_text(json.dumps(table))
    with pytest.raises(FileFormatError, match=r"t\.json: not a table of cuts .*; delete it: the next run remakes it$"):
        peaks.load_table(path)
    path.write_text(json.dumps(TABLE))
    table = peaks.load_table(path)
    assert table.cuts == {SpectrumKey("2e", "e0e1"): Cut(**CUT)}
    assert to_document(table)["final_states"] == TABLE["final_states"]


def counted(folder, masses):
    """Count masses, by name, and return the file of counts."""
    writer = MassWriter()
    for name, values in masses.items():
        writer.add(SpectrumKey.parse(name), np.array(values, dtype=np.float32))
    writer.write(folder / "some.npz")
    mass_counter.count(folder / "some.npz", folder / "counted.npz", SEARCH)
    return folder / "counted.npz"


def test_final_states_count_events_without_missing_momentum_too(tmp_path):
    # the alphabetical order of combinations must not matter: MET+e0 stands before e0e1, and after Z0Z1 nothing else
    masses = {"2e/MET+e0": [115.0] * 9, "2e/e0e1": [125.0] * 12, "2e/MET+e0e1": [135.0] * 9, "1e/MET+e0": [105.0] * 11}
    table = peaks.find("d", [counted(tmp_path, masses)], SEARCH)
    assert {state: count.events for state, count in table.final_states.items()} == {"2e": 12, "1e": 11}
    assert {str(key) for key in table.cuts} == set(masses)


def test_pairs_with_missing_momentum_keep_their_z(tmp_path):
    masses = {"2e/e0e1": [91.0] * 20 + [150.0], "2e/MET+e0": [91.0] * 20, "2e/MET+e0e1": [91.0] * 20}
    table = peaks.find("d", [counted(tmp_path, masses)], SEARCH)
    assert {str(key): cut.window for key, cut in table.cuts.items()} == {
        "2e/e0e1": 20,
        "2e/MET+e0": 0,
        "2e/MET+e0e1": 0,
    }


def test_known_structures_are_listed_and_not_cut(tmp_path):
    masses = {"2e_1j/e0e1j0": [117.0] * 20, "2e_1j/e0j0": [117.0] * 20}
    table = peaks.find("d", [counted(tmp_path, masses)], SEARCH, jet_pt_gev=[30.0])
    dump_json(tmp_path / "table.json", to_document(table))
    cuts = {str(key): cut for key, cut in peaks.load_table(tmp_path / "table.json").cuts.items()}
    (structure,) = cuts["2e_1j/e0e1j0"].structures
    assert (structure.name, round(structure.mass_gev, 1)) == ("edge of Z + jet", 117.4)
    assert cuts["2e_1j/e0j0"].structures == ()
    assert {cut.main for cut in cuts.values()} == {20}
