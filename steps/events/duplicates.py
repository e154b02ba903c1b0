"""The work of FindDuplicates: which events of a dataset are there more than once, in bounded memory."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from edm.event_keys import EVENT_KEY, EventKeys
from physics.events.duplicates import Duplicates, find_copies, key_hashes
from steps.errors import DuplicateEventsError, PlanError
from targets.products.key_partitions import MAX_PARTS, open_partitions

__all__ = ["find_duplicates", "parts_needed", "refuse_duplicates"]

_BYTES_PER_EVENT = 110
"""Of memory while a part is compared: 28 of its record, twice, and hashes, their order and what is copied."""

_MEGABYTE = 1_000_000
_PAIRS_SHOWN = 10


def parts_needed(n_events: int, memory_limit_mb: float) -> int:
    """Tell in how many parts events must be cut.

    Args:
        n_events: How many events there are.
        memory_limit_mb: How much memory may be used, in MB (10⁶ bytes).

    Returns:
        Their number, at least 1.

    Raises:
        PlanError: When there would be more than files that can be open; the message has the smallest limit.
    """
    parts = max(1, -(-n_events * _BYTES_PER_EVENT // int(memory_limit_mb * _MEGABYTE)))
    if parts > MAX_PARTS:
        least = -(-n_events * _BYTES_PER_EVENT // (MAX_PARTS * _MEGABYTE))
        msg = (
            f"{n_events:,} events cannot be compared in {memory_limit_mb:g} MB, in parts of {MAX_PARTS} files at most: "
            f"--memory-limit-mb {least} or more"
        )
        raise PlanError(msg)
    return parts


def find_duplicates(
    chunks: Iterable[EventKeys], n_events: int, folder: Path, memory_limit_mb: float
) -> tuple[Duplicates, npt.NDArray[np.void]]:
    """Compare the events of a dataset.

    Args:
        chunks: The events, some at a time, in any order.
        n_events: How many there are in all, about: it decides how many parts they are cut into.
        folder: Where the parts stand meanwhile, 28 bytes an event.
        memory_limit_mb: How much memory may be used, in MB (10⁶ bytes), beside a chunk's.

    Returns:
        What is said of the dataset, and the copies that do not stay, ordered by file and entry, shape (n_copies,).

    Raises:
        PlanError: When the limit is too low for so many events.
        OSError: From the file system.
    """
    n_parts = parts_needed(n_events, memory_limit_mb)
    total, copies = Duplicates(), [np.empty(0, dtype=EVENT_KEY)]
    with open_partitions(folder, n_parts, EVENT_KEY) as partitions:
        for chunk in chunks:
            partitions.add(chunk.rows, (key_hashes(chunk) % np.uint64(n_parts)).astype(np.int64))
        for rows in partitions:
            part = find_copies(EventKeys(rows))
            total = total.add(part.duplicates)
            copies.append(part.rows)
    return total, np.sort(np.concatenate(copies), order=["file", "entry"])


def refuse_duplicates(dataset: str, duplicates: Duplicates, files: Sequence[str]) -> None:
    """End a run whose dataset counts events more than once.

    Args:
        dataset: Its name.
        duplicates: What is said of it.
        files: The addresses of its files, in the order of its list.

    Raises:
        DuplicateEventsError: When an event is there more than once.
    """
    if not duplicates.copies:
        return
    ranked = sorted(duplicates.pairs.items(), key=lambda pair: (-pair[1], pair[0]))
    lines = [f"{number:,} in {files[first]} and {files[second]}" for (first, second), number in ranked[:_PAIRS_SHOWN]]
    if len(ranked) > _PAIRS_SHOWN:
        lines.append(f"and in {len(ranked) - _PAIRS_SHOWN} more pairs of files")
    examples = "; ".join(f"run {one.run}, block {one.block}, event {one.event}" for one in duplicates.examples)
    msg = (
        f"{dataset}: {duplicates.copies:,} of {duplicates.events:,} events are there already: {'; '.join(lines)}. For "
        f"example {examples}. --duplicates remove keeps the copy that comes first, --duplicates ignore counts all"
    )
    raise DuplicateEventsError(msg)
