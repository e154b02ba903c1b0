"""Charges of the leptons of events: the tags OS (opposite sign) and SS (same sign) of final states."""

from collections.abc import Mapping

import numpy as np

from edm.arrays import Int64
from edm.kinds import LEPTONS, NAMES, Z_CANDIDATE
from edm.objects import Objects
from physics.errors import PhysicsError
from physics.final_states import CHARGE_TAGS

__all__ = ["check_charges", "find_charge_tags"]

_LEPTONS_TAGGED = 2


def check_charges(objects: Mapping[str, Objects]) -> None:
    """Refuse electrons and muons whose charge is not known.

    Args:
        objects: By kind.

    Raises:
        PhysicsError: For a charge of 0, which stands for a format without charges too, or one that is not finite.
    """
    for kind in LEPTONS:
        charges = objects[kind].columns.get("charge", np.zeros(objects[kind].n_objects))
        unknown = int(np.count_nonzero(~np.isfinite(charges) | (charges == 0)))
        if unknown:
            msg = (
                f"{unknown} of {len(charges)} {NAMES[kind]}s have no charge or one of 0, on which Z candidates and "
                "charge tags depend: name the branch of charges in the schema, or run with --z-candidates False "
                "--charge-categories False"
            )
            raise PhysicsError(msg)


def find_charge_tags(objects: Mapping[str, Objects]) -> Int64:
    """Tell whether the two leptons of events have opposite or the same sign of charge.

    Args:
        objects: By kind; electrons and muons have charges, none of which is 0; kind Z where candidates were looked for.

    Returns:
        The place of each event's tag in CHARGE_TAGS, shape (n_events,), dimensionless: none for events with any other
        number of electrons and muons together than two, or with a Z candidate.
    """
    leptons = [objects[kind] for kind in LEPTONS]
    number = np.sum([of_kind.counts() for of_kind in leptons], axis=0)
    total = np.sum([_sum_of_signs(of_kind) for of_kind in leptons], axis=0)
    tagged = number == _LEPTONS_TAGGED
    if Z_CANDIDATE in objects:
        tagged &= objects[Z_CANDIDATE].counts() == 0
    tags: Int64 = np.where(total == 0, CHARGE_TAGS.index("OS"), CHARGE_TAGS.index("SS")) * tagged
    return tags


def _sum_of_signs(objects: Objects) -> Int64:
    before = np.concatenate([[0], np.cumsum(np.sign(objects["charge"]).astype(np.int64))])
    signs: Int64 = np.diff(before[objects.offsets])
    return signs
