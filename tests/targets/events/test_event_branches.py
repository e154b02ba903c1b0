"""What a file says of whole events, under the names of selections."""

import awkward as ak
import numpy as np
import pytest

from edm.simulation import SimulationMark
from targets.errors import FileFormatError, UnreadableFileError
from targets.events import schemas
from targets.events.reader import open_events
from targets.rootio.files import Tree
from tests.support.rootfiles_made import events, write

MATCH = "AnalysisTrigMatch_HLT_xAuxDyn"


def link(key, index):
    return {"m_persKey": key, "m_persIndex": index}


LINKS = ak.Array([[], [[link(7, 0), link(8, 1)], [link(7, 2)]], [[]]])


@pytest.fixture
def physlite(tmp_path):
    more = {
        "EventInfoAuxDyn:larFlags": np.arange(3, dtype=np.uint32),
        f"{MATCH}:TrigMatchedObjects": ak.values_astype(LINKS, np.uint32),
    }
    path = write(tmp_path / "f.root", "2024r-pp", events(3), rntuple=True, **more)
    with open_events(path, schemas.load("2024r-pp")) as opened:
        yield opened


def columns(opened, names):
    (chunk,) = opened.chunks({}, 10, event_branches=names)
    return chunk.event_columns


def test_branches_have_the_spelling_of_selections(physlite):
    present = physlite.of_events.present
    assert {"EventInfoAuxDyn.larFlags", f"{MATCH}.TrigMatchedObjects", "EventInfoAuxDyn.runNumber"} <= present
    assert not any(":" in name for name in present)


def test_numbers_and_lists_are_columns(physlite):
    weights = "EventInfoAuxDyn.mcEventWeights"
    read = columns(physlite, ["EventInfoAuxDyn.larFlags", weights])
    assert read["EventInfoAuxDyn.larFlags"].tolist() == [0, 1, 2]
    assert read[weights].counts.tolist() == [3, 3, 3]


def test_of_lists_of_links_their_number_or_their_members_are_read(physlite):
    name = f"{MATCH}.TrigMatchedObjects"
    read = columns(physlite, [name, f"{name}.m_persKey", f"{name}.m_persIndex"])
    assert read[name].tolist() == [0, 2, 1]
    for member, expected in (("m_persKey", [7, 8, 7]), ("m_persIndex", [0, 1, 2])):
        column = read[f"{name}.{member}"]
        assert (column.values.tolist(), column.counts.tolist()) == (expected, [0, 3, 0])
    plain = physlite.of_events.plain([name, f"{name}.m_persKey", "EventInfoAuxDyn.larFlags"])
    assert plain == {"EventInfoAuxDyn:larFlags"}


@pytest.mark.parametrize(("first", "marked"), [(0, True), (250, True), (None, False)])
def test_a_mark_is_looked_for_until_it_is_found(tmp_path, first, marked):
    drawn = events(300)
    weights = np.zeros(300, dtype=np.float32)
    if first is not None:
        weights[first] = 1
    path = write(tmp_path / "f.root", "2016e-8tev", drawn, mcWeight=weights)
    with open_events(path, schemas.load("2016e-8tev")) as opened:
        assert opened.of_events.has_mark([SimulationMark(nonzero="mcWeight")], opened._read) == marked
        first_100 = SimulationMark(nonzero="mcWeight", first_events=100)
        assert opened.of_events.has_mark([first_100], opened._read) == (first == 0)
        assert not opened.of_events.has_mark([SimulationMark(nonzero="absent")], opened._read)


def test_a_file_without_menus_and_sums_says_so(physlite):
    assert physlite.of_events.menus() == {}
    with pytest.raises(FileFormatError, match=r"f\.root"):
        physlite.of_events.generator_sums()


def test_a_damaged_list_of_links_is_named(physlite, monkeypatch):
    def fail(*_):
        msg = "bad bytes"
        raise ValueError(msg)

    monkeypatch.setattr(Tree, "array", fail)
    with pytest.raises(UnreadableFileError, match=r"f\.root: .*TrigMatchedObjects of events 0 to 3 cannot be read"):
        columns(physlite, [f"{MATCH}.TrigMatchedObjects"])
