"""Streams: an event that several of them recorded counts once."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from physics.errors import EventLevelError
from physics.events.streams import menus_of_streams, present_streams, stream_of, stream_passes, stream_paths
from physics.selection.events import Stream, TriggerMenu

STREAMS = tuple(
    Stream(name=name, files=(f"*/{name}/*",), paths=paths)
    for name, paths in (("DoubleMuon", ("d1", "d2")), ("MuonEG", ("x1",)), ("SingleMuon", ("s1", "s2")))
)
MENU = TriggerMenu(name="2016", runs=(1, 9), paths=("s1", "d1", "x1", "p"))


def test_a_file_belongs_to_the_first_stream_whose_pattern_fits():
    assert stream_of(STREAMS, "root://eos//store/Run2016H/MuonEG/NANOAOD/a.root").name == "MuonEG"
    assert stream_of(STREAMS, "/data/a.root") is None


def test_the_veto_acts_when_a_dataset_has_files_of_two_streams():
    single, double = "/x/SingleMuon/a.root", "/x/DoubleMuon/b.root"
    assert present_streams(STREAMS, [single, single]) == ()
    assert [stream.name for stream in present_streams(STREAMS, [single, double])] == ["DoubleMuon", "SingleMuon"]
    with pytest.raises(
        EventLevelError, match=r"/x/a\.root belongs to none of the streams DoubleMuon, MuonEG, SingleMuon"
    ):
        present_streams(STREAMS, [single, double, "/x/a.root"])


def test_the_paths_are_the_union_of_the_present_streams():
    present = (STREAMS[0], STREAMS[2])
    later = TriggerMenu(name="2018", runs=(10, 19), paths=("p",))
    assert [menu.paths for menu in menus_of_streams((MENU, later), present)] == [("s1", "d1")]
    assert menus_of_streams((MENU, later), ()) == (MENU, later)


def test_paths_of_other_periods_do_not_count():
    assert stream_paths(MENU, STREAMS[2], (STREAMS[0], STREAMS[2])) == (("s1",), ("d1",))
    assert stream_paths(MENU, STREAMS[2], STREAMS) == (("s1",), ("d1", "x1"))
    assert stream_paths(MENU, STREAMS[0], STREAMS) == (("d1",), ())


def test_a_missing_veto_path_is_an_error_and_a_missing_own_one_has_not_fired():
    fired = {"s1": np.array([True, False])}
    assert stream_passes(("s1", "s2"), (), fired, 2).tolist() == [True, False]
    with pytest.raises(EventLevelError, match=r"streams: the file has no d1, which a stream of higher rank is made of"):
        stream_passes(("s1",), ("d1",), fired, 2)


@given(st.lists(st.sets(st.sampled_from(["s1", "d1", "x1"])), min_size=1, max_size=8))
def test_every_event_that_fired_is_kept_in_exactly_one_stream(events):
    fired = {path: np.array([path in paths for paths in events]) for path in ("s1", "d1", "x1")}
    kept = [stream_passes(*stream_paths(MENU, own, STREAMS), fired, len(events)) for own in STREAMS]
    recorded = [[bool(paths & set(own.paths)) for paths in events] for own in STREAMS]
    assert np.sum(kept, axis=0).tolist() == [int(any(column)) for column in zip(*recorded, strict=True)]
    assert all(
        not keep or record for row in zip(kept, recorded, strict=True) for keep, record in zip(*row, strict=True)
    )
