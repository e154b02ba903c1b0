"""Tables of good runs that come with the project, and lists found by name."""

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from targets.catalogue.run_list_files import read_run_list
from targets.catalogue.run_lists import BUILT_IN, RunListTable, built_in, find_run_lists
from targets.documents.models import load_model
from targets.errors import ConfigurationError

PUBLISHED = Path(__file__).resolve().parents[4] / "shared" / "data" / "good_runs"

# PHYSICS.md, section 1: runs, ranges, blocks, luminosity in 1/pb; spans.
KNOWN = {
    "atlas-2015-25ns": (66, 275, 23_893, 3_244.54, (266904, 284484)),
    "atlas-2016-25ns": (151, 512, 95_932, 33_402.2, (296939, 311481)),
    "cms-2012": (572, None, 222_264, None, (190645, 208686)),
    "cms-2016": (393, None, 234_231, None, (273158, 284044)),
}


def test_the_tables_are_those_that_were_asked_for():
    lists = built_in()
    names = ["atlas-2015-25ns", "atlas-2015-hi", "atlas-2016-25ns", "cms-2011", "cms-2012", "cms-2016"]
    assert list(lists) == names
    assert all(run_list.luminosity_pb and run_list.luminosity_source for run_list in lists.values())
    assert {name.partition("-")[0].upper() for name in names} == {run_list.experiment for run_list in lists.values()}


@pytest.mark.parametrize("name", KNOWN)
def test_the_tables_hold_the_known_numbers(name):
    run_list = built_in()[name]
    runs, ranges, blocks, luminosity, span = KNOWN[name]
    assert (len(run_list.runs), run_list.n_blocks, run_list.span) == (runs, blocks, span)
    assert ranges is None or len(run_list.ranges) == ranges
    assert luminosity is None or run_list.luminosity_pb == luminosity


@pytest.mark.parametrize(("runs", "numbers"), [((278820, 280385), (70, 43_014)), ((280919, 284044), (86, 47_793))])
def test_eras_g_and_h_of_2016_hold_the_known_numbers(runs, numbers):
    ranges = built_in()["cms-2016"].ranges
    era = ranges[(ranges[:, 0] >= runs[0]) & (ranges[:, 0] <= runs[1])]
    assert (len(np.unique(era[:, 0])), np.sum(era[:, 2] - era[:, 1] + 1)) == numbers


def test_blocks_of_a_run_of_2015():
    good = built_in()["atlas-2015-25ns"].good(np.full(4, 279259), np.array([424, 425, 526, 527]))
    assert good.tolist() == [False, True, True, False]


@pytest.mark.realdata
@pytest.mark.parametrize("name", [path.stem for path in sorted(BUILT_IN.glob("*.yaml"))])
def test_the_tables_are_what_was_published(name):
    table = built_in()[name]
    path = PUBLISHED / table.source
    assert hashlib.sha256(path.read_bytes()).hexdigest() == table.sha256
    published = read_run_list(path)
    assert np.array_equal(published.ranges, table.ranges)
    assert published.experiment == table.experiment


@pytest.mark.realdata
def test_the_script_writes_the_same_tables_again(tmp_path):
    script = BUILT_IN.parents[1] / "scripts" / "make-run-lists"
    done = subprocess.run([sys.executable, script, PUBLISHED, tmp_path], capture_output=True, text=True, check=True)
    assert "atlas-2016-25ns: 151 runs, 512 ranges, 95932 blocks" in done.stdout
    written = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert written == {path.name: path.read_bytes() for path in BUILT_IN.glob("*.yaml")}


def test_auto_means_the_lists_of_the_experiment():
    assert [run_list.name for run_list in find_run_lists(["auto"], "CMS")] == ["cms-2011", "cms-2012", "cms-2016"]
    assert {run_list.experiment for run_list in find_run_lists(["auto"], "ATLAS")} == {"ATLAS"}
    assert find_run_lists(["none"], "CMS") == ()


def test_lists_are_found_by_name_and_by_path(tmp_path):
    path = tmp_path / "mine.json"
    path.write_text(json.dumps({"1": [[2, 3]]}))
    first, second = find_run_lists(["cms-2012", str(path)], None)
    assert (first.name, second.name, second.ranges.tolist()) == ("cms-2012", str(path), [[1, 2, 3]])
    assert (second.luminosity_pb, second.span) == (None, (1, 1))


@pytest.mark.parametrize(
    ("names", "experiment", "message"),
    [
        (
            ["cms-2021"],
            "CMS",
            r"--good-runs cms-2021: there is no such file, and no list of that name; did you mean 'cms-",
        ),
        (["auto", "cms-2012"], "CMS", r"--good-runs auto,cms-2012: auto cannot stand beside other lists"),
        (["cms-2012", "none"], "CMS", r"none cannot stand beside other lists: leave it out"),
        (["auto"], None, r"auto: no list comes with the project for None: --good-runs FILE or none"),
    ],
)
def test_names_that_are_no_lists_are_refused(names, experiment, message):
    with pytest.raises(ConfigurationError, match=message):
        find_run_lists(names, experiment)


def test_a_table_with_a_range_that_ends_before_it_starts_is_refused(tmp_path):
    path = tmp_path / "x.yaml"
    text = (BUILT_IN / "atlas-2015-hi.yaml").read_text().replace("143-280", "280-143")
    path.write_text(text)
    with pytest.raises(
        ConfigurationError, match=r"x.yaml:9: runs: run 286361: the range 280-143 ends before it starts"
    ):
        load_model(path, RunListTable)
