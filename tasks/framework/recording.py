"""The statistics of a branch, and the reason of one that failed, written beside its product."""

import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from edm.records.branch_records import BranchRecord
from edm.records.stage_results import StageResults
from steps.errors import blame, failing_stage
from targets.catalogue.branch_files import BranchFiles
from targets.documents.json import dump_json
from targets.storage import atomic
from tasks.cli import messages

__all__ = ["NewProduct", "recorded", "recording"]

_Results = TypeVar("_Results", bound=StageResults)


@dataclass
class NewProduct:
    """A product in the making.

    Attributes:
        path: Where it is made.
        results: What the stage records of it; must be set before it is done.
        seconds: How long it took, in seconds, where it was made together with others; None measures it.
        destination: Where it goes; None for where its stage has it.
    """

    path: Path
    results: StageResults | None = None
    seconds: float | None = None
    destination: Path | None = None


@contextmanager
def recording(stage: Any, kept: bool = True) -> Iterator[NewProduct]:
    """Prepare the directory of a branch's product; at the end, write its statistics and give it its name.

    The name comes last, so that what is done has statistics, and what a killed run left is swept with its stage.

    Args:
        stage: The task of the branch.
        kept: False records statistics alone: nothing was made at the path.

    Yields:
        The product to make and to describe.

    Raises:
        TypeError: When its results were not set.
    """
    branch = stage.branch_data
    location = stage.location(branch)
    if not location.parameters.exists():
        inputs = stage.variant_inputs(branch.dataset).described(stage.content_of)
        dump_json(location.parameters, inputs.document())
    started = time.perf_counter()
    with _noting_failure(location.failure_note, type(stage).__name__), atomic.unnamed(location.product) as temporary:
        new = NewProduct(temporary)
        yield new
        if new.results is None:
            msg = f"{type(stage).__name__} has made {location.product} and recorded nothing of it"
            raise TypeError(msg)
        product = new.destination or stage.destination(branch, new.results)
        record = BranchRecord(
            results=new.results,
            dataset=branch.dataset,
            product=product.name if kept else "",
            seconds=round(time.perf_counter() - started if new.seconds is None else new.seconds, 6),
            bytes_written=_size(temporary) if kept else 0,
            peak_memory_mb=round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        )
        dump_json(location.statistics, record.to_document())
        if kept:
            atomic.name(temporary, product)
    stage.results = new.results


def recorded(stage: Any, branch: BranchFiles, kind: type[_Results]) -> _Results:
    """Return what a stage recorded of a branch.

    Args:
        stage: The task of the stage.
        branch: A branch that is done.
        kind: What the stage records.
    """
    from steps import branch_statistics

    return branch_statistics.read(stage.location(branch).statistics, kind).results


@contextmanager
def _noting_failure(note: Path, stage: str) -> Iterator[None]:
    """Leave the reason of a failure beside the statistics, for Summary, until the branch succeeds.

    Of stages that are made together, the one that failed has it.
    """
    try:
        yield
    except Exception as error:
        blame(error, stage)
        if failing_stage(error) != stage:
            raise
        with suppress(OSError):  # whatever is in the way, the error itself is what must be seen
            note.parent.mkdir(parents=True, exist_ok=True)
            text = "\n".join([f"{type(error).__name__}: {error}", *getattr(error, "__notes__", ())])
            note.write_text(messages.sentence(error) or text, encoding="utf-8")
        raise
    note.unlink(missing_ok=True)


def _size(path: Path) -> int:
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(file.stat().st_size for file in files if file.is_file())
