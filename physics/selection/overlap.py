"""Overlap removal: one deposit in the detector must not count as two objects.

Each rule removes the objects of one kind that lie near an object of another kind that stays.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt
from pydantic import Field, FiniteFloat, field_validator, model_validator

from compiled.loops import compiled
from edm.arrays import Int64, Mask
from edm.kinds import StoredKind
from edm.objects import Objects
from physics.errors import PhysicsError
from physics.selection.parts import Frozen

__all__ = ["OverlapRule", "remove_overlaps"]

_MARGIN = 1.001  # more than rounding can do


class OverlapRule(Frozen):
    """Which objects go because others are near.

    Attributes:
        remove: Kind of the objects that may go.
        keep: Kinds of the objects that stay (one letter, or a list).
        delta_r: They go when delta R (dimensionless) to any of these is strictly smaller.
        source: Where the value comes from.
    """

    remove: StoredKind
    keep: tuple[StoredKind, ...] = Field(min_length=1)
    delta_r: FiniteFloat = Field(gt=0)
    source: str = Field(min_length=1)

    @field_validator("keep", mode="before")
    @classmethod
    def _make_tuple(cls, value: object) -> object:
        return (value,) if isinstance(value, str) else value

    @model_validator(mode="after")
    def _check_kinds(self) -> Self:
        if self.remove in self.keep:
            msg = f"remove: {self.remove} stands in keep too; two objects of one kind cannot both stay and go"
            raise PhysicsError(msg)
        return self

    @property
    def name(self) -> str:
        """The rule in words, as cutflows name it."""
        return f"overlap with {' or '.join(self.keep)} within {self.delta_r:g}"


def remove_overlaps(
    objects: Mapping[str, Objects], rules: Sequence[OverlapRule]
) -> tuple[dict[str, Objects], list[int]]:
    """Apply overlap rules one after the other.

    Delta R is sqrt(delta_eta^2 + delta_phi^2) with delta_phi wrapped to [-pi, pi], computed in float64. Objects that
    an earlier rule removed no longer remove others.

    Args:
        objects: By kind, with columns eta and phi (radians), shape (n_objects,) each. Kinds that no rule names, and
            kinds without objects, are legal.
        rules: In the order in which they are applied.

    Returns:
        The objects that are left, in unchanged order, and for each rule how many objects of the kind that it removes
        are left after it (0 when there is no such kind).
    """
    angles = {kind: _Angles.of(of_kind) for kind, of_kind in objects.items()}
    counts = []
    for rule in rules:
        candidates = angles.get(rule.remove)
        for kind in rule.keep if candidates else ():
            if kind in angles:
                _remove_near(*angles[rule.remove], *angles[kind], rule.delta_r)
        counts.append(int(np.count_nonzero(candidates.stays)) if candidates else 0)
    return {kind: of_kind.select(angles[kind].stays) for kind, of_kind in objects.items()}, counts


class _Angles(NamedTuple):
    """Where objects of one kind are, and whether they stay: offsets of shape (n_events + 1,), the rest (n_objects,)."""

    offsets: Int64
    eta: npt.NDArray[np.float64]
    phi: npt.NDArray[np.float64]
    stays: Mask

    @classmethod
    def of(cls, objects: Objects) -> Self:
        """Take eta and phi (radians) of objects; all of them stay so far."""
        eta, phi = objects["eta"].astype(np.float64), objects["phi"].astype(np.float64)
        return cls(objects.offsets, eta, phi, np.ones(len(eta), dtype=np.bool_))


@compiled()
def _remove_near(
    offsets: Any,
    eta: Any,
    phi: Any,
    stays: Any,
    other_offsets: Any,
    other_eta: Any,
    other_phi: Any,
    other_stays: Any,
    cone: float,
) -> None:
    """Loop over the pairs of each event, and mark the objects that go."""
    far = cone * _MARGIN  # most pairs are: neither remainder nor square root is needed to see it
    for event in range(len(offsets) - 1):
        for j in range(other_offsets[event], other_offsets[event + 1]):
            if not other_stays[j]:
                continue
            for i in range(offsets[event], offsets[event + 1]):
                delta_eta = abs(eta[i] - other_eta[j])
                delta_phi = abs(phi[i] - other_phi[j])
                if delta_eta > far or (far < delta_phi < math.pi):
                    continue
                delta_phi %= 2.0 * math.pi
                delta_phi = min(delta_phi, 2.0 * math.pi - delta_phi)
                if math.hypot(delta_eta, delta_phi) < cone:
                    stays[i] = False
