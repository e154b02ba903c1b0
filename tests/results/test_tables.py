"""Tables: columns, rows, text, HTML and CSV."""

import csv
import io

from results.tables import Table

TABLE = Table(("step", "events"), [("all", 12345), ("a,b", None), ("<cut>", 0.5)])


def test_columns_and_rows():
    assert TABLE["step"] == ["all", "a,b", "<cut>"]
    assert TABLE[0] == {"step": "all", "events": 12345}
    assert [row["events"] for row in TABLE[1:]] == [None, 0.5]
    assert len(TABLE) == 3


def test_text_and_html_are_for_people():
    assert repr(TABLE).splitlines()[:2] == ["step   events", "all    12,345"]
    assert "<td>&lt;cut&gt;</td><td>0.5</td>" in TABLE._repr_html_()


def test_csv_is_for_programs(tmp_path):
    text = TABLE.to_csv(tmp_path / "t.csv")
    assert (tmp_path / "t.csv").read_text(encoding="utf-8") == text
    assert list(csv.reader(io.StringIO(text))) == [["step", "events"], ["all", "12345"], ["a,b", ""], ["<cut>", "0.5"]]
