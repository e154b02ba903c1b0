"""All that ParseFile reads of whole events of one file, beside their objects."""

from typing import Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt

from edm.objects import Objects
from physics.selection.selection import Selection
from steps.events.b_tags import BTagger
from steps.events.event_level import EventSelector
from steps.events.event_options import EventOptions
from steps.events.missing_momentum import MetReader
from steps.events.trigger_matches import TriggerMatcher
from steps.file_counts import FileCounts
from steps.weighting.weigher import Weigher, WeightOptions
from targets.catalogue.input_files import InputFile
from targets.events.reader import Chunk, EventFile
from targets.products.event_columns import NUMBERS

__all__ = ["EventReaders"]


class EventReaders(NamedTuple):
    """What reads numbers of whole events from one open file.

    Attributes:
        selector: Tells which events count.
        weigher: Tells what they weigh.
        tagger: Tells which of their jets are b-jets, where scores do.
        met: Tells their missing transverse momentum, where it is asked for.
        matcher: Tells which of their leptons and photons triggers match, where that is asked for.
    """

    selector: EventSelector
    weigher: Weigher
    tagger: BTagger
    met: MetReader
    matcher: TriggerMatcher

    @classmethod
    def of_file(
        cls,
        file: InputFile,
        events: EventFile,
        selection: Selection,
        options: EventOptions,
        weights: WeightOptions | None,
    ) -> Self:
        """Find out what is asked of a file.

        Args:
            file: How it is listed.
            events: The open file.
            selection: What is asked of events and objects.
            options: What the run asks of events.
            weights: What the run asks of the weights of simulation; None asks nothing.

        Returns:
            The readers.

        Raises:
            EventLevelError: When the file does not fit what is asked.
        """
        selector = EventSelector(events, file, selection, options)
        required = weights if file.data_type == "mc" else None
        weigher = Weigher(events, selector.simulation, selection.weights, required)
        matcher = TriggerMatcher(events, selection, selector.matched_paths)
        return cls(selector, weigher, BTagger(events, selection), MetReader(events, options.with_met), matcher)

    @property
    def branches(self) -> list[str]:
        """Branches to read for them, each once."""
        return list(dict.fromkeys(branch for reader in self for branch in reader.branches))

    def read(self, chunk: Chunk) -> tuple[dict[str, Objects], dict[str, npt.NDArray[Any]]]:
        """Read a chunk.

        Args:
            chunk: With the branches as columns.

        Returns:
            The objects of the events that count, by kind, and the numbers of these events, shape (n_events,) each.

        Raises:
            EventLevelError: When the events do not fit what is asked.
        """
        scored, weights = self.tagger.score(chunk), self.weigher.weigh(chunk.event_columns, len(chunk.run))
        passed = self.selector.select(chunk, self.matcher.find(chunk, scored))
        objects = {kind: of_kind.select_events(passed) for kind, of_kind in scored.items()}
        self.tagger.count(objects["j"])
        met = self.met.read(chunk)
        columns = vars(chunk) | weights._asdict() | met
        numbers = {name: columns[name] for name in (*NUMBERS, *met)}
        if not passed.all():
            indices = np.flatnonzero(passed)  # they select faster than masks, column after column
            numbers = {name: column.take(indices) for name, column in numbers.items()}
        self.met.count(numbers)
        return objects, numbers

    def finish(self, counts: FileCounts) -> None:
        """Add what was counted of the whole file.

        Args:
            counts: Gets the numbers.

        Raises:
            EventLevelError: When the file as a whole does not fit what is asked.
        """
        counts.events = self.selector.finish()
        self.tagger.finish()
        counts.no_score, counts.non_finite_met = self.tagger.no_score, self.met.non_finite
        counts.run_lists = {run_list.name: run_list for run_list in self.selector.run_lists}
