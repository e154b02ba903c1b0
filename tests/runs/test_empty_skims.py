"""Files without events, and what is odd about others: recorded, and said wherever a user looks."""

import pytest
import uproot

TASK_FAILED = 30
NOTHING = "has no tree at all (taken for an empty skim): {}"
METADATA = "has no tree of events, only metadata or trees without entries (taken for an empty skim): {}"
BEHIND = (
    "has bytes behind the end that the header gives (its writer was killed after a save: what came later is lost): {}"
)


@pytest.fixture
def empty(files):
    """Make the last two of the three toy files empty: one without any tree, one with metadata alone."""
    with uproot.recreate(files[1]):
        pass
    with uproot.recreate(files[2]) as file:
        file.mktree("Runs", {"run": "u4"}).extend({"run": [1]})
    return files


def test_empty_files_are_named_at_the_end_and_in_the_summary(run, empty):
    end, summary = run().text, run(task="Summary").text
    for note, path in ((NOTHING, empty[1]), (METADATA, empty[2])):
        assert f"note: files: 1 file {note.format(path)}" in end
        assert f"note: 1 file {note.format(path)}" in summary
    recorded = {file["uri"]: file["events"] for record in run.records("ParseFile") for file in record["files"]}
    assert [recorded[str(path)] for path in empty[1:]] == [0, 0]


def test_a_run_of_empty_files_alone_names_them(run, empty):
    empty[0].unlink()
    end = run.attempt()
    assert end.status == TASK_FAILED
    assert f"1 file {NOTHING.format(empty[1])}" in end.text
    assert f"1 file {METADATA.format(empty[2])}" in end.text


def test_bytes_behind_the_end_of_a_file_are_said(run, files):
    files[1].write_bytes(files[1].read_bytes() + b"what came later")
    assert f"note: files: 1 file {BEHIND.format(files[1])}" in run().text
