"""The work of MakePlots: statistics, cuts and counts of a dataset → figures → files in a folder."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, NamedTuple

import xxhash
from matplotlib.backends.backend_pdf import PdfPages
from matplotlib.figure import Figure

from physics import binning, object_counts
from physics.peaks import Cut
from plots import masses, overview
from plots import performance as performance_plots
from plots.masses import Spectrum
from plots.overview import QUANTITIES
from plots.style import Label
from steps.peaks import PeakSearch
from targets.documents.json import dump_json
from targets.products import mass_counts
from targets.storage import atomic

__all__ = ["INDEX", "Dataset", "Drawn", "FigureOptions", "draw", "performance", "write"]

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
        width_gev: The bin width of the histograms that are drawn, in GeV.
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
        after: The files of masses counted after peak removal.
    """

    name: str
    label: Label
    statistics: Mapping[str, Any]
    table: Mapping[str, Any]
    before: Sequence[Path]
    after: Sequence[Path]


class Drawn(NamedTuple):
    """A figure of one or several pages: the name of its files, and its title."""

    name: str
    title: str
    pages: list[Figure]


def write(folder: Path, drawn: Iterable[Drawn], formats: Sequence[str]) -> dict[str, Any]:
    """Write figures and their list, the folder whole or not at all.

    Args:
        folder: The folder to make.
        drawn: The figures; each is drawn when its turn comes, so that one at a time is in memory.
        formats: Suffixes of the files.

    Returns:
        The statistics: figures and files made.
    """
    index = []
    with atomic.replacing_folder(folder) as temporary:
        for one in drawn:
            _lay_out(one.pages)
            files = [name for suffix in formats for name in _save(temporary, one, suffix)]
            sums = {name: xxhash.xxh3_64_hexdigest((temporary / name).read_bytes()) for name in files}
            index.append({"name": one.name, "title": one.title, "files": files, "xxh3": sums})
        dump_json(temporary / INDEX, {"figures": index})
    return {"figures": len(index), "files": sum(len(entry["files"]) for entry in index)}


def draw(dataset: Dataset, search: PeakSearch, wanted: FigureOptions) -> Iterator[Drawn]:
    """Draw a dataset: pipeline performance, data overview, final states, masses before and after peak removal.

    Args:
        dataset: What there is to draw.
        search: How peaks were searched.
        wanted: What is drawn.

    Yields:
        The figures; those for which there is nothing (deleted statistics, no selected object) are left out.
    """
    yield from _overview(dataset, search.min_events, wanted.max_multiplicity)
    for state, spectra in _spectra(dataset, search, wanted).items():
        first, *others = order = sorted(spectra, key=lambda one: (-(one.cut.main + one.cut.outliers), one.combination))
        title = f"{dataset.name}: mass of {first.combination} in {state} before and after peak removal"
        yield Drawn(f"mass_{state}_{first.combination}", title, [masses.mass(dataset.label, first)])
        if others:
            chosen = order[: wanted.combinations or len(order)]
            shown = (
                f"all {len(order)}"
                if len(chosen) == len(order)
                else f"the {len(chosen)} most populated of {len(order)}"
            )
            title = f"{dataset.name}: masses in {state}, {shown} combinations"
            yield Drawn(f"masses_{state}", title, masses.masses_of_final_state(dataset.label, chosen))


def performance(stages: Mapping[str, Mapping[str, Any]]) -> dict[str, performance_plots.Stage]:
    """Give what is drawn of the stages that have run.

    Args:
        stages: The part ``stages`` of the summed statistics.

    Returns:
        By stage, in their order: seconds, branches, events, masses, bytes read and written, memory (MB), failures.
    """
    return {
        stage: performance_plots.Stage(**{field.name: one[field.name] for field in fields(performance_plots.Stage)})
        for stage, one in stages.items()
        if one["branches"]
    }


def _overview(dataset: Dataset, min_events: int, max_multiplicity: int) -> Iterator[Drawn]:
    label, found, name = dataset.label, dataset.statistics, dataset.name
    if stages := performance(found["stages"]):
        yield Drawn("performance", f"{name}: performance of each stage", [performance_plots.performance(label, stages)])
    if found["cutflow"]:
        events = {name: (found["events"]["read"], found["events"]["written"])}
        yield Drawn("events", f"{name}: events", [overview.events_per_dataset(label, events)])
        there = {kind: rows for kind, rows in found["cutflow"].items() if rows and rows[0]["objects"]}
        pages = [overview.cutflow(label, there or found["cutflow"])]
        yield Drawn("cutflow", f"{name}: objects left after each cut", pages)
    if states := found["final_states"]:
        pages = [overview.multiplicities(label, states, max_multiplicity)]
        yield Drawn("multiplicities", f"{name}: objects per event", pages)
        pages = [overview.largest_final_states(label, states, min_events)]
        yield Drawn("final_states", f"{name}: most populated final states", pages)
    objects = {
        kind: {quantity: (one[quantity].counts, one[quantity].grid.edges()) for quantity in QUANTITIES}
        for kind, one in object_counts.from_dict(found["kinematics"] or {}).items()
        if one["pt"].entries()
    }
    if objects:
        yield Drawn("kinematics", f"{name}: selected objects", [overview.kinematics(label, objects)])


def _spectra(dataset: Dataset, search: PeakSearch, wanted: FigureOptions) -> dict[str, list[Spectrum]]:
    """Give the combinations with a histogram of the largest final states that have one, the largest first."""
    cuts = dataset.table["cuts"]
    after = {
        row.name: histogram
        for row in mass_counts.add_up(dataset.after)
        if row.width_gev == wanted.width_gev
        and (histogram := binning.cut_out(row.counts, row.width_gev, cuts[row.name]["start_gev"])) is not None
    }
    with_one = {name.split("/")[0] for name in after}
    states = [state for state in dataset.table["final_states"] if state in with_one][: wanted.final_states]
    found: dict[str, list[Spectrum]] = {state: [] for state in states}
    for row in mass_counts.add_up(dataset.before):
        state, combination = row.name.split("/")
        if state in found and row.name in after:
            found[state].append(
                Spectrum(
                    *(state, combination, row.counts, row.width_gev, Cut(**cuts[row.name]), search.windows(row.name)),
                    histogram=after[row.name],
                    max_mass_gev=search.max_mass_gev,
                )
            )
    return found


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
