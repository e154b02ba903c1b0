"""Counts of masses per bin: those of one branch as one stored ``.npz``, and their sum over branches.

Members, a row per spectrum and grid: ``names`` (the text of :class:`SpectrumKey`), ``widths_gev`` (their
factor, of bins by resolution), ``first`` (the first filled bin of the row), ``offsets`` (one more than names) into
``counts``, ``above`` and ``in_window``. Where masses have weights also ``sums`` (S1 and S2 of each bin, beside
``counts``) and ``unit`` (u). All add up exactly, in memory that does not grow with the number of branches.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from edm.arrays import Int64
from edm.spectra import Distribution, SpectrumKey
from targets.errors import UnreadableFileError
from targets.storage import atomic

__all__ = ["Row", "add_up", "write"]

_FOREIGN = "its members are not as this project writes them"
_NO_WEIGHTS: dict[str, npt.NDArray[Any]] = {"sums": np.zeros((0, 0), np.int64), "unit": np.zeros(0)}
_NUMBERS = ("first", "offsets", "counts", "above", "in_window")


class Row(NamedTuple):
    """The masses of one spectrum, counted on one grid.

    Attributes:
        key: The spectrum.
        width_gev: Bin width in GeV; of bins by resolution their factor k (dimensionless).
        distribution: Its entries.
    """

    key: SpectrumKey
    width_gev: float
    distribution: Distribution


class _Packed(NamedTuple):
    """Rows end to end, as in a file."""

    names: npt.NDArray[np.str_]
    widths_gev: npt.NDArray[np.float64]
    first: Int64
    offsets: Int64
    counts: Int64
    above: Int64
    in_window: Int64
    sums: Int64
    unit: npt.NDArray[np.float64]


def write(path: Path, rows: Iterable[Row]) -> None:
    """Write the rows of a branch.

    Args:
        path: The file to make, whole or not at all.
        rows: The rows; no spectrum twice on one grid.

    Raises:
        ValueError: When sums of weights are in different units, or only some rows have any.
    """
    listed = sorted(rows, key=lambda row: row[:2])
    counted = [row.distribution for row in listed]
    first = [_first(distribution.counts) for distribution in counted]
    parts = [distribution.counts[start:] for distribution, start in zip(counted, first, strict=True)]
    pairs = zip(counted, first, strict=True)
    weighted = [distribution.sums[:, start:] for distribution, start in pairs if distribution.sums is not None]
    units = {distribution.unit for distribution in counted}
    if len(units) > 1:
        msg = f"{path}: masses with weights in different units, or without, in one file: {units}"
        raise ValueError(msg)
    of_weights: dict[str, Any] = (
        {"sums": np.concatenate(weighted, axis=1), "unit": np.array(units.pop())} if weighted else {}
    )
    with atomic.replacing(path) as temporary:
        np.savez(
            temporary,
            names=np.array([str(row.key) for row in listed], dtype=np.str_),
            widths_gev=np.array([row.width_gev for row in listed], dtype=np.float64),
            first=np.array(first, dtype=np.int64),
            offsets=np.cumsum([0, *map(len, parts)], dtype=np.int64),
            counts=np.concatenate([*parts, np.zeros(0, np.int64)]),
            above=np.array([distribution.above for distribution in counted], dtype=np.int64),
            in_window=np.array([distribution.in_window for distribution in counted], dtype=np.int64),
            **of_weights,
        )


def _first(counts: Int64) -> int:
    """Return the first filled bin, 0 where there is none."""
    return int(counts.astype(bool).argmax()) if len(counts) else 0


def add_up(paths: Iterable[Path], weighted: bool = True) -> Iterator[Row]:
    """Add the rows of branches up, spectrum by spectrum and grid by grid.

    Args:
        paths: Files that :func:`write` made.
        weighted: Whether sums of weights are added up where there are any; those of several samples, which have
            different units, cannot be.

    Yields:
        The sums, in alphabetical order; counts end at the last filled bin.

    Raises:
        UnreadableFileError: When a file is not there or damaged.
    """
    total = _Total()
    for path in paths:
        rows = _load(path)
        total.add(rows if weighted else rows._replace(**_NO_WEIGHTS))
    yield from total.rows()


class _Total:
    """Sums of rows: each has its slot, a stretch of one long array, with room for its last bin."""

    def __init__(self) -> None:
        self._slots: dict[tuple[str, float], int] = {}
        self._starts = np.zeros(1, np.int64)  # one more than slots
        self._counts = np.zeros((1, 0), np.int64)  # and two rows of sums, where there are weights
        self._unit: float | None = None
        self._beside = np.zeros((2, 0), np.int64)  # above and in_window

    def add(self, rows: _Packed) -> None:
        if not len(rows.names):
            return
        self._check_unit(rows)
        keys = zip(rows.names.tolist(), rows.widths_gev.tolist(), strict=True)
        slots = np.array([self._slots.setdefault(key, len(self._slots)) for key in keys], dtype=np.int64)
        lengths = np.diff(rows.offsets)
        self._grow(slots, rows.first + lengths)
        shifts = self._starts[slots] + rows.first - rows.offsets[:-1]
        places = np.repeat(shifts, lengths) + np.arange(len(rows.counts))
        self._counts[0, places] += rows.counts
        if len(rows.sums):
            self._counts[1:, places] += rows.sums
        self._beside[:, slots] += [rows.above, rows.in_window]

    def _check_unit(self, rows: _Packed) -> None:
        """Refuse weights in another unit; before the first row, nothing is known of weights."""
        unit = float(rows.unit) if rows.unit.size else None
        if not self._slots:
            self._counts = np.zeros((1 + len(rows.sums), 0), np.int64)
            self._unit = unit
        elif unit != self._unit:
            msg = f"sums of weights in units of {self._unit!r} and {unit!r} do not add up"
            raise ValueError(msg)

    def _grow(self, slots: Int64, ends: Int64) -> None:
        """Make every slot as long as it needs, and twice as many as before where it needs more."""
        old = np.diff(self._starts)
        capacity = np.zeros(len(self._slots), np.int64)
        capacity[: len(old)] = old
        if len(capacity) == len(old) and (capacity[slots] >= ends).all():
            return
        capacity[slots] = np.where(capacity[slots] >= ends, capacity[slots], np.maximum(ends, 2 * capacity[slots]))
        starts = np.concatenate([[0], np.cumsum(capacity)])
        counts = np.zeros((len(self._counts), starts[-1]), np.int64)
        places = np.repeat(starts[: len(old)] - self._starts[:-1], old) + np.arange(self._counts.shape[1])
        counts[:, places] = self._counts
        self._beside = np.pad(self._beside, ((0, 0), (0, len(capacity) - len(old))))
        self._starts, self._counts = starts, counts

    def rows(self) -> Iterator[Row]:
        filled = np.flatnonzero(self._counts[0])
        after = np.searchsorted(filled, self._starts[1:])  # filled bins before the end of each slot
        last = np.where(after > 0, filled[after - 1] + 1, 0) if len(filled) else np.zeros_like(after)
        ends, starts = np.maximum(last, self._starts[:-1]).tolist(), self._starts.tolist()
        beside = self._beside.T.tolist()
        for (name, width_gev), slot in sorted(self._slots.items()):
            counts, *sums = self._counts[:, starts[slot] : ends[slot]]
            above, in_window = beside[slot]
            distribution = Distribution(counts, above, in_window, np.array(sums) if sums else None, self._unit)
            yield Row(SpectrumKey.parse(name), width_gev, distribution)


def _load(path: Path) -> _Packed:
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            if any(member.file_size > path.stat().st_size for member in archive.zip.infolist()):
                raise ValueError(_FOREIGN)  # a small archive could unfold to more than the memory
            missing = {} if "unit" in archive.files else _NO_WEIGHTS
            rows = _Packed(*(missing[name] if name in missing else archive[name] for name in _Packed._fields))
        if not _is_sound(rows):
            raise ValueError(_FOREIGN)
    except Exception as error:  # damaged bytes surface as whatever zipfile and numpy stumble over
        msg = f"{path}: cannot be read as counts ({type(error).__name__}: {error}); delete it: the next run remakes it"
        raise UnreadableFileError(msg) from error
    return rows


def _is_sound(rows: _Packed) -> bool:
    """Tell whether arrays fit each other as :func:`write`'s do."""
    number = rows.names.shape
    arrays: dict[str, npt.NDArray[Any]] = rows._asdict()
    return bool(
        rows.names.dtype.kind == "U"
        and rows.widths_gev.dtype == np.float64
        and all(arrays[name].dtype == np.int64 and arrays[name].ndim == 1 for name in _NUMBERS)
        and all(arrays[name].shape == number for name in ("widths_gev", "first", "above", "in_window"))
        and rows.offsets.shape == (number[0] + 1,)
        and (rows.offsets[0], rows.offsets[-1]) == (0, len(rows.counts))
        and all((arrays[name] >= 0).all() for name in _NUMBERS)
        and (np.diff(rows.offsets) >= 0).all()
        and rows.sums.dtype == np.int64
        and rows.unit.dtype == np.float64
        and rows.sums.shape in ((0, 0), (2, len(rows.counts)))
        and rows.unit.shape == (() if len(rows.sums) else (0,))
        and all(map(SpectrumKey.parse, rows.names.tolist()))
        and len(set(zip(rows.names.tolist(), rows.widths_gev.tolist(), strict=True))) == number[0]
    )
