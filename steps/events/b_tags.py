"""b-tags by score and link in ParseFile: the discriminant of each jet becomes a column of jets, called as the score."""

import numpy as np

from edm.jagged import Jagged
from edm.objects import Objects
from physics.errors import EventLevelError
from physics.selection.b_tag import BScores, Links, discriminants, refuse_unknown_keys
from physics.selection.selection import Selection
from targets.events.reader import Chunk, EventFile
from targets.events.spellings import spelt

__all__ = ["BTagger"]


class BTagger:
    """Scores the jets of one open file, where the selection tags its format by score and link.

    Attributes:
        branches: Branches to read for it; none where nothing is asked.
        no_score: Jets so far, of events that count, that have no score.
    """

    def __init__(self, events: EventFile, selection: Selection) -> None:
        """Find the branches of links and scores.

        Args:
            events: The open file.
            selection: What is asked of jets.

        Raises:
            EventLevelError: When the file or its schema lacks them.
            PhysicsError: When ``b_tag`` does not list the format.
        """
        self.branches: list[str] = []
        self.no_score, self._any_known = 0, False
        self._unknown: Jagged | None = None
        schema = events.schema
        self._tag = selection.score_tag(schema.name) if schema and "j" not in events.absent_kinds else None
        if self._tag is None or schema is None or not events.num_entries:
            return
        if schema.scores is None:
            msg = f"b_tag: the schema {schema.name} names no collection of scores: add scores with collection and key"
            raise EventLevelError(msg)
        self._key = schema.scores.key
        link = spelt(schema.collections["j"].branches[0].replace("{}", self._tag.link))
        self._links = [f"{link}.{member}" for member in ("m_persKey", "m_persIndex")]
        self._scores = [f"{schema.scores.collection}.{name}" for name in self._tag.probabilities]
        needed = [*self._links, *self._scores]
        lacking = [name for name in needed if name not in events.of_events.present]
        self.branches = [] if lacking else needed
        if lacking and not self._tag.if_present:
            msg = (
                f"b_tag: this {schema.name} file has no {', '.join(lacking)}: correct the score or its link; or, if "
                f"files may lack them, write if_present: true beside them, or '{schema.name}: null' under b_tag"
            )
            raise EventLevelError(msg)

    def score(self, chunk: Chunk) -> dict[str, Objects]:
        """Give jets the discriminant as a column; NaN for jets without a score.

        Args:
            chunk: With the branches as columns.

        Returns:
            The objects of each kind.
        """
        if self._tag is None or not self.branches:
            return chunk.objects
        keys, indices = (self._column(chunk, name) for name in self._links)
        scores = BScores(*(self._column(chunk, name) for name in self._scores))
        values = discriminants(Links(keys, indices), scores, self._key, self._tag.fraction_c, self._tag.fraction_tau)
        if (keys.values == self._key).any():
            self._any_known = True
        elif len(keys.values):
            self._unknown = keys
        jets = chunk.objects["j"]
        return chunk.objects | {"j": Objects(jets.offsets, {**jets.columns, self._tag.score: values})}

    def count(self, jets: Objects) -> None:
        """Count the jets without a score.

        Args:
            jets: Those of events that count.
        """
        if self._tag is not None and self.branches:
            self.no_score += int(np.count_nonzero(np.isnan(jets[self._tag.score])))

    def finish(self) -> None:
        """Refuse a file of which no link points to the scores.

        Raises:
            EventLevelError: When it has links and all have other keys.
        """
        if self._tag is not None and self._unknown is not None and not self._any_known:
            refuse_unknown_keys(self._unknown, self._key, self._tag.link)

    def _column(self, chunk: Chunk, name: str) -> Jagged:
        column = chunk.event_columns[name]
        if not isinstance(column, Jagged):
            msg = f"b_tag: {name} has one number an event, not one a jet: correct the score or its link"
            raise EventLevelError(msg)
        return column
