"""How files are grouped and how the work is shared: counts depend on the events alone."""

import shutil

import pytest

from tests.support.runs import Runs


@pytest.mark.parametrize(
    "parameters",
    [
        {"chunk_events": 130},
        {"files_per_branch": 4},
        {"files_per_branch": 100},
        {"threads": 2},
        {"threads": 2, "files_per_branch": 3, "chunk_events": 100},
        {"parsed_format": "ttree"},
    ],
    ids=str,
)
def test_counts_do_not_depend_on_how_the_work_is_shared(run_ten, ten, parameters):
    run_ten(**parameters)
    assert run_ten.histograms() == ten


def test_counts_do_not_depend_on_the_order_of_files(toys, tmp_path, ten):
    mixed = [toys[index] for index in (3, 9, 0, 5, 1, 8, 2, 7, 6, 4)]
    run = Runs(tmp_path, ",".join(map(str, mixed)))
    run(files_per_branch=4)
    assert run.histograms() == ten


def test_more_files_in_the_same_groups_are_as_a_fresh_run(run_ten, ten, three):
    run_ten(max_files_to_process=3, files_per_branch=4)
    assert run_ten.newest_histograms() == three
    before = run_ten.state()
    run_ten(files_per_branch=4)
    assert run_ten.newest_histograms() == ten
    assert run_ten.made_since(before)["parsed_data"] == 3


def test_appended_files_make_only_the_last_group_again(run_ten, ten):
    run_ten(max_files_to_process=6, files_per_branch=4)
    before = run_ten.state()
    run_ten(files_per_branch=4)
    assert run_ten.made_since(before)["parsed_data"] == 2
    assert run_ten.newest_histograms() == ten


def test_other_groups_are_as_a_fresh_run(run_ten, ten):
    run_ten(files_per_branch=4, bin_width_gev=50)
    run_ten(files_per_branch=3)
    assert run_ten.newest_histograms() == ten
    before = run_ten.state()
    run_ten(files_per_branch=4)
    assert run_ten.made_since(before) == {}


def test_a_file_added_under_a_glob_shifts_the_groups(run, toys, fresh):
    run(files_per_branch=2)
    added = shutil.copy2(toys[7], run.folder / "in" / "a_new_first.root")
    run(files_per_branch=2)
    assert run.newest_histograms() == fresh([added, *toys[:3]])
