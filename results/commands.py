"""Which command of a run is looked at: its run.cfg, and the variants that it made."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from targets.catalogue import file_lists
from targets.catalogue.branch_files import BranchFiles, Granularity, divide
from targets.documents import run_file
from targets.documents.run_file import RunFile
from targets.errors import ConfigurationError

__all__ = ["DIRECTORIES", "Command", "find"]

DIRECTORIES = {
    "FetchMetadata": "metadata",
    "ParseFile": "parsed_data",
    "FindDuplicates": "duplicates",
    "ComputeMasses": "im_arrays",
    "CountMasses": "mass_counts",
    "FindPeaks": "peaks",
    "RemovePeaks": "im_arrays_processed",
    "FillHistograms": "histogram_counts",
    "MakeHistograms": "histograms",
    "MakePlots": "plots",
    "InjectSignal": "injected",
    "ScanHistograms": "scan",
    "PlotScan": "scan_plots",
    "MakeReport": "report",
    "ExportArrays": "exported_arrays",
    "ExportBumpNet": "bumpnet",
}
"""The directory of each stage in the run directory."""

_KEPT_BY = {"ParseFile": "keep_parsed", "ComputeMasses": "keep_masses"}
"""The parameter that decides whether products of a stage are kept."""


@dataclass(frozen=True)
class Command:
    """A command that made results.

    Attributes:
        folder: The run directory.
        described: What its run.cfg says.
    """

    folder: Path
    described: RunFile

    @property
    def datasets(self) -> tuple[str, ...]:
        """Names of its datasets."""
        return tuple(self.described.variants)

    def variant(self, stage: str, dataset: str) -> str:
        """Return the variant of a stage.

        Args:
            stage: Its name.
            dataset: A dataset's name.

        Raises:
            ConfigurationError: When the command did not make this stage.
        """
        stages = self.described.variants[dataset]
        if stage not in stages:
            msg = f"{self.described.path}: {self.described.task} did not make {stage}; run a task that does"
            raise ConfigurationError(msg)
        return stages[stage]

    def directory(self, stage: str, dataset: str) -> Path:
        """Return the directory of a stage's variant."""
        variant = self.variant(stage, dataset)
        return self.folder / DIRECTORIES[stage] / variant

    def statistics(self, stage: str, dataset: str) -> Iterator[Path]:
        """Yield the statistics files of the branches of a stage."""
        folder = self.folder / "logs" / stage / self.variant(stage, dataset)
        granularity: Granularity = "dataset" if stage in ("FindPeaks", "MakeHistograms") else "group"
        yield from (folder / f"{branch.digest}.json" for branch in self.branches(dataset, granularity))

    def products(self, stage: str, dataset: str, suffix: str) -> list[Path]:
        """Return the products of the branches of ParseFile or ComputeMasses, in their order.

        Raises:
            ConfigurationError: When one is not there: it was deleted, or not kept.
        """
        paths = [  # those of a combined dataset are its samples'
            self.directory(stage, branch.sample) / f"{branch.digest}{suffix}" for branch in self.branches(dataset)
        ]
        incomplete = [path.with_suffix(f".incomplete{path.suffix}") for path in paths]
        chosen = [partial if partial.exists() else path for path, partial in zip(paths, incomplete, strict=True)]
        if absent := [path for path in chosen if not path.exists()]:
            remedy = f"pipeline run {self.described.path}"
            option = self.described.options.get(name := _KEPT_BY[stage])
            if option and option.value == "False":
                remedy = f"the run has {name} = False: in a copy of its run.cfg, set {name} = True and task = {stage}"
            msg = f"{absent[0]}: it does not exist ({len(absent)} of {len(chosen)}): {remedy}"
            raise ConfigurationError(msg)
        return chosen

    def branches(self, dataset: str, granularity: Granularity = "group") -> list[BranchFiles]:
        """Return the branches of a dataset."""
        files = file_lists.read(self.directory("FetchMetadata", dataset) / file_lists.NAME).files
        first, per_branch = self._number("max_files_to_process", 0), self._number("files_per_branch", 1)
        listed = tuple(files[:first] if first else files)
        return divide(listed, granularity, per_branch).of(dataset)

    def _number(self, name: str, default: int) -> int:
        option = self.described.options.get(name)
        return int(option.value) if option else default


def find(folder: Path, variant: str | None) -> Command:
    """Find the command whose results are wanted.

    Args:
        folder: The run directory.
        variant: The variant of any stage; None for the latest command.

    Returns:
        The command.

    Raises:
        ConfigurationError: When the folder is no run directory, or no command made this variant.
    """
    latest = folder / run_file.NAME
    if not latest.exists():
        msg = f"{latest}: there is no such file; name the directory of a run that has ended, such as runs/demo"
        raise ConfigurationError(msg)
    earlier = sorted((folder / "logs" / "commands").glob(f"*_{run_file.NAME}"), reverse=True)
    commands = [Command(folder, run_file.load(path)) for path in (latest, *earlier)]
    chosen = [
        command
        for command in commands
        if variant is None or any(variant in stages.values() for stages in command.described.variants.values())
    ]
    if not chosen or not chosen[0].datasets:
        made = sorted(
            {
                stages["MakeHistograms"]
                for command in commands
                for stages in command.described.variants.values()
                if "MakeHistograms" in stages
            }
        )
        asked = "has not ended" if variant is None else f"has no command that made the variant {variant}"
        msg = f"{folder}: the run {asked}; variants of MakeHistograms: {', '.join(made) or 'none'}"
        raise ConfigurationError(msg)
    return chosen[0]
