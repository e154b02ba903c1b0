"""Records on disk, in parts of which each fits into memory: those that belong together lie in one part."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO

import numpy as np
import numpy.typing as npt

from targets.storage.atomic import unnamed

__all__ = ["MAX_PARTS", "KeyPartitions", "open_partitions"]

MAX_PARTS = 448
"""Files that are open at once; systems allow 1,024 by default, and two sets of parts may be open."""

_BUFFER_BYTES = 1 << 16


class KeyPartitions:
    """The parts; :func:`open_partitions` makes them."""

    def __init__(self, files: list[IO[bytes]], dtype: np.dtype[np.void]) -> None:
        self._files, self._dtype = files, dtype

    def add(self, rows: npt.NDArray[np.void], parts: npt.NDArray[np.int64]) -> None:
        """Write records.

        Args:
            rows: The records, shape (n_rows,).
            parts: The part of each, shape (n_rows,).

        Raises:
            OSError: From the file system.
        """
        order = np.argsort(parts, kind="stable")
        ends = np.cumsum(np.bincount(parts, minlength=len(self._files)))
        for file, first, last in zip(self._files, [0, *ends[:-1].tolist()], ends.tolist(), strict=True):
            if last > first:
                file.write(rows[order[first:last]].tobytes())

    def __iter__(self) -> Iterator[npt.NDArray[np.void]]:
        """Read the parts, one after the other.

        Yields:
            The records of a part, shape (n_rows,), in the order in which they were written.
        """
        for file in self._files:
            file.seek(0)
            yield np.frombuffer(file.read(), dtype=self._dtype)
            file.seek(0, 2)


@contextmanager
def open_partitions(folder: Path, n_parts: int, dtype: np.dtype[np.void]) -> Iterator[KeyPartitions]:
    """Open empty parts; they vanish at the end of the block.

    Args:
        folder: Where their files may stand for a while; it needs room for all records.
        n_parts: How many there are, at most :data:`MAX_PARTS`.
        dtype: The type of a record.

    Yields:
        The parts.

    Raises:
        ValueError: For more parts than files that can be open.
        OSError: From the file system.
    """
    if not 1 <= n_parts <= MAX_PARTS:
        msg = f"{n_parts} parts: from 1 to {MAX_PARTS} are possible"
        raise ValueError(msg)
    with unnamed(folder / "keys") as scratch, ExitStack() as opened:
        scratch.mkdir()
        paths = [scratch / f"{number}.keys" for number in range(n_parts)]
        yield KeyPartitions([opened.enter_context(path.open("w+b", _BUFFER_BYTES)) for path in paths], dtype)
