"""One pass over a branch makes what its stages make alone, to the bit; which stage failed is known."""

from dataclasses import replace

import numpy as np
import pytest
import uproot

from edm.records.documents import to_document
from physics.bins.bins import ConstantBins
from physics.categories.event_categories import Categories
from physics.combinations import Rules
from physics.errors import PhysicsError
from physics.resonances import choose
from physics.selection.selection import Selection
from steps import branch_statistics, masses, one_pass, parse
from steps.counts import mass_counter
from steps.counts.mass_counter import MassCounter
from steps.errors import StageError, failing_stage
from steps.masses import MassOptions
from steps.one_pass import Counting, Parsing
from steps.peaks import PeakSearch
from steps.read_options import ReadOptions
from targets.catalogue.input_files import InputFile
from targets.errors import UnreadableFileError
from targets.events import schemas
from targets.events.inputs import FetchOptions
from targets.products import event_keys, parsed_data
from tests.support.toy_files import toy_file, truncate

SEARCH = PeakSearch(5, 10.0, 1000.0, choose(("z",)))
GRIDS = (ConstantBins(7.0),)
MASSES = MassOptions(("e", "m", "j"), Rules(), chunk_events=64)


@pytest.fixture
def files(tmp_path):
    paths = [toy_file(tmp_path / f"toy_{number}.root", number) for number in range(3)]
    return [InputFile(str(path), None, None, None, None, None, "files", "data") for path in paths]


@pytest.fixture
def reading(tmp_path):
    fetch = FetchOptions("auto", tmp_path / "cache", keep=False)
    selection = Selection(name="none", description="No cut.")
    return ReadOptions(schemas.load(""), selection, fetch, 50, 4000, attempts=1, tolerated_failures=0)


class Neutral(Categories):
    """Categories of which events do not tell the charges."""

    def apply(self, objects):
        msg = "1 of 2 electrons have no charge"
        raise PhysicsError(msg)


def counting(path, grids=GRIDS):
    return Counting(path, MassCounter(SEARCH), lambda _files: grids)


def arrays(path):
    with np.load(path) as archive:
        return {name: archive[name].tobytes() for name in archive.files}


def events(path):
    with uproot.open(path) as file:
        return file["events"].arrays().tolist()


@pytest.mark.parametrize("waiting_bytes", [1, 2**26])  # the events of a file wait on disk, or in memory
@pytest.mark.parametrize("storage", parsed_data.FORMATS)
def test_the_products_are_those_of_the_stages_alone(files, reading, tmp_path, monkeypatch, storage, waiting_bytes):
    monkeypatch.setattr(ReadOptions, "waiting_bytes", lambda _: waiting_bytes)
    parsed = parse.parse(files, reading, tmp_path / "p.root", storage)
    computed = masses.compute(tmp_path / "p.root", tmp_path / "m.npz", MASSES)
    counted = mass_counter.count(tmp_path / "m.npz", tmp_path / "c.npz", SEARCH, None, GRIDS)
    made = one_pass.from_files(
        files,
        reading,
        Parsing(tmp_path / "p1.root", storage),
        MASSES,
        tmp_path / "m1.npz",
        counting(tmp_path / "c1.npz"),
    )
    assert to_document(made.parsed) == to_document(parsed)
    assert (made.computed, made.counted) == (computed, counted)
    assert counted.masses > 1000
    assert events(tmp_path / "p1.root") == events(tmp_path / "p.root")
    assert (tmp_path / "m1.npz").read_bytes() == (tmp_path / "m.npz").read_bytes()
    assert arrays(tmp_path / "c1.npz") == arrays(tmp_path / "c.npz")
    assert list(made.seconds) == ["ParseFile", "ComputeMasses", "CountMasses"]
    of_parsed = branch_statistics.of_parsed_data(tmp_path / "p1.root")
    assert to_document(of_parsed) == to_document(branch_statistics.of_parsed_data(tmp_path / "p.root"))
    later = one_pass.from_parsed_data(tmp_path / "p.root", MASSES, tmp_path / "m2.npz", counting(tmp_path / "c2.npz"))
    assert later[1:3] == made[1:3]
    assert (tmp_path / "m2.npz").read_bytes() == (tmp_path / "m.npz").read_bytes()
    assert arrays(tmp_path / "c2.npz") == arrays(tmp_path / "c.npz")


@pytest.mark.parametrize("with_numbers", [False, True])
def test_what_is_not_kept_leaves_a_record(files, reading, tmp_path, with_numbers):
    kept = Parsing(tmp_path / "r.root", None, with_numbers)
    made = one_pass.from_files(files, reading, kept, MASSES, None, counting(tmp_path / "c.npz"))
    parsed = parse.parse(files, reading, tmp_path / "p.root", "rntuple")
    noted = branch_statistics.of_parsed_data(tmp_path / "r.root")
    assert replace(made.parsed, kinematics=None) == noted == replace(parsed, kinematics=None)
    assert event_keys.has_event_numbers(tmp_path / "r.root") is with_numbers
    assert (tmp_path / "r.root").stat().st_size < (tmp_path / "p.root").stat().st_size / 2
    if with_numbers:
        both = [event_keys.read_event_numbers(tmp_path / name, 100) for name in ("r.root", "p.root")]
        for numbers, expected in zip(*both, strict=True):
            assert all(np.array_equal(*columns) for columns in zip(numbers, expected, strict=True))


def test_a_file_that_fails_leaves_no_trace(files, reading, tmp_path):
    truncate(tmp_path / "toy_1.root")
    tolerant, kept = replace(reading, tolerated_failures=1), Parsing(tmp_path / "p.root", "rntuple")
    made = one_pass.from_files(files, tolerant, kept, MASSES, tmp_path / "m.npz", counting(tmp_path / "c.npz"))
    others = [files[0], files[2]]
    one_pass.from_files(others, reading, kept, MASSES, tmp_path / "m1.npz", counting(tmp_path / "c1.npz"))
    assert [failure.uri for failure in made.parsed.failures] == [files[1].uri]
    assert (tmp_path / "m.npz").read_bytes() == (tmp_path / "m1.npz").read_bytes()
    assert arrays(tmp_path / "c.npz") == arrays(tmp_path / "c1.npz")


def test_the_stage_that_failed_is_known(files, reading, tmp_path):
    kept = Parsing(tmp_path / "p.root", "rntuple")
    with pytest.raises(StageError, match=r"toy_0\.root, .*: 1 of 2 electrons have no charge") as of_masses:
        one_pass.from_files(files, reading, kept, replace(MASSES, categories=Neutral()), None, None)
    assert failing_stage(of_masses.value) == "ComputeMasses"
    truncate(tmp_path / "toy_2.root")
    with pytest.raises(UnreadableFileError, match=r"toy_2\.root") as of_parsing:
        one_pass.from_files(files, reading, kept, MASSES, None, None)
    assert failing_stage(of_parsing.value) == "ParseFile"
    assert not (tmp_path / "p.root").exists()


def test_masses_are_counted_on_the_way_when_they_take_much_memory(files, reading, tmp_path, monkeypatch):
    whole = one_pass.from_files(
        files, reading, Parsing(tmp_path / "r.root", None), MASSES, None, counting(tmp_path / "c.npz")
    )
    monkeypatch.setattr(mass_counter, "_HELD_BYTES", 4000)
    parts = one_pass.from_files(
        files, reading, Parsing(tmp_path / "r.root", None), MASSES, None, counting(tmp_path / "c1.npz")
    )
    assert arrays(tmp_path / "c.npz") == arrays(tmp_path / "c1.npz")
    assert whole.counted == parts.counted


def test_copies_are_told_by_their_place_in_parsed_data(files, reading, tmp_path):
    options = replace(MASSES, copies=np.array([0]))
    with pytest.raises(ValueError, match="copies of events are told by their place in parsed data"):
        one_pass.from_files(files, reading, Parsing(tmp_path / "p.root", "rntuple"), options, None, None)
