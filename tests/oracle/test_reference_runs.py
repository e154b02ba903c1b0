"""ParseFile as a user runs it, its event cutflows against the reference (../shared/reference/physics)."""

import json

import pytest

from tests.oracle.reference import SHARED, needs_shared
from tests.oracle.test_reference_events import ERRORS, FOLDERS
from tests.support.runs import Runs

pytestmark = [*needs_shared, pytest.mark.slow]

OPTIONS = {
    "default": {},
    "triggers=none": {"triggers": "none"},
    "good_runs=none": {"good_runs": "none"},
    "good_runs=none,triggers=none": {"good_runs": "none", "triggers": "none"},
    "mc_period=2015": {"mc_period": "2015"},
}


def list_tables(errors):
    """List format and option with the files that end without an error, or each that ends with one."""
    folder = SHARED / "reference" / "physics"
    for name in FOLDERS if folder.is_dir() else ():
        files = json.loads((folder / f"{name}.cutflow.json").read_text(encoding="utf-8"))["files"]
        for option in OPTIONS:
            of_option = {file: entry[option] for file, entry in files.items() if option in entry}
            if not errors:
                passing = {file: entry for file, entry in of_option.items() if not entry["error"]}
                if passing:
                    yield pytest.param(name, option, passing, id=f"{name}-{option}")
                continue
            for file, entry in of_option.items():
                if entry["error"]:
                    yield pytest.param(name, option, file, entry["error"], id=f"{file[:30]}-{option}")


@pytest.mark.parametrize(("name", "option", "expected"), [*list_tables(errors=False)])
def test_event_cutflows_of_runs_are_the_reference(tmp_path, name, option, expected):
    paths = [str(SHARED / "data" / FOLDERS[name] / file) for file in expected]
    runs = Runs(tmp_path, ",".join(paths))
    runs(task="ParseFile", selection="default", **OPTIONS[option])
    records = {record["files"][0]["uri"].rpartition("/")[2]: record for record in runs.records("ParseFile")}
    assert records.keys() == expected.keys()
    for file, entry in expected.items():
        record = records[file]
        rows = {row["name"]: (row["passed"], row["applied"]) for row in record["event_cutflow"]}
        assert {row: rows[row] for row, _, applied in entry["rows"] if applied} == {
            row: (passed, applied) for row, passed, applied in entry["rows"] if applied
        }
        assert sum(record["events"]["few_objects"].values()) + record["events"]["written"] == list(rows.values())[-1][0]
        if "events_per_path" in entry:
            assert record["events_per_path"] == entry["events_per_path"]
            assert record["missing_paths"] == entry["missing_paths"]


@pytest.mark.parametrize(("name", "option", "file", "error"), [*list_tables(errors=True)])
def test_files_that_do_not_fit_the_settings_end_the_run(tmp_path, name, option, file, error):
    path = SHARED / "data" / FOLDERS[name] / file
    runs = Runs(tmp_path, str(path))
    outcome = runs.attempt(task="ParseFile", selection="default", tolerated_failures=1, **OPTIONS[option])
    assert outcome.status != 0
    assert f"{path}: " in outcome.text
    assert ERRORS[error] in outcome.text
    assert "none" in outcome.text[outcome.text.index(ERRORS[error]) :]
