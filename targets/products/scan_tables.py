"""The table of a scan: a row for each histogram, as JSON and as CSV with the same columns."""

import csv
import io
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path

from edm.errors import RecordError
from edm.records.documents import from_document, to_document
from edm.records.scans import ScanRow
from targets.documents.json import dump_json, load_json
from targets.errors import FileFormatError
from targets.storage import atomic

__all__ = ["read", "write"]

_REMEDY = "delete it: the next run remakes it"


def write(path: Path, csv_path: Path, rows: Sequence[ScanRow]) -> None:
    """Write the table of a scan.

    Args:
        path: The JSON file to make: a list with an object for each row.
        csv_path: The CSV file to make: a line for each row, empty where JSON has null.
        rows: The rows, in their order; masses in GeV.
    """
    atomic.write_text(csv_path, _csv(rows))
    dump_json(path, [to_document(row) for row in rows])


def read(path: Path) -> list[ScanRow]:
    """Read the table of a scan back.

    Args:
        path: The JSON file.

    Returns:
        The rows, in their order.

    Raises:
        UnreadableFileError: When there is no such file, or it may not be read.
        FileFormatError: When it is not the table of a scan, or the CSV file beside it says something else.
    """
    document = load_json(path)
    try:
        rows = [from_document(ScanRow, row) for row in document]
    except (RecordError, TypeError) as error:
        msg = f"{path}: not the table of a scan as this project writes it ({error}); {_REMEDY}"
        raise FileFormatError(msg) from error
    twin = path.with_suffix(".csv")
    if twin.exists() and twin.read_text(encoding="utf-8") != _csv(rows):
        msg = f"{path}: damaged, {twin.name} beside it says something else; {_REMEDY}"
        raise FileFormatError(msg)
    return rows


def _csv(rows: Sequence[ScanRow]) -> str:
    columns = [field.name for field in fields(ScanRow)]
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(to_document(row) for row in rows)
    return text.getvalue()
