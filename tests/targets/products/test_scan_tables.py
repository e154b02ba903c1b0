"""Tables of scans: what is written is read, as JSON and as CSV, and nothing else is taken for one."""

import csv
import json

import pytest

from edm.records.scans import ScanRow
from targets.errors import FileFormatError, UnreadableFileError
from targets.products import scan_tables
from tests.support.scans import row

COLUMNS = ["name", "low_gev", "high_gev", "observed", "expected", "local_p", "global_p", "status"]
NOT_SCANNED = row(
    "b", status="fewer than 10 bins", toys=0,
    **dict.fromkeys(["low_gev", "high_gev", "observed", "expected", "local_p", "global_p", "excess", "parameters"]),
)  # fmt: skip


@pytest.fixture
def path(tmp_path):
    scan_tables.write(tmp_path / "files.json", tmp_path / "files.csv", [row("a"), NOT_SCANNED])
    return tmp_path / "files.json"


def test_rows_are_read_as_they_were_written(path):
    assert scan_tables.read(path) == [row("a"), NOT_SCANNED]
    assert all(isinstance(read, ScanRow) for read in scan_tables.read(path))


def test_both_forms_have_the_same_columns_and_values(path):
    listed = json.loads(path.read_text())
    assert list(listed[0])[: len(COLUMNS)] == COLUMNS
    with path.with_suffix(".csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0])[: len(COLUMNS)] == COLUMNS
    for of_json, of_csv in zip(listed, rows, strict=True):
        assert {key: "" if value is None else str(value) for key, value in of_json.items()} == of_csv


def test_nothing_there_is_named(tmp_path):
    with pytest.raises(UnreadableFileError, match=r"files\.json: cannot be read .*it makes what is missing"):
        scan_tables.read(tmp_path / "files.json")


@pytest.mark.parametrize("text", ['[{"name": 3}]', "3", "[3]"])
def test_another_document_is_refused(path, text):
    path.write_text(text)
    with pytest.raises(FileFormatError, match=r"files\.json: not the table of a scan .*; delete it"):
        scan_tables.read(path)


def test_a_changed_number_is_seen(path):
    path.write_text(path.read_text().replace("390.0", "391.0"))
    with pytest.raises(FileFormatError, match=r"files\.json: damaged, files\.csv beside it says something else"):
        scan_tables.read(path)
