"""Which event is which in parsed data, and the list of those that are copies of others."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from edm.event_keys import EVENT_KEY
from targets.errors import UnreadableFileError
from targets.products import parsed_data
from targets.products.event_columns import EVENT_NUMBERS
from targets.rootio import files
from targets.storage import atomic

__all__ = ["EventNumbers", "has_event_numbers", "read_copies", "read_event_numbers", "write_copies"]

_FOREIGN = "it is not as FindDuplicates writes it"


class EventNumbers(NamedTuple):
    """Consecutive events of parsed data.

    Attributes:
        start: The first of them.
        run: Run numbers, shape (n_events,); 0 where the format has none, as the others.
        block: Luminosity blocks, shape (n_events,).
        event: Event numbers, shape (n_events,).
    """

    start: int
    run: npt.NDArray[np.uint32]
    block: npt.NDArray[np.uint32]
    event: npt.NDArray[np.uint64]


def read_event_numbers(path: Path, size: int) -> Iterator[EventNumbers]:
    """Read the numbers of the events of parsed data.

    Args:
        path: A file of parsed data.
        size: Events in a chunk, at least 1.

    Yields:
        The numbers, chunk by chunk.

    Raises:
        UnreadableFileError: When the file is not there or damaged.
    """
    try:
        with files.open_trees(str(path)) as trees:
            tree = trees[parsed_data.NAME]
            reader = tree.reader()
            for start in range(0, tree.num_entries, size):
                flats = reader.arrays(EVENT_NUMBERS, start, min(start + size, tree.num_entries))
                yield EventNumbers(start, *(flats[name].numbers for name in EVENT_NUMBERS))
    except Exception as error:  # damaged bytes surface as whatever the decoder stumbled over
        reason = f"{type(error).__name__}: {error}"
        msg = f"{path}: its event numbers cannot be read ({reason}); delete it: the next run remakes it"
        raise UnreadableFileError(msg) from error


def has_event_numbers(path: Path) -> bool:
    """Tell whether a file holds the numbers of its events: parsed data do, a record of them may not.

    Args:
        path: A product of ParseFile.

    Raises:
        UnreadableFileError: When the file is not there or damaged.
    """
    try:
        with files.open_trees(str(path)) as trees:
            return parsed_data.NAME in trees
    except OSError as error:
        msg = f"{path}: cannot be read ({type(error).__name__}: {error}); delete it: the next run remakes it"
        raise UnreadableFileError(msg) from error


def write_copies(path: Path, n_copies: int, parts: Iterable[npt.NDArray[np.void]]) -> None:
    """Write the events of a dataset that are copies of others, as a plain ``.npy`` file.

    Args:
        path: The file to make, whole or not at all.
        n_copies: How many there are.
        parts: The copies, of type ``EVENT_KEY``, shape (n_copies,) each; together ordered by file and entry.
    """
    header = {"descr": np.lib.format.dtype_to_descr(EVENT_KEY), "fortran_order": False, "shape": (n_copies,)}
    with atomic.replacing(path) as temporary, temporary.open("wb") as file:
        np.lib.format.write_array_header_1_0(file, header)
        for rows in parts:
            file.write(rows.tobytes())


def read_copies(path: Path, first: int, last: int) -> npt.NDArray[np.int64]:
    """Read which events of one file of parsed data are copies of others.

    Args:
        path: A file that :func:`write_copies` made.
        first: Place in the dataset's list of the first of its input files.
        last: Place of the last.

    Returns:
        Their entries in the parsed data, rising, shape (n_copies,).

    Raises:
        UnreadableFileError: When the file is not there or damaged.
    """
    try:
        rows = np.load(path, mmap_mode="r", allow_pickle=False)
        place = _checked(rows)["file"]
        start, stop = np.searchsorted(place, first, "left"), np.searchsorted(place, last, "right")
        return np.array(rows["entry"][start:stop])
    except (OSError, ValueError, EOFError) as error:
        msg = f"{path}: cannot be read as a list of copies ({error}); delete it: the next run remakes it"
        raise UnreadableFileError(msg) from error


def _checked(rows: npt.NDArray[np.void]) -> npt.NDArray[np.void]:
    if rows.dtype != EVENT_KEY or rows.ndim != 1:
        raise ValueError(_FOREIGN)
    return rows
