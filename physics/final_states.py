"""Final states: how many objects of each configured kind an event has.

A final state is a tuple of counts, one per configured kind, and has a label such as ``2e_0m_3j_0g``. Counts above
``max_multiplicity`` fall into the top bucket: with 4, ``4j`` means four jets or more. No event is without one.
"""

import re
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from physics.errors import PhysicsError
from physics.particles import KINDS, NAMES

__all__ = ["FinalState", "check_kinds", "classify", "label", "merge_small", "parse"]

FinalState = dict[str, int]
"""Count per configured kind, in the order of KINDS."""

_TOKEN = re.compile(r"(\d+)([a-z])")


def check_kinds(kinds: Sequence[str]) -> tuple[str, ...]:
    """Put the configured kinds in the order of labels.

    Args:
        kinds: Letters of KINDS, each at most once, in any order.

    Returns:
        The same letters in the order e, m, j, g, t, b.

    Raises:
        PhysicsError: For no kind at all, a kind named twice, or a letter that is no kind.
    """
    known = ", ".join(f"{kind} ({NAMES[kind]})" for kind in KINDS)
    if not kinds:
        msg = f"objects_to_calculate is empty: name at least one of {known}"
        raise PhysicsError(msg)
    for kind in kinds:
        if kind not in KINDS:
            msg = f"objects_to_calculate names {kind!r}, which is no kind of object: the kinds are {known}"
            raise PhysicsError(msg)
        if list(kinds).count(kind) > 1:
            msg = f"objects_to_calculate names {kind!r} twice in {','.join(kinds)!r}: name each kind once"
            raise PhysicsError(msg)
    return tuple(kind for kind in KINDS if kind in kinds)


def label(state: Mapping[str, int]) -> str:
    """Write a final state, zeros included.

    Args:
        state: Count (objects, dimensionless) per kind, in the order of KINDS.

    Returns:
        For instance ``2e_0m_3j_0g``.
    """
    return "_".join(f"{count}{kind}" for kind, count in state.items())


def parse(text: str) -> FinalState:
    """Read a label back.

    Args:
        text: A label as :func:`label` writes it.

    Returns:
        Count per kind.

    Raises:
        PhysicsError: When *text* is not such a label.
    """
    tokens = [_TOKEN.fullmatch(token) for token in text.split("_")]
    state = {match[2]: int(match[1]) for match in tokens if match}
    if None in tokens or label(state) != text or list(state) != [kind for kind in KINDS if kind in state]:
        msg = f"{text!r} is no final state: a label looks like 2e_0m_3j_0g, kinds in the order {', '.join(KINDS)}"
        raise PhysicsError(msg)
    return state


def classify(
    counts: Mapping[str, npt.NDArray[np.int64]], max_multiplicity: int
) -> list[tuple[FinalState, npt.NDArray[np.int64]]]:
    """Sort events into their final states.

    Args:
        counts: Per configured kind (order of KINDS) the number of objects of each event, shape (n_events,).
        max_multiplicity: Objects of the top bucket; 0 for no limit.

    Returns:
        Final states with the indices of their events (ascending, shape (n_events_of_state,), dimensionless); every
        event is in exactly one. States come in ascending order of their counts. Empty for no events.

    Raises:
        PhysicsError: For a negative *max_multiplicity*.
    """
    if max_multiplicity < 0:
        msg = f"max_multiplicity is {max_multiplicity}: it must be 0 (no limit) or more"
        raise PhysicsError(msg)
    columns = [np.minimum(column, max_multiplicity) if max_multiplicity else column for column in counts.values()]
    if not columns or not len(columns[0]):
        return []
    key = np.zeros(len(columns[0]), dtype=np.int64)
    for column in columns:  # mixed radix: one integer per event whose order is the order of the counts
        key = key * (int(column.max()) + 1) + column
    if key.max() < 2**16:  # as it is with a limit: numpy sorts 16 bits by radix, five times faster
        key = key.astype(np.uint16)
    order = np.argsort(key, kind="stable").astype(np.int64)
    starts = np.flatnonzero(np.r_[True, np.diff(key[order]) != 0])
    return [
        ({kind: int(column[events[0]]) for kind, column in zip(counts, columns, strict=True)}, events)
        for events in np.split(order, starts[1:])
    ]


def merge_small(state: Mapping[str, int], kinds: Sequence[str], max_multiplicity: int) -> FinalState:
    """Look at a final state of all six kinds through the configured ones.

    Jets that carry a b-tag are jets when b-jets are not configured.

    Args:
        state: Counts (objects, dimensionless) over all six kinds; a kind that is left out counts 0.
        kinds: The configured kinds, in the order of KINDS.
        max_multiplicity: Objects of the top bucket; 0 for no limit.

    Returns:
        The counts of the configured kinds, in the top bucket where they exceed it.
    """
    full = dict(state)
    if "b" not in kinds:
        full["j"] = full.get("j", 0) + full.pop("b", 0)
    limit = max_multiplicity or max(full.values(), default=0)
    return {kind: min(full.get(kind, 0), limit) for kind in kinds}
