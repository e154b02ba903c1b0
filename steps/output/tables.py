"""Numbers and tables for people who read a terminal."""

from collections.abc import Iterable, Sequence

__all__ = ["size", "table"]


def size(number: float) -> str:
    """Write a number of bytes.

    Args:
        number: Bytes, not negative.

    Returns:
        Three digits and a unit, as ``1.5 kB``; a kB has 1000 bytes.
    """
    for unit in ("B", "kB", "MB", "GB"):
        if number < 1000:
            return f"{number:.3g} {unit}"
        number /= 1000
    return f"{number:.3g} TB"


def table(titles: Sequence[str], rows: Iterable[Sequence[str]], numeric: Iterable[int] | None = None) -> list[str]:
    """Set a table in columns.

    Args:
        titles: Title of each column.
        rows: Text of each cell.
        numeric: Columns whose text ends at the right; all but the first by default.

    Returns:
        Lines of text, the titles first.
    """
    right = set(range(1, len(titles)) if numeric is None else numeric)
    lines = [list(titles), *map(list, rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(titles))]
    return [
        "  ".join(
            cell.rjust(width) if column in right else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    ]
