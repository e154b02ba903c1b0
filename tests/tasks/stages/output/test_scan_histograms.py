"""ScanHistograms in the graph: made once, and again where something is missing or new."""

import csv
import json

from tests.support.scans import FAST


def table(run):
    return next(path for path in run.products("scan") if path.suffix == ".json")


def test_every_histogram_has_a_row_in_both_tables(scanned):
    path = table(scanned)
    assert path.name == "files.json"
    rows = json.loads(path.read_text())
    assert {row["name"] for row in rows} == set(scanned.histograms())
    with path.with_suffix(".csv").open(newline="") as file:
        assert [row["name"] for row in csv.DictReader(file)] == [row["name"] for row in rows]
    ranked = [row for row in rows if row["status"] == "ranked"]
    assert len(ranked) > 3
    assert rows[: len(ranked)] == sorted(ranked, key=lambda row: row["global_p"])
    (record,) = scanned.records("ScanHistograms")
    assert (record["histograms"], record["ranked"], record["sqrt_s_gev"]) == (len(rows), len(ranked), 13_000.0)
    assert scanned.leftovers() == []


def test_a_second_scan_does_nothing_and_a_deleted_table_is_made_again(own):
    before = table(own).read_bytes()
    assert own(task="ScanHistograms", **FAST).started == []
    for suffix in (".json", ".csv"):
        table(own).with_suffix(suffix).unlink()
        assert own(task="ScanHistograms", **FAST).started == ["ScanHistograms"]
        assert table(own).read_bytes() == before


def test_workers_change_nothing_and_the_seed_does(own):
    before = table(own).read_bytes()
    table(own).unlink()
    own(task="ScanHistograms", **FAST | {"threads": 3})
    assert table(own).read_bytes() == before
    assert own(task="ScanHistograms", **FAST | {"scan_seed": 1}).started == ["ScanHistograms"]
    assert len({path.read_bytes() for path in own.products("scan") if path.suffix == ".json"}) == 2


def test_new_histograms_are_scanned_anew(own):
    assert own(task="ScanHistograms", **FAST | {"bin_width_gev": 10}).started[-1] == "ScanHistograms"
    assert len([path for path in own.products("scan") if path.suffix == ".json"]) == 2
