"""The missing transverse momentum in ParseFile: read where masses with it are made, and counted where not finite."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from edm.jagged import Jagged
from physics.errors import EventLevelError
from targets.events.conversions import in_gev
from targets.events.met_branches import MetPair
from targets.events.reader import Chunk, EventFile
from targets.events.schemas import UNIT_PER_GEV, Schema
from targets.products.event_columns import MET_NUMBERS

__all__ = ["MetReader"]

_REMEDY = "run with --met-combinations False"


class MetReader:
    """Takes the missing transverse momentum of one open file.

    Attributes:
        branches: Branches to read for it; none where nothing is asked.
        non_finite: Events so far, of those that count, where it is not finite.
    """

    def __init__(self, events: EventFile, asked: bool) -> None:
        """Find the branches.

        Args:
            events: The open file.
            asked: Whether masses with the missing transverse momentum are made.

        Raises:
            EventLevelError: When the file has no such branches, or those of its format are refused.
        """
        self.non_finite = 0
        self._asked, self._schema = asked, events.schema
        self.branches: list[str] = []
        if asked and events.schema is not None and events.num_entries:
            self.branches = list(_find(events.schema, events))

    def read(self, chunk: Chunk) -> dict[str, npt.NDArray[np.float32]]:
        """Take it from a chunk.

        Args:
            chunk: With the branches as columns.

        Returns:
            The columns MET_NUMBERS, magnitude in GeV and azimuth in radians, shape (n_events,) each; nothing where it
            is not asked for.

        Raises:
            EventLevelError: When a branch has not one number an event.
        """
        if not self._asked or self._schema is None:
            return {}
        magnitude, azimuth = (self._column(chunk, branch) for branch in self.branches)
        columns = (in_gev(magnitude, UNIT_PER_GEV[self._schema.unit]), azimuth.astype(np.float32, copy=False))
        return dict(zip(MET_NUMBERS, columns, strict=True))

    def count(self, numbers: Mapping[str, npt.NDArray[Any]]) -> None:
        """Count the events where it is not finite.

        Args:
            numbers: Columns of the events that count, shape (n_events,) each, those of :meth:`read` among them.
        """
        columns = [numbers[name] for name in MET_NUMBERS if name in numbers]
        if columns:
            self.non_finite += int(np.count_nonzero(~np.isfinite(columns).all(axis=0)))

    def _column(self, chunk: Chunk, branch: str) -> npt.NDArray[Any]:
        column = chunk.event_columns[branch]
        if isinstance(column, Jagged):
            msg = f"met_combinations: {branch} has lists, not one number an event: name another branch in the schema"
            raise EventLevelError(msg)
        return column


def _find(schema: Schema, events: EventFile) -> MetPair:
    if schema.met is None:
        msg = (
            f"met_combinations: the schema {schema.name} names no branches of the missing transverse momentum: add "
            f"met with branches, or {_REMEDY}"
        )
        raise EventLevelError(msg)
    if schema.met.refused:
        msg = (
            f"met_combinations: {schema.name} files give no missing transverse momentum ({schema.met.refused}): "
            f"{_REMEDY}"
        )
        raise EventLevelError(msg)
    pair = schema.met.find(events.of_events.present)
    if pair is None:
        wanted = "; ".join(" and ".join(pair) for pair in schema.met.branches)
        msg = (
            f"met_combinations: this {schema.name} file has no branches of the missing transverse momentum ({wanted}): "
            f"name them in a schema of your own, or {_REMEDY}"
        )
        raise EventLevelError(msg)
    return pair
