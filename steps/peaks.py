"""The work of CountMasses, FindPeaks and RemovePeaks: counts of each branch, cuts from their sum, cuts applied."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from physics import combinations, peaks, resonances
from physics.peaks import Cut, Distribution
from physics.resonances import Resonance, Windows
from steps.errors import EmptyResultError
from targets.documents.json import load_json
from targets.errors import FileFormatError
from targets.products import mass_arrays, mass_counts
from targets.products.mass_counts import Row

__all__ = ["PeakSearch", "count", "find", "load_table", "remove"]

_LARGEST_NAMED = 5


@dataclass(frozen=True)
class PeakSearch:
    """How peaks are searched.

    Attributes:
        min_events: Events that a final state needs in the dataset.
        width_gev: Bin width of the grid in GeV.
        max_mass_gev: Masses above this are set aside, in GeV.
        resonances: The known resonances to remove.
    """

    min_events: int
    width_gev: float
    max_mass_gev: float
    resonances: tuple[Resonance, ...]
    _windows: dict[str, Windows] = field(default_factory=dict, init=False, repr=False, compare=False)

    def windows(self, name: str) -> Windows:
        """Give what known resonances take from ``final_state/combination``."""
        combination = name.split("/")[1]
        if combination not in self._windows:  # many final states have the same combinations
            parsed = combinations.parse(combination)
            self._windows[combination] = resonances.windows(parsed, self.resonances, self.width_gev)
        return self._windows[combination]


def count(source: Path, path: Path, search: PeakSearch) -> dict[str, Any]:
    """Count the masses of one branch on the grid of the peak search.

    Args:
        source: The masses of the branch.
        path: The file of counts to make.
        search: How peaks are searched.

    Returns:
        The statistics: masses counted and combinations.
    """
    found: dict[str, Distribution] = {}
    for name, values in mass_arrays.read(source):
        part = peaks.measure(values, search.windows(name), search.width_gev, search.max_mass_gev)
        found[name] = peaks.merge([found[name], part]) if name in found else part
    rows = [Row(name, search.width_gev, one.counts, one.above, one.in_window) for name, one in found.items()]
    mass_counts.write(path, rows)
    return {"combinations": len(rows), "masses": sum(int(row.counts.sum()) + row.above for row in rows)}


def find(dataset: str, sources: Iterable[Path], search: PeakSearch, note: Callable[[], str] = str) -> dict[str, Any]:
    """Find the cuts of a dataset.

    Args:
        dataset: Its name, for the message.
        sources: The counts of all its branches.
        search: How peaks are searched.
        note: Says what else may be why there is no histogram; empty for nothing.

    Returns:
        The table of cuts: ``final_states`` with the events of each, and ``cuts`` by ``final_state/combination`` for
        those with enough events.

    Raises:
        EmptyResultError: When no combination would give a histogram.
    """
    merged = {row.name: Distribution(row.counts, row.above, row.in_window) for row in mass_counts.add_up(sources)}
    events = _events(merged)
    cuts = {
        name: peaks.find_cut(distribution, search.windows(name), search.width_gev)
        for name, distribution in merged.items()
        if events[name.split("/")[0]] >= search.min_events
    }
    if not any(cut.reason is None for cut in cuts.values()):
        raise EmptyResultError(". ".join(filter(None, [_nothing(dataset, events, cuts, search), note()])))
    return {
        "dataset": dataset,
        "final_states": {state: {"events": n, "kept": n >= search.min_events} for state, n in events.items()},
        "cuts": {name: cut.as_dict() for name, cut in cuts.items()},
    }


def load_table(path: Path) -> dict[str, Any]:
    """Read a table of cuts.

    Args:
        path: The file that was made of what :func:`find` gave.

    Returns:
        The table; the same one for the same file, not to be changed.

    Raises:
        UnreadableFileError: When the file is not there.
        FileFormatError: When it is damaged, or no table of cuts.
    """
    status = path.stat() if path.exists() else None
    return _load_table(path, status and (status.st_ino, status.st_size, status.st_mtime_ns))


@lru_cache(maxsize=2)  # every branch asks
def _load_table(path: Path, state: object) -> dict[str, Any]:  # noqa: ARG001 (a changed file is another key)
    table = load_json(path)
    try:
        ours = isinstance(table["dataset"], str) and all(_is_cut(name, row) for name, row in table["cuts"].items())
        ours = ours and all(
            isinstance(found["events"] + found["kept"], int) for found in table["final_states"].values()
        )
    except (LookupError, TypeError, AttributeError, ValueError):
        ours = False
    if not ours:
        msg = f"{path}: not a table of cuts as this project writes it; delete it: the next run remakes it"
        raise FileFormatError(msg)
    found: dict[str, Any] = table
    return found


def _is_cut(name: str, row: Mapping[str, Any]) -> bool:
    """Tell whether a row is one of a table: its classes hold all its entries."""
    cut, (_, combination) = Cut(**row), name.split("/")
    combinations.parse(combination)
    return cut.entries == cut.below + cut.window + cut.main + cut.outliers + cut.above and (
        (cut.reason is None) == (cut.start_gev is not None)
    )


def remove(source: Path, path: Path, table: Mapping[str, Any], search: PeakSearch) -> dict[str, Any]:
    """Apply the cuts of a dataset to the masses of one branch.

    Args:
        source: The masses of the branch.
        path: The file to make; its names end with ``/main`` and ``/outliers``.
        table: What :func:`find` gave.
        search: How peaks were searched.

    Returns:
        The statistics: masses in, in main and in outliers.
    """
    writer = mass_arrays.MassWriter(path.parent)
    entries, kept = 0, {"main": 0, "outliers": 0}
    for name, values in mass_arrays.read(source):
        entries += len(values)
        row = table["cuts"].get(name)
        if row is None or row["reason"] is not None:
            continue
        parts = peaks.split(values, Cut(**row), search.width_gev, search.max_mass_gev)
        for part, selected in zip(kept, parts, strict=True):
            writer.add(f"{name}/{part}", selected)
            kept[part] += len(selected)
    writer.write(path)
    return {"masses": entries, **kept}


def _events(merged: Mapping[str, Distribution]) -> dict[str, int]:
    """Count the events of each final state, the largest first: every combination has one mass an event."""
    events = {name.split("/")[0]: int(one.counts.sum()) + one.above for name, one in merged.items()}
    return dict(sorted(events.items(), key=lambda item: (-item[1], item[0])))


def _nothing(dataset: str, events: Mapping[str, int], cuts: Mapping[str, Cut], search: PeakSearch) -> str:
    largest = ", ".join(f"{state} ({n})" for state, n in list(events.items())[:_LARGEST_NAMED])
    found = f"its largest final states (events): {largest}" if largest else "no event has objects for any combination"
    return (
        f"dataset {dataset} gives no histogram: {found}. Thresholds: min_events_per_fs = {search.min_events}, "
        f"max_mass_gev = {search.max_mass_gev:g}, known_resonances = "
        f"{','.join(one.name for one in search.resonances) or 'none'}. {_remedy(cuts, has_events=bool(events))}"
    )


def _remedy(cuts: Mapping[str, Cut], has_events: bool) -> str:
    """Say which threshold left nothing, and what to do: cuts are those of the final states with enough events."""
    if not cuts:
        lower = "lower min_events_per_fs, " if has_events else ""
        return f"Read more files, {lower}or look at the cutflow in logs/ParseFile for what the selection took"
    entries, above = sum(cut.entries for cut in cuts.values()), sum(cut.above for cut in cuts.values())
    remedies = ["raise max_mass_gev"] if above else []
    remedies += ["name fewer known_resonances"] if entries > above else []
    return (
        f"Enough events are there, but of the {entries} masses of their combinations {above} lie above max_mass_gev, "
        f"and {entries - above} in windows of known resonances or below them: {' or '.join(remedies)}"
    )
