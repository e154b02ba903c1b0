"""Plan: what a run would do, before it does anything."""

import os
import shutil
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from targets.catalogue import InputFile
from tasks.errors import PlanError
from tasks.histograms import MakeHistograms
from tasks.masses import ComputeMasses
from tasks.metadata import FetchMetadata, SourceTask
from tasks.parameters import HistogramParameters
from tasks.parsing import ParseFile
from tasks.peaks import FindPeaks, RemovePeaks

__all__ = ["STORED_PER_BYTE", "Plan", "Work", "describe"]

_STAGES = (ParseFile, ComputeMasses, FindPeaks, RemovePeaks, MakeHistograms)

STORED_PER_BYTE: dict[str | None, float] = {
    "2016e-8tev": 0.6,
    "2020e-13tev": 1.5,
    "2025e-13tev-beta": 0.8,
    "2024r-pp": 0.05,
    "2024r-hi": 0.05,
    None: 0.8,
}
"""Bytes stored (parsed data, masses, processed masses) per byte of input, by release; None for files of any format.

Source: measured with the selection ``none`` on real files of each release (stop_wtchan and others, data_A and data_B,
record 93913, a PHYSLITE file), rounded up; ``default`` stores less. For other files the flat ntuples' value stands.
"""

_MANY_FILES = 500
"""Above this many branches a stage is easier to handle with more files in each."""


class Work(NamedTuple):
    """What a stage has to do: its branches, and how many of them are done."""

    stage: str
    branches: int
    done: int


class Plan(HistogramParameters, SourceTask):
    """Print what the run would read, make and store, and check that it can start; nothing is read or written."""

    exclude_index = False

    _printed = False

    def complete(self) -> bool:
        """Tell whether the plan has been printed: it is made anew each time."""
        return self._printed

    def run(self) -> None:
        """Print the plan; fail when the run cannot start."""
        found = FetchMetadata.req(self).preview()
        files = FetchMetadata.req(self).files()
        reading = ParseFile.req(self).reading()
        for release in {file.release for file in files} & {schema.name for schema in reading.schemas}:
            reading.selection.columns(release)
        work = [_work(stage.req(self)) for stage in _STAGES]
        self.tell("\n".join([*found.notes, *describe(files, work, self.files_per_branch), *self.space(files, work)]))
        self._printed = True

    def space(self, files: Sequence[InputFile], work: Sequence[Work]) -> list[str]:
        """Compare what the run may store with what is free.

        Raises:
            PlanError: When the folder cannot be written or has too little space.
        """
        folder = next(path for path in (self.run_folder(), *self.run_folder().parents) if path.is_dir())
        if not os.access(folder, os.W_OK | os.X_OK):
            msg = f"the run cannot start: {folder} may not be written; choose another base_output_dir"
            raise PlanError(msg)
        parse = work[0]
        share = (parse.branches - parse.done) / parse.branches if parse.branches else 0
        stored = share * sum((file.size or 0) * STORED_PER_BYTE.get(file.release, 0.8) for file in files)
        free = shutil.disk_usage(folder).free
        if stored > free:
            msg = (
                f"the run cannot start: it may store {_bytes(stored)} in {folder}, where {_bytes(free)} are free; "
                "choose another base_output_dir, or fewer files"
            )
            raise PlanError(msg)
        return [f"to store: up to about {_bytes(stored)} in {self.run_folder()}; free there: {_bytes(free)}"]


def describe(files: Sequence[InputFile], work: Sequence[Work], files_per_branch: int) -> list[str]:
    """Describe the files and the work of a run.

    Args:
        files: The run's files; sizes in bytes.
        work: The work of each stage.
        files_per_branch: Files in a branch.

    Returns:
        Lines of text.
    """
    lines = ["dataset                          data   files        bytes"]
    for name, group in _by_dataset(files).items():
        known = [file.size for file in group if file.size is not None]
        unknown = f" and {len(group) - len(known)} files of unknown size" if len(known) < len(group) else ""
        lines.append(f"{name:32} {group[0].data_type:4} {len(group):7}   {_bytes(sum(known)):>10}{unknown}")
    lines.append("stage              branches     done   to run")
    lines += [f"{stage:16} {total:10} {done:8} {total - done:8}" for stage, total, done in work]
    if len(files) > _MANY_FILES * files_per_branch:
        advice = -(-len(files) // _MANY_FILES)
        lines.append(f"advice: --files-per-branch {advice} makes at most {_MANY_FILES} branches and changes no result")
    return lines


def _work(stage: Any) -> Work:
    targets = [stage.target(piece) for piece in stage.pieces(stage.cut)]
    return Work(type(stage).__name__, len(targets), sum(Path(target.abspath).exists() for target in targets))


def _by_dataset(files: Iterable[InputFile]) -> Mapping[str, list[InputFile]]:
    datasets: dict[str, list[InputFile]] = {}
    for file in files:
        datasets.setdefault(file.dataset, []).append(file)
    return datasets


def _bytes(number: float) -> str:
    for unit in ("B", "kB", "MB", "GB"):
        if number < 1000:
            return f"{number:.3g} {unit}"
        number /= 1000
    return f"{number:.3g} TB"
