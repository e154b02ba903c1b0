"""The weights of simulated events in ParseFile: g and w of every event of a file, and what they come to."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from edm.jagged import Jagged
from edm.records.samples import FileWeights
from physics.errors import EventLevelError, PhysicsError
from physics.selection.weight_tables import FormatWeights, Weights
from physics.weights import SPREAD, UNIT_BITS, constant, event_weights, exact_sum, unit_of
from targets.errors import FileFormatError
from targets.events import reader
from targets.events.event_branches import EventColumns

__all__ = ["EventWeights", "Weigher", "WeightOptions"]

_AROUND = 12  # powers of two around a file's own unit: a mean may be small because weights cancel
_NUMBERS = ("sum_of_weights", "n_events", "cross_section_pb", "k_factor", "filter_efficiency", "sample")
_Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class WeightOptions:
    """What is asked of the weights of a dataset.

    Attributes:
        sum_given: Whether the user gives the sum of weights.
    """

    sum_given: bool = False


class EventWeights(NamedTuple):
    """The weights of some events, of shape (n_events,) and in the generator's unit.

    Attributes:
        generator_weight: g.
        weight: w, g times the scale factors.
    """

    generator_weight: _Floats
    weight: _Floats


class Weigher:
    """Weighs the events of one open file, chunk by chunk; collisions and formats without weights count 1 each.

    Attributes:
        branches: Branches to read for it.
    """

    def __init__(
        self, events: reader.EventFile, simulation: bool, weights: Weights | None, required: WeightOptions | None
    ) -> None:
        """Find out what a file has.

        Args:
            events: The open file.
            simulation: Whether it is simulation.
            weights: The tables of the selection.
            required: What is asked; None where events without weights are no error.

        Raises:
            EventLevelError: When weights are required and the file lacks a branch, or its format has no table.
        """
        self._events, self._table = events, None
        self._numbers: dict[str, float] = {}
        self._parts: list[EventWeights] = []
        self.branches: list[str] = []
        self._problem: str | None = None
        self._missing_sum: str | None = None
        if not simulation or weights is None or events.schema is None:
            return
        self._table = _table(weights, events.schema.name, bool(events.num_entries))
        if self._table is None:
            return
        present = events.of_events.present
        self._problem = _lacking(self._table, present) if events.num_entries else None
        self._read_sums(events)
        if required and (reason := self._problem or (None if required.sum_given else self._missing_sum)):
            raise EventLevelError(reason)
        factors = [factor.branch for factor in self._table.scale_factors]
        wanted = [self._table.generator, *factors, *(getattr(self._table, name) for name in _NUMBERS)]
        self.branches = [name for name in dict.fromkeys(wanted) if name in present]

    def weigh(self, columns: EventColumns, n_events: int) -> EventWeights:
        """Weigh the events of a chunk.

        Args:
            columns: The branches, shape (n_events,) or (n_events, var).
            n_events: How many events there are.

        Returns:
            The weights: 1 for what has none, NaN where the file lacks a branch that makes them.

        Raises:
            EventLevelError: When a number of the sample differs from event to event.
        """
        if self._table is None:
            return EventWeights(np.ones(n_events), np.ones(n_events))
        self._check_numbers(columns)
        generator = weights = np.full(n_events, np.nan)
        if self._table.generator in columns:
            generator = _plain(columns[self._table.generator]).astype(np.float64)
        if self._problem is None:
            present = [factor.branch for factor in self._table.scale_factors if factor.branch in columns]
            weights = event_weights(generator, [_plain(columns[name]) for name in present])
        self._parts.append(EventWeights(generator, weights))
        return self._parts[-1]

    def finish(self) -> FileWeights | None:
        """Return what the weights of the whole file come to; None for what is not weighted."""
        if self._table is None:
            return None
        nothing = EventWeights(np.zeros(0), np.zeros(0))
        generator, weights = map(np.concatenate, zip(nothing, *self._parts, strict=True))
        total = math.fsum(generator[np.isfinite(generator)].tolist())
        numbers = dict(self._numbers)
        sample = numbers.pop("sample", None)
        sum_of_weights, n_events = numbers.get("sum_of_weights"), numbers.get("n_events")
        whole = sum_of_weights is not None and n_events is not None
        unit = _unit_or_none(*((sum_of_weights, n_events) if whole else (total, len(generator))))
        first, second = _sums(weights, unit)
        return FileWeights(
            entries=len(generator),
            sum_of_generator_weights=total,
            non_finite=int(np.count_nonzero(~np.isfinite(weights))),
            in_units={} if sum_of_weights is not None else _in_units(generator),
            unit=unit,
            first=first,
            second=second,
            problem=self._problem,
            missing_sum=self._missing_sum,
            of_whole_sample=sum_of_weights is not None and not self._table.runs_tree,
            skimmed=self._table.skimmed,
            sample=None if sample is None else int(sample),
            **numbers,
        )

    def _read_sums(self, events: reader.EventFile) -> None:
        """Read the tree Runs, once a file, or note that a branch is missing which should give the sum."""
        assert self._table is not None
        branch = self._table.sum_of_weights
        if branch is not None and branch not in events.of_events.present:
            self._missing_sum = f"this file has no branch {branch}, and so no sum of weights: {_GIVE_SUM}"
        if self._table.runs_tree:
            try:
                sums = events.of_events.generator_sums()
                self._numbers |= {"sum_of_weights": sums.sum_of_weights, "n_events": float(sums.events)}
            except FileFormatError as error:
                self._missing_sum = str(error)

    def _check_numbers(self, columns: EventColumns) -> None:
        for name in _NUMBERS:
            branch = getattr(self._table, name)
            if branch in columns:
                number = constant(branch, _plain(columns[branch]))
                if self._numbers.setdefault(name, number) != number:
                    constant(branch, np.array([self._numbers[name], number]))


_GIVE_SUM = "give sum_of_weights for the sample (--cross-sections FILE), or --mc-weights False to count events"


def _table(weights: Weights, schema: str, has_events: bool) -> FormatWeights | None:
    """Find the table of a format; of a file without events only the tree Runs, where there is one, tells anything."""
    if not has_events:
        table = weights.formats.get(schema)
        return table if table and table.runs_tree else None
    if schema not in weights.formats:
        msg = f"weights: formats does not list {schema}: add it, with null where its simulation is not weighted"
        raise EventLevelError(msg)
    return weights.formats[schema]


def _lacking(table: FormatWeights, present: frozenset[str]) -> str | None:
    """Say which branches are missing that make weights."""
    needed = [table.generator, *(factor.branch for factor in table.scale_factors if not factor.if_present)]
    missing = [name for name in needed if name not in present]
    if not missing:
        return None
    return (
        f"weights: this file has no branch {', '.join(missing)}: correct weights in the selection (if_present: true "
        "takes a scale factor for 1 where a file lacks it), or --mc-weights False to count events"
    )


def _plain(column: npt.NDArray[Any] | Jagged) -> npt.NDArray[Any]:
    """Return one number an event: of vectors the first, NaN where there is none."""
    if not isinstance(column, Jagged):
        return column
    values, enough = column.at(0)
    return np.where(enough, values.astype(np.float64), np.nan)


def _unit_or_none(total: float, n_events: float) -> float | None:
    try:
        return unit_of(total, n_events)
    except EventLevelError:
        return None


def _sums(weights: _Floats, unit: float | None) -> tuple[int | None, int | None]:
    """Sum weights and their squares in units; None where the sums would not be exact."""
    if unit is None:
        return None, None
    finite = np.where(np.isfinite(weights), weights, 0.0)
    try:
        return exact_sum(finite, unit)[0], exact_sum(np.rint(finite / (SPREAD * unit)) ** 2, 1.0)[0]
    except PhysicsError:
        return None, None


def _in_units(generator: _Floats) -> Mapping[str, int]:
    """Sum g in all units that the first file of the dataset may ask for, which is not known here."""
    finite = generator[np.isfinite(generator)]
    mean = float(np.abs(finite).mean()) if len(finite) else 0.0
    if mean == 0.0:
        return {}
    typical = math.frexp(mean)[1] - 1 - UNIT_BITS
    sums = {}
    for exponent in range(typical - _AROUND, typical + _AROUND + 1):
        try:
            sums[str(exponent)] = exact_sum(finite, math.ldexp(1.0, exponent))[0]
        except PhysicsError:  # these would not be exact
            continue
    return sums
