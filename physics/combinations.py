"""Combinations: which objects of a final state enter a mass.

``e0e1j0`` is the two leading electrons and the leading jet. For every kind a window of consecutive pT ranks enters,
or none of that kind.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from edm.kinds import KINDS
from physics.errors import PhysicsError

__all__ = ["Combination", "Rules", "name", "of_final_state", "parse"]

Combination = tuple[tuple[str, int], ...]
"""The objects, as (kind, pT rank), in the order of KINDS and then of rank."""

_OBJECT = re.compile(r"([a-z])(\d+)")


@dataclass(frozen=True)
class Rules:
    """Which combinations are made (counts of objects and ranks, dimensionless).

    Attributes:
        min_particles: Smallest number of objects in a combination.
        max_particles: Largest number of objects in a combination.
        max_subleading_index: Windows start at rank 0, or anywhere as long as their last rank is at most this.
        max_multiplicity: The objects of the top bucket: in it only the leading ones take part; 0 for no limit.

    Raises:
        PhysicsError: For numbers that contradict each other or are below what makes a mass.
    """

    min_particles: int = 2
    max_particles: int = 4
    max_subleading_index: int = 0
    max_multiplicity: int = 4

    def __post_init__(self) -> None:
        if self.min_particles < 1:
            msg = f"min_particles_in_combination is {self.min_particles}: a mass needs at least 1 object"
            raise PhysicsError(msg)
        if self.max_particles < self.min_particles:
            msg = (
                f"max_particles_in_combination is {self.max_particles}, below min_particles_in_combination "
                f"{self.min_particles}: no combination would be left"
            )
            raise PhysicsError(msg)
        for name in ("max_subleading_index", "max_multiplicity"):
            if getattr(self, name) < 0:
                msg = f"{name} is {getattr(self, name)}: it must be 0 or more"
                raise PhysicsError(msg)

    @property
    def leading(self) -> int:
        """How many leading objects of a kind can take part at most."""
        return self.max_multiplicity or max(self.max_particles, self.max_subleading_index + 1)


def of_final_state(state: Mapping[str, int], rules: Rules) -> list[Combination]:
    """List the combinations of a final state.

    Args:
        state: Count (objects, dimensionless) per configured kind, in the order of KINDS, top bucket included.
        rules: Sizes and windows.

    Returns:
        Every combination whose ranks all lie below the counts, the smallest windows first; none when the state has
        fewer objects than ``min_particles``.
    """
    options = [_windows(kind, min(count, rules.leading), rules) for kind, count in state.items()]
    prefixes: list[Combination] = [()]
    for windows in options:
        longer = (prefix + window for prefix in prefixes for window in windows)
        prefixes = [combination for combination in longer if len(combination) <= rules.max_particles]
    return [combination for combination in prefixes if len(combination) >= rules.min_particles]


def name(combination: Combination) -> str:
    """Write a combination, as ``e0e1j0``.

    Args:
        combination: Objects as (kind, rank); ranks are dimensionless.

    Returns:
        Letters and ranks without separators.
    """
    return "".join(f"{kind}{rank}" for kind, rank in combination)


def parse(text: str) -> Combination:
    """Read a combination's name back.

    Args:
        text: A name as :func:`name` writes it.

    Returns:
        The objects as (kind, rank).

    Raises:
        PhysicsError: When *text* is not such a name.
    """
    combination = tuple((match[1], int(match[2])) for match in _OBJECT.finditer(text))
    all_known = all(kind in KINDS for kind, _ in combination)
    places = [(KINDS.index(kind), rank) for kind, rank in combination] if all_known else []
    if not places or name(combination) != text or places != sorted(set(places)):
        msg = (
            f"{text!r} is not a combination: a name looks like e0e1j0, with the kinds {', '.join(KINDS)} in this order "
            "and each object once"
        )
        raise PhysicsError(msg)
    return combination


def _windows(kind: str, count: int, rules: Rules) -> list[Combination]:
    """Return the windows of one kind: the empty one, those from rank 0, and the subleading ones that are allowed."""
    windows: list[Combination] = [()]
    for size in range(1, min(count, rules.max_particles) + 1):
        for start in range(count - size + 1):
            if start == 0 or start + size - 1 <= rules.max_subleading_index:
                windows.append(tuple((kind, rank) for rank in range(start, start + size)))
    return windows
