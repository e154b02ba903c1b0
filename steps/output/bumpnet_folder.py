"""The work of ExportBumpNet: histograms of a dataset → those that BumpNet takes, as it reads them, and the verdicts."""

import json
from pathlib import Path

import numpy as np

from edm.records.branch_records import ExportedHistograms
from physics import bumpnet
from targets.products import bumpnet_folder, histograms
from targets.products.bumpnet_folder import PlainHistogram
from targets.products.histograms import Stored
from targets.storage import atomic

__all__ = ["NPY", "ROOT", "export"]

ROOT, NPY = "root", "npy"
"""The folders of the two formats: BumpNet's loader takes the format of the first file that it finds in a folder."""

_PREFIX = "ROI_"


def export(source: Path, folder: Path, gate: Path) -> ExportedHistograms:
    """Export the histograms of a dataset that BumpNet takes.

    Args:
        source: The file or folder of its histograms, with the names that BumpNet's loader reads.
        folder: Where the folders ``root`` and ``npy`` are made.
        gate: The JSON file to make: each histogram, and whether it was accepted or why not.

    Returns:
        The statistics.

    Raises:
        UnreadableFileError: When the histograms are not there or damaged.
    """
    stored = sorted(histograms.read(source), key=lambda histogram: histogram.key)
    verdicts = {histogram.key: bumpnet.gate(histogram.counts) for histogram in stored}
    accepted = {histogram.key: histogram for histogram in stored if verdicts[histogram.key].accepted}
    titles = {key: histogram.title for key, histogram in accepted.items()}
    with atomic.replacing_folder(folder / ROOT) as temporary:
        histograms.write_file(temporary / "rebinned.root", accepted, titles)
    bumpnet_folder.write(folder / NPY, [_plain(histogram) for histogram in accepted.values()])
    listed = {key: verdict._asdict() for key, verdict in verdicts.items()}
    atomic.write_text(gate, json.dumps(listed, indent=2) + "\n")  # every key is a histogram: no checksum beside them
    warnings = sum(verdict.warning is not None for verdict in verdicts.values())
    return ExportedHistograms(len(stored), len(accepted), warnings)


def _plain(histogram: Stored) -> PlainHistogram:
    """Cut off the bins that the loader cuts off."""
    n_bins = bumpnet.trimmed_bins(histogram.counts)
    variances = histogram.counts if histogram.variances is None else histogram.variances
    return PlainHistogram(
        histogram.key.removeprefix(_PREFIX),
        histogram.counts[:n_bins].astype(np.float64),
        histogram.edges()[: n_bins + 1].copy(),
        np.sqrt(variances[:n_bins].astype(np.float64)),
    )
