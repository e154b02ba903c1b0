"""Bad input: a sentence that says what was wrong, the value, where, and the remedy; nothing half written."""

import errno
import os
import re
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from textwrap import dedent

import pytest
import uproot

from targets.storage import atomic
from tests.support.runs import Runs
from tests.support.toy_files import toy_file

UNHANDLED, TASK_FAILED = 4, 30
NOBODY = 65534


def refused(run, *sentences, **wrong):
    """Expect a run to fail with these sentences and without a traceback."""
    end = run.attempt(**wrong)
    assert end.status in (UNHANDLED, TASK_FAILED), end.text
    for sentence in sentences:
        assert sentence in end.text
    assert "Traceback" not in end.text
    assert not run.products("histograms")
    assert run.leftovers() == []
    return end


def test_no_source(run):
    sources = "input_files (files, globs, URLs), release_years (such as 2020e-13tev), specific_record_ids"
    refused(run, "no input files are chosen", sources, "release_years=demo (built-in toy data)", input_files=None)
    assert not run.out.exists()


def test_a_missing_file(run):
    wrong = f"{run.folder}/in/f7.root"
    refused(run, f"input_files: '{wrong}' matches no file", "the nearest name there is 'f", input_files=wrong)
    assert not run.out.exists()


@pytest.mark.parametrize(("name", "value"), [("skim", "4lep"), ("dataset_ids", "301")])
@pytest.mark.parametrize("source", [{}, {"input_files": None, "release_years": "demo"}], ids=["files", "demo"])
def test_a_choice_among_the_files_of_no_release(run, name, value, source):
    sentence = "chooses among the files of a release, but release_years names none: remove"
    refused(run, f"{name} = ", sentence, **{name: value}, **source)
    assert not run.out.exists()


def test_a_glob_that_matches_nothing(run):
    wrong = f"{run.folder}/in/*.rot"
    refused(run, f"input_files: '{wrong}' matches no file", input_files=wrong)


def test_a_folder_in_place_of_files(run):
    refused(
        run, f"{run.folder}/in is a folder: give its files, as '{run.folder}/in/*.root'", input_files=run.folder / "in"
    )


def test_an_unknown_release(run):
    refused(run, "there is no release '2020e-13tv'. Did you mean '2020e-13tev'?", release_years="2020e-13tv")


def test_an_unknown_selection(run):
    refused(run, "selection 'nome': there is no such file", "did you mean 'none'?", selection="nome")


def test_an_unknown_schema(run):
    refused(run, "schema 'cms-nanoad': there is no such file", "did you mean 'cms-nanoaod'?", schema="cms-nanoad")


def test_a_schema_that_does_not_fit_names_the_trees_of_the_file(run, files):
    refused(run, str(files[0]), "Events", schema="2020e-13tev")


def test_a_selection_with_mistakes_names_file_line_and_nearest_key(run):
    selection = run.folder / "own.yaml"
    selection.write_text(
        dedent("""\
            name: own
            description: Two mistakes.
            objects:
              m: {cuts: [{name: pt, column: pt, mim: 20, unit: GeV, source: none}]}
            overlap: []
            btag: null
            """)
    )
    end = refused(run, f"{selection}:4: ", "'mim'", f"{selection}:6: ", "'btag'", selection=selection)
    assert "did you mean 'min'?" in end.text
    assert "did you mean 'b_tag'?" in end.text


def test_a_selection_in_mev_is_refused(run):
    selection = run.folder / "own.yaml"
    selection.write_text(
        "name: own\ndescription: A threshold of 25 TeV.\nobjects:\n  m:\n    cuts:\n"
        "      - {name: pt, column: pt, min: 25000, unit: GeV, source: none}\noverlap: []\nb_tag: null\n"
    )
    refused(run, f"{selection}:6: ", "MeV", "25", selection=selection)


def test_a_branch_that_a_cut_needs_and_a_file_lacks(run, files):
    selection = run.folder / "own.yaml"
    formats = "{cms-nanoaod: {column: tightId, equals: 1, source: made up}}"
    selection.write_text(
        "name: own\ndescription: An identification that the toys lack.\nobjects:\n  m:\n    cuts:\n"
        f"      - {{name: identification, formats: {formats}}}\noverlap: []\nb_tag: null\n"
    )
    refused(run, str(files[0]), "tightId", "if_present", selection=selection)


def test_an_empty_result_names_the_largest_final_states_and_the_thresholds(run):
    end = refused(run, "dataset files gives no histogram: its largest final states (events): ", min_events_per_fs=10**6)
    thresholds = "Thresholds: min_events_per_fs = 1000000, max_mass_gev = 10000, known_resonances = none."
    assert thresholds in end.text
    assert "2e_0m (" in end.text
    assert "lower min_events_per_fs" in end.text


def test_no_event_with_enough_objects_is_an_empty_result(run):
    refused(run, "dataset files gives no histogram: no event has objects for any combination", objects_to_calculate="t")


def test_files_without_events_are_an_empty_result(run):
    for number in range(3):
        toy_file(run.folder / "in" / f"f{number}.root", seed=number, events=0)
    refused(run, "dataset files gives no histogram: no event has objects for any combination")
    assert [record["events"]["read"] for record in run.records("ParseFile")] == [0, 0, 0]


def test_files_without_trees_and_without_events_are_legal_beside_others(run, files, fresh, toys):
    with uproot.recreate(files[0]) as empty_skim:
        empty_skim["a note"] = "no event passed"
    toy_file(files[1], seed=0, events=0)
    run()
    assert run.histograms() == fresh([toys[2]])


def test_a_largest_mass_that_leaves_nothing_is_named_and_not_the_number_of_events(run):
    end = refused(run, "dataset files gives no histogram", "lie above max_mass_gev, and 0 in", max_mass_gev=1)
    assert "raise max_mass_gev" in end.text
    assert "Read more files" not in end.text
    assert "known_resonances: " not in end.text


def test_a_bin_wider_than_what_is_left(run):
    said = "dataset files gives no histogram: bin_width_gev = 8000 is too wide"
    end = refused(run, said, "Choose narrower bins: ", bin_width_gev="9000,8000")
    assert re.search(r"the lowest turn-on is \d+ GeV, and the first bin from there on starts at 8000 GeV", end.text)


@pytest.mark.parametrize("name", ["../x", "/tmp/x", "a/b", ".hidden", "a b", "x" * 129, "x\n", "$HOME", "ü"])
def test_a_run_name_cannot_lead_elsewhere(run, name):
    refused(run, f"run_name = {name!r}: ", "it may contain letters, digits and . _ + -", run_name=name)
    assert sorted(path.name for path in run.folder.iterdir()) == ["in"]


@pytest.mark.parametrize("name", ["../x.root", "/tmp/x.root", "a/b.root", ".root", "x.txt", "histograms"])
def test_an_output_filename_cannot_lead_elsewhere(run, name):
    refused(run, f"output_filename = {name!r}: it m", output_filename=name)
    assert sorted(path.name for path in run.folder.iterdir()) == ["in"]


def test_a_file_in_the_way_of_the_run_directory(run):
    (run.folder / "out").write_text("in the way")
    refused(run, f"{run.folder}/out/r/", "Not a directory; a file has the name of a directory that is needed")


def test_a_run_directory_where_nobody_makes_folders(run):
    end = run.attempt(base_output_dir="/proc/nope")
    assert "/proc/nope: no folder can be made there; the file system does not support this: choose another" in end.text
    assert "Traceback" not in end.text
    assert end.status == TASK_FAILED


@pytest.mark.parametrize("stage", ["parsed_data", "im_arrays", "peaks", "im_arrays_processed", "histograms"])
def test_no_space_is_named_and_the_next_run_goes_on(run, three, monkeypatch, stage):
    write = atomic._flush

    def full_disk(path: Path) -> None:
        if path.parent.parent.name == stage and path.name.startswith(".") and "parameters" not in path.name:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
        write(path)

    monkeypatch.setattr(atomic, "_flush", full_disk)
    refused(run, "No space left on device; no space left on this disk: free some, or choose another base_output_dir")
    assert not run.products(stage)
    monkeypatch.setattr(atomic, "_flush", write)
    run()
    assert run.histograms() == three


@contextmanager
def as_nobody():
    """Give up root's rights for a while: to root, no file is forbidden."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.fixture
def open_run(toys):
    """Runs in a folder that everybody may enter and read."""
    folder = Path(tempfile.mkdtemp(prefix="atlas-test-"))
    folder.chmod(0o755)
    (folder / "in").mkdir()
    shutil.copy2(toys[0], folder / "in")
    yield Runs(folder, f"{folder}/in/*.root")
    (folder / "in" / "f0.root").chmod(0o644)
    folder.chmod(0o755)
    shutil.rmtree(folder)


def test_no_permission_to_write(open_run):
    open_run.folder.chmod(0o555)
    with as_nobody():
        refused(open_run, f"{open_run.folder}/out", "Permission denied; choose a base_output_dir")


def test_no_permission_to_read(open_run):
    (open_run.folder / "in" / "f0.root").chmod(0)
    (open_run.folder / "out").mkdir()
    (open_run.folder / "out").chmod(0o777)
    with as_nobody():
        refused(open_run, f"{open_run.folder}/in/f0.root: ", "Permission denied", "check its permissions")
