"""Cleaning: events with noise, bad jets, failing detectors or no vertex are left out."""

from collections.abc import Collection, Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from edm.wording import nearest
from physics.errors import EventLevelError
from physics.selection.events import Cleaning, asked
from physics.selection.flags import EventColumns, Flag

__all__ = ["CleaningRow", "cleaning_rows"]


class CleaningRow(NamedTuple):
    """One row of the event cutflow.

    Attributes:
        name: Its name.
        flags: What is asked, all of which must hold; empty where nothing is asked of this file.
        missing: Branches that are asked for where they exist, and do not.
    """

    name: str
    flags: tuple[tuple[str, Flag], ...]
    missing: tuple[str, ...]

    def passes(self, columns: EventColumns, n_events: int) -> npt.NDArray[np.bool_]:
        """Tell which events pass.

        Args:
            columns: The branches in ``flags``, shape (n_events,) or (n_events, var), no unit.
            n_events: How many events there are.

        Returns:
            Shape (n_events,).
        """
        passed = np.ones(n_events, dtype=np.bool_)
        for branch, flag in self.flags:
            passed &= flag.holds(branch, columns[branch])
        return passed


def cleaning_rows(
    steps: tuple[Cleaning, ...], schema: str, present: Collection[str], simulation: bool
) -> list[CleaningRow]:
    """List what is asked of a file.

    Args:
        steps: The steps of the selection.
        schema: Name of the file's format.
        present: The file's branches.
        simulation: Whether the file is simulation.

    Returns:
        The rows of the event cutflow, in order.

    Raises:
        PhysicsError: When a step does not list the format.
        EventLevelError: When the file lacks a branch that it must have.
    """
    return [row for step in steps for row in _rows(step, schema, present, simulation)]


def _rows(step: Cleaning, schema: str, present: Collection[str], simulation: bool) -> Iterator[CleaningRow]:
    flag = asked(f"cleaning {step.name!r}", step.formats, schema)
    if flag is None:
        yield CleaningRow(step.name, (), ())
        return
    for name, parts in flag.rows(step.name).items():
        if step.data_only and simulation:
            yield CleaningRow(name, (), ())
            continue
        branches = [(part.first(present), part) for part in parts]
        missing = tuple(part.names[0] for branch, part in branches if branch is None)
        for branch, part in branches:
            if branch is None and not part.if_present:
                raise EventLevelError(_missing(step.name, part, schema, present))
        yield CleaningRow(name, tuple((branch, part) for branch, part in branches if branch is not None), missing)


def _missing(step: str, flag: Flag, schema: str, present: Collection[str]) -> str:
    near = nearest(flag.names[0], sorted(present))
    meant = f" (there is {near})" if near else ""
    return (
        f"cleaning {step!r}: there is no branch {' or '.join(flag.names)} in this {schema} file: correct the name"
        f"{meant}. If files may lack it, write if_present: true beside it in the selection; the event cutflow then "
        "says that the step was not applied"
    )
