"""The work of FindDuplicates: which events of a dataset are there more than once, in bounded memory."""

import resource
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from edm.event_keys import EVENT_KEY, EventKeys
from edm.objects import Objects
from edm.records.branch_records import FoundDuplicates
from edm.records.duplicates import DuplicateExample, FilePair
from edm.records.statistics import FileRecord
from physics.events.duplicates import Duplicates, find_copies, key_hashes
from steps import branch_statistics
from steps.errors import DuplicateEventsError, PlanError
from targets.errors import ConfigurationError, FileFormatError
from targets.products.event_keys import read_event_numbers, write_copies
from targets.products.key_partitions import MAX_PARTS, open_partitions

__all__ = ["Comparison", "find", "find_duplicates", "leave_out", "parts_needed"]

_BYTES_PER_EVENT = 220
"""Of memory while a part is compared that has nothing but copies: its records (28) four times, hashes and orders."""

_MEGABYTE = 1_000_000
_LEAST_MEMORY_MB = 50.0  # below this, parts would be too small to be worth their files
_PAIRS_SHOWN = 10
_IDENTIFYING = ("run", "event")  # a format without luminosity block counts 0 there

_Rows = npt.NDArray[np.void]


@dataclass(frozen=True)
class Comparison:
    """What is compared.

    Attributes:
        dataset: Name of the dataset.
        files: The addresses of its files, in the order of its list.
        mode: ``check`` for an error when an event is there twice, ``remove`` for a list of the copies.
        chunk_events: Events that are read at a time, at most.
        memory_limit_mb: Memory that the process may take, in MB.
    """

    dataset: str
    files: Sequence[str]
    mode: str
    chunk_events: int
    memory_limit_mb: float

    def memory_mb(self) -> float:
        """Return what the limit leaves beside the process as it stands, in MB."""
        taken = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / _MEGABYTE
        return max(self.memory_limit_mb - taken, _LEAST_MEMORY_MB)


class _Parsed(NamedTuple):
    """A file of parsed data, and what it was made of."""

    path: Path
    files: tuple[FileRecord, ...]
    written: tuple[int, ...]


def find(asked: Comparison, sources: Sequence[Path], path: Path) -> FoundDuplicates:
    """Compare the events of a dataset.

    Args:
        asked: What is compared.
        sources: Its parsed data, in the order of its list.
        path: The file to make: the copies, with the place of their file in the list and their entry in parsed data.

    Returns:
        The statistics.

    Raises:
        DuplicateEventsError: With ``check``, when an event is there more than once.
        ConfigurationError: When a file has no event numbers to compare.
        FileFormatError: When parsed data of an older version do not tell which event is of which file.
        PlanError: When the memory limit is too low for so many events.
    """
    parsed = [_read_record(source) for source in sources]
    chunks = _collisions(parsed, {uri: place for place, uri in enumerate(asked.files)}, asked.chunk_events)
    n_events = sum(sum(part.written) for part in parsed)

    def write(n_copies: int, parts: Iterable[_Rows]) -> None:
        write_copies(path, n_copies, parts)

    duplicates = find_duplicates(chunks, n_events, path.parent, asked.memory_mb(), len(asked.files), write)
    if asked.mode == "check":
        _refuse(asked.dataset, duplicates, asked.files)
    names = asked.files
    pairs = [FilePair(names[first], names[second], number) for (first, second), number in _ranked(duplicates)]
    examples = [
        DuplicateExample(run, block, event, names[first], names[second])
        for run, block, event, first, second in duplicates.examples
    ]
    counts = {"events": duplicates.events, "copies": duplicates.copies}
    return FoundDuplicates(mode=asked.mode, pairs=tuple(pairs), examples=tuple(examples), **counts)


def find_duplicates(
    chunks: Iterable[EventKeys],
    n_events: int,
    folder: Path,
    memory_mb: float,
    n_files: int,
    write: Callable[[int, Iterable[_Rows]], None],
) -> Duplicates:
    """Compare events, in parts of which each fits into memory.

    Args:
        chunks: The events, some at a time, in any order.
        n_events: How many there are in all, about: it decides how many parts they are cut into.
        folder: Where the parts stand meanwhile, 28 bytes an event.
        memory_mb: How much memory may be used, in MB (10⁶ bytes), beside a chunk's.
        n_files: How many files the dataset has.
        write: Takes how many copies there are, and these: those that do not stay, in parts of shape (n_copies,) that
            are together ordered by file and entry.

    Returns:
        What is said of the dataset.

    Raises:
        PlanError: When the limit is too low for so many events.
        OSError: From the file system.
    """
    n_parts, total = parts_needed(n_events, memory_mb), Duplicates()
    n_ranges = min(n_parts, max(n_files, 1))
    with open_partitions(folder, n_ranges, EVENT_KEY) as copies:
        with open_partitions(folder, n_parts, EVENT_KEY) as partitions:
            for chunk in chunks:
                partitions.add(chunk.rows, (key_hashes(chunk) % np.uint64(n_parts)).astype(np.int64))
            for rows in partitions:
                part = find_copies(EventKeys(rows))
                total = total.add(part.duplicates)
                copies.add(part.rows, part.rows["file"].astype(np.int64) * n_ranges // max(n_files, 1))
        write(total.copies, (rows[np.lexsort((rows["entry"], rows["file"]))] for rows in copies))
    return total


def parts_needed(n_events: int, memory_mb: float) -> int:
    """Tell in how many parts events must be cut.

    Args:
        n_events: How many events there are.
        memory_mb: How much memory may be used, in MB (10⁶ bytes).

    Returns:
        Their number, at least 1.

    Raises:
        PlanError: When there would be more than files that can be open; the message says how much is needed.
    """
    parts = max(1, -(-n_events * _BYTES_PER_EVENT // int(memory_mb * _MEGABYTE)))
    if parts > MAX_PARTS:
        least = -(-n_events * _BYTES_PER_EVENT // (MAX_PARTS * _MEGABYTE))
        msg = (
            f"{n_events:,} events cannot be compared in the {memory_mb:.0f} MB that memory_limit_mb leaves, in at most "
            f"{MAX_PARTS} parts: raise --memory-limit-mb by {max(least - int(memory_mb), 1)} or more"
        )
        raise PlanError(msg)
    return parts


def leave_out(
    chunks: Iterable[tuple[dict[str, Objects], dict[str, npt.NDArray[Any]]]], copies: npt.NDArray[np.int64]
) -> Iterator[tuple[dict[str, Objects], dict[str, npt.NDArray[Any]]]]:
    """Leave events of parsed data out.

    Args:
        chunks: The objects of consecutive events, at least of one kind, and numbers of these events.
        copies: Entries of the events to leave out, rising, shape (n_copies,).

    Yields:
        The objects and numbers of the others.
    """
    if not len(copies):
        yield from chunks
        return
    start = 0
    for objects, numbers in chunks:
        n_events = next(iter(objects.values())).n_events
        kept = np.ones(n_events, dtype=np.bool_)
        first, last = np.searchsorted(copies, (start, start + n_events))
        kept[copies[first:last] - start] = False
        start += n_events
        chosen = {kind: of_kind.select_events(kept) for kind, of_kind in objects.items()}
        yield chosen, {name: column[kept] for name, column in numbers.items()}


def _read_record(path: Path) -> _Parsed:
    """Read of which files parsed data are, and how many events each gave."""
    record = branch_statistics.of_parsed_data(path)
    counts = [file.written for file in record.files]
    if len(counts) == 1:
        counts = [record.events.written]
    written = tuple(number for number in counts if number is not None)
    if len(written) < len(counts) or sum(written) != record.events.written:
        msg = (
            f"{path}: it does not say how many events each of its files gave, as an older version wrote it; delete it: "
            "the next run remakes it"
        )
        raise FileFormatError(msg)
    for file, number in zip(record.files, written, strict=True):
        if (
            number
            and not file.simulation
            and (lacking := [name for name in _IDENTIFYING if name in file.absent_numbers])
        ):
            msg = (
                f"duplicates: {file.uri} has no {' and no '.join(lacking)} number, by which copies of events are told: "
                "--duplicates ignore, or leave the file out"
            )
            raise ConfigurationError(msg)
    return _Parsed(path, record.files, written)


def _collisions(parsed: Iterable[_Parsed], places: dict[str, int], size: int) -> Iterator[EventKeys]:
    """Yield the events that are no simulation."""
    for path, files, written in parsed:
        of_event = np.repeat([places[file.uri] for file in files], written)
        collisions = np.repeat([not file.simulation for file in files], written).astype(np.bool_)
        for numbers in read_event_numbers(path, size):
            entries = np.arange(numbers.start, numbers.start + len(numbers.run))
            keys = EventKeys.of_file(0, numbers.run, numbers.block, numbers.event, entries)
            keys.rows["file"] = of_event[entries]
            yield EventKeys(keys.rows[collisions[entries]])


def _refuse(dataset: str, duplicates: Duplicates, files: Sequence[str]) -> None:
    """End a run whose dataset counts events more than once."""
    if not duplicates.copies:
        return
    ranked = _ranked(duplicates)
    lines = [f"{number:,} in {files[first]} and {files[second]}" for (first, second), number in ranked[:_PAIRS_SHOWN]]
    if len(ranked) > _PAIRS_SHOWN:
        lines.append(f"and in {len(ranked) - _PAIRS_SHOWN} more pairs of files")
    examples = "; ".join(f"run {run}, block {block}, event {event}" for run, block, event, *_ in duplicates.examples)
    msg = (
        f"{dataset}: {duplicates.copies:,} of {duplicates.events:,} events are there already: {'; '.join(lines)}. For "
        f"example {examples}. --duplicates remove keeps the copy that comes first, --duplicates ignore counts all"
    )
    raise DuplicateEventsError(msg)


def _ranked(duplicates: Duplicates) -> list[tuple[tuple[int, int], int]]:
    return sorted(duplicates.pairs.items(), key=lambda pair: (-pair[1], pair[0]))
