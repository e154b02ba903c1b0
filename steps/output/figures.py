"""The work of MakePlots: statistics, cuts and counts of a dataset → figures → files in a folder."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import xxhash
from matplotlib.backends.backend_pdf import PdfPages
from matplotlib.figure import Figure

from edm.records.branch_records import DrawnFigures
from edm.records.cut_table import CutTable
from edm.records.statistics import DatasetStatistics
from physics.bins.bins import Bins
from plots import comparison as comparisons
from plots import cutflows, masses, overview, performance
from plots.masses import Spectrum
from plots.style import Label
from steps.histogram_counts import BEFORE
from steps.output.simulation import Simulation, compare_spectra
from steps.peaks import PeakSearch
from targets.documents.json import dump_json
from targets.products import mass_counts
from targets.storage import atomic

__all__ = ["INDEX", "Dataset", "Drawn", "FigureOptions", "draw", "write"]

INDEX = "figures.json"
"""The file that lists the figures of a folder, in their order: name, title and files."""

_UNDATED = {"CreationDate": None}  # the same figures give the same bytes


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
    """

    name: str
    label: Label
    statistics: DatasetStatistics
    table: CutTable
    before: Sequence[Path]
    after: Sequence[Path]
    bins: Bins
    simulation: Simulation | None = None


class Drawn(NamedTuple):
    """A figure of one or several pages: the name of its files, and its title."""

    name: str
    title: str
    pages: list[Figure]


def write(folder: Path, drawn: Iterable[Drawn], formats: Sequence[str]) -> DrawnFigures:
    """Write figures and their list, the folder whole or not at all.

    Args:
        folder: The folder to make.
        drawn: The figures; each is drawn when its turn comes, so that one at a time is in memory.
        formats: Suffixes of the files.

    Returns:
        The statistics.
    """
    index, n_files = [], 0
    with atomic.replacing_folder(folder) as temporary:
        for figure in drawn:
            _lay_out(figure.pages)
            files = [name for suffix in formats for name in _save(temporary, figure, suffix)]
            sums = {name: xxhash.xxh3_64_hexdigest((temporary / name).read_bytes()) for name in files}
            index.append({"name": figure.name, "title": figure.title, "files": files, "xxh3": sums})
            n_files += len(files)
        dump_json(temporary / INDEX, {"figures": index})
    return DrawnFigures(figures=len(index), files=n_files)


def draw(dataset: Dataset, search: PeakSearch, options: FigureOptions) -> Iterator[Drawn]:
    """Draw a dataset: pipeline performance, data overview, final states, masses before and after peak removal.

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
) -> Iterator[Drawn]:
    """Draw simulation, with data over it or alone."""
    if (simulation := dataset.simulation) is None:
        return
    what = "data and simulation" if simulation.has_data else "simulation, normalised"
    for comparison in compare_spectra(simulation, spectra, dataset.before, search.width_gev):
        state, combination, _ = comparison.key
        page = comparisons.compare(dataset.label, comparison, simulation.stacked, max_multiplicity)
        title = f"{dataset.name}: {what}, mass of {combination} in {state}"
        yield Drawn(f"simulation_{state}_{combination}", title, [page])


def _masses(dataset: Dataset, state: str, order: Sequence[Spectrum], options: FigureOptions) -> Iterator[Drawn]:
    """Draw the masses of a final state, the most populated combination first."""
    first = order[0]
    title = f"{dataset.name}: mass of {first.key.combination} in {state} before and after peak removal"
    page = masses.mass(dataset.label, first, options.max_multiplicity)
    yield Drawn(f"mass_{state}_{first.key.combination}", title, [page])
    if len(order) > 1:
        chosen = order[: options.combinations or len(order)]
        all_are = len(chosen) == len(order)
        shown = f"all {len(order)}" if all_are else f"the {len(chosen)} most populated of {len(order)}"
        title = f"{dataset.name}: masses in {state}, {shown} combinations"
        pages = masses.masses_of_final_state(dataset.label, chosen, options.max_multiplicity)
        yield Drawn(f"masses_{state}", title, pages)


def _overview(dataset: Dataset, min_events: int, max_multiplicity: int) -> Iterator[Drawn]:
    label, summed, name = dataset.label, dataset.statistics, dataset.name
    if stages := {stage: total for stage, total in summed.stages.items() if total.branches}:
        yield Drawn("performance", f"{name}: performance of each stage", [performance.performance(label, stages)])
    if rows := summed.event_cutflow:
        yield Drawn("event_cutflow", f"{name}: events left after each step", [cutflows.event_cutflow(label, rows)])
    if cutflow := summed.cutflow.rows:
        events = {name: (summed.events.read, summed.events.written)}
        yield Drawn("events", f"{name}: events", [overview.events_per_dataset(label, events)])
        filled = {kind: rows for kind, rows in cutflow.items() if rows and rows[0].objects}
        yield Drawn("cutflow", f"{name}: objects left after each cut", [cutflows.cutflow(label, filled or cutflow)])
    if states := summed.final_states:
        pages = [overview.multiplicities(label, states, max_multiplicity)]
        yield Drawn("multiplicities", f"{name}: objects per event", pages)
        pages = [overview.largest_final_states(label, states, min_events, max_multiplicity)]
        yield Drawn("final_states", f"{name}: most populated final states", pages)
    objects = {kind: counts for kind, counts in (summed.kinematics or {}).items() if counts["pt"].entries()}
    if objects:
        yield Drawn("kinematics", f"{name}: selected objects", [overview.kinematics(label, objects)])


def _spectra(dataset: Dataset, search: PeakSearch, options: FigureOptions) -> dict[str, list[Spectrum]]:
    """Return the combinations with a histogram of the largest final states that have one, the largest first."""
    cuts, after, before = dataset.table.cuts, {}, {}
    unweighted = dataset.simulation is not None and not dataset.simulation.has_data
    counted = "Entries" if unweighted else "Events"
    for key, size, distribution in mass_counts.add_up(dataset.after, weighted=False):
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
            before_and_after = key, counts, width_gev, cuts[key], removed_to_gev, after[key], search.max_mass_gev
            spectra[key.final_state].append(Spectrum(*before_and_after, counted))
    return spectra


def _lay_out(pages: Iterable[Figure]) -> None:
    """Find the layout of pages once; it takes as long as drawing, and would be found again for each format."""
    for page in pages:
        page.draw_without_rendering()
        page.set_layout_engine(None)


def _save(folder: Path, drawn: Drawn, suffix: str) -> list[str]:
    """Save a figure: as PDF all pages in one file, else one file a page."""
    if suffix == "pdf":
        with PdfPages(folder / f"{drawn.name}.pdf", metadata=_UNDATED) as pages:
            for page in drawn.pages:
                pages.savefig(page)
        return [f"{drawn.name}.pdf"]
    numbers = [f"_{number}" for number in range(1, len(drawn.pages) + 1)] if len(drawn.pages) > 1 else [""]
    names = [f"{drawn.name}{number}.{suffix}" for number in numbers]
    for name, page in zip(names, drawn.pages, strict=True):
        page.savefig(folder / name)
    return names
