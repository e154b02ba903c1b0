"""Luminosity by block: the CSV files that ``brilcalc lumi --byls`` writes, and that the CERN Open Data portal keeps."""

import csv
import math
import re
from pathlib import Path
from typing import NoReturn

import numpy as np
import numpy.typing as npt

from edm.run_lists import block_keys
from targets.errors import ConfigurationError

__all__ = ["read_luminosity_table"]

# https://cms-service-lumi.web.cern.ch/cms-service-lumi/brilwsdoc.html: option -u; how many of each make 1/pb
_PER_PB = {"/ub": 1e6, "/nb": 1e3, "/pb": 1.0, "/fb": 1e-3}
_RECORDED = re.compile(r"recorded\((?P<unit>[^)]*)\)")


def read_luminosity_table(path: Path) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    """Read the recorded luminosity of luminosity blocks.

    Args:
        path: A file that ``brilcalc lumi --byls -u /pb -o FILE`` has written.

    Returns:
        The blocks, as :func:`edm.run_lists.block_keys` numbers them, rising, and their luminosity in 1/pb, both of
        shape (n_blocks,).

    Raises:
        ConfigurationError: When the file cannot be read or is no such table; the message has file, line and remedy.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        msg = f"{path}: cannot be read ({error.strerror}): give the path of a table that brilcalc has written"
        raise ConfigurationError(msg) from error
    except UnicodeDecodeError as error:
        _fail(path, 1, f"not a text file in UTF-8 ({error.reason})")
    column, per_pb = _header(path, lines)
    rows = [_row(path, number, line, column) for number, line in enumerate(lines, 1) if line and line[0] != "#"]
    if not rows:
        _fail(path, 1, "the table has no luminosity block")
    keys = block_keys(np.array([row[0] for row in rows]), np.array([row[1] for row in rows]))
    order = np.argsort(keys, kind="stable")
    twice = np.flatnonzero(np.diff(keys[order]) == 0)
    if len(twice):
        run, block, _ = rows[order[twice[0]]]
        _fail(path, 1, f"run {run}, block {block} is there twice")
    return keys[order], np.array([row[2] for row in rows])[order] / per_pb


def _header(path: Path, lines: list[str]) -> tuple[int, float]:
    """Find the column of the recorded luminosity, and how many of its unit make 1/pb."""
    for number, line in enumerate(lines, 1):
        names = line.lstrip("#").split(",")
        match = next((match for name in names if (match := _RECORDED.fullmatch(name.strip()))), None)
        if line.startswith("#") and match:
            if names[0].partition(":")[0].strip() != "run" or names[1].strip() != "ls":
                _fail(path, number, "the first columns are not run:fill and ls")
            unit = match["unit"]
            if unit not in _PER_PB:
                _fail(path, number, f"the luminosity is in {unit}, none of {', '.join(_PER_PB)}")
            return [name.strip() for name in names].index(match[0]), _PER_PB[unit]
    return _fail(path, 1, "there is no header with a column recorded(/pb)")


def _row(path: Path, number: int, line: str, column: int) -> tuple[int, int, float]:
    values = next(csv.reader([line]))
    run, block = (value.partition(":")[0] for value in [*values, "", ""][:2])
    try:
        recorded = float(values[column])
    except (IndexError, ValueError):
        recorded = math.nan
    if not (run.isdecimal() and block.isdecimal() and math.isfinite(recorded) and recorded >= 0):
        _fail(path, number, f"{line[:60]!r} is no line of run:fill,ls,...,recorded")
    return int(run), int(block), recorded


def _fail(path: Path, line: int, what: str) -> NoReturn:
    msg = f"{path}:{line}: {what}: write the table with brilcalc lumi --byls -u /pb -o FILE"
    raise ConfigurationError(msg)
