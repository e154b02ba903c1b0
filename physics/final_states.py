"""Final states: how many objects of each configured kind an event has.

A final state is a tuple of counts, one per configured kind, and has a label such as ``2e_0m_3j_0g``. Counts above
``max_multiplicity`` fall into the top bucket: with 4, ``4j`` means four jets or more. No event is without one.

In runs with categories a count of Z candidates comes last (``0e_0m_3j_0g_1Z``), and a tag says whether the two leptons
of an event have opposite or the same sign of charge (``2e_0m_3j_0g_OS``).
"""

import math
import re
import sys
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from edm.arrays import Int64
from edm.kinds import KINDS, LABEL_KINDS, NAMES
from physics.errors import PhysicsError

__all__ = [
    "CHARGE_TAGS",
    "FinalState",
    "Sorted",
    "check_kinds",
    "classify",
    "label",
    "parse",
    "restrict",
    "sort",
    "split_tag",
]

FinalState = dict[str, int]
"""Count per configured kind, in the order of LABEL_KINDS."""

CHARGE_TAGS: tuple[str, ...] = ("", "OS", "SS")
"""The tags of labels: none, two leptons of opposite sign, two of the same sign; arrays hold their places here."""


class Sorted(NamedTuple):
    """Events sorted by final state.

    Attributes:
        states: The final states that occur.
        tags: The tag of each, one of CHARGE_TAGS.
        events: The events of each, one state after the other, ascending within it, shape (n_events,).
        bounds: Where the events of each begin, and their number at the end, shape (n_states + 1,).
    """

    states: list[FinalState]
    tags: list[str]
    events: Int64
    bounds: Int64


_TOKEN = re.compile(rf"(\d+)([{''.join(LABEL_KINDS)}])")
_TAGGED = re.compile(rf"(.*?)(?:_({'|'.join(filter(None, CHARGE_TAGS))}))?", re.DOTALL)


def check_kinds(kinds: Sequence[str]) -> tuple[str, ...]:
    """Put the configured kinds in the order of labels.

    Args:
        kinds: Letters of KINDS, each at most once, in any order.

    Returns:
        The same letters in the order e, m, j, g, t, b.

    Raises:
        PhysicsError: For no kind at all, a kind named twice, or a letter that is no kind.
    """
    options = ", ".join(f"{kind} ({NAMES[kind]})" for kind in KINDS)
    if not kinds:
        msg = f"objects_to_calculate is empty: name at least one of {options}"
        raise PhysicsError(msg)
    for kind in kinds:
        if kind not in KINDS:
            msg = f"objects_to_calculate names {kind!r}, which is no kind of object: the kinds are {options}"
            raise PhysicsError(msg)
        if list(kinds).count(kind) > 1:
            msg = f"objects_to_calculate names {kind!r} twice in {','.join(kinds)!r}: name each kind once"
            raise PhysicsError(msg)
    return tuple(kind for kind in KINDS if kind in kinds)


def label(state: Mapping[str, int], tag: str = "") -> str:
    """Write a final state, zeros included.

    Args:
        state: Count (objects, dimensionless) per kind, in the order of LABEL_KINDS.
        tag: One of CHARGE_TAGS.

    Returns:
        For instance ``2e_0m_3j_0g``, or ``2e_0m_3j_0g_OS`` with a tag.
    """
    return "_".join([*(f"{count}{kind}" for kind, count in state.items()), *filter(None, [tag])])


def split_tag(text: str) -> tuple[str, str]:
    """Split the tag off a label.

    Args:
        text: A label as :func:`label` writes it.

    Returns:
        The label without its tag, and the tag; empty where it has none.
    """
    match = _TAGGED.fullmatch(text)
    assert match is not None  # it matches every text
    return match[1], match[2] or ""


def parse(text: str) -> FinalState:
    """Read a label back.

    Args:
        text: A label as :func:`label` writes it, with or without a tag.

    Returns:
        Count per kind; the tag is left to :func:`split_tag`.

    Raises:
        PhysicsError: When *text* is not such a label.
    """
    counts, tag = split_tag(text)
    tokens = [_TOKEN.fullmatch(token) for token in counts.split("_")]
    state = {match[2]: int(match[1]) for match in tokens if match}
    if None in tokens or label(state, tag) != text or list(state) != [kind for kind in LABEL_KINDS if kind in state]:
        msg = (
            f"{text!r} is not a final state: a label looks like 2e_0m_3j_0g, kinds in the order "
            f"{', '.join(LABEL_KINDS)}, with {' or '.join(filter(None, CHARGE_TAGS))} at the end where leptons have one"
        )
        raise PhysicsError(msg)
    return state


def classify(counts: Mapping[str, Int64], max_multiplicity: int) -> list[tuple[FinalState, Int64]]:
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
    states, _, events, bounds = sort(counts, max_multiplicity)
    return list(zip(states, np.split(events, bounds[1:-1]), strict=True)) if states else []


def sort(counts: Mapping[str, Int64], max_multiplicity: int, tags: Int64 | None = None) -> Sorted:
    """Sort events by final state, for loops over all of them; :func:`classify` gives the same piece by piece.

    Args:
        counts: Per configured kind (order of KINDS) the number of objects of each event, shape (n_events,).
        max_multiplicity: Objects of the top bucket; 0 for no limit.
        tags: The place of each event's tag in CHARGE_TAGS, shape (n_events,); None for no tags.

    Returns:
        The final states in ascending order of their counts, then of their tags, and the events (dimensionless indices)
        in theirs.

    Raises:
        PhysicsError: For a negative *max_multiplicity*.
    """
    if max_multiplicity < 0:
        msg = f"max_multiplicity is {max_multiplicity}: it must be 0 (no limit) or more"
        raise PhysicsError(msg)
    if not counts or not len(next(iter(counts.values()))):
        return Sorted([], [], np.zeros(0, np.int64), np.zeros(1, np.int64))
    columns = [*counts.values()] if tags is None else [*counts.values(), tags]
    tops = [min(int(column.max()), max_multiplicity or sys.maxsize) for column in counts.values()]
    tops += [] if tags is None else [len(CHARGE_TAGS) - 1]
    # with a limit, 16 bits are enough, which numpy sorts by radix: five times faster than 64 bits
    dtype: type[np.integer] = np.uint16 if math.prod(top + 1 for top in tops) <= 2**16 else np.int64
    key = np.zeros(len(next(iter(counts.values()))), dtype)
    for column, top in zip(columns, tops, strict=True):  # mixed radix: its order is the order of the counts
        capped = np.minimum(column, top, out=np.empty(key.shape, dtype), casting="unsafe")
        key = key * dtype(top + 1) + capped
    events = np.argsort(key, kind="stable")
    ordered = key[events]
    firsts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
    states = [
        {kind: min(int(column[event]), top) for (kind, column), top in zip(counts.items(), tops, strict=False)}
        for event in events[firsts]
    ]
    of_states = ["" if tags is None else CHARGE_TAGS[tags[event]] for event in events[firsts]]
    return Sorted(states, of_states, events, np.append(firsts, len(events)))


def restrict(state: Mapping[str, int], kinds: Sequence[str], max_multiplicity: int) -> FinalState:
    """Restrict a final state of all six kinds to the configured ones.

    Jets that carry a b-tag are jets when b-jets are not configured.

    Args:
        state: Counts (objects, dimensionless) over all six kinds; a kind that is left out counts 0.
        kinds: The configured kinds, in the order of LABEL_KINDS (there are no Z candidates among few objects).
        max_multiplicity: Objects of the top bucket; 0 for no limit.

    Returns:
        The counts of the configured kinds, in the top bucket where they exceed it.
    """
    full = dict(state)
    if "b" not in kinds:
        full["j"] = full.get("j", 0) + full.pop("b", 0)
    limit = max_multiplicity or max(full.values(), default=0)
    return {kind: min(full.get(kind, 0), limit) for kind in kinds}
