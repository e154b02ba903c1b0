"""The work of ComputeMasses: selected objects → masses of all combinations of all final states."""

from collections import Counter
from pathlib import Path

import numpy as np
import numpy.typing as npt

from edm.records.branch_records import ComputedMasses
from edm.spectra import SpectrumKey
from physics import final_states, masses
from physics.combinations import Rules
from steps import branch_statistics
from steps.events.duplicates import leave_out
from targets.products import parsed_data
from targets.products.mass_arrays import MassWriter

__all__ = ["compute"]

_NONE = np.empty(0, dtype=np.int64)


def compute(
    source: Path,
    path: Path,
    kinds: tuple[str, ...],
    rules: Rules,
    chunk_events: int,
    weighted: bool = False,
    copies: npt.NDArray[np.int64] = _NONE,
) -> ComputedMasses:
    """Compute the masses of one file of parsed data.

    Args:
        source: The parsed data.
        path: The file to make.
        kinds: The configured kinds, in the order of labels.
        rules: Which combinations are made.
        chunk_events: Events in memory at a time; changes no result.
        weighted: Whether masses get the weights of their events, where the selection has weights for the format.
        copies: Entries of events to leave out, rising, shape (n_copies,).

    Returns:
        The statistics: events by final state (those with too few objects for parsed data included) and masses made.
    """
    parsed = branch_statistics.of_parsed_data(source)
    filled = [file for file in parsed.files if file.events]  # an empty one tells nothing of weights
    weighted = weighted and (not filled or any(file.weights is not None for file in filled))
    writer, states = MassWriter(path.parent, weighted), Counter[str]()
    read = parsed_data.read_weighted(source, chunk_events, weighted)
    for objects, weights in leave_out(read, copies):
        for label, events, combinations in masses.compute_states(masses.take_configured(objects, kinds), rules):
            states[label] += len(events)
            of_state = weights[events]
            for name, values in combinations:
                writer.add(SpectrumKey(label, name), values, of_state)
    for label, n_events in parsed.events.few_objects.items():
        state = final_states.restrict(final_states.parse(label), kinds, rules.max_multiplicity)
        states[final_states.label(state)] += n_events
    writer.write(path)
    ranked = dict(sorted(states.items(), key=lambda item: (-item[1], item[0])))
    return ComputedMasses(sum(states.values()), writer.entries, ranked, len(copies))
