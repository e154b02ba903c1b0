"""The work of MakePlots: statistics, cuts and counts of a dataset → which figures are drawn of them, and how."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from edm.records.cut_table import CutTable
from edm.records.statistics import DatasetStatistics
from physics.bins.bins import Bins
from plots import comparison as comparisons
from plots import cutflows, masses, overview, performance
from plots.masses import Spectrum
from plots.style import Label
from steps.counts.histogram_counts import BEFORE
from steps.output.figure_files import FigurePlan
from steps.output.simulation import Simulation, compare_spectra
from steps.peaks import PeakSearch
from steps.weighting.counts import AddRows
from targets.products import mass_counts

__all__ = ["Dataset", "FigureOptions", "plan"]


@dataclass(frozen=True)
class FigureOptions:
    """What is drawn.

    Attributes:
        formats: Suffixes of the files: png, pdf.
        final_states: The largest final states of which masses are drawn.
        combinations: Combinations of a final state that are drawn, the most populated first; 0 for all.
        width_gev: The bin width of masses before peak removal, in GeV.
        max_multiplicity: Objects of a kind in the top bucket; 0 for no limit.
    """

    formats: tuple[str, ...]
    final_states: int
    combinations: int
    width_gev: float
    max_multiplicity: int


@dataclass(frozen=True)
class Dataset:
    """What there is to draw of a dataset.

    Attributes:
        name: Its name.
        label: Where its data come from.
        statistics: The sum of the statistics of all branches.
        table: Its table of cuts.
        before: The files of masses counted on the grid of the peak search.
        after: The files of masses counted after peak removal; where they hold masses counted before it too, on the grid
            of the histograms, these are drawn.
        bins: The bins of the histograms that are drawn.
        simulation: The simulation that it is, or that is drawn under it; None where there is none with weights.
        add_after: Adds up the files of masses counted after peak removal; where these were not kept, it removes peaks.
    """

    name: str
    label: Label
    statistics: DatasetStatistics
    table: CutTable
    before: Sequence[Path]
    after: Sequence[Path]
    bins: Bins
    simulation: Simulation | None = None
    add_after: AddRows = mass_counts.add_up


def plan(dataset: Dataset, search: PeakSearch, options: FigureOptions) -> Iterator[FigurePlan]:
    """Plan the figures of a dataset: performance, data overview, final states, masses before and after peak removal.

    Args:
        dataset: What there is to draw.
        search: How peaks were searched.
        options: What is drawn.

    Yields:
        The figures; those for which there is nothing (deleted statistics, no selected object) are left out.
    """
    yield from _overview(dataset, search.min_events, options.max_multiplicity)
    by_state = {
        state: sorted(spectra, key=lambda spectrum: (-(spectrum.cut.main + spectrum.cut.outliers), spectrum.key))
        for state, spectra in _spectra(dataset, search, options).items()
    }
    yield from _simulated(dataset, search, [order[0] for order in by_state.values()], options.max_multiplicity)
    for state, order in by_state.items():
        yield from _masses(dataset, state, order, options)


def _simulated(
    dataset: Dataset, search: PeakSearch, spectra: Sequence[Spectrum], max_multiplicity: int
) -> Iterator[FigurePlan]:
    """Plan figures of simulation, with data over it or alone."""
    if (simulation := dataset.simulation) is None:
        return
    what = "data and simulation" if simulation.has_data else "simulation, normalised"
    for comparison in compare_spectra(simulation, spectra, dataset.before, search.width_gev):
        state, combination, _ = comparison.key
        title = f"{dataset.name}: {what}, mass of {combination} in {state}"
        draw = partial(comparisons.compare, dataset.label, comparison, simulation.stacked, max_multiplicity)
        yield FigurePlan(f"simulation_{state}_{combination}", title, draw)


def _masses(dataset: Dataset, state: str, order: Sequence[Spectrum], options: FigureOptions) -> Iterator[FigurePlan]:
    """Plan figures of the masses of a final state, the most populated combination first."""
    first = order[0]
    title = f"{dataset.name}: mass of {first.key.combination} in {state} before and after peak removal"
    draw_first = partial(masses.mass, dataset.label, first, options.max_multiplicity)
    yield FigurePlan(f"mass_{state}_{first.key.combination}", title, draw_first)
    if len(order) > 1:
        chosen = order[: options.combinations or len(order)]
        all_are = len(chosen) == len(order)
        shown = f"all {len(order)}" if all_are else f"the {len(chosen)} most populated of {len(order)}"
        title = f"{dataset.name}: masses in {state}, {shown} combinations"
        draw_pages = partial(masses.masses_of_final_state, dataset.label, chosen, options.max_multiplicity)
        yield FigurePlan(f"masses_{state}", title, draw_pages)


def _overview(dataset: Dataset, min_events: int, max_multiplicity: int) -> Iterator[FigurePlan]:
    label, summed, name = dataset.label, dataset.statistics, dataset.name
    if stages := {stage: total for stage, total in summed.stages.items() if total.branches}:
        draw = partial(performance.performance, label, stages)
        yield FigurePlan("performance", f"{name}: performance of each stage", draw)
    if rows := summed.event_cutflow:
        draw = partial(cutflows.event_cutflow, label, rows)
        yield FigurePlan("event_cutflow", f"{name}: events left after each step", draw)
    if cutflow := summed.cutflow.rows:
        draw = partial(overview.events_per_dataset, label, {name: (summed.events.read, summed.events.written)})
        yield FigurePlan("events", f"{name}: events", draw)
        filled = {kind: rows for kind, rows in cutflow.items() if rows and rows[0].objects}
        draw = partial(cutflows.cutflow, label, filled or cutflow)
        yield FigurePlan("cutflow", f"{name}: objects left after each cut", draw)
    if states := summed.final_states:
        draw = partial(overview.multiplicities, label, states, max_multiplicity)
        yield FigurePlan("multiplicities", f"{name}: objects per event", draw)
        draw = partial(overview.largest_final_states, label, states, min_events, max_multiplicity)
        yield FigurePlan("final_states", f"{name}: most populated final states", draw)
    objects = {kind: counts for kind, counts in (summed.kinematics or {}).items() if counts["pt"].entries()}
    if objects:
        draw = partial(overview.kinematics, label, objects)
        yield FigurePlan("kinematics", f"{name}: selected objects", draw)


def _spectra(dataset: Dataset, search: PeakSearch, options: FigureOptions) -> dict[str, list[Spectrum]]:
    """Return the combinations with a histogram of the largest final states that have one, the largest first."""
    cuts, after, before = dataset.table.cuts, {}, {}
    unweighted = dataset.simulation is not None and not dataset.simulation.has_data
    counted = "Entries" if unweighted else "Events"
    for key, size, distribution in dataset.add_after(dataset.after, weighted=False):
        if key.part == BEFORE:
            if size == options.width_gev:
                before[key.whole()] = size, distribution.counts
        elif size == dataset.bins.size and (start_gev := cuts[key].start_gev) is not None:
            after[key] = dataset.bins.cut_out(distribution.counts, key.combination, start_gev)
    if not before:
        rows = mass_counts.add_up(dataset.before, weighted=False)
        before = {key: (width_gev, distribution.counts) for key, width_gev, distribution in rows}
    with_histogram = {key.final_state for key, histogram in after.items() if histogram is not None}
    states = [state for state in dataset.table.final_states if state in with_histogram][: options.final_states]
    spectra: dict[str, list[Spectrum]] = {state: [] for state in states}
    for key, (width_gev, counts) in before.items():
        if key.final_state in spectra and after.get(key) is not None:
            removed_to_gev = search.windows(key.combination).stop * search.width_gev
            spectra[key.final_state].append(
                Spectrum(key, counts, width_gev, cuts[key], removed_to_gev, after[key], search.max_mass_gev, counted)
            )
    return spectra
