"""Invariant masses of one branch: all arrays end to end in one stored ``.npz``.

Members: ``masses`` (float32, GeV), ``offsets`` (int64, one more than names), ``names`` (the texts of
:class:`SpectrumKey`) and, of simulation that is weighted, ``weights`` (float64, one for each mass). One file a
branch: a file per spectrum would be millions.
"""

import io
import tempfile
import zipfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from edm.arrays import Float32, Float64
from edm.spectra import SpectrumKey
from targets.errors import UnreadableFileError
from targets.storage import atomic

__all__ = ["MassSink", "MassWriter", "export", "is_weighted", "read", "read_weighted"]


class _Member(NamedTuple):
    """A member of the file with a value for each mass, and what ends the name of the plain file of its values."""

    name: str
    dtype: np.dtype[Any]
    ending: str = ""


_MEMBERS = (_Member("masses", np.dtype("<f4")), _Member("weights", np.dtype("<f8"), "_weights"))

_SPILLED_BYTES = 16 * 2**20  # above this, masses wait on the disk for the others of their spectrum
_PART_MASSES = 2**20  # what is done with masses takes ten times their memory
_FOREIGN = "its members are not as this project writes them"


class MassSink(Protocol):
    """What takes masses as they are made."""

    def add(self, key: SpectrumKey, masses: Float32, weights: Float64 | None = None) -> None:
        """Add masses in GeV to a spectrum, shape (n_masses,), with their weights where they have any."""


class MassWriter:
    """Collect the masses of a branch chunk by chunk; its memory does not grow with the number of events.

    Args:
        folder: Where masses wait until all are there, in a file without a name; None for in memory.
        weighted: Whether masses have weights.
    """

    def __init__(self, folder: Path | None = None, weighted: bool = False) -> None:
        self._folder = folder
        self._spool: IO[bytes] | None = None
        self._members = _MEMBERS if weighted else _MEMBERS[:1]
        self._parts: dict[tuple[str, SpectrumKey], list[npt.NDArray[Any]]] = {}
        self._spilled: dict[tuple[str, SpectrumKey], list[tuple[int, int]]] = {}  # start and bytes in the spool
        self._held = 0
        self._entries: dict[SpectrumKey, int] = {}

    def add(self, key: SpectrumKey, masses: Float32, weights: Float64 | None = None) -> None:
        """Add masses to a spectrum.

        Args:
            key: The spectrum.
            masses: Masses in GeV, shape (n_masses,).
            weights: w of each, in the generator's unit, shape (n_masses,); of a writer with weights only.
        """
        for member, values in zip(self._members, (masses, weights), strict=False):
            assert values is not None
            self._parts.setdefault((member.name, key), []).append(np.ascontiguousarray(values, member.dtype))
            self._held += values.nbytes
        self._entries[key] = self._entries.get(key, 0) + len(masses)
        if self._folder is not None and self._held > _SPILLED_BYTES:
            self._spill(self._folder)

    @property
    def entries(self) -> int:
        """Masses added so far."""
        return sum(self._entries.values())

    def write(self, path: Path, weighted: bool = True) -> None:
        """Write all spectra, in alphabetical order.

        Args:
            path: The file to make, whole or not at all.
            weighted: False leaves the weights out, where there are any.
        """
        keys = sorted(self._entries)
        offsets = np.cumsum([0, *(self._entries[key] for key in keys)], dtype=np.int64)
        names = np.array(list(map(str, keys)), dtype=np.str_)
        with atomic.replacing(path) as temporary, zipfile.ZipFile(temporary, "w", zipfile.ZIP_STORED) as archive:
            for kind in self._members if weighted else _MEMBERS[:1]:
                with archive.open(f"{kind.name}.npy", "w", force_zip64=True) as member:
                    _begin(member, int(offsets[-1]), kind.dtype)
                    for key in keys:
                        self._copy((kind.name, key), member)
            for name, array in (("offsets", offsets), ("names", names)):
                with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                    np.lib.format.write_array(member, array, allow_pickle=False)
        if self._spool is not None:
            self._spool.close()

    def _spill(self, folder: Path) -> None:
        """Move what is in memory to the spool, one stretch a spectrum."""
        if self._spool is None:
            folder.mkdir(parents=True, exist_ok=True)
            self._spool = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 (it lives as long as the writer)
        for key, parts in self._parts.items():
            start = self._spool.tell()
            length: int = sum(self._spool.write(part.data) for part in parts)
            self._spilled.setdefault(key, []).append((start, length))
        self._parts.clear()
        self._held = 0

    def _copy(self, key: tuple[str, SpectrumKey], member: IO[bytes]) -> None:
        if self._spool is not None and key in self._spilled:
            for start, length in self._spilled[key]:
                self._spool.seek(start)
                member.write(self._spool.read(length))
        for part in self._parts.get(key, ()):
            member.write(part.data)


class _Layout(NamedTuple):
    """Where the masses of each spectrum are."""

    keys: list[SpectrumKey]
    offsets: npt.NDArray[np.int64]


def is_weighted(path: Path) -> bool:
    """Tell whether the masses of a branch have weights.

    Args:
        path: A file that :class:`MassWriter` made.

    Raises:
        UnreadableFileError: When the file is not there or damaged.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            return f"{_MEMBERS[1].name}.npy" in archive.namelist()
    except (OSError, zipfile.BadZipFile) as error:
        raise _unreadable(path, error) from error


def read(path: Path) -> Iterator[tuple[SpectrumKey, Float32]]:
    """Read the masses of a branch, one spectrum after the other, one with very many masses in parts.

    Args:
        path: A file that :class:`MassWriter` made.

    Yields:
        Each spectrum with its masses in GeV, shape (n_masses,), in alphabetical order; parts of one follow each other.

    Raises:
        UnreadableFileError: When the file is not there or damaged; after the last spectrum at the latest.
    """
    for key, (masses, *_) in _read(path, _MEMBERS[:1]):
        yield key, masses


def read_weighted(path: Path) -> Iterator[tuple[SpectrumKey, Float32, Float64]]:
    """Read the masses of a branch that have weights, as :func:`read` does.

    Args:
        path: A file that a :class:`MassWriter` with weights made.

    Yields:
        Each spectrum with its masses in GeV and their weights in the generator's unit, shape (n_masses,) both.

    Raises:
        UnreadableFileError: As :func:`read`; also when it has no weights.
    """
    for key, (masses, weights) in _read(path, _MEMBERS):
        yield key, masses, weights


def _read(path: Path, kinds: Sequence[_Member]) -> Iterator[tuple[SpectrumKey, list[npt.NDArray[Any]]]]:
    """Read members of which each has a value for each mass."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive, ExitStack() as stack:
            layout = _layout(path, archive)
            opened = [stack.enter_context(archive.zip.open(f"{kind.name}.npy")) for kind in kinds]
            for kind, member in zip(kinds, opened, strict=True):
                _check_header(member, layout, kind.dtype)
            buffered = [io.BufferedReader(member, 2**20) for member in opened]
            for key, length in zip(layout.keys, np.diff(layout.offsets).tolist(), strict=True):
                for start in range(0, max(length, 1), _PART_MASSES):
                    size = min(_PART_MASSES, length - start)
                    pairs = zip(kinds, buffered, strict=True)
                    yield key, [_values(member, size, kind.dtype) for kind, member in pairs]
            for member in buffered:
                if member.read(1):  # at the end, zipfile compares the checksum
                    raise ValueError(_FOREIGN)
    except Exception as error:  # damaged bytes surface as whatever zipfile and numpy stumble over
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: Exception) -> UnreadableFileError:
    return UnreadableFileError(
        f"{path}: cannot be read as masses ({type(error).__name__}: {error}); delete it: the next run remakes it"
    )


def export(folder: Path, sources: Sequence[Path], weighted: bool = False) -> Mapping[SpectrumKey, int]:
    """Write plain ``.npy`` files, one per final state and combination, with the masses of all sources.

    Args:
        folder: The folder to make, whole or not at all; ``<folder>/<final state>/<combination>.npy`` and, with weights,
            ``<folder>/<final state>/<combination>_weights.npy`` (float64, one for each mass).
        sources: Files that :class:`MassWriter` made, in the order in which their masses follow each other.
        weighted: Whether masses have weights, which are written too.

    Returns:
        Entries per spectrum.

    Raises:
        UnreadableFileError: When a source is not there or damaged, or has no weights.
    """
    kinds, entries = _MEMBERS if weighted else _MEMBERS[:1], Counter[SpectrumKey]()
    for source in sources:
        for key, masses in read(source):
            entries[key] += len(masses)
    with atomic.replacing_folder(folder) as temporary:
        for key, length in sorted(entries.items()):
            for kind in kinds:
                file = temporary / f"{key}{kind.ending}.npy"
                file.parent.mkdir(parents=True, exist_ok=True)
                with file.open("wb") as opened:
                    _begin(opened, length, kind.dtype)
        for source in sources:
            for key, values in _read(source, kinds):
                for kind, part in zip(kinds, values, strict=True):
                    with (temporary / f"{key}{kind.ending}.npy").open("ab") as opened:
                        opened.write(part.data)
    return dict(sorted(entries.items()))


def _begin(file: IO[bytes], length: int, dtype: np.dtype[Any]) -> None:
    """Write what stands before the values of a .npy file."""
    header = {"descr": dtype.str, "fortran_order": False, "shape": (length,)}
    np.lib.format.write_array_header_1_0(file, header)


def _layout(path: Path, archive: Any) -> _Layout:
    """Read names and offsets, and refuse those that do not fit each other or lead out of a folder."""
    if any(member.file_size > path.stat().st_size for member in archive.zip.infolist()):
        raise ValueError(_FOREIGN)  # a small archive could unfold to more than the memory
    names, offsets = archive["names"], archive["offsets"]
    sound = bool(
        (offsets.dtype.str, names.dtype.kind) == ("<i8", "U")
        and (offsets.ndim, names.shape) == (1, (len(offsets) - 1,))
        and offsets[0] == 0
        and (np.diff(offsets) >= 0).all()
    )
    if not sound:
        raise ValueError(_FOREIGN)
    return _Layout([SpectrumKey.parse(name) for name in names.tolist()], offsets)


def _check_header(member: IO[bytes], layout: _Layout, expected: np.dtype[Any]) -> None:
    np.lib.format.read_magic(member)
    shape, fortran, dtype = np.lib.format.read_array_header_1_0(member)
    if (shape, fortran, dtype.str) != ((int(layout.offsets[-1]),), False, expected.str):
        raise ValueError(_FOREIGN)


def _values(file: IO[bytes], number: int, dtype: np.dtype[Any]) -> npt.NDArray[Any]:
    content = file.read(number * dtype.itemsize)
    if len(content) != number * dtype.itemsize:
        raise ValueError(_FOREIGN)
    return np.frombuffer(content, dtype=dtype)
