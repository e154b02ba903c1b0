"""The input files of a branch, and how the files of a run are divided among branches."""

from functools import lru_cache
from typing import Literal, NamedTuple

from targets.catalogue import input_files
from targets.catalogue.input_files import InputFile
from targets.documents.digests import digest

__all__ = ["BranchFiles", "Granularity", "divide"]

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


def divide(files: tuple[InputFile, ...], granularity: Granularity, files_per_branch: int) -> list[BranchFiles]:
    """Divide the files of a run among branches.

    Args:
        files: The run's files, at least one.
        granularity: What a branch is.
        files_per_branch: Files of a group.

    Returns:
        The files of each branch, in the order of the run's list.
    """
    if granularity == "run":
        return [_branch(files)]
    return _groups(files, files_per_branch if granularity == "group" else len(files))


@lru_cache(maxsize=8)  # every branch asks, and the digests of a long list take a while
def _groups(files: tuple[InputFile, ...], size: int) -> list[BranchFiles]:
    by_dataset: dict[str, list[InputFile]] = {}
    for file in files:
        by_dataset.setdefault(file.dataset, []).append(file)
    return [
        _branch(tuple(listed[start : start + size]))
        for listed in by_dataset.values()
        for start in range(0, len(listed), size)
    ]


@lru_cache(maxsize=2)
def _branch(files: tuple[InputFile, ...]) -> BranchFiles:
    return BranchFiles(files[0].dataset, files, digest([input_files.identity(file) for file in files], 16))
