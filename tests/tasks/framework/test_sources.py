"""Which files there are: what is added, changed or gone since the last run counts, and nothing else is read."""

import os
import shutil

from tests.support.toy_files import toy_file


def test_a_file_added_under_a_glob_is_read(run, toys, fresh):
    run()
    before = run.state()
    added = shutil.copy2(toys[7], run.folder / "in" / "a_new_first.root")
    run()
    assert run.made_since(before)["parsed_data"] == 1
    assert run.newest_histograms() == fresh([added, *toys[:3]])


def test_a_file_gone_from_a_glob_no_longer_counts(run, files, fresh):
    run()
    files[0].unlink()
    before = run.state()
    run()
    assert "parsed_data" not in run.made_since(before)
    assert run.newest_histograms() == fresh(files[1:])


def test_a_changed_file_is_read_again(run, files, toys, fresh):
    run()
    before = run.state()
    toy_file(files[1], seed=77)
    run()
    assert run.made_since(before)["parsed_data"] == 1
    assert run.newest_histograms() == fresh([toys[0], files[1], toys[2]])


def test_a_changed_time_alone_is_a_changed_file(run, files, three):
    run()
    before = run.state()
    os.utime(files[1], (1, 1))
    run()
    assert run.made_since(before)["parsed_data"] == 1
    assert run.newest_histograms() == three


def test_a_file_named_twice_counts_once(run, files, three):
    run(input_files=f"{run.folder}/in/*.root,{files[1]},{run.folder}/in/../in/f2.root")
    assert run.histograms() == three
