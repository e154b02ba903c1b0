"""The work of FindPeaks and RemovePeaks: cuts from the summed counts of all branches, and cuts applied."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path

import numpy as np

from edm.errors import RecordError
from edm.records.branch_records import RemovedPeaks
from edm.records.cut_table import Cut, CutTable, FinalStateCount
from edm.records.documents import from_document
from edm.spectra import Distribution, SpectrumKey
from physics import combinations, peaks, resonances
from physics.categories.known_structures import find_known_structures
from physics.errors import PhysicsError
from physics.resonances import Resonance, Windows
from steps.errors import EmptyResultError
from steps.weighting.masses import read_masses
from targets.documents.json import load_json
from targets.errors import FileFormatError
from targets.products import mass_arrays, mass_counts
from targets.products.mass_arrays import MassSink

__all__ = ["PeakSearch", "find", "load_table", "remove"]

_LARGEST_NAMED = 5


@dataclass(frozen=True)
class PeakSearch:
    """How peaks are searched.

    Attributes:
        min_events: Events that a final state needs in the dataset.
        width_gev: Bin width of the grid in GeV.
        max_mass_gev: Masses above this are set aside, in GeV.
        resonances: The known resonances to remove.
        z_window_gev: In runs with Z candidates, how far from the Z boson's mass pairs are such, in GeV; None in others.
    """

    min_events: int
    width_gev: float
    max_mass_gev: float
    resonances: tuple[Resonance, ...]
    z_window_gev: float | None = None
    _windows: dict[str, Windows] = field(default_factory=dict, init=False, repr=False, compare=False)

    def windows(self, combination: str) -> Windows:
        """Return what known resonances take from a combination such as ``e0e1j0``."""
        if combination not in self._windows:  # many final states have the same combinations
            parsed = combinations.parse(combination)
            windows = resonances.windows(parsed, self.resonances, self.width_gev, self.z_window_gev)
            self._windows[combination] = windows
        return self._windows[combination]


def find(
    dataset: str,
    sources: Iterable[Path],
    search: PeakSearch,
    jet_pt_gev: Iterable[float] = (),
    note: Callable[[], str] = str,
) -> CutTable:
    """Find the cuts of a dataset.

    Args:
        dataset: Its name, for the message.
        sources: The counts of all its branches.
        search: How peaks are searched.
        jet_pt_gev: The smallest pT of selected jets in GeV; several where formats have different ones.
        note: Says what else may be why there is no histogram; empty for nothing.

    Returns:
        The table of cuts.

    Raises:
        EmptyResultError: When no combination would give a histogram.
    """
    rows = mass_counts.add_up(sources, weighted=False)
    merged = {row.key: row.distribution for row in rows if not row.key.part}
    events = _events(merged)
    kept = {key: masses for key, masses in merged.items() if events[key.final_state] >= search.min_events}
    cuts = {key: _find_cut(key, masses, search, tuple(jet_pt_gev)) for key, masses in kept.items()}
    if not any(cut.reason is None for cut in cuts.values()):
        raise EmptyResultError(". ".join(filter(None, [_describe_nothing_left(dataset, events, cuts, search), note()])))
    final_states = {state: FinalStateCount(number, number >= search.min_events) for state, number in events.items()}
    return CutTable(dataset, final_states, cuts)


def _find_cut(key: SpectrumKey, masses: Distribution, search: PeakSearch, jet_pt_gev: tuple[float, ...]) -> Cut:
    cut = peaks.find_cut(masses, search.windows(key.combination), search.width_gev)
    structures = find_known_structures(combinations.parse(key.combination), jet_pt_gev)
    return replace(cut, structures=structures) if structures else cut


def load_table(path: Path) -> CutTable:
    """Read a table of cuts.

    Args:
        path: The file that was made of what :func:`find` returned.

    Returns:
        The table; the same one for the same file.

    Raises:
        UnreadableFileError: When the file is not there.
        FileFormatError: When it is damaged, or no table of cuts.
    """
    status = path.stat() if path.exists() else None
    return _load_table(path, status and (status.st_ino, status.st_size, status.st_mtime_ns))


@lru_cache(maxsize=2)  # every branch asks
def _load_table(path: Path, state: object) -> CutTable:  # noqa: ARG001 (a changed file is another key)
    try:
        table = from_document(CutTable, load_json(path))
        for key, cut in table.cuts.items():
            combinations.parse(key.combination)
            if not cut.is_consistent():
                msg = f"{key}: its classes do not hold all its entries"
                raise RecordError(msg)
    except (RecordError, PhysicsError) as error:
        msg = f"{path}: not a table of cuts as this project writes it ({error}); delete it: the next run remakes it"
        raise FileFormatError(msg) from error
    return table


def remove(
    source: Path, path: Path, table: CutTable, search: PeakSearch, sinks: Sequence[MassSink] = ()
) -> RemovedPeaks:
    """Apply the cuts of a dataset to the masses of one branch.

    Args:
        source: The masses of the branch.
        path: The file to make, with the parts ``main`` and ``outliers`` of each spectrum.
        table: What :func:`find` returned.
        search: How peaks were searched.
        sinks: What gets the masses of all spectra in the table too, and after these their parts, as they are.

    Returns:
        The statistics.
    """
    weighted = mass_arrays.is_weighted(source)
    writer = mass_arrays.MassWriter(path.parent, weighted)
    entries, kept = 0, {"main": 0, "outliers": 0}
    for key, masses, weighting in read_masses(source, 1.0 if weighted else None):
        entries += len(masses)
        cut, all_weights = table.cuts.get(key), None if weighting is None else weighting.weights
        if cut is None:
            continue
        for sink in sinks:
            sink.add(key, masses, all_weights)
        if cut.reason is not None:
            continue
        parts = peaks.find_parts(masses, cut, search.width_gev, search.max_mass_gev)
        for part, selected in zip(kept, parts, strict=True):
            weights = None if all_weights is None else all_weights[selected]
            for sink in (writer, *sinks):
                sink.add(key._replace(part=part), masses[selected], weights)
            kept[part] += int(np.count_nonzero(selected))
    writer.write(path)
    return RemovedPeaks(masses=entries, **kept)


def _events(merged: Mapping[SpectrumKey, Distribution]) -> dict[str, int]:
    """Count the events of each final state, the largest first: every combination has one mass an event.

    Those with missing momentum lack the events in which it is not finite; where a final state has no others, these
    events do not count.
    """
    events: dict[str, int] = {}
    for key, distribution in merged.items():
        events[key.final_state] = max(events.get(key.final_state, 0), distribution.entries())
    return dict(sorted(events.items(), key=lambda item: (-item[1], item[0])))


def _describe_nothing_left(
    dataset: str, events: Mapping[str, int], cuts: Mapping[SpectrumKey, Cut], search: PeakSearch
) -> str:
    largest = ", ".join(f"{state} ({number})" for state, number in list(events.items())[:_LARGEST_NAMED])
    populated = (
        f"its largest final states (events): {largest}" if largest else "no event has objects for any combination"
    )
    return (
        f"dataset {dataset} gives no histogram: {populated}. Thresholds: min_events_per_fs = {search.min_events}, "
        f"max_mass_gev = {search.max_mass_gev:g}, known_resonances = "
        f"{','.join(resonance.name for resonance in search.resonances) or 'none'}. "
        f"{_remedy(cuts, has_events=bool(events))}"
    )


def _remedy(cuts: Mapping[SpectrumKey, Cut], has_events: bool) -> str:
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
