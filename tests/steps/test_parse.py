"""Parsing one file at a time: what a file that fails costs, and that it leaves no trace in the product."""

from collections import Counter
from contextlib import contextmanager
from dataclasses import replace

import pytest
import uproot

from edm.records.documents import to_document
from physics.selection.selection import Selection
from steps import file_reading, parse
from steps.errors import StageError
from steps.read_options import ReadOptions
from targets.catalogue.input_files import InputFile
from targets.errors import UnreadableFileError
from targets.events import schemas
from targets.events.inputs import FetchOptions
from targets.events.reader import EventFile
from targets.network.retry import RefusedError
from targets.products import parsed_data
from tests.support.jagged import plain
from tests.support.toy_files import EVENTS, toy_file, truncate

NONE = Selection(name="none", description="No cut.")


@pytest.fixture
def files(tmp_path):
    return [toy_file(tmp_path / f"toy_{number}.root", number) for number in range(5)]


@pytest.fixture
def run(tmp_path):
    """Parse files with three attempts for each; 100 events are a chunk."""

    def parsing(paths, tolerated=0, name="p.root", storage="rntuple"):
        sources = [InputFile(str(path), None, None, None, None, None, "files", "data") for path in paths]
        fetch = FetchOptions("auto", tmp_path / "cache", keep=False)
        options = ReadOptions(schemas.load(""), NONE, fetch, 100, 4000, attempts=3, tolerated_failures=tolerated)
        return parse.parse(sources, options, tmp_path / name, storage)

    return parsing


@pytest.fixture
def reads(monkeypatch):
    """Count how often each file is opened."""
    opened = Counter()
    open_input = file_reading.open_input

    @contextmanager
    def counted(file, *options):
        opened[file.uri.rpartition("/")[2]] += 1
        with open_input(file, *options) as source:
            yield source

    monkeypatch.setattr(file_reading, "open_input", counted)
    return opened


@pytest.fixture
def fail(monkeypatch):
    """Let reading of a file break off after its second chunk, as often as said."""
    chunks = EventFile.chunks

    def set_failures(name, times, error=UnreadableFileError):
        remaining = [times]

        def chunks_until(file, *options):
            for number, chunk in enumerate(chunks(file, *options)):
                if number == 2 and file.uri.endswith(name) and remaining[0]:
                    remaining[0] -= 1
                    msg = f"{file.uri}: the connection broke"
                    raise error(msg)
                yield chunk

        monkeypatch.setattr(EventFile, "chunks", chunks_until)

    return set_failures


def content(path):
    """Return all that the file holds but its statistics, and how its events are cut into clusters."""
    with uproot.open(path) as file:
        tree = file["events"]
        numbers = {name: tree[name].array().tolist() for name in parsed_data.NUMBERS}
        sizes = [entry.num_entries for entry in tree.cluster_summaries] if "RNTuple" in str(type(tree)) else []
    objects = [{kind: plain(of_kind) for kind, of_kind in chunk.items()} for chunk in parsed_data.read(path, 10**6)]
    return numbers, sizes, objects


def test_each_file_is_read_once(run, files, reads):
    statistics = run(files)
    assert reads == {path.name: 1 for path in files}
    assert statistics.events.read == 5 * EVENTS
    assert statistics.events.written + sum(statistics.events.few_objects.values()) == 5 * EVENTS


@pytest.mark.parametrize("bad", [0, 2, 4])
def test_a_file_that_fails_is_tried_again_alone(run, files, reads, bad):
    truncate(files[bad])
    statistics = run(files, tolerated=1)
    assert reads == {path.name: 3 if path == files[bad] else 1 for path in files}
    assert [failure.uri for failure in statistics.failures] == [str(files[bad])]
    assert [record.uri for record in statistics.files] == [str(path) for path in files if path != files[bad]]


@pytest.mark.parametrize(("bad", "n_read", "n_left"), [(0, 0, 4), (2, 2, 2), (4, 4, 0)])
def test_a_lost_group_is_not_read_on(run, files, reads, tmp_path, bad, n_read, n_left):
    truncate(files[bad])
    message = (
        rf"1 of 5 files cannot be read:\n  {files[bad]}: .*\n  \(of the others, {n_read} were read and {n_left} were"
    )
    with pytest.raises(UnreadableFileError, match=message):
        run(files)
    assert reads == {path.name: 3 if path == files[bad] else 1 for path in files[: bad + 1]}
    assert not (tmp_path / "p.root").exists()


def test_all_files_that_failed_so_far_are_named(run, files, reads):
    truncate(files[1])
    truncate(files[3])
    with pytest.raises(
        UnreadableFileError, match=rf"2 of 5 .*\n  {files[1]}: .*\n  {files[3]}: .*\n.*2 were read and 1 were"
    ):
        run(files, tolerated=1)
    assert reads[files[4].name] == 0


@pytest.mark.parametrize("storage", parsed_data.FORMATS)
@pytest.mark.parametrize("waiting_bytes", [0, 20_000, 2**26], ids=["on disk", "on both", "in memory"])
@pytest.mark.parametrize("times", [2, 3], ids=["read in the end", "given up"])
def test_attempts_that_fail_leave_no_trace(run, files, fail, tmp_path, monkeypatch, storage, waiting_bytes, times):
    monkeypatch.setattr(parsed_data, "_CLUSTER_EVENTS", 150)  # so that clusters end within files
    good = run(files if times < 3 else [*files[:2], *files[3:]], name="good.root", storage=storage)
    monkeypatch.setattr(ReadOptions, "waiting_bytes", lambda _: waiting_bytes)
    fail("toy_2.root", times)
    statistics = run(files, tolerated=1, storage=storage)
    assert content(tmp_path / "p.root") == content(tmp_path / "good.root")
    assert len(statistics.failures) == (times == 3)
    assert to_document(replace(statistics, failures=())) == to_document(good)
    assert sorted(path.name for path in tmp_path.glob("[!t]*")) == ["good.root", "p.root"]


@pytest.mark.parametrize("sizes", [(100, 100, 100), (100, 30, 130), (70, 200, 100)], ids=str)
def test_an_attempt_goes_on_where_the_one_before_failed(run, files, fail, tmp_path, monkeypatch, sizes):
    good = run(files, name="good.root")
    chunks, remaining = EventFile.chunks, list(sizes)

    def cut_anew(file, columns, size, *options):
        return chunks(file, columns, remaining.pop(0) if file.uri.endswith("toy_2.root") else size, *options)

    monkeypatch.setattr(EventFile, "chunks", cut_anew)
    fail("toy_2.root", 2)
    assert to_document(run(files)) == to_document(good)
    numbers, _, objects = content(tmp_path / "p.root")
    assert (numbers, objects) == content(tmp_path / "good.root")[::2]


def test_another_file_at_the_same_address_is_not_read_on(run, files, fail, tmp_path, monkeypatch):
    opened = file_reading.open_input

    def open_and_replace(*arguments):
        file = opened(*arguments)
        attempts.append(file)
        if len(attempts) == 2:
            files[1].replace(files[0])
        return file

    attempts = []
    monkeypatch.setattr(file_reading, "open_input", open_and_replace)
    fail("toy_0.root", 1)
    with pytest.raises(UnreadableFileError, match="another file is there than when it was begun: rerun") as caught:
        run(files[:1])
    assert not caught.value.__cause__.transient
    assert len(attempts) == 2
    assert not (tmp_path / "p.root").exists()


def test_a_failure_that_another_attempt_cannot_cure_is_tried_once(run, files, fail, reads):
    fail("toy_2.root", 9, RefusedError)
    run(files, tolerated=1)
    assert reads[files[2].name] == 1


def test_the_same_file_twice_is_read_twice(run, files):
    assert run([files[0], files[0]]).events.read == 2 * EVENTS


def test_failures_of_the_whole_run_are_added_up(run, files, tmp_path):
    paths = [tmp_path / f"p{number}.root" for number in (0, 1)]
    for path, bad in zip(paths, (files[0], files[3]), strict=True):
        truncate(bad)
        run([bad, files[1]], tolerated=1, name=path.name)
    parse.check_failures(paths, tolerated=2)
    with pytest.raises(StageError, match=r"2 files of the run cannot be read, and tolerated_failures is 1:\n.*\n.*"):
        parse.check_failures(paths, tolerated=1)
