"""A run directory made before is complete, and its products are read.

`old_run.tar.gz` holds three toy files and what MakeHistograms made of them when the distributions before any removal got a
file of their own (the runs made before, at revision 4 of ParseFile, were found complete until then but for MakeHistograms);
figures and report are left out for their size. Variants and digests depend on paths and times, which are fixed here.
"""

import fcntl
import os
import shutil
import tarfile
from pathlib import Path

import pytest

import tasks
from tests.support.runs import Runs

FOLDER = Path("/tmp/pipeline-before-the-rooms")
ARCHIVE = Path(__file__).with_name("old_run.tar.gz")
CHANGED_NS = 1_700_000_000_000_000_000
OPTIONS = {
    "selection": "none",
    "known_resonances": "none",
    "min_events_per_fs": 15,
    "files_per_branch": 2,
    "objects_to_calculate": "e,m,j,g",
    "max_particles_in_combination": 4,
}
PLOTTED = {"plotted_final_states": 1, "plotted_combinations": 1, "plot_formats": ("png",)}
FIGURES, REPORT = "fa2209b4", "d42cdda5"  # the variants that MakePlots and MakeReport made then


@pytest.fixture
def old_run():
    """The unpacked run directory; one test at a time may have it."""
    with Path(f"{FOLDER}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        shutil.rmtree(FOLDER, ignore_errors=True)
        with tarfile.open(ARCHIVE) as archive:
            # Python 3.11.2, which Debian 12 has, knows no filters; Python 3.14 wants one
            archive.extraction_filter = getattr(tarfile, "data_filter", lambda member, _path: member)
            archive.extractall(FOLDER.parent)
        for number in range(3):
            os.utime(FOLDER / "in" / f"f{number}.root", ns=(CHANGED_NS + number,) * 2)
        yield Runs(FOLDER, f"{FOLDER}/in/*.root")
        shutil.rmtree(FOLDER)


def test_it_is_found_complete(old_run):
    outcome = old_run(**OPTIONS)
    assert outcome.started == []
    assert "Everything is done already" in outcome.text


def test_without_the_distributions_before_any_removal_the_last_stage_alone_is_made(old_run):
    assert old_run(**OPTIONS | {"whole_distributions": False}).started == ["MakeHistograms"]


def test_figures_and_report_have_the_same_variants(old_run):
    given = OPTIONS | {
        "base_output_dir": str(FOLDER / "out"),
        "run_name": "r",
        "objects_to_calculate": ("e", "m", "j", "g"),
    }
    given |= {"input_files": (f"{FOLDER}/in/*.root",), "known_resonances": ("none",)} | PLOTTED
    report = tasks.MakeReport(**given)
    assert report.folder("files").name == REPORT
    assert report.all_upstream()["MakePlots"].folder("files").name == FIGURES


def test_its_products_are_read(old_run):
    before = old_run.histograms()
    shutil.rmtree(old_run.out / "histograms")
    outcome = old_run(**OPTIONS)
    assert "MakeHistograms" in outcome.started
    assert "ParseFile" not in outcome.started
    after = old_run.histograms()
    assert after.keys() == before.keys()
    old_run(**OPTIONS | {"bin_width_gev": 20})
