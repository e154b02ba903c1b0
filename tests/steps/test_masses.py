"""ComputeMasses of one file of parsed data made here: categories, missing momentum and weights go together."""

from dataclasses import replace

import numpy as np
import pytest

from edm.objects import Objects
from edm.records.branch_records import ParsedFiles
from edm.records.cutflow import Cutflow
from edm.records.documents import to_document
from edm.records.samples import FileWeights
from edm.records.statistics import EventCounts, FileRecord
from physics.categories.event_categories import Categories
from physics.combinations import Rules
from steps.errors import StageError
from steps.masses import MassOptions, compute
from targets.products import mass_arrays, parsed_data
from tests.support.jagged import jagged

PAIR = [{"pt": 45.5, "charge": 1}, {"pt": 45.5, "phi": 3.1416, "charge": -1}]  # 91 GeV
SAME = [{"pt": 45.5, "charge": 1}, {"pt": 45.5, "phi": 3.1416, "charge": 1}]
WIDE = [{"pt": 100.0, "charge": 1}, {"pt": 100.0, "phi": 3.1416, "charge": -1}]  # 200 GeV
ELECTRONS = [PAIR, SAME, WIDE, WIDE, PAIR, []]
MET = np.array([10.0, np.nan, 30.0, np.inf, 50.0, 60.0], dtype=np.float32)
WEIGHTS = np.array([1.0, 2.0, 4.0, 8.0, 16.0, 32.0])
OPTIONS = MassOptions(("e", "m", "j", "Z"), Rules(), Categories(15.0, charges=True))


@pytest.fixture
def parsed(tmp_path):
    """Write parsed data of six events, each with a jet."""

    def write(electrons, met=MET, few=None):
        empty = {kind: Objects.none(len(electrons), ("pt", "eta", "phi", "mass")) for kind in "mgt"}
        objects = empty | {"e": jagged(electrons), "j": jagged([[{"pt": 30.0, "phi": 1.0}]] * len(electrons))}
        numbers = dict.fromkeys(("run", "luminosity_block", "event", "generator_weight"), np.ones(len(electrons)))
        numbers |= {"weight": WEIGHTS[: len(electrons)]}
        numbers |= {} if met is None else {"met": met, "met_phi": np.zeros(len(electrons))}
        record = ParsedFiles(
            events=EventCounts(read=9, written=len(electrons), few_objects=few or {}),
            cutflow=Cutflow(),
            files=(FileRecord("in/a.root", "cms-nanoaod", {}, len(electrons), weights=FileWeights()),),
            failures=(),
        )
        with parsed_data.writing(tmp_path / "p.root", "rntuple", met is not None) as writer:
            writer.add(objects, numbers)
            writer.note({name: part for name, part in to_document(record).items() if name != "kinematics"})
        return tmp_path / "p.root"

    return write


def masses_of(parsed, options):
    """Return the statistics, and masses and weights by name."""
    path = parsed.with_name("m.npz")
    record = compute(parsed, path, options)
    read = mass_arrays.read_weighted(path) if options.weighted else ((*row, None) for row in mass_arrays.read(path))
    return record, {str(key): (values, weights) for key, values, weights in read}


def test_final_states_have_candidates_and_tags(parsed):
    record, made = masses_of(parsed(ELECTRONS), OPTIONS)
    expected = {"0e_0m_1j_1Z": 2, "2e_0m_1j_0Z_OS": 2, "0e_0m_1j_0Z": 1, "2e_0m_1j_0Z_SS": 1}
    assert record.final_states == expected
    assert {name for name in made if name.startswith("0e")} == {"0e_0m_1j_1Z/j0Z0"}
    assert {name.split("/")[1] for name in made if name.startswith("2e")} == {"e0e1", "e0j0", "e0e1j0"}


def test_without_categories_nothing_of_them_is_left(parsed):
    record, made = masses_of(parsed(ELECTRONS), MassOptions(("e", "m", "j"), Rules()))
    assert record.final_states == {"2e_0m_1j": 5, "0e_0m_1j": 1}
    assert set(made) == {"2e_0m_1j/e0e1", "2e_0m_1j/e0j0", "2e_0m_1j/e0e1j0"}


def test_leptons_take_part_whether_they_are_configured_or_not(parsed):
    record, _ = masses_of(parsed(ELECTRONS), replace(OPTIONS, kinds=("j", "Z")))
    assert record.final_states == {"1j_0Z_OS": 2, "1j_1Z": 2, "1j_0Z": 1, "1j_0Z_SS": 1}
    untouched, _ = masses_of(parsed(ELECTRONS), replace(OPTIONS, kinds=("j",), categories=Categories(charges=True)))
    assert untouched.final_states == {"1j_OS": 4, "1j": 1, "1j_SS": 1}


@pytest.mark.parametrize("chunk_events", [1, 4, 100])
def test_weights_stay_with_their_events(parsed, chunk_events):
    options = replace(OPTIONS, rules=Rules(with_met=True), weighted=True, chunk_events=chunk_events)
    _, made = masses_of(parsed(ELECTRONS), options)
    weights = {name: of_masses.tolist() for name, (_, of_masses) in made.items()}
    assert weights["0e_0m_1j_1Z/j0Z0"] == [1, 16]
    assert weights["2e_0m_1j_0Z_OS/e0e1"] == [4, 8]
    assert weights["2e_0m_1j_0Z_SS/e0e1"] == [2]
    assert weights["0e_0m_1j_1Z/MET+Z0"] == weights["0e_0m_1j_1Z/MET+j0Z0"] == [1, 16]
    assert weights["2e_0m_1j_0Z_OS/MET+e0"] == weights["2e_0m_1j_0Z_OS/MET+e0e1j0"] == [4]
    assert weights["2e_0m_1j_0Z_SS/MET+e0"] == []
    assert weights["0e_0m_1j_0Z/MET+j0"] == [32]


def test_masses_with_missing_momentum(parsed):
    _, made = masses_of(parsed(ELECTRONS), MassOptions(("j",), Rules(with_met=True)))
    assert set(made) == {"1j/MET+j0"}
    expected = np.sqrt(2 * 30.0 * np.array([10, 30, 50, 60]) * (1 - np.cos(1.0)))
    np.testing.assert_allclose(made["1j/MET+j0"][0], expected, rtol=1e-6)


def test_events_with_few_objects_have_no_candidate(parsed):
    record, _ = masses_of(parsed([PAIR], MET[:1], {"1e_0m_0j_0g_0t_0b": 5}), OPTIONS)
    assert record.final_states == {"1e_0m_0j_0Z": 5, "0e_0m_1j_1Z": 1}


def test_charges_that_are_not_known_end_the_branch_with_its_files(parsed):
    unknown = [[{"pt": 45.5, "charge": 0}, {"pt": 45.5, "charge": 1}]]
    with pytest.raises(StageError, match=r"^in/a\.root: 1 of 2 electrons have no charge or one of 0"):
        compute(parsed(unknown, MET[:1]), parsed(unknown, MET[:1]).with_name("m.npz"), OPTIONS)
