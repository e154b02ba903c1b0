"""One pass over a branch: selected objects go to the making of masses, and masses to their counting, as they are.

Each product has the same bits as when its stage is made alone; which of them are written is the caller's choice.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np

from edm.arrays import Float32, Float64
from edm.objects import Objects
from edm.records.branch_records import ComputedMasses, CountedMasses, ParsedFiles
from edm.records.statistics import FileRecord
from edm.spectra import SpectrumKey
from physics.bins.bins import Bins
from steps import branch_statistics, masses, parse
from steps.counts.mass_counter import MassCounter
from steps.errors import blame
from steps.masses import MassMaker, MassOptions
from steps.read_options import ReadOptions
from targets.catalogue.input_files import InputFile
from targets.products import parsed_data, parsed_records
from targets.products.event_columns import Events
from targets.products.mass_arrays import MassSink, MassWriter

__all__ = ["Counting", "Parsing", "PassResults", "from_files", "from_parsed_data"]


class Counting(NamedTuple):
    """How masses are counted.

    Attributes:
        path: The file of counts to make.
        counter: What counts.
        grids: Tells, from files that were read, on which grids of histograms masses are counted too.
    """

    path: Path
    counter: MassCounter
    grids: Callable[[Iterable[FileRecord]], Sequence[Bins]]


class Parsing(NamedTuple):
    """How parsed data are kept.

    Attributes:
        path: The file to make.
        storage: How to store parsed data; None keeps only their record.
        with_numbers: Whether a record holds run, luminosity block and event number of each event.
    """

    path: Path
    storage: parsed_data.Format | None
    with_numbers: bool = False


class PassResults(NamedTuple):
    """What the stages of a pass record, and how long each took.

    Attributes:
        parsed: What ParseFile records.
        computed: What ComputeMasses records.
        counted: What CountMasses records; None where nothing was counted.
        seconds: Time of each of these stages in seconds, by its name.
    """

    parsed: ParsedFiles
    computed: ComputedMasses
    counted: CountedMasses | None
    seconds: dict[str, float]


def from_files(
    files: Sequence[InputFile],
    reading: ReadOptions,
    parsing: Parsing,
    options: MassOptions,
    path: Path | None,
    counting: Counting | None,
) -> PassResults:
    """Read files, make the masses of their selected objects, and count these.

    Args:
        files: The files of one branch, read in this order.
        reading: How to read them.
        parsing: How parsed data are kept.
        options: How masses are made; copies are known only when all files of the dataset are parsed.
        path: The file of masses to make; None keeps none.
        counting: How masses are counted; None counts none.

    Returns:
        What the stages record.

    Raises:
        UnreadableFileError, EventLevelError: As :func:`steps.parse.parse`.
        StageError: As :meth:`steps.masses.MassMaker.add`.
        ValueError: When copies are to be left out.
    """
    _refuse_copies(options)
    clock = _Clock()
    with clock.stage(ParsedFiles.stage), _keeping(parsing, reading.events.with_met) as keeper:
        making = _Making(options, [file.uri for file in files], options.weighted, path, counting, clock)

        def take(events: Events, record: FileRecord) -> None:
            keeper.append(events)
            with clock.stage(ComputedMasses.stage):
                making.add(events, record)

        parsed = parse.read_files(files, reading, parsing.path.parent, take)
        parse.note(keeper, parsed)
    with clock.stage(ComputedMasses.stage):
        return making.finish(parsed)


def from_parsed_data(source: Path, options: MassOptions, path: Path | None, counting: Counting | None) -> PassResults:
    """Make the masses of parsed data, and count them.

    Args:
        source: The parsed data.
        options: How masses are made.
        path: As for :func:`from_files`.
        counting: Likewise.

    Returns:
        What the stages record.

    Raises:
        StageError: As :meth:`steps.masses.MassMaker.add`.
    """
    clock = _Clock()
    with clock.stage(ComputedMasses.stage):
        parsed = branch_statistics.of_parsed_data(source)
        weighted = masses.is_weighted(parsed, options)
        making = _Making(options, [file.uri for file in parsed.files], weighted, path, counting, clock)
        making.choose_grids(parsed.files)
        masses.read_into(making.maker, source, options)
        return making.finish(parsed)


def _refuse_copies(options: MassOptions) -> None:
    if options.copies is not None:
        msg = "copies of events are told by their place in parsed data: make these first, and read them"
        raise ValueError(msg)


class _Making:
    """Masses on their way from events to what is written."""

    def __init__(
        self,
        options: MassOptions,
        uris: Sequence[str],
        weighted: bool,
        path: Path | None,
        counting: Counting | None,
        clock: "_Clock",
    ) -> None:
        self._options, self._path, self._counting, self._clock = options, path, counting, clock
        self._writer = MassWriter(path.parent, weighted) if path else None
        sinks: list[MassSink] = [self._writer] if self._writer else []
        sinks += [_TimedCounter(counting.counter, clock)] if counting else []
        self.maker = MassMaker(options, uris, weighted, sinks)
        self._waiting: list[Events] = []
        self._n_waiting = 0

    def choose_grids(self, files: Iterable[FileRecord]) -> None:
        """Choose the grids of counts, once a file says which experiment's they are."""
        if self._counting and not self._counting.counter.grids:
            self._counting.counter.grids = self._counting.grids(files)

    def add(self, events: Events, record: FileRecord) -> None:
        """Make the masses of events, as many at a time as when they are read from parsed data."""
        self.choose_grids([record])
        self._waiting.append(events)
        self._n_waiting += events.n_events
        if self._n_waiting >= self._options.chunk_events:
            self.flush()

    def flush(self) -> None:
        """Make the masses of the events that wait."""
        if self._n_waiting:
            parts = self._waiting
            objects = {kind: Objects.concatenate([part.objects[kind] for part in parts]) for kind in parts[0].objects}
            names = self.maker.numbers
            self.maker.add(objects, {name: np.concatenate([part.numbers[name] for part in parts]) for name in names})
        self._waiting, self._n_waiting = [], 0

    def finish(self, parsed: ParsedFiles) -> PassResults:
        """Make the last masses, write what is kept, and put together what the stages record."""
        self.flush()
        computed, counted = self.maker.finish(parsed), None
        if self._writer and self._path:
            self._writer.write(self._path, masses.is_weighted(parsed, self._options))
        if self._counting:
            with self._clock.stage(CountedMasses.stage):
                counted = self._counting.counter.write(self._counting.path)
        return PassResults(parsed, computed, counted, self._clock.seconds)


@dataclass
class _TimedCounter:
    """Counts masses, and lets the clock know."""

    counter: MassCounter
    clock: "_Clock"

    def add(self, key: SpectrumKey, values: Float32, weights: Float64 | None = None) -> None:
        if self.counter.is_full():
            with self.clock.stage(CountedMasses.stage):
                self.counter.flush()
        self.counter.add(key, values, weights)


@dataclass
class _Clock:
    """Knows which stage a pass is in: how long each takes, and which of them failed."""

    seconds: dict[str, float] = field(default_factory=dict)
    _outer: list[str] = field(default_factory=list)
    _since: float = 0.0

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        self._stop()
        self._outer.append(name)
        try:
            yield
        except Exception as error:
            blame(error, name)
            raise
        finally:
            self._stop()
            self._outer.pop()

    def _stop(self) -> None:
        """Give the time since the last change to the stage that ran."""
        now = time.perf_counter()
        if self._outer:
            self.seconds[self._outer[-1]] = self.seconds.get(self._outer[-1], 0.0) + now - self._since
        self._since = now


@contextmanager
def _keeping(parsing: Parsing, with_met: bool) -> Iterator[parsed_data.Writer | parsed_records.RecordWriter]:
    if parsing.storage is None:
        with parsed_records.writing(parsing.path, parsing.with_numbers) as record:
            yield record
    else:
        with parsed_data.writing(parsing.path, parsing.storage, with_met) as writer:
            yield writer
