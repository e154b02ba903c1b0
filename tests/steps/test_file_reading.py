"""Reading one file: each event is handed on or counted, and what is wrong is said with the file's address."""

from contextlib import contextmanager

import pytest

from physics.errors import PhysicsError
from physics.selection.selection import Selection
from steps import file_reading
from steps.errors import FileError
from steps.file_reading import FileReading
from steps.read_options import ReadOptions
from targets.catalogue.input_files import InputFile
from targets.errors import ConfigurationError, UnreadableFileError
from targets.events import schemas
from targets.events.inputs import FetchOptions
from targets.events.reader import EventFile
from tests.support.toy_files import EVENTS, toy_file

NONE = Selection(name="none", description="No cut.")


@pytest.fixture
def read(tmp_path):
    """Make an attempt at a toy file; 100 events are a chunk."""
    file = InputFile(str(toy_file(tmp_path / "toy.root", 1)), None, None, None, None, None, "files", "data")
    fetch = FetchOptions("auto", tmp_path / "cache", keep=False)
    return FileReading(file, ReadOptions(schemas.load(""), NONE, fetch, 100, 4000, attempts=1, tolerated_failures=0))


def test_each_event_is_handed_on_or_counted(read):
    states, parts = zip(*read.events(), strict=True)
    n_written = sum(part.n_events for part in parts)
    (record,) = read.counts.files
    assert (record.events, record.written) == (EVENTS, n_written)
    assert n_written + read.counts.few_objects.total() == EVENTS
    assert 0 < n_written < EVENTS
    assert {(state.record.uri, state.record.schema) for state in states} == {(record.uri, record.schema)}
    assert len({state.content for state in states}) == 1


def test_the_record_is_there_once_the_file_was_read_whole(read):
    events = read.events()
    next(events)
    assert read.counts.files == []
    events.close()
    assert read.counts.files == []


def test_what_takes_events_may_fail_in_its_own_way(read):
    """An error of the disk that is written to is none of the file that is read."""
    with pytest.raises(OSError, match="disk"):  # noqa: PT012
        for _ in read.events():
            msg = "disk full"
            raise OSError(msg)


def test_a_download_is_named_by_its_address_and_its_place_in_the_cache(read, monkeypatch):
    def read_damaged(*_):
        msg = "cache/abc.root: damaged"
        raise UnreadableFileError(msg)

    opened = file_reading.open_input

    @contextmanager
    def open_download(*arguments):
        with opened(*arguments) as whole:
            monkeypatch.setattr(whole.events, "uri", "cache/abc.root")
            monkeypatch.setattr(whole.events, "chunks", read_damaged)
            yield whole

    monkeypatch.setattr(file_reading, "open_input", open_download)
    with pytest.raises(FileError) as caught:
        list(read.events())
    assert caught.value.reason == f"{read.file.uri}: cache/abc.root: damaged"
    assert (caught.value.uri, caught.value.transient) == (read.file.uri, True)


@pytest.mark.parametrize("error", [PhysicsError, ConfigurationError])
def test_what_knows_no_file_gets_its_name(read, monkeypatch, error):
    def fail(*_):
        msg = "wrong"
        raise error(msg)

    monkeypatch.setattr(EventFile, "chunks", fail)
    with pytest.raises(FileError, match=f"^{read.file.uri}: wrong$") as caught:
        list(read.events())
    assert not caught.value.transient
