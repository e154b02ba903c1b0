"""Plan: what a run would do, before it does anything."""

import errno
import os
import shutil
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from edm.records.branch_records import ParsedFiles
from edm.records.fetching import FetchDecision
from steps.errors import PlanError
from steps.estimates import Estimate, estimate, needs_by_device
from steps.output import tables
from targets.catalogue.input_files import InputFile
from tasks.framework.sources import PrintingTask
from tasks.parameters.histograms import HistogramParameters
from tasks.stages.histograms.fill_histograms import FillHistograms
from tasks.stages.histograms.make_histograms import MakeHistograms
from tasks.stages.inputs.fetch_metadata import FetchMetadata
from tasks.stages.inputs.parse_file import ParseFile
from tasks.stages.masses.compute_masses import ComputeMasses
from tasks.stages.masses.count_masses import CountMasses
from tasks.stages.masses.find_duplicates import FindDuplicates
from tasks.stages.masses.find_peaks import FindPeaks
from tasks.stages.masses.remove_peaks import RemovePeaks

__all__ = ["Plan", "Work", "account", "describe", "describe_hosts", "measured_hosts"]

_STAGES = (
    ParseFile,
    FindDuplicates,
    ComputeMasses,
    CountMasses,
    FindPeaks,
    RemovePeaks,
    FillHistograms,
    MakeHistograms,
)

_MANY_FILES = 500
"""Above this many branches a stage is easier to handle with more files in each."""


class Work(NamedTuple):
    """What a stage has to do: its branches, and how many of them are done."""

    stage: str
    branches: int
    done: int


class Plan(HistogramParameters, PrintingTask):
    """Print what the run would read, make and store, and check that it can start; nothing is read or written."""

    def lines(self) -> list[str]:
        """Return the plan; fail when the run cannot start."""
        catalogue = FetchMetadata.req(self).preview()
        files = FetchMetadata.req(self).files()
        options = ParseFile.req(self).options(files[0].dataset)
        for release in {file.release for file in files} & {schema.name for schema in options.schemas}:
            options.selection.columns(release)
        streamed = {schema.name for schema in options.schemas if schema.fetch == "stream"}
        cost = estimate(self.to_read(), self.schema, self.fetch, streamed, self.keep_downloads)
        kept = self.keep_parsed, self.keep_masses
        lines = [*catalogue.notes, *describe(files, self.work(), self.files_per_branch), *account(cost, *kept)]
        lines += describe_hosts(measured_hosts(ParseFile.req(self).statistics()))
        return [*lines, *self.space(cost._replace(stored=cost.kept(*kept)), options.fetch.folder)]

    def to_read(self) -> list[InputFile]:
        """List the files that the run would read.

        They are those of the branches that are not done, or of which a record alone is there and masses are needed.
        """
        parsing, makers = ParseFile.req(self), (ComputeMasses.req(self), CountMasses.req(self))
        branches = [branch for branch in parsing.branches_of("group") if not parsing.has_objects(branch)]
        done = [
            parsing.product(branch).exists() and any(maker.product(branch).exists() for maker in makers)
            for branch in branches
        ]
        return [file for branch, is_done in zip(branches, done, strict=True) if not is_done for file in branch.files]

    def work(self) -> list[Work]:
        """Return the work of each stage whose products are kept; FindDuplicates may have none."""
        left_out = () if self.keep_masses else (ComputeMasses, RemovePeaks, FillHistograms)
        return [part for stage in _STAGES if stage not in left_out and (part := _work(stage.req(self))).branches]

    def space(self, cost: Estimate, cache: Path) -> list[str]:
        """Compare what the run may store with the free space.

        Raises:
            PlanError: When a folder cannot be written or has too little space.
            OSError: As the run would, when a file is in the way of its folder.
        """
        _check_way(FetchMetadata.req(self).path().parent)  # what a run makes first
        run, downloads = _existing(self.run_directory()), _existing(cache)
        needs = {run: cost.stored} | ({downloads: cost.downloads} if downloads != run else {})
        if downloads == run:
            needs[run] += cost.downloads
        lines = []
        for folder, needed in needs_by_device(needs).items():
            if not os.access(folder, os.W_OK | os.X_OK):
                msg = f"the run cannot start: {folder} is not writable; choose another base_output_dir"
                raise PlanError(msg)
            free = shutil.disk_usage(folder).free
            if needed > free:
                msg = (
                    f"the run cannot start: it may store {tables.size(needed)} in {folder}, which has "
                    f"{tables.size(free)} free; choose another base_output_dir, or fewer files"
                )
                raise PlanError(msg)
            lines.append(f"free in {folder}: {tables.size(free)}; the run needs up to about {tables.size(needed)}")
        return lines


def account(cost: Estimate, keep_parsed: bool = True, keep_masses: bool = True) -> list[str]:
    """Say what is to be read and stored, and what each choice of what is kept costs.

    Args:
        cost: The estimate.
        keep_parsed: Whether parsed data are kept.
        keep_masses: Whether masses are kept.

    Returns:
        Lines of text.
    """
    guessed = (
        f" ({cost.guessed} files of unknown size, estimated as the average of their format)" if cost.guessed else ""
    )
    unknown = f"; {cost.unknown} files of unknown size and format are not counted" if cost.unknown else ""
    kept = f", and {tables.size(cost.downloads)} in the cache of downloads" if cost.downloads else ""
    return [
        f"to read: about {tables.size(cost.read)} of {tables.size(cost.files)}{guessed}{unknown}",
        f"to store: up to about {tables.size(cost.kept(keep_parsed, keep_masses))} in the run directory{kept}",
        *_choices(cost, keep_parsed, keep_masses),
    ]


def _choices(cost: Estimate, keep_parsed: bool, keep_masses: bool) -> list[str]:
    """Say what is stored less, and what it costs later, where parsed data or masses are not kept."""
    masses = cost.kept(True, True) - cost.kept(True, False)
    parts = (("parsed data", "keep-parsed", keep_parsed, cost.parsed), ("masses", "keep-masses", keep_masses, masses))
    sizes = [
        f"{what} {tables.size(size)} ({f'--{name} False keeps none' if kept else 'not kept'})"
        for what, name, kept, size in parts
        if size
    ]
    later = "what is not kept is read from the input again when something needs it"
    return [f"of which {', '.join(sizes)}; {later}"] if sizes else []


def measured_hosts(paths: Iterable[Path]) -> dict[str, FetchDecision]:
    """Collect what branches that are done measured of the hosts that their files are on.

    Args:
        paths: Statistics of ParseFile; those that do not exist are passed over.

    Returns:
        The last decision between streaming and downloading, by host.
    """
    from steps import branch_statistics

    records = [branch_statistics.read(path, ParsedFiles) for path in islice(filter(Path.exists, paths), _MANY_FILES)]
    files = [file for record in records for file in record.results.files if file.fetch]
    return {urlsplit(file.uri).netloc: file.fetch for file in files if file.fetch}


def describe_hosts(decisions: Mapping[str, FetchDecision]) -> list[str]:
    """Say how fast hosts are, and which way of reading that decides for.

    Args:
        decisions: By host.

    Returns:
        Lines of text.
    """
    lines = []
    for host, decision in sorted(decisions.items()):
        way = "downloaded" if decision.is_download() else "streamed"
        lines.append(
            f"{host}: {decision.round_trip_s * 1000:.0f} ms and {tables.size(decision.bytes_per_s)}/s a connection, so "
            f"that a file of {tables.size(decision.file_bytes)} is {way}: {decision.requests} requests for "
            f"{tables.size(decision.stream_bytes)} take {decision.stream_s():.1f} s, a download "
            f"{decision.download_s():.1f} s"
        )
    return lines


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
        sizes = [file.size for file in group if file.size is not None]
        unknown = f" and {len(group) - len(sizes)} files of unknown size" if len(sizes) < len(group) else ""
        lines.append(f"{name:32} {group[0].data_type:4} {len(group):7}   {tables.size(sum(sizes)):>10}{unknown}")
    lines.append("stage              branches     done   to run")
    lines += [f"{stage:16} {total:10} {done:8} {total - done:8}" for stage, total, done in work]
    if len(files) > _MANY_FILES * files_per_branch:
        advice = -(-len(files) // _MANY_FILES)
        lines.append(f"advice: --files-per-branch {advice} makes at most {_MANY_FILES} branches and changes no result")
    return lines


def _check_way(folder: Path) -> None:
    existing = next(path for path in (folder, *folder.parents) if os.path.lexists(path))
    if not existing.is_dir():
        code = errno.EEXIST if existing == folder else errno.ENOTDIR
        raise OSError(code, os.strerror(code), str(folder))


def _existing(folder: Path) -> Path:
    return next(path for path in (folder, *folder.parents) if path.is_dir())


def _work(stage: Any) -> Work:
    targets = [stage.target(branch) for branch in stage.branches_of(stage.granularity)]
    return Work(type(stage).__name__, len(targets), sum(target.exists() for target in targets))


def _by_dataset(files: Iterable[InputFile]) -> Mapping[str, list[InputFile]]:
    datasets: dict[str, list[InputFile]] = {}
    for file in files:
        datasets.setdefault(file.dataset, []).append(file)
    return datasets
