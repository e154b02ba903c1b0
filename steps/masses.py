"""The work of ComputeMasses: selected objects → masses of all combinations of all final states."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

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
from targets.products.mass_arrays import MassWriter

__all__ = ["MassOptions", "compute"]

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


def compute(source: Path, path: Path, options: MassOptions) -> ComputedMasses:
    """Compute the masses of one file of parsed data.

    Args:
        source: The parsed data; with the columns of the missing transverse momentum where the rules ask for it.
        path: The file to make.
        options: How masses are made.

    Returns:
        The statistics: events by final state (those with too few objects for parsed data included) and masses made.

    Raises:
        StageError: When categories ask for charges that the input files do not have; the message names them.
    """
    parsed = branch_statistics.of_parsed_data(source)
    filled = [file for file in parsed.files if file.events]  # an empty one tells nothing of weights
    weighted = options.weighted and (not filled or any(file.weights is not None for file in filled))
    writer, states = MassWriter(path.parent, weighted), Counter[str]()
    rules = options.rules
    names = [*(["weight"] if weighted else []), *(MET_NUMBERS if rules.with_met else [])]
    for categorised, numbers in _read(source, names, options, parsed):
        objects = masses.take_configured(categorised.objects, options.kinds)
        met = MissingMomentum.of_events(*(numbers[name] for name in MET_NUMBERS)) if rules.with_met else None
        for state in masses.compute_states(objects, rules, categorised.tags, met):
            states[state.label] += len(state.events)
            _add(writer, state, numbers["weight"] if weighted else None)
    states.update(_count_few_objects(parsed, options.kinds, rules.max_multiplicity))
    writer.write(path)
    ranked = dict(sorted(states.items(), key=lambda item: (-item[1], item[0])))
    left_out = 0 if options.copies is None else len(options.copies)
    return ComputedMasses(sum(states.values()), writer.entries, ranked, left_out)


def _read(
    source: Path, names: list[str], options: MassOptions, parsed: ParsedFiles
) -> Iterator[tuple[Categorised, _Numbers]]:
    """Read events, tell their categories, and name the input files where that cannot be told."""
    events = parsed_data.read_events(source, options.chunk_events, names)
    for objects, numbers in events if options.copies is None else leave_out(events, options.copies):
        try:
            yield options.categories.apply(objects), numbers
        except PhysicsError as error:
            uris = [file.uri for file in parsed.files]
            more = f" and {len(uris) - _NAMED} others" if len(uris) > _NAMED else ""
            msg = f"{', '.join(uris[:_NAMED])}{more}: {error}"
            raise StageError(msg) from error


def _count_few_objects(parsed: ParsedFiles, kinds: tuple[str, ...], max_multiplicity: int) -> Counter[str]:
    """Count the events that have too few objects for parsed data, by final state."""
    states = Counter[str]()
    for label, n_events in parsed.events.few_objects.items():
        state = final_states.restrict(final_states.parse(label), kinds, max_multiplicity)
        states[final_states.label(state)] += n_events
    return states


def _add(writer: MassWriter, state: masses.StateMasses, weights: npt.NDArray[np.float64] | None) -> None:
    """Add the masses of a final state, with the weights of their events where they have any."""
    for events, combinations in ((state.events, state.combinations), (state.events_with_met, state.with_met)):
        of_events = None if weights is None else weights[events]
        for name, values in combinations:
            writer.add(SpectrumKey(state.label, name), values, of_events)
