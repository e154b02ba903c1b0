"""``matched: true`` in ParseFile: of which events a selected lepton or photon made the trigger fire."""

from collections.abc import Mapping

from edm.jagged import Jagged
from edm.kinds import LEPTONS
from edm.objects import Objects
from physics import constituents
from physics.errors import EventLevelError
from physics.events.match_marks import mark_flagged, mark_linked, matched_events
from physics.events.matching import Matched, MatchLinks, matched_column
from physics.events.trigger_menus import match_branch
from physics.selection.selection import Selection, select
from targets.events.reader import Chunk, EventFile

__all__ = ["TriggerMatcher"]

_MEMBERS = ("m_persKey", "m_persIndex")


class TriggerMatcher:
    """Looks for the objects of one open file that made the trigger fire, where the selection asks for them.

    Attributes:
        columns: Columns of objects to read for it, per kind, none of which has a unit.
        branches: Branches of events to read for it.
    """

    def __init__(self, events: EventFile, selection: Selection, paths: tuple[str, ...]) -> None:
        """Find the columns or links of a file.

        Args:
            events: The open file.
            selection: What is asked of objects.
            paths: The trigger paths that count; none where no match is asked for.

        Raises:
            EventLevelError: When the file lacks what says which objects matched.
            PhysicsError: For a format that does not say it.
        """
        self.columns: dict[str, dict[str, str | None]] = {}
        self.branches: list[str] = []
        self._events, self._selection, self._paths = events, selection, paths
        if not paths or events.schema is None:
            return
        self._schema, self._column = events.schema.name, matched_column(events.schema.name)
        present, collections = events.of_events.present, events.schema.collections
        if self._column is None:
            self._linked = [path for path in paths if match_branch(path) in present]
            self.branches = [f"{match_branch(path)}.{member}" for path in self._linked for member in _MEMBERS]
            lacking = "" if self._linked else "branch AnalysisTrigMatch_* of a listed path"
        else:
            self.columns = {kind: {self._column: None} for kind in LEPTONS}
            lepton = collections["e"].branches[0].replace("{}", self._column)
            lacking = "" if lepton in present else f"branch {lepton}"
        if lacking:
            msg = (
                f"triggers, matched: true: this {self._schema} file has no {lacking}, which says which objects made "
                "the trigger fire: write matched: false in the selection"
            )
            raise EventLevelError(msg)

    def add_columns(self, columns: Mapping[str, Mapping[str, str | None]]) -> dict[str, dict[str, str | None]]:
        """Return the columns of objects to read, those for it among them.

        Args:
            columns: Those that are read for the selection, per kind.
        """
        return {kind: {**columns.get(kind, {}), **self.columns.get(kind, {})} for kind in {*columns, *self.columns}}

    def find(self, chunk: Chunk, objects: Mapping[str, Objects]) -> Matched | None:
        """Tell of which events of a chunk a selected object made each path fire.

        Args:
            chunk: With the branches as columns.
            objects: Its objects, of all events.

        Returns:
            Per path, shape (n_events,); None where no match is asked for.
        """
        if not self._paths or self._events.schema is None:
            return None
        if self._column is None:
            links = [self._links(chunk, path) if path in self._linked else None for path in self._paths]
            marked = mark_linked(objects, links)
        else:
            marked = mark_flagged(objects, self._column)
        assigned = constituents.assign_masses(marked)
        selected, _ = select(assigned, self._selection, self._schema, self._events.absent_kinds)
        return matched_events(selected, self._paths)

    def _links(self, chunk: Chunk, path: str) -> MatchLinks:
        keys, indices = (chunk.event_columns[f"{match_branch(path)}.{member}"] for member in _MEMBERS)
        assert isinstance(keys, Jagged)
        assert isinstance(indices, Jagged)
        return MatchLinks(keys, indices)
