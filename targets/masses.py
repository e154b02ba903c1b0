"""Invariant masses of one branch: all arrays end to end in one stored ``.npz``.

Members: ``masses`` (float32, GeV), ``offsets`` (int64, one more than names), ``names`` (``final_state/combination``;
after peak removal with ``/main`` or ``/outliers`` behind). One file a branch: a file per name would be millions.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from targets import atomic
from targets.errors import UnreadableFileError

__all__ = ["Float32", "MassWriter", "export", "read"]

Float32 = npt.NDArray[np.float32]
"""Masses in GeV, shape (n_masses,)."""


_NAME = re.compile(r"\w+(/\w+)+", re.ASCII)
_NOT_OURS = "its members are not as this project writes them"


class MassWriter:
    """Collects the masses of a branch chunk by chunk."""

    def __init__(self) -> None:
        self._parts: dict[str, list[Float32]] = {}

    def add(self, name: str, masses: Float32) -> None:
        """Add masses to a name.

        Args:
            name: ``final_state/combination``.
            masses: Masses in GeV, shape (n_masses,).
        """
        self._parts.setdefault(name, []).append(masses)

    @property
    def entries(self) -> int:
        """Masses added so far."""
        return sum(len(part) for parts in self._parts.values() for part in parts)

    def write(self, path: Path) -> None:
        """Write all names, in alphabetical order.

        Args:
            path: The file to make, whole or not at all.
        """
        names = sorted(self._parts)
        lengths = [sum(len(part) for part in self._parts[name]) for name in names]
        parts = [part for name in names for part in self._parts[name]]
        masses = np.concatenate(parts, dtype=np.float32) if parts else np.zeros(0, dtype=np.float32)
        offsets = np.cumsum([0, *lengths], dtype=np.int64)
        with atomic.replacing(path) as temporary:
            np.savez(temporary, masses=masses, offsets=offsets, names=np.array(names, dtype=np.str_))


def read(path: Path) -> Iterator[tuple[str, Float32]]:
    """Read the masses of a branch.

    Args:
        path: A file that :class:`MassWriter` made.

    Yields:
        Each name with its masses in GeV, shape (n_masses,), in alphabetical order.

    Raises:
        UnreadableFileError: When the file is not there or damaged.
    """
    try:
        masses, offsets, names = _arrays(path)
    except Exception as error:  # damaged bytes surface as whatever zipfile and numpy stumble over
        msg = f"{path}: cannot be read as masses ({type(error).__name__}: {error}); delete it: the next run remakes it"
        raise UnreadableFileError(msg) from error
    for position, name in enumerate(names.tolist()):
        yield name, masses[offsets[position] : offsets[position + 1]]


def _arrays(path: Path) -> tuple[Float32, npt.NDArray[np.int64], npt.NDArray[np.str_]]:
    with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
        if any(member.file_size > path.stat().st_size for member in archive.zip.infolist()):
            raise ValueError(_NOT_OURS)  # a small archive could unfold to more than the memory
        masses, offsets, names = archive["masses"], archive["offsets"], archive["names"]
    if not _is_ours(masses, offsets, names):
        raise ValueError(_NOT_OURS)
    return masses, offsets, names


def _is_ours(masses: npt.NDArray[Any], offsets: npt.NDArray[Any], names: npt.NDArray[Any]) -> bool:
    """Tell whether arrays fit each other as MassWriter's do, and no name leads out of a folder."""
    return bool(
        (masses.dtype.str, offsets.dtype.str, names.dtype.kind) == ("<f4", "<i8", "U")
        and (masses.ndim, offsets.ndim, names.shape) == (1, 1, (len(offsets) - 1,))
        and (offsets[0], offsets[-1]) == (0, len(masses))
        and (np.diff(offsets) >= 0).all()
        and all(map(_NAME.fullmatch, names.tolist()))
    )


def export(folder: Path, sources: Sequence[Path]) -> Mapping[str, int]:
    """Write plain ``.npy`` files, one per final state and combination, with the masses of all sources.

    Args:
        folder: The folder to make, whole or not at all; ``<folder>/<final state>/<combination>.npy``.
        sources: Files that :class:`MassWriter` made, in the order in which their masses follow each other.

    Returns:
        Entries per name.
    """
    entries: dict[str, int] = {}
    with atomic.replacing_folder(folder) as temporary:
        parts: dict[str, list[Float32]] = {}
        for source in sources:
            for name, masses in read(source):
                parts.setdefault(name, []).append(masses)
        for name, arrays in sorted(parts.items()):
            file = temporary / f"{name}.npy"
            file.parent.mkdir(parents=True, exist_ok=True)
            np.save(file, np.concatenate(arrays))
            entries[name] = sum(len(array) for array in arrays)
    return entries
