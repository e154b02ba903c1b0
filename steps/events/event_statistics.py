"""The event level in the statistics of a dataset: sums over branches, and what a physicist must see of them."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict, fields
from functools import reduce

from edm.records.branch_records import ParsedFiles
from edm.records.documents import from_document
from edm.records.duplicates import DuplicateEvents
from edm.records.event_level import EventLevel, ExactLuminosity, LuminosityNumbers
from edm.records.statistics import DatasetStatistics
from edm.wording import amount, first_few
from physics.events.good_runs import Blocks, LuminosityTable, luminosity
from physics.events.result import EventResult
from steps.errors import StageError
from targets.catalogue.run_lists import find_run_lists
from targets.errors import ConfigurationError

__all__ = ["add_events", "describe_duplicates", "describe_luminosity", "warnings"]

_SHOWN = 5


def add_events(parsed: Iterable[ParsedFiles], table: LuminosityTable | None = None) -> EventLevel:
    """Add up what the event level said of branches; luminosity blocks count once, wherever they were seen.

    Args:
        parsed: What ParseFile recorded.
        table: Luminosity by block, for the exact sum.

    Returns:
        The sum.

    Raises:
        StageError: When a list of good runs that was asked is no longer there.
    """
    recorded = [branch for branch in parsed if branch.event_cutflow]
    results = (
        EventResult.from_dict(vars(branch) | {"event_cutflow": [vars(row) for row in branch.event_cutflow]})
        for branch in recorded
    )
    result = reduce(EventResult.add, results, EventResult())
    names = sorted({name for branch in recorded for name in branch.run_lists})
    sums = _sum_luminosity(result.blocks, names, table)
    document = result.as_dict() | {
        "luminosity": {part.name: sums[part.name] for part in fields(LuminosityNumbers)},
        "exact_luminosity": {part.name: sums[part.name] for part in fields(ExactLuminosity)}
        if table and names
        else None,
        "run_lists": names,
        "no_score": sum(branch.no_score for branch in recorded),
        "non_finite_weights": sum(branch.non_finite_weights for branch in recorded),
        "non_finite_met": sum(branch.non_finite_met for branch in recorded),
    }
    return from_document(EventLevel, document)


def describe_luminosity(events: EventLevel) -> str:
    """Write luminosity blocks and luminosity as a sentence; an estimate has a ≈ before it.

    Args:
        events: What the event level said of a dataset.

    Returns:
        The sentence; empty where no list of good runs was asked.
    """
    numbers = events.luminosity
    if numbers is None or not numbers.blocks_seen:
        return ""
    text = f"{numbers.blocks_good:,} of {numbers.blocks_seen:,} luminosity blocks good"
    if (exact := events.exact_luminosity) is not None:
        lacking = exact.blocks_without_luminosity
        text += f", {exact.exact_pb:.6g} 1/pb by the table of luminosities"
        text += f" ({amount(lacking, 'good block')} not in it, counted as 0)" if lacking else ""
    elif numbers.estimate_pb is not None:
        text += f" (of {numbers.blocks_in_list:,} in the lists), ≈ {numbers.estimate_pb:.4g} 1/pb"
    return text


def describe_duplicates(duplicates: DuplicateEvents) -> str:
    """Write what the comparison of a dataset's events found as a sentence.

    Args:
        duplicates: What FindDuplicates recorded.
    """
    compared = amount(duplicates.events, "event")
    if not duplicates.copies:
        return f"{compared} compared, none is there twice"
    largest = duplicates.pairs[0]
    shared = f"most of them, {largest.events:,}, in {largest.first} and {largest.second}"
    return f"{compared} compared, of which {duplicates.copies:,} are copies of others and left out ({shared})"


def warnings(statistics: DatasetStatistics) -> list[str]:
    """Say what was asked of events and not applied, or applied to no avail.

    Args:
        statistics: Of a dataset.

    Returns:
        A sentence for each.
    """
    return [*_not_applied(statistics), *_runs_and_paths(statistics), *_simulation(statistics)]


def _not_applied(events: EventLevel) -> Iterator[str]:
    applied = {row.name: row.applied for row in events.event_cutflow}
    for everywhere in (True, False):
        rows = {row: names for row, names in events.not_applied.items() if (not applied.get(row)) == everywhere}
        trigger = rows.pop("trigger", None)
        if rows:
            texts = [row if list(names) == [row] else f"{row} ({', '.join(names)})" for row, names in rows.items()]
            where = "not applied" if everywhere else "not applied to some files"
            reason = "are in no file of the dataset (perhaps misspelt)" if everywhere else "are not in all files"
            yield f"{where}: {', '.join(texts)}; the branches {reason}"
        if trigger is not None:
            of_files = "for: the files" if everywhere else "of some files: they"
            yield f"no trigger was asked {of_files} have no trigger branch at all"


def _runs_and_paths(events: EventLevel) -> Iterator[str]:
    good = events.blocks.get("good", {})
    if runs := [run for run in events.blocks.get("seen", {}) if run not in good]:
        without = f"{amount(len(runs), 'run')} without a good luminosity block"
        yield f"{without}, all events left out: {first_few(runs, _SHOWN)}"
    if silent := [path for path, number in events.events_per_path.items() if not number]:
        yield f"trigger paths that never fired: {', '.join(silent)}"
    if events.missing_paths:
        yield f"trigger paths that files lack: {', '.join(events.missing_paths)}"
    if events.chosen_by_mc_period:
        taken = amount(events.chosen_by_mc_period, "event")
        yield f"{taken} took the triggers of mc_period: their runs lie in no period"
    if events.non_finite_weights:
        yield f"{amount(events.non_finite_weights, 'event')} with a weight that is not finite, counted as 0"
    if events.non_finite_met:
        yield (
            f"{amount(events.non_finite_met, 'event')} whose missing transverse momentum is not finite, without masses "
            "with it"
        )
    if events.no_score:
        yield f"{amount(events.no_score, 'jet')} without a score of the b-tagger, taken for no b-jets"


def _simulation(statistics: DatasetStatistics) -> Iterator[str]:
    simulated, files = statistics.simulated_files, sum(statistics.formats.values())
    if 0 < simulated < files:
        yield f"a mixture: {simulated} of {amount(files, 'file')} are simulation, the others collisions"


def _sum_luminosity(blocks: Blocks, names: list[str], table: LuminosityTable | None) -> dict[str, float | None]:
    try:
        return asdict(luminosity(blocks, find_run_lists(names, None), table))
    except ConfigurationError as error:
        msg = f"the luminosity cannot be summed: {error}"
        raise StageError(msg) from error
