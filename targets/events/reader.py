"""Events of a ROOT file as arrays of objects, in GeV and radians, chunk by chunk.

Units are converted here and nowhere else. TTrees and RNTuples read alike; only the branches that are needed are read.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from edm.arrays import Mask
from edm.kinds import STORED_KINDS
from edm.objects import Objects
from edm.records.fetching import FetchDecision
from targets.errors import FileFormatError, UnreadableFileError
from targets.events import event_trees
from targets.events.chunk_sizes import ChunkMemory
from targets.events.conversions import event_numbers, in_gev
from targets.events.event_branches import EventBranches, EventColumns
from targets.events.schemas import UNIT_PER_GEV, Collection, Schema
from targets.events.spellings import spelt
from targets.network.retry import RetryPolicy
from targets.rootio import files
from targets.rootio.flat_arrays import Flat, ShapeError, object_lists

__all__ = ["Chunk", "Columns", "EventFile", "open_events"]

Columns = Mapping[str, Mapping[str, str | None]]
"""Per kind, further columns to read and their unit: ``GeV`` for momenta and energies, None for plain numbers."""

_FIRST_EVENTS = 1000  # enough to tell the bytes of an event
_NEEDS_MASS = ("j", "t")  # of these the PDG gives no mass: a file must have a mass or an energy


@dataclass(frozen=True)
class Chunk:
    """Consecutive events of one file.

    Attributes:
        objects: By kind, in file order, with float32 columns pt (GeV), eta, phi (radians), where they exist mass (GeV)
            and charge, and the further columns; where the mass must come from it, energy (GeV), and with it pt and eta,
            in float64.
        run: Run numbers, shape (n_events,); 0 where the file has none.
        luminosity_block: Luminosity blocks, shape (n_events,); 0 where the file has none.
        event: Event numbers, shape (n_events,); 0 where the file has none.
        weight: Generator weights, shape (n_events,), dimensionless; 1 where the file has none.
        event_columns: The branches of whole events that were asked for, by the names that selections use.
        unassigned: Per shared collection, how many of its objects belong to no kind.
    """

    objects: dict[str, Objects]
    run: npt.NDArray[np.uint32]
    luminosity_block: npt.NDArray[np.uint32]
    event: npt.NDArray[np.uint64]
    weight: npt.NDArray[np.float32]
    event_columns: EventColumns = field(default_factory=dict)
    unassigned: dict[str, int] = field(default_factory=dict)


class EventFile:
    """An open file of events.

    Attributes:
        uri: Where it is.
        num_entries: Events in it; 0 for an empty skim.
        schema: Its schema; None for an empty skim.
        notes: What users should know of it, each after "it has".
        absent_kinds: Kinds whose collection the file lacks: their events have no such objects.
        absent_numbers: Of run, luminosity_block, event and weight, those that the file lacks.
        size: Size of the file in bytes.
        content: What tells the file from another one that is written to the same address.
        traffic: Tells bytes read and requests so far, those for its metadata included.
        of_events: Its branches that say something of whole events.
    """

    def __init__(self, uri: str, tree: files.Tree | None, schema: Schema | None, trees: files.Trees) -> None:
        self.uri, self.size, self.content = uri, trees.size, (trees.size, trees.uuid)
        self.traffic = trees.traffic
        self.schema = schema
        self.notes = [] if schema else [event_trees.NO_EVENTS if trees else event_trees.NO_TREE]
        self.notes += [event_trees.BYTES_BEHIND] if trees.bytes_behind else []
        self.num_entries = tree.num_entries if tree is not None else 0
        self._trees = trees
        self._tree = tree.reader() if tree is not None else None
        self._branches = tree.branches if tree is not None else {}  # short name -> full path in the tree
        self._collections: dict[str, Collection] = schema.present(self._branches) if schema else {}
        self.absent_kinds = frozenset(set(STORED_KINDS) - set(self._collections))
        self._numbers = self._find_numbers()
        self.absent_numbers = tuple(name for name, branch in self._numbers.items() if branch is None)
        self.of_events = EventBranches(uri, tree, trees)

    def number_branch(self, name: str) -> str | None:
        """Return the branch of run, luminosity_block or event, as selections spell it; None where the file has none."""
        branch = self._numbers.get(name)
        return branch and spelt(branch)

    @cached_property
    def is_simulation(self) -> bool:
        """Tell by the file's own marks whether its events were simulated; an empty file has none."""
        return self.schema is not None and self.of_events.has_mark(self.schema.simulation, self._read)

    def chunks(
        self, columns: Columns, size: int, memory_bytes: int | None = None, event_branches: Sequence[str] = ()
    ) -> Iterator[Chunk]:
        """Read the file in chunks of consecutive events.

        Args:
            columns: Further columns per kind; those that the file lacks are left out of the records.
            size: Events in a chunk at most, at least 1.
            memory_bytes: Memory in bytes for a chunk, the work on it, and what is read ahead over a network; the list
                of contents, or a first, small chunk tells the bytes of an event. None for chunks of *size*.
            event_branches: Branches of ``of_events`` to read beside objects.

        Yields:
            The chunks; none for an empty file.

        Raises:
            UnreadableFileError: When a chunk cannot be read whole.
            FileFormatError: When a collection is there in part: no direction, no mass (jets, taus), or no lepton type.
        """
        self._check_collections()
        wanted = self._wanted(columns)
        names = self._names(wanted) | self.of_events.plain(event_branches)
        memory = ChunkMemory.divide(memory_bytes, self._trees.is_remote)
        if memory.ahead and (planned := self._ask("planned", names)):
            size = memory.events_ahead(planned, self.num_entries, size)
            self._trees.read_ahead(planned, memory.ahead)
        step, stop = self._first(names, memory, size), 0
        while stop < self.num_entries:
            start, stop = stop, min(stop + step, self.num_entries)
            read = self._read(names, start, stop)
            of_events = self.of_events.columns(event_branches, read, start, stop)
            yield replace(self._chunk(read, wanted, columns, stop - start), event_columns=of_events)
            n_bytes = sum(flat.n_bytes() for flat in read.values())
            step = memory.events(n_bytes / (stop - start), size)

    def bytes_kept(self, columns: Columns, event_branches: Sequence[str] = ()) -> int:
        """Tell the memory in bytes that whole baskets or pages take, however few events a chunk has."""
        names = self._names(self._wanted(columns)) | self.of_events.plain(event_branches)
        return int(self._ask("bytes_kept", names) or 0)

    def decision(self, columns: Columns) -> FetchDecision | None:
        """Compare reading kinds of objects with a download; None where there is nothing to compare, or to measure."""
        return self._trees.decision(self._ask("planned", self._names(self._wanted(columns))) or [])

    def _ask(self, what: str, names: set[str]) -> Any:
        """Ask about branches, of which some may be damaged."""
        try:
            paths = sorted({self._branches[name] for name in names})
            return getattr(self._tree, what)(paths) if self._tree else None
        except Exception as error:  # as in _read
            raise files.unreadable(self.uri, "its branches cannot be read", error) from error

    def _names(self, wanted: Mapping[str, Mapping[str, str]]) -> set[str]:
        names = {branch for by_column in wanted.values() for branch in by_column.values()}
        return names | {branch for branch in self._numbers.values() if branch}

    def _find_numbers(self) -> dict[str, str | None]:
        candidates = self.schema.event.model_dump() if self.schema else {}
        return {
            name: next((branch for branch in branches if branch in self._branches), None)
            for name, branches in candidates.items()
        }

    def _check_collections(self) -> None:
        """Refuse collections that are there in part: objects without direction or mass would be wrong in silence."""
        for kind, collection in self.schema.collections.items() if self.schema else ():
            if lacking := collection.lacking(self._branches, needs_mass=kind in _NEEDS_MASS):
                msg = (
                    f"{self.uri}: {kind} has {lacking}; name the right one in a schema of your own, or leave the "
                    f"collection {kind} out of it"
                )
                raise FileFormatError(msg)

    def _wanted(self, columns: Columns) -> dict[str, dict[str, str]]:
        """Return, per kind, the branch of every quantity to read; further columns follow the kinematic ones."""
        wanted = {}
        for kind, collection in self._collections.items():
            branches = {column: collection.branch(column, self._branches) for column in columns.get(kind, {})}
            wanted[kind] = collection.kinematic(self._branches) | {
                f"column {column}": branch for column, branch in branches.items() if branch
            }
        return wanted

    def _first(self, names: set[str], memory: ChunkMemory, most: int) -> int:
        """Return how many events the first chunk may have."""
        n_bytes = 0 if memory.chunk is None else self._ask("bytes_per_event", names)
        return min(most, _FIRST_EVENTS) if n_bytes is None else memory.events(n_bytes, most)

    def _read(self, names: set[str], start: int, stop: int) -> dict[str, Flat]:
        if self._tree is None:
            return {}
        paths = {name: self._branches[name] for name in names}  # two names may mean one branch
        try:
            arrays = self._tree.arrays(sorted(set(paths.values())), start, stop)
            read = {name: arrays[path] for name, path in paths.items()}
        except ShapeError as error:
            msg = f"{self.uri}: branch {error}; name another one in the schema or the selection"
            raise FileFormatError(msg) from error
        except Exception as error:  # damaged bytes surface as whatever the decoder stumbled over
            raise files.unreadable(self.uri, f"events {start} to {stop} cannot be read", error) from error
        short = {name: flat.n_events() for name, flat in read.items() if flat.n_events() != stop - start}
        if short:
            msg = f"{self.uri}: of events {start} to {stop} only {short} came back; it is truncated: fetch it again"
            raise UnreadableFileError(msg)
        return read

    def _chunk(
        self, read: Mapping[str, Flat], wanted: Mapping[str, Mapping[str, str]], columns: Columns, n_events: int
    ) -> Chunk:
        per_gev = UNIT_PER_GEV[self.schema.unit] if self.schema else 1.0
        objects: dict[str, Objects] = {kind: Objects.none(n_events) for kind in self.absent_kinds}
        unassigned: dict[str, Mask] = {}  # of the objects of a shared collection, those of no kind
        for kind, by_column in wanted.items():
            try:
                flats = object_lists({column: read[branch] for column, branch in by_column.items()}, by_column)
            except ShapeError as error:
                msg = f"{self.uri}: {error} in the collection {kind} of a schema of your own (parameter schema)"
                raise FileFormatError(msg) from error
            chosen = None  # all
            if where := self._collections[kind].where:
                chosen, shared = where.takes(flats["where"].numbers), by_column["where"]
                unassigned[shared] = ~chosen & unassigned[shared] if shared in unassigned else ~chosen
            objects[kind] = self._objects(kind, flats, columns.get(kind, {}), per_gev, chosen)

        def number(name: str, dtype: type[np.generic], default: int) -> npt.NDArray[Any]:
            branch = self._numbers.get(name)
            return event_numbers(read[branch] if branch else None, dtype, default, n_events)

        return Chunk(
            objects={kind: objects[kind] for kind in STORED_KINDS},
            run=number("run", np.uint32, 0),
            luminosity_block=number("luminosity_block", np.uint32, 0),
            event=number("event", np.uint64, 0),
            weight=number("weight", np.float32, 1),
            unassigned={branch: int(of_none.sum()) for branch, of_none in unassigned.items() if of_none.any()},
        )

    def _objects(
        self,
        kind: str,
        flats: Mapping[str, Flat],
        units: Mapping[str, str | None],
        per_gev: float,
        chosen: Mask | None,
    ) -> Objects:
        offsets = flats["pt"].offsets
        of_event = [name for name, flat in flats.items() if flat.offsets is None]
        of_objects = {name: flat for name, flat in flats.items() if name not in of_event}
        if offsets is None or any(not flat.is_aligned(flats["pt"]) for flat in of_objects.values()):
            msg = (
                f"{self.uri}: the branches of {kind} disagree on how many objects an event has; it is damaged, or was "
                f"merged from files of which some lack one of {', '.join(of_objects)}"
            )
            raise UnreadableFileError(msg)
        numbers = {name: flat.numbers for name, flat in of_objects.items()}
        numbers |= {name: np.repeat(flats[name].numbers, np.diff(offsets)) for name in of_event}
        # what a mass is made of must not be rounded: E and p of a light jet are nearly equal
        exact = np.float64 if "energy" in numbers and "mass" not in numbers else np.float32
        converted = {"pt": in_gev(numbers["pt"], per_gev, exact), "eta": numbers["eta"].astype(exact, copy=False)}
        converted["phi"] = numbers["phi"].astype(np.float32, copy=False)
        for name, dtype in (("mass", np.float32), ("energy", np.float64)):
            if name in numbers:
                converted[name] = in_gev(numbers[name], per_gev, dtype)
        if "charge" in numbers:
            converted["charge"] = numbers["charge"].astype(np.float32, copy=False)
        for column, unit in units.items():
            if (values := numbers.get(f"column {column}")) is not None:
                converted[column] = in_gev(values, per_gev) if unit == "GeV" else values
        objects = Objects(offsets, converted)
        return objects if chosen is None else objects.select(chosen)


@contextmanager
def open_events(
    uri: str, schemas: list[Schema], policy: RetryPolicy | None = None, size: int | None = None
) -> Iterator[EventFile]:
    """Open a file of events and recognise its schema.

    Args:
        uri: Path or URL.
        schemas: The schemas to choose from.
        policy: How to read over a network; None for the defaults.
        size: Size in bytes that a file on the network must have; None when it is not known.

    Yields:
        The open file; an empty skim has 0 events.

    Raises:
        UnreadableFileError: When it is absent, truncated, damaged or not ROOT.
        FileFormatError: When no schema fits it.
    """
    with files.open_trees(uri, policy, size) as trees:
        schema, tree = event_trees.find(uri, trees, schemas) or (None, None)
        yield EventFile(uri, tree, schema, trees)
