"""ListRuns: which runs and luminosity blocks were read, which are good, and the luminosity."""

from collections.abc import Sequence
from typing import Any

from edm.records.statistics import DatasetStatistics
from edm.wording import amount
from targets.catalogue.run_lists import find_run_lists
from tasks.framework.sources import PrintingTask
from tasks.parameters.datasets import DatasetParameters
from tasks.stages.inputs.parse_file import ParseFile

__all__ = ["ListRuns", "describe"]

_TITLES = ("run", "blocks", "good", "list", "blocks read", "good blocks")


class ListRuns(DatasetParameters, PrintingTask):
    """Print which runs and luminosity blocks were read, which are good by which list, and the luminosity."""

    def requires(self) -> Any:
        """Require parsed data: what was read stands in their statistics."""
        return ParseFile.req(self)

    def lines(self) -> list[str]:
        """Return the runs of each dataset."""
        from steps import statistics

        parsing, table = ParseFile.req(self), self.luminosity_by_block()
        lines = list[str]()
        for branch in parsing.branches_of("dataset"):
            logs = {ParseFile.__name__: parsing.statistics(branch.dataset)}
            lines += describe(branch.dataset, statistics.of_branches(logs, table))
        return lines


def describe(dataset: str, summed: DatasetStatistics) -> list[str]:
    """Describe the runs of a dataset.

    Args:
        dataset: Its name.
        summed: The sum of the statistics of ParseFile.

    Returns:
        Lines of text: a row for each run, and the luminosity.
    """
    from steps.events.event_statistics import describe_luminosity
    from steps.output import tables

    if not summed.run_lists:
        simulation = "simulation is not asked" if summed.simulated_files else "their format or the options ask for none"
        return ["", f"dataset {dataset}: no list of good runs was asked of its files ({simulation})"]
    seen, good = summed.blocks["seen"], summed.blocks["good"]
    lists = find_run_lists(summed.run_lists, None)
    rows = []
    for run in sorted(seen, key=int):
        numbers = [_number(seen[run]), _number(good.get(run, ()))]
        listing = [run_list.name for run_list in lists if int(run) in run_list.runs]
        rows.append([run, *numbers, ", ".join(listing) or "not listed", _ranges(seen[run]), _ranges(good.get(run, ()))])
    head = f"dataset {dataset}: {amount(len(seen), 'run')} read, {len(good):,} with good luminosity blocks"
    return ["", head, *tables.table(_TITLES, rows, numeric=(1, 2)), f"luminosity: {describe_luminosity(summed)}"]


def _number(ranges: Sequence[tuple[int, int]]) -> str:
    return f"{sum(last - first + 1 for first, last in ranges):,}"


def _ranges(ranges: Sequence[tuple[int, int]]) -> str:
    return " ".join(str(first) if first == last else f"{first}-{last}" for first, last in ranges) or "none"
