"""Combinations: which objects of a final state enter a mass.

``e0e1j0`` is the two leading electrons and the leading jet. For every kind a window of consecutive pT ranks enters,
or none of that kind. ``MET+e0e1j0`` is the same with the missing transverse momentum, which counts as one object.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from edm.kinds import LABEL_KINDS, MET
from physics.errors import PhysicsError

__all__ = ["Combination", "Rules", "name", "of_final_state", "parse"]

Combination = tuple[tuple[str, int], ...]
"""The objects, as (kind, pT rank), in the order of LABEL_KINDS and then of rank; last (MET, 0) where it takes part."""

_OBJECT = re.compile(rf"([{''.join(LABEL_KINDS)}])(\d+)")
_MET: Combination = ((MET, 0),)


@dataclass(frozen=True)
class Rules:
    """Which combinations are made (counts of objects and ranks, dimensionless).

    Attributes:
        min_particles: Smallest number of objects in a combination.
        max_particles: Largest number of objects in a combination.
        max_subleading_index: Windows start at rank 0, or anywhere as long as their last rank is at most this.
        max_multiplicity: The objects of the top bucket: in it only the leading ones take part; 0 for no limit.
        with_met: Whether each combination of one object or more is made a second time, with the missing transverse
            momentum, which counts as one object.

    Raises:
        PhysicsError: For numbers that contradict each other or are below what makes a mass.
    """

    min_particles: int = 2
    max_particles: int = 4
    max_subleading_index: int = 0
    max_multiplicity: int = 4
    with_met: bool = False

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
        state: Count (objects, dimensionless) per configured kind, in the order of LABEL_KINDS, top bucket included.
        rules: Sizes and windows.

    Returns:
        Every combination whose ranks all lie below the counts, the smallest windows first, then those with the missing
        transverse momentum; none when the state has fewer objects than ``min_particles``.
    """
    options = [_windows(kind, min(count, rules.leading), rules) for kind, count in state.items()]
    prefixes: list[Combination] = [()]
    for windows in options:
        longer = (prefix + window for prefix in prefixes for window in windows)
        prefixes = [combination for combination in longer if len(combination) <= rules.max_particles]
    listed = [combination for combination in prefixes if len(combination) >= rules.min_particles]
    if rules.with_met:
        sizes = range(max(rules.min_particles - 1, 1), rules.max_particles)
        listed += [combination + _MET for combination in prefixes if len(combination) in sizes]
    return listed


def name(combination: Combination) -> str:
    """Write a combination, as ``e0e1j0``.

    Args:
        combination: Objects as (kind, rank); ranks are dimensionless.

    Returns:
        Letters and ranks without separators; ``MET+`` before them where the missing transverse momentum takes part.
    """
    met = f"{MET}+" * (combination[-1:] == _MET)
    return met + "".join(f"{kind}{rank}" for kind, rank in combination if kind != MET)


def parse(text: str) -> Combination:
    """Read a combination's name back.

    Args:
        text: A name as :func:`name` writes it.

    Returns:
        The objects as (kind, rank).

    Raises:
        PhysicsError: When *text* is not such a name.
    """
    objects = tuple((match[1], int(match[2])) for match in _OBJECT.finditer(text.removeprefix(f"{MET}+")))
    combination = objects + _MET * text.startswith(f"{MET}+")
    places = [(LABEL_KINDS.index(kind), rank) for kind, rank in objects]
    if not places or name(combination) != text or places != sorted(set(places)):
        msg = (
            f"{text!r} is not a combination: a name looks like e0e1j0, with the kinds {', '.join(LABEL_KINDS)} in this "
            f"order and each object once, or like {MET}+e0e1j0"
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
