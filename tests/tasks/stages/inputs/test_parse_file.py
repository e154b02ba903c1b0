"""Files that cannot be read: named all at once, left out where that is tolerated, read once they are mended."""

import shutil

import pytest
import uproot

from tests.support.toy_files import EVENTS, truncate

TASK_FAILED = 30


def not_root(path):
    path.write_text("<html>404: the portal has moved</html>")


def no_bytes(path):
    path.write_bytes(b"")


def unknown_tree(path):
    with uproot.recreate(path) as file:
        file.mktree("strange", {"x": "float32"}).extend({"x": [1.0]})


@pytest.mark.parametrize("threads", [1, 2])
def test_a_run_with_bad_files_names_them_all_and_does_the_others(run, files, threads):
    truncate(files[0])
    truncate(files[2])
    end = run.attempt(threads=threads)
    assert end.status == TASK_FAILED
    assert "ParseFile: 2 of 3 branches failed (the others are done, and stay done):" in end.text
    for bad in (files[0], files[2]):
        assert f"{bad}: events 0 to {EVENTS} cannot be read" in end.text
    assert "it is truncated, damaged or not a ROOT file: fetch it again" in end.text
    assert "to leave out files that cannot be read: --tolerated-failures" in end.text
    assert len(run.products("parsed_data")) == 1
    assert len(run.products("im_arrays")) == 1
    assert not run.products("peaks")
    assert run.leftovers() == []


def test_a_branch_that_is_lost_is_not_read_on(run, files):
    truncate(files[1])
    end = run.attempt(files_per_branch=3)
    assert end.status == TASK_FAILED
    assert f"1 of 3 files cannot be read:\n  {files[1]}: " in end.text
    assert "(of the others, 1 were read and 1 were not tried;" in end.text
    assert not run.products("parsed_data")
    assert run.leftovers() == []


@pytest.mark.parametrize(
    ("damage", "message", "files_per_branch"),
    [
        (truncate, "cannot be read", 1),
        (truncate, "cannot be read", 3),
        (not_root, "cannot be opened as a ROOT file", 3),
        (no_bytes, "cannot be opened as a ROOT file", 1),
        (unknown_tree, "strange", 1),
    ],
)
def test_a_tolerated_failure_is_left_out_and_recorded(run, files, fresh, damage, message, files_per_branch):
    damage(files[1])
    run(tolerated_failures=1, files_per_branch=files_per_branch)
    assert run.histograms() == fresh([files[0], files[2]])
    (record,) = run.records("MakeHistograms")
    (failure,) = record["failures"]
    assert failure["uri"] == str(files[1])
    assert message in failure["reason"]
    assert record["events"]["read"] == 2 * EVENTS
    assert run(tolerated_failures=1, files_per_branch=files_per_branch).started == []


def test_more_failures_than_are_tolerated_end_the_run_wherever_they_are(run, files):
    truncate(files[0])
    truncate(files[2])
    end = run.attempt(tolerated_failures=1)
    assert end.status == TASK_FAILED
    assert "2 files of the run cannot be read, and tolerated_failures is 1" in end.text
    assert all(f"  {bad}: " in end.text for bad in (files[0], files[2]))
    assert not run.products("histograms")


def test_exported_arrays_tolerate_no_more_than_histograms(run, files):
    truncate(files[0])
    truncate(files[2])
    end = run.attempt(task="ExportArrays", tolerated_failures=1)
    assert end.status == TASK_FAILED
    assert "2 files of the run cannot be read, and tolerated_failures is 1" in end.text


def test_what_was_tolerated_once_is_not_taken_for_the_whole(run, files):
    truncate(files[1])
    run(tolerated_failures=1)
    assert run.attempt().status == TASK_FAILED


def test_a_mended_file_is_read(run, files, toys, three):
    truncate(files[1])
    run(tolerated_failures=1)
    before = run.state()
    shutil.copy2(toys[1], files[1])
    run()
    assert run.made_since(before)["parsed_data"] == 1
    (record,) = [record for record in run.records("MakeHistograms") if not record["failures"]]
    assert record["events"]["read"] == 3 * EVENTS
    assert three in run.all_histograms()


def test_a_file_that_fails_in_passing_is_read_by_the_next_run(run, files, toys, three):
    status = files[1].stat()
    files[1].write_bytes(b"\0" * status.st_size)  # what a network file system gives while a disk is away
    shutil.copystat(toys[1], files[1])
    run(tolerated_failures=1)
    shutil.copy2(toys[1], files[1])
    run()
    assert three in run.all_histograms()


@pytest.mark.parametrize("task", ["ParseFile", "ComputeMasses"])
def test_more_failures_than_are_tolerated_end_every_stage_and_stay_an_error(run, files, task):
    truncate(files[0])
    truncate(files[2])
    for _ in range(2):
        end = run.attempt(tolerated_failures=1, task=task)
        assert end.status == TASK_FAILED
        assert "2 files of the run cannot be read, and tolerated_failures is 1" in end.text
    run(tolerated_failures=2, task=task)
    assert run(tolerated_failures=2, task=task).started == []
