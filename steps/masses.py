"""The work of ComputeMasses: selected objects → masses of all combinations of all final states."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from edm.arrays import Float64
from edm.objects import Objects
from edm.records.branch_records import ComputedMasses, ParsedFiles
from edm.spectra import SpectrumKey
from physics import final_states, masses
from physics.categories.event_categories import Categories, Categorised
from physics.categories.missing_momentum import MissingMomentum
from physics.combinations import Rules
from physics.errors import PhysicsError
from steps import branch_statistics
from steps.errors import StageError
from steps.events.duplicates import leave_out
from targets.products import parsed_data
from targets.products.event_columns import MET_NUMBERS
from targets.products.mass_arrays import MassSink, MassWriter

__all__ = ["MassMaker", "MassOptions", "compute", "is_weighted", "read_into"]

_NAMED = 3

_Numbers = Mapping[str, npt.NDArray[Any]]


@dataclass(frozen=True, eq=False)
class MassOptions:
    """How masses are made.

    Attributes:
        kinds: The kinds of final states, in the order of labels: the configured ones, and Z where categories have it.
        rules: Which combinations are made.
        categories: Which categories events are in, beside their counts of objects.
        weighted: Whether masses get the weights of their events, where the selection has weights for the format.
        chunk_events: Events in memory at a time; changes no result.
        copies: Entries of events to leave out, rising, shape (n_copies,); None for none.
    """

    kinds: tuple[str, ...]
    rules: Rules
    categories: Categories = field(default_factory=Categories)
    weighted: bool = False
    chunk_events: int = 100_000
    copies: npt.NDArray[np.int64] | None = None


class MassMaker:
    """Makes the masses of a branch from its events, chunk by chunk.

    Args:
        options: How masses are made.
        uris: The addresses of the input files, for messages.
        weighted: Whether masses get the weights of their events.
        sinks: What takes the masses.
    """

    def __init__(self, options: MassOptions, uris: Sequence[str], weighted: bool, sinks: Sequence[MassSink]) -> None:
        self._options, self._uris, self._weighted, self._sinks = options, uris, weighted, sinks
        self._states, self._n_masses = Counter[str](), 0
        self.numbers = [*(["weight"] if weighted else []), *(MET_NUMBERS if options.rules.with_met else [])]
        """Names of the columns of events that it needs."""

    def add(self, objects: Mapping[str, Objects], numbers: _Numbers) -> None:
        """Make the masses of events.

        Args:
            objects: The objects of each stored kind; pt and mass in GeV.
            numbers: The columns of events that it needs, shape (n_events,) each.

        Raises:
            StageError: When categories ask for charges that the input files do not have; the message names them.
        """
        rules = self._options.rules
        categorised = self._categorise(objects)
        configured = masses.take_configured(categorised.objects, self._options.kinds)
        met = MissingMomentum.of_events(*(numbers[name] for name in MET_NUMBERS)) if rules.with_met else None
        for state in masses.compute_states(configured, rules, categorised.tags, met):
            self._states[state.label] += len(state.events)
            self._hand_on(state, numbers["weight"] if self._weighted else None)

    def finish(self, parsed: ParsedFiles) -> ComputedMasses:
        """Return the statistics: events by final state (those with too few objects included) and masses made.

        Args:
            parsed: What ParseFile recorded of the branch.
        """
        self._states.update(_count_few_objects(parsed, self._options.kinds, self._options.rules.max_multiplicity))
        ranked = dict(sorted(self._states.items(), key=lambda item: (-item[1], item[0])))
        left_out = 0 if self._options.copies is None else len(self._options.copies)
        return ComputedMasses(sum(self._states.values()), self._n_masses, ranked, left_out)

    def _categorise(self, objects: Mapping[str, Objects]) -> Categorised:
        """Tell the categories of events, and name the input files where that cannot be told."""
        try:
            return self._options.categories.apply(objects)
        except PhysicsError as error:
            more = f" and {len(self._uris) - _NAMED} others" if len(self._uris) > _NAMED else ""
            msg = f"{', '.join(self._uris[:_NAMED])}{more}: {error}"
            raise StageError(msg) from error

    def _hand_on(self, state: masses.StateMasses, weights: Float64 | None) -> None:
        """Hand on the masses of a final state, with the weights of their events where they have any."""
        for events, combinations in ((state.events, state.combinations), (state.events_with_met, state.with_met)):
            of_events = None if weights is None else weights[events]
            for name, values in combinations:
                self._n_masses += len(values)
                for sink in self._sinks:
                    sink.add(SpectrumKey(state.label, name), values, of_events)


def compute(source: Path, path: Path, options: MassOptions) -> ComputedMasses:
    """Compute the masses of one file of parsed data.

    Args:
        source: The parsed data; with the columns of the missing transverse momentum where the rules ask for it.
        path: The file to make.
        options: How masses are made.

    Returns:
        The statistics.

    Raises:
        StageError: As :meth:`MassMaker.add`.
    """
    parsed = branch_statistics.of_parsed_data(source)
    weighted = is_weighted(parsed, options)
    writer = MassWriter(path.parent, weighted)
    maker = MassMaker(options, [file.uri for file in parsed.files], weighted, [writer])
    read_into(maker, source, options)
    writer.write(path)
    return maker.finish(parsed)


def read_into(maker: MassMaker, source: Path, options: MassOptions) -> None:
    """Read parsed data, and make their masses.

    Args:
        maker: What makes them.
        source: The parsed data.
        options: How masses are made: how many events at a time, and which are left out.

    Raises:
        StageError: As :meth:`MassMaker.add`.
    """
    events = parsed_data.read_events(source, options.chunk_events, maker.numbers)
    for objects, numbers in events if options.copies is None else leave_out(events, options.copies):
        maker.add(objects, numbers)


def is_weighted(parsed: ParsedFiles, options: MassOptions) -> bool:
    """Tell whether masses get weights: where that is asked for, and a file has any; an empty one tells nothing.

    Args:
        parsed: What ParseFile recorded.
        options: How masses are made.
    """
    filled = [file for file in parsed.files if file.events]
    return options.weighted and (not filled or any(file.weights is not None for file in filled))


def _count_few_objects(parsed: ParsedFiles, kinds: tuple[str, ...], max_multiplicity: int) -> Counter[str]:
    """Count the events that have too few objects for parsed data, by final state."""
    states = Counter[str]()
    for label, n_events in parsed.events.few_objects.items():
        state = final_states.restrict(final_states.parse(label), kinds, max_multiplicity)
        states[final_states.label(state)] += n_events
    return states
