"""What differs between two runs: parameters, input files, cutflow, histograms."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from edm.wording import amount
from results import commands
from results.run import Run, open_run
from results.tables import Table

__all__ = ["compare"]

_SHOWN = 10


def compare(first: Path, second: Path) -> list[str]:
    """Compare the latest commands of two runs.

    Args:
        first: The directory of one run.
        second: That of the other.

    Returns:
        Lines of text: what differs, or that nothing does.

    Raises:
        ConfigurationError: When one is not the directory of a run that has ended.
    """
    runs = open_run(first), open_run(second)
    lines = ["parameters:", *_differences(*(run.parameters for run in runs))]
    for dataset in sorted(set(runs[0].datasets) | set(runs[1].datasets)):
        lines += [f"dataset {dataset}:", *_compare_dataset(runs, dataset, (first, second))]
    return lines


def _compare_dataset(runs: tuple[Run, Run], dataset: str, folders: tuple[Path, Path]) -> Iterator[str]:
    for run, folder in zip(runs, folders, strict=True):
        if dataset not in run.datasets:
            yield f"  {folder} does not have it"
            return
    yield from _section("input files", *(_files(folder, dataset) for folder in folders))
    yield from _section("events left after each step", *(_column(run.cutflow(dataset)) for run in runs))
    yield from _section("final states (events)", *(_column(run.final_states(dataset)) for run in runs))
    first, second = (run.contents(dataset) for run in runs)
    entries = ({name: f"{bins.sum():g} entries" for name, (bins, _) in of_run.items()} for of_run in (first, second))
    yield from _section("histograms", *entries)
    shared = first.keys() & second.keys()
    differ = sorted(name for name in shared if not all(map(np.array_equal, first[name], second[name])))
    listed = f"; different: {', '.join(differ[:_SHOWN])}{' ...' if len(differ) > _SHOWN else ''}" if differ else ""
    yield f"    {len(shared) - len(differ)} of the {amount(len(shared), 'histogram')} of both are identical{listed}"


def _section(title: str, first: Mapping[str, Any], second: Mapping[str, Any]) -> Iterator[str]:
    yield f"  {title}:"
    yield from (f"  {line}" for line in _differences(first, second))


def _column(table: Table) -> dict[str, Any]:
    """Return the second column by the first."""
    return dict(zip(table[table.columns[0]], table[table.columns[1]], strict=True))


def _files(folder: Path, dataset: str) -> dict[str, str]:
    branches = commands.find(folder, None).branches(dataset)
    own = f"{folder.absolute()}/"  # files of the run directory itself, as toy data are, are named by their place there
    return {
        file.uri.removeprefix(own): f"{file.size} bytes, {file.checksum or 'no checksum'}"
        for branch in branches
        for file in branch.files
    }


def _differences(first: Mapping[str, Any], second: Mapping[str, Any]) -> list[str]:
    keys = [*first, *(key for key in second if key not in first)]
    differ = [key for key in keys if first.get(key) != second.get(key)]
    lines = [f"  {key}: {_shown(first.get(key))} | {_shown(second.get(key))}" for key in differ[:_SHOWN]]
    more = [f"  and {len(differ) - _SHOWN} more"] if len(differ) > _SHOWN else []
    return lines + more or ["  the same"]


def _shown(value: Any) -> str:
    return "not there" if value is None else str(value)
