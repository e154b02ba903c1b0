"""ParseFile: from input files to selected objects."""

from pathlib import Path
from typing import Any

import law

from targets.documents import models
from targets.events import schemas
from tasks.framework.stage import Piece, Stage

__all__ = ["ParseFile", "ParsingStage"]


class ParsingStage(Stage):
    """A stage that works on groups of files, some of which may be incomplete because failures are tolerated."""

    exclude_index = True

    def incomplete_path(self, piece: Piece) -> Path:
        """Give the path of a product that lacks some of its files."""
        return self.folder(piece.dataset) / f"{piece.digest}.incomplete{self.suffix}"

    def is_incomplete(self, piece: Piece) -> bool:
        """Tell whether a group could be read only in part, which counts as done where failures are tolerated."""
        if self.tolerated_failures == 0:  # asked for every branch: making the task of another stage takes 3 ms
            return False
        parse = self._parsing()
        return not parse.path(piece).exists() and parse.incomplete_path(piece).exists()

    def check_whole(self) -> None:
        """Raise when more files of the run failed than are tolerated: each branch knows only its own."""
        if self.tolerated_failures:
            self._parsing().check_failures()

    def _parsing(self) -> "ParseFile":
        parse: ParseFile = (
            self if isinstance(self, ParseFile) else ParseFile.req(self, branch=-1, _exclude={"branch", "branches"})
        )
        return parse

    def product(self, piece: Piece) -> Path:
        """Give the path of the whole product, or of the incomplete one where that is all there is."""
        return self.incomplete_path(piece) if self.is_incomplete(piece) else self.path(piece)

    def target(self, piece: Piece) -> Any:
        """Give the target of a piece's product."""
        return law.LocalFileTarget(str(self.product(piece)))


class ParseFile(ParsingStage):
    """Read input files and keep their selected objects: parsed_data."""

    room = "parsed_data"
    revision = 3
    own = ("schema", "selection", "parsed_format")
    suffix = ".root"
    exclude_index = False

    def run(self) -> None:
        """Read the files of a branch."""
        from steps import parse as parse_files

        with self.recording() as (record, path):
            record |= parse_files.parse(self.branch_data.files, self.reading(), path, self.parsed_format)

    def destination(self, piece: Piece, record: dict[str, Any]) -> Path:
        """Give the path of the whole product, or of the incomplete one when files failed."""
        return self.incomplete_path(piece) if record["failures"] else self.path(piece)

    def incomplete(self) -> list[Path]:
        """List the products of the whole run that lack some of their files."""
        return [self.product(piece) for piece in self.pieces("group") if self.is_incomplete(piece)]

    def check_failures(self) -> None:
        """Raise when more files of the run failed than are tolerated.

        Raises:
            StageError: It names all of them.
        """
        from steps import parse as parse_files

        if incomplete := self.incomplete():
            parse_files.check_failures(incomplete, self.tolerated_failures)

    def prepare(self) -> None:
        """Check the selection and the schemas once, before every branch stumbles over them."""
        super().prepare()
        self.reading()

    def reading(self) -> Any:
        """Give what a worker needs to read files."""
        from physics.selection.selection import Selection
        from steps.parse import Reading
        from targets.events.inputs import Fetching
        from targets.network.retry import Network

        path = self.selection_path()
        return Reading(
            schemas=schemas.load(self.schema),
            selection=models.load_model(path, Selection),
            fetching=Fetching(
                mode=self.fetch,
                folder=Path(self.download_dir or self.run_folder().parent / "downloads"),
                keep=self.keep_downloads,
                network=Network(
                    connections_per_host=self.connections_per_host,
                    read_timeout_s=self.network_timeout_s,
                    attempts=self.network_attempts,
                ),
            ),
            chunk_events=self.chunk_events,
            memory_limit_mb=self.memory_limit_mb,
            attempts=self.read_attempts,
            tolerated_failures=self.tolerated_failures,
        )
