"""How long the scan of a histogram takes, and that pyBumpHunter finds the same statistic (PHYSICS.md section 9).

2,000 histograms of 100 bins in under 5 minutes on one core: 50 of them (10 with --quick) are scanned, and scaled.
"""

import contextlib
import io
import sys
import time

import numpy as np
import pyBumpHunter
from goals import Goals

from physics.scan.background import fit_background, make_model
from physics.scan.toys import ScanOptions, scan_histogram
from physics.scan.windows import find_window, largest_width

SQRT_S_GEV = 13_000.0
EDGES_GEV = np.arange(100.0, 1100.1, 10.0)
HISTOGRAMS, MINUTES = 2000, 5.0


def main() -> None:
    """Measure."""
    number = 10 if "--quick" in sys.argv else 50
    random, goals = np.random.default_rng(1), Goals()
    x = 0.5 * (EDGES_GEV[1:] + EDGES_GEV[:-1]) / SQRT_S_GEV
    shape = (1 - x) ** 10 * x**-4.0
    drawn = [random.poisson(10 ** random.uniform(2.5, 5) * shape / shape.sum()) for _ in range(number)]
    options = ScanOptions(SQRT_S_GEV)
    scan_histogram("warm", EDGES_GEV, drawn[0], options)
    start = time.process_time()
    for item, counts in enumerate(drawn):
        scan_histogram(f"h{item}", EDGES_GEV, counts, options)
    minutes = (time.process_time() - start) / number * HISTOGRAMS / 60
    goals.at_most(
        "scan of 2,000 histograms of 100 bins [min]", minutes, MINUTES, f"{number} measured, CPU time of one core"
    )
    counts = drawn[0].astype(np.float64)
    expected = fit_background(counts, make_model(EDGES_GEV, SQRT_S_GEV)).expected
    hunter = pyBumpHunter.BumpHunter1D(
        bins=EDGES_GEV, rang=(100, 1100), width_min=1, width_max=largest_width(100), npe=200, nworker=1, seed=1
    )
    with contextlib.redirect_stdout(io.StringIO()):
        hunter.bump_scan(counts, expected, is_hist=True)
    difference = abs(-np.log(hunter.min_Pval_ar[0]) / find_window(counts, expected).statistic - 1)
    goals.at_most("statistic against pyBumpHunter's [relative]", float(difference), 1e-6)
    sys.exit(goals.short)


if __name__ == "__main__":
    main()
