"""Tables without pandas: rows by column, as text, as HTML for notebooks, and as CSV."""

import csv
import html
import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

__all__ = ["Table"]


class Table(Sequence[dict[str, Any]]):
    """Rows with named columns; ``table["name"]`` is a column, ``table[0]`` a row.

    Args:
        columns: Names of the columns.
        rows: Values, one for each column.
    """

    def __init__(self, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
        self.columns = tuple(columns)
        self._rows = [tuple(row) for row in rows]

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, str):
            place = self.columns.index(key)
            return [row[place] for row in self._rows]
        if isinstance(key, slice):
            return Table(self.columns, self._rows[key])
        return dict(zip(self.columns, self._rows[key], strict=True))

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return (self[number] for number in range(len(self)))

    def __repr__(self) -> str:
        cells = [self.columns, *([_shown(value) for value in row] for row in self._rows)]
        widths = [max(len(row[place]) for row in cells) for place in range(len(self.columns))]
        return "\n".join(
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in cells
        )

    def _repr_html_(self) -> str:
        """Return what notebooks show."""
        head = "".join(f"<th>{html.escape(name)}</th>" for name in self.columns)
        rows = ("".join(f"<td>{html.escape(_shown(value))}</td>" for value in row) for row in self._rows)
        return f"<table><tr>{head}</tr>{''.join(f'<tr>{row}</tr>' for row in rows)}</table>"

    def to_csv(self, path: str | Path | None = None) -> str:
        """Write the table as CSV.

        Args:
            path: A file to write it to; none by default.

        Returns:
            The text.
        """
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(self.columns)
        writer.writerows(["" if value is None else value for value in row] for row in self._rows)
        if path is not None:
            Path(path).write_text(text.getvalue(), encoding="utf-8")
        return text.getvalue()


def _shown(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return "" if value is None else str(value)
    return f"{value:,}" if isinstance(value, int) else f"{value:.4g}"
