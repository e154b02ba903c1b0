"""The input files of a branch, and how the files of a run are divided among branches."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Literal, NamedTuple

from targets.catalogue import input_files
from targets.catalogue.input_files import InputFile, sample_order
from targets.documents.digests import digest

__all__ = ["BranchFiles", "Division", "Granularity", "divide"]

Granularity = Literal["group", "dataset", "run"]
"""What a branch is: ``files_per_branch`` files of one dataset, all files of a dataset, or all files of the run."""


class BranchFiles(NamedTuple):
    """The input files of one branch.

    Attributes:
        dataset: What they are counted with; of a whole run, its first.
        files: The files, in the order of the dataset's list.
        digest: Sixteen hex digits that stand for exactly these files as they are.
    """

    dataset: str
    files: tuple[InputFile, ...]
    digest: str

    @property
    def sample(self) -> str:
        """The dataset that its first file is listed with: of a group of a combined dataset, its sample."""
        return self.files[0].dataset


class Division(NamedTuple):
    """The branches of a stage, by dataset.

    Attributes:
        listed: Those of the datasets as they are listed, in the order of the run's list.
        combined: Those of the combined datasets of simulation, of which each holds all samples of a release that are
            read, in rising order of sample.
        samples: The datasets of the samples of each combined dataset, in this order.
    """

    listed: Mapping[str, list[BranchFiles]]
    combined: Mapping[str, list[BranchFiles]]
    samples: Mapping[str, tuple[str, ...]]

    def of(self, dataset: str) -> list[BranchFiles]:
        """Return the branches of a dataset, listed or combined; none of one that is neither."""
        return [*self.listed.get(dataset, ()), *self.combined.get(dataset, ())]


@lru_cache(maxsize=8)  # every branch asks, and the digests of a long list take a while
def divide(files: tuple[InputFile, ...], granularity: Granularity, files_per_branch: int) -> Division:
    """Divide the files of a run among branches.

    Args:
        files: The run's files, at least one.
        granularity: What a branch is.
        files_per_branch: Files of a group.

    Returns:
        The files of each branch.
    """
    samples = _samples(files)
    if granularity == "run":
        return Division({files[0].dataset: [_branch(files[0].dataset, files)]}, {}, samples)
    by_dataset: dict[str, list[InputFile]] = {}
    for file in files:
        by_dataset.setdefault(file.dataset, []).append(file)
    size = files_per_branch if granularity == "group" else len(files)
    groups = {
        dataset: [_branch(dataset, tuple(listed[start : start + size])) for start in range(0, len(listed), size)]
        for dataset, listed in by_dataset.items()
    }
    combined = {}
    for name, datasets in samples.items():
        parts = [branch._replace(dataset=name) for dataset in datasets for branch in groups[dataset]]
        whole = tuple(file for part in parts for file in part.files)
        combined[name] = parts if granularity == "group" else [_branch(name, whole)]
    return Division(groups, combined, samples)


def _samples(files: Sequence[InputFile]) -> dict[str, tuple[str, ...]]:
    """Return the samples of each release of which several are read, by the name of the combined dataset."""
    releases: dict[str, dict[str, str]] = {}
    for file in files:
        if (name := file.combined_dataset) is not None:
            releases.setdefault(name, {})[file.sample] = file.dataset
    return {
        name: tuple(samples[key] for key in sorted(samples, key=sample_order))
        for name, samples in releases.items()
        if len(samples) > 1
    }


def _branch(dataset: str, files: tuple[InputFile, ...]) -> BranchFiles:
    return BranchFiles(dataset, files, digest([input_files.identity(file) for file in files], 16))
