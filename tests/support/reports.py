"""Documents of reports: small ones made up, and those of real runs."""

import json
import re
from typing import Any

import numpy as np
import uproot

from edm.records.cut_table import Cut
from edm.records.documents import from_document
from edm.records.statistics import Failure, StageStatistics
from physics import bumpnet
from tests.support.runs import Runs

__all__ = ["PNG", "SOME", "SPLIT", "WITHOUT", "cut", "document", "histogram", "of_run"]

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6360606060000000050001a5f64540"
    "0000000049454e44ae426082"
)
"""A picture of one pixel."""


NOTHING = dict.fromkeys(("errors", "fit", "before", "simulation"))
"""What a histogram has not that was neither weighted nor scanned nor compared with anything."""


def cut(**others: Any) -> Cut:
    """Make the cuts of a histogram: of 100 entries below, 7 in windows and 3 above."""
    counted = {"below": 100, "window": 7, "main": 0, "outliers": 0, "above": 3} | others
    places = {"start_gev": None, "split_gev": None}
    places |= {name: counted.pop(name) for name in (*places, "vetoed_gev") if name in counted}
    return Cut(entries=sum(counted.values()), **counted, **places)


def histogram(combination: str, counts: list[int], final_state: str = "2e_0m_1j_0g", **others: Any) -> dict[str, Any]:
    """Make a histogram of 10 GeV bins from 100 GeV on, all of it main."""
    entries = sum(counts)
    plain = {"dataset": "demo_data", "final_state": final_state, "combination": combination, "width_gev": 10.0}
    category = re.sub(r"([a-z])(?=_|$)", r"\1x", final_state)
    plain |= {"name": f"ROI_mass_{combination}_cat_{category}_width_10.0"}
    plain |= {"start_gev": 100.0, "counts": np.array(counts), "outliers_from_gev": None, "entries": entries}
    return plain | {"cut": cut(main=entries, start_gev=100.0), "rejection": None, "scan": None} | NOTHING | others


def document(**others: Any) -> dict[str, Any]:
    """Make a document with something in each section."""
    row = {"cut": "pt", "asks": "pt ≥ 25 GeV", "objects": 60, "removed": 30, "applied": True, "reason": None}
    plain = {
        "title": "A run",
        "headlines": [
            {
                "dataset": "d",
                "facts": ["40 of 60 events count, ≈ 3.2 1/pb"],
                "warnings": ["no trigger was asked for"],
            }
        ],
        "run": {"run_name": "r", "bin_width_gev": [10.0, 20.0]},
        "versions": {"uproot": "5.7.4"},
        "files": [
            {"uri": "root://a//b.root", "dataset": "d", "size": 2_500_000, "checksum": "adler32:0a1b2c3d"}
            | {"schema": "2020e-13tev", "events": 1000, "bytes_read": 200_000},
            {"uri": "empty.root", "dataset": "d", "size": 300, "checksum": None, "schema": None, "events": 0}
            | {"bytes_read": 300},
        ],
        "sources": [{"name": "Record 1", "doi": "10.7483/OPENDATA.X", "citation": "Somebody (2024). Record 1."}],
        "cutflow": {"d": {"e": [row, row | {"cut": "isolation", "applied": False, "reason": "not in this format"}]}},
        "failures": [Failure("bad.root", "bad.root: truncated")],
        "stages": {
            "ParseFile": StageStatistics(
                2, 4.0, events=1000, bytes_read=3_000_000, bytes_written=500_000, peak_memory_mb=200.0, failures=1
            ),
            "FindPeaks": StageStatistics(1, 0.5, masses=7000, bytes_written=500, peak_memory_mb=90.0),
        },
        "figures": [{"name": "events", "title": "One pixel", "png": PNG}],
        "histograms": [histogram("e0e1", [50, 30, 20])],
        "without": [],
        "words": {"2e_0m_1j_0g": "2 e + jet", "e0e1": "two leading e", "m0j0": "leading µ and leading jet"},
    }
    return plain | others


def of_run(run: Runs) -> dict[str, Any]:
    """Make the document of a run with one dataset and one bin width from its ROOT file and its table of cuts."""
    (tables,) = [json.loads(path.read_text()) for path in run.products("peaks")]
    (path,) = run.products("histograms")
    made = []
    with uproot.open(path) as file:
        for one in (file[key] for key in file.keys(cycle=False)):
            state, combination = one.title.split(" ")
            row, edges, counts = tables["cuts"][f"{state}/{combination}"], one.axis().edges(), one.values()
            made.append(
                histogram(
                    combination,
                    counts.astype(int).tolist(),
                    state,
                    start_gev=float(edges[0]),
                    width_gev=float(edges[1] - edges[0]),
                    outliers_from_gev=row["split_gev"],
                    cut=from_document(Cut, row),
                    rejection=bumpnet.rejection(counts),
                )
            )
    return document(histograms=made)


SPLIT = histogram("j0j1", [9, 40, 30, 0, 2], "0e_0m_2j_0g", outliers_from_gev=130.0, cut=cut(main=79, start_gev=110.0))
"""A histogram with three bins of main and two of outliers, and a cut inside it."""

SOME = [
    histogram("e0e1", [500, 300, 20]),
    histogram("e0e1j0", [60, 5], rejection="2 bins, the loader wants 25"),
    histogram("m0j0", [7] * 30, "0e_1m_1j_0g"),
    SPLIT,
    histogram("e0e1", [1, 2], "2e_0m_0j_0g", dataset="other_data", width_gev=5.0),
]
WITHOUT = [
    {"dataset": "demo_data", "final_state": "0e_2m_0j_0g", "combination": "m0m1", "width_gev": None}
    | {"reason": "no masses"}
]
"""Five histograms of two datasets and widths, and a combination without one."""
