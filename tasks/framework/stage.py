"""Stages: tasks with branches. One luigi task a stage, and one branch per group of files or per dataset."""

import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar, Literal, NamedTuple

import law
from luigi.cmdline_parser import CmdlineParser

from targets.catalogue import input_files
from targets.catalogue.input_files import InputFile
from targets.documents import models
from targets.documents.json import dump_json
from targets.events import schemas
from targets.storage import atomic
from tasks.cli import messages
from tasks.cli.parameters import ParsingParameters
from tasks.framework.chosen_branches import ChosenBranches
from tasks.framework.cluster import ClusterWorkflow
from tasks.framework.product import SELECTIONS, digest
from tasks.framework.sources import SourceTask
from tasks.stages.inputs.fetch_metadata import FetchMetadata

__all__ = ["Piece", "Stage"]


class Piece(NamedTuple):
    """The input files of one branch.

    Attributes:
        dataset: What they are counted with; of a whole run, its first.
        files: The files, in the order of the dataset's list.
        digest: Sixteen hex digits that stand for exactly these files as they are.
    """

    dataset: str
    files: tuple[InputFile, ...]
    digest: str


class Stage(ParsingParameters, SourceTask, ChosenBranches, ClusterWorkflow):
    """A stage of the pipeline.

    Its ``run()`` makes the product of one branch; which branches there are is known once FetchMetadata is done.
    """

    cut: ClassVar[Literal["group", "dataset", "run"]] = "group"
    """What a branch is."""

    needs: ClassVar[tuple[type["Stage"], ...]] = ()
    """Stages whose products this one reads."""

    merges: ClassVar[bool] = False
    """Whether results depend on all files of the dataset, so that their digest is part of the variant."""

    suffix: ClassVar[str] = ""
    """Suffix of the product's files."""

    exclude_index = True

    @classmethod
    def check_parameters(cls, params: dict[str, Any]) -> None:
        """Raise for a selection or a schema that is not there or no YAML."""
        super().check_parameters(params)
        models.fingerprint(models.named_file("selection", params["selection"], SELECTIONS))
        if schema := schemas.find(params["schema"]):
            models.fingerprint(schema)

    # what there is to do ----------------------------------------------------------------------------------------------

    @law.dynamic_workflow_condition(cache_met_condition=False)  # --remove-output may remove the list
    def workflow_condition(self) -> bool:
        """Tell whether the files are known."""
        return bool(FetchMetadata.req(self).is_known())

    @workflow_condition.create_branch_map
    def create_branch_map(self) -> dict[int, Piece]:
        """Number the pieces."""
        return dict(enumerate(self.pieces(self.cut)))

    @workflow_condition.output
    def output(self) -> Any:
        """Give the target of a branch."""
        return self.target(self.branch_data)

    def pieces(self, cut: str, dataset: str | None = None) -> list[Piece]:
        """Cut the run's files.

        Args:
            cut: ``group`` for ``files_per_branch`` files of one dataset, ``dataset`` for all of them, ``run`` for all
                files of all datasets in one.
            dataset: Only this one; all by default.

        Returns:
            The pieces, in the order of the run's list.
        """
        files = FetchMetadata.req(self).files()
        if cut == "run":
            return [Piece(files[0].dataset, files, _digest(files))]
        pieces = _cut(files, self.files_per_branch if cut == "group" else len(files))
        return [piece for piece in pieces if dataset in (None, piece.dataset)]

    # where products lie -----------------------------------------------------------------------------------------------

    def all_named_by(self, dataset: str) -> dict[str, Any]:
        """Give what this stage's variant depends on: it and all stages above it.

        Many ways lead to a stage, and luigi gives the same object on each: every stage of a run is looked at once.
        """
        whole = self.as_workflow()
        if dataset not in (known := whole.__dict__.setdefault("_all_named_by", {})):
            named = whole.named_by()
            for stage in self.needs:
                named = whole.upstream(stage).all_named_by(dataset) | named
            if self.merges:
                named["files"] = whole.pieces("dataset", dataset)[0].digest
            known[dataset] = named
        found: dict[str, Any] = known[dataset]
        return found

    def folder(self, dataset: str) -> Path:
        """Give the folder of this stage's products."""
        return self.variant_folder(self.all_named_by(dataset))

    def path(self, piece: Piece) -> Path:
        """Give the path of a piece's product."""
        return self.folder(piece.dataset) / f"{piece.digest}{self.suffix}"

    def target(self, piece: Piece) -> Any:
        """Give the target of a piece's product."""
        return law.LocalFileTarget(str(self.path(piece)))

    # what is required -------------------------------------------------------------------------------------------------

    def upstream(self, stage: type["Stage"]) -> Any:
        """Give the task of a stage that this one needs: the same branches where both are cut alike, else the whole."""
        known = self.__dict__.setdefault("_upstream", {})  # req() takes milliseconds, and heeds the command line
        key = stage, CmdlineParser.get_instance()
        if key not in known:
            whole = {"branch": -1, "branches": (), "_exclude": {"branch", "branches"}}
            known[key] = stage.req(self, **({} if stage.cut == self.cut else whole))
        return known[key]

    def above(self) -> dict[str, "Stage"]:
        """Give all stages above this one, directly or not, by name; what they need comes before them."""
        found: dict[str, Stage] = {}
        for stage in self.needs:
            if stage.__name__ not in found:  # no way leads to another task of the same stage
                task = self.upstream(stage)
                found = {**found, **task.above(), stage.__name__: task}
        return found

    def requires(self) -> dict[str, Any]:
        """Require the stages that this one needs, and the file list.

        The list comes last: law's --remove-output goes through them in order, and needs it to find their products.
        """
        return {one.__name__: self.upstream(one) for one in self.needs} | {"FetchMetadata": FetchMetadata.req(self)}

    def workflow_requires(self) -> Any:
        """Require the same for the whole stage."""
        return law.util.DotDict(self.requires_from_branch())

    def worker_parameters(self) -> dict[str, str]:
        """Give the parameters, as text, of this task in a worker: what this run refreshed is fresh there."""
        return self.to_str_params() | {"refresh_metadata": "False"}

    # what is recorded -------------------------------------------------------------------------------------------------

    @contextmanager
    def recording(self) -> Iterator[tuple[dict[str, Any], Path]]:
        """Prepare the folder of a branch's product; at the end, write its statistics and give it its name.

        The name comes last, so that what is done has statistics, and what a killed run left is swept with its stage.

        Yields:
            A dictionary to fill with what JSON can write, and the path under which the block makes the product.
        """
        piece: Piece = self.branch_data
        folder = self.folder(piece.dataset)
        if not (parameters := folder / "parameters.json").exists():
            dump_json(parameters, self.spelled_out(self.all_named_by(piece.dataset)))
        record: dict[str, Any] = {"stage": type(self).__name__, "dataset": piece.dataset}
        started = time.perf_counter()
        with self._noting_failure(piece), atomic.unnamed(self.path(piece)) as temporary:
            yield record, temporary
            product = self.destination(piece, record)
            record["product"] = product.name
            record["seconds"] = round(time.perf_counter() - started, 3)
            record["bytes_written"] = _size(temporary)
            record["peak_memory_mb"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
            dump_json(self.log_path(piece), record)
            atomic.name(temporary, product)
        self._record = record

    @contextmanager
    def _noting_failure(self, piece: Piece) -> Iterator[None]:
        """Leave the reason of a failure beside the statistics, for Summary, until the branch succeeds."""
        note = self._failure_path(piece)
        try:
            yield
        except Exception as error:
            with suppress(OSError):  # whatever is in the way, the error itself is what must be seen
                note.parent.mkdir(parents=True, exist_ok=True)
                note.write_text(messages.sentence(error) or f"{type(error).__name__}: {error}", encoding="utf-8")
            raise
        note.unlink(missing_ok=True)

    def _failure_path(self, piece: Piece) -> Path:
        return self.log_path(piece).with_suffix(".failed")

    def failures(self) -> list[str]:
        """Give the reasons of the branches whose last attempt failed."""
        notes = [self._failure_path(piece) for piece in self.pieces(self.cut)]
        return [messages.printable(note.read_text("utf-8", "replace")) for note in notes if note.exists()]

    def handled(self) -> tuple[int, int]:
        """Give the events of the branch that was run last, and the bytes that it read from input files."""
        events = self._record.get("events", 0)
        return events["read"] if isinstance(events, dict) else events, self._record.get("bytes_read", 0)

    def destination(self, piece: Piece, record: dict[str, Any]) -> Path:  # noqa: ARG002 (some stages look at it)
        """Give the path of what was made."""
        return self.path(piece)

    def announce(self, piece: Piece) -> None:
        """Say what came out of a branch and where it is; the default says nothing: other stages go on with it."""

    def log_path(self, piece: Piece) -> Path:
        """Give the path of a branch's statistics."""
        return (
            self.run_folder() / "logs" / type(self).__name__ / self.folder(piece.dataset).name / f"{piece.digest}.json"
        )

    def logs(self, dataset: str | None = None) -> list[Path]:
        """Give the paths of the statistics of all branches, of one dataset or of all."""
        return [self.log_path(piece) for piece in self.pieces(self.cut, dataset)]

    def logs_above(self, dataset: str | None = None) -> dict[str, list[Path]]:
        """Give the paths of the statistics of all stages above, by stage."""
        return {name: stage.logs(dataset) for name, stage in self.above().items()}

    def check_whole(self) -> None:
        """Raise when all branches are done but the stage as a whole is not as it should be; the default finds none."""

    def prepare(self) -> None:
        """Get ready for the branches of this stage: remove what killed runs left among its products and statistics."""
        pieces = {piece.dataset: piece for piece in self.get_branch_map().values()}.values()
        self.sweep(
            *(folder for piece in pieces for folder in (self.folder(piece.dataset), self.log_path(piece).parent))
        )


def _size(path: Path) -> int:
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(file.stat().st_size for file in files if file.is_file())


@lru_cache(maxsize=8)  # every branch asks, and the digests of a long list take a while
def _cut(files: tuple[InputFile, ...], size: int) -> list[Piece]:
    by_dataset: dict[str, list[InputFile]] = {}
    for file in files:
        by_dataset.setdefault(file.dataset, []).append(file)
    groups = [
        tuple(listed[start : start + size]) for listed in by_dataset.values() for start in range(0, len(listed), size)
    ]
    return [Piece(group[0].dataset, group, _digest(group)) for group in groups]


@lru_cache(maxsize=2)
def _digest(files: tuple[InputFile, ...]) -> str:
    return digest([input_files.identity(file) for file in files], 16)
