"""The work of FillHistograms and MakeHistograms: processed masses → counts of each branch → histograms of their sum."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from physics import binning, bumpnet
from physics.binning import Histogram, Int64
from steps.errors import EmptyResultError
from targets.products import histograms, mass_arrays, mass_counts
from targets.products.mass_counts import Row

__all__ = ["Filled", "HistogramNaming", "count", "fill", "no_bin", "write"]


@dataclass(frozen=True)
class HistogramNaming:
    """How histograms look.

    Attributes:
        widths_gev: Bin widths in GeV; one histogram each.
        bumpnet_naming: Whether names are those that BumpNet's loader reads.
    """

    widths_gev: tuple[float, ...]
    bumpnet_naming: bool

    def key(self, name: str, width_gev: float) -> str:
        """Give the key of a histogram in its file, from ``final_state/combination``."""
        state, combination = name.split("/")
        if self.bumpnet_naming:
            return bumpnet.histogram_name(state, combination, width_gev)
        return bumpnet.plain_name(state, combination, width_gev, len(self.widths_gev) > 1)


@dataclass(frozen=True)
class Filled:
    """Histograms by key, and what there is to say of each.

    Attributes:
        histograms: Histogram per key.
        titles: Title per key.
        rows: Statistics per key.
        without: Reason per name and width that gave no histogram.
    """

    histograms: dict[str, Histogram]
    titles: dict[str, str]
    rows: dict[str, dict[str, Any]]
    without: dict[str, str]


def count(source: Path, path: Path, widths_gev: Iterable[float], exclude_outliers: bool) -> dict[str, Any]:
    """Count the processed masses of one branch on the grids of the histograms.

    Args:
        source: The processed masses of the branch.
        path: The file of counts to make.
        widths_gev: Bin widths in GeV.
        exclude_outliers: Whether outliers are left out.

    Returns:
        The statistics: masses counted.
    """
    rows: dict[tuple[str, float], Int64] = {}
    entries = 0
    for name, values in mass_arrays.read(source):
        state, combination, part = name.split("/")
        if part == "outliers" and exclude_outliers:
            continue
        entries += len(values)
        for width_gev in widths_gev:
            here = (f"{state}/{combination}", width_gev)
            rows[here] = binning.add(rows.get(here, np.zeros(0, np.int64)), binning.counts(values, width_gev))
    mass_counts.write(path, [Row(name, width_gev, found) for (name, width_gev), found in rows.items()])
    return {"masses": entries}


def fill(sources: Iterable[Path], table: Mapping[str, Any], style: HistogramNaming) -> Filled:
    """Fill the histograms of a dataset.

    Args:
        sources: The counts of all its branches.
        table: Its table of cuts.
        style: How histograms look.

    Returns:
        The histograms, in alphabetical order of their names.

    Raises:
        EmptyResultError: When there is none.
    """
    filled = Filled({}, {}, {}, {name: row["reason"] for name, row in table["cuts"].items() if row["reason"]})
    for name, width_gev, found, *_ in mass_counts.add_up(sources):
        key = style.key(name, width_gev)
        histogram = binning.cut_out(found, width_gev, table["cuts"][name]["start_gev"])
        if histogram is None:
            filled.without[key] = no_bin(width_gev)
            continue
        filled.histograms[key] = histogram
        filled.titles[key] = name.replace("/", " ")
        filled.rows[key] = _row(histogram)
    if not filled.histograms:
        raise EmptyResultError(_nothing(table, min(style.widths_gev)))
    return filled


def _nothing(table: Mapping[str, Any], width_gev: float) -> str:
    """Say that bins are too wide, those of the least width too."""
    lowest_gev = min(cut["start_gev"] for cut in table["cuts"].values() if cut["start_gev"] is not None)
    return (
        f"dataset {table['dataset']} gives no histogram: bin_width_gev = {width_gev:g} is too wide, no filled bin "
        f"starts at or above the turn-on of its combination (the lowest turn-on is {lowest_gev:g} GeV, and the first "
        f"bin from there on starts at {binning.first_edge(lowest_gev, width_gev):g} GeV). Choose narrower bins: a "
        "width that divides peak_detection_bin_width_gev always fits"
    )


def no_bin(width_gev: float) -> str:
    """Say why a combination with masses above its turn-on has no histogram of a width, given in GeV."""
    return f"no filled bin of {width_gev:g} GeV starts at or above the turn-on"


def write(path: Path, filled: Filled, single_file: bool) -> dict[str, Any]:
    """Write histograms, whole or not at all.

    Args:
        path: The file to make, or the folder when each histogram has a file of its own.
        filled: The histograms.
        single_file: Whether all go into one file.

    Returns:
        The statistics: a row per histogram, and the reasons of those that there are not.
    """
    writer = histograms.write_file if single_file else histograms.write_folder
    writer(path, filled.histograms, filled.titles)
    accepted = sum(row["bumpnet_rejection"] is None for row in filled.rows.values())
    return {
        "histograms": len(filled.rows),
        "accepted_by_bumpnet": accepted,
        "rows": filled.rows,
        "without_histogram": filled.without,
    }


def _row(histogram: Histogram) -> dict[str, Any]:
    return {
        "entries": int(histogram.counts.sum()),
        "bins": len(histogram.counts),
        "start_gev": histogram.start_gev,
        "end_gev": histogram.start_gev + histogram.width_gev * len(histogram.counts),
        "trimmed": histogram.trimmed,
        "bumpnet_rejection": bumpnet.rejection(histogram.counts),
    }
