"""The demo shows what the pipeline is for: an independent bump hunter finds the planted resonance, and nothing else.

The histograms come from the real command line. Those that BumpNet's loader would keep are all treated alike, without
knowing where a bump is: the whole histogram is fitted with the five-parameter function of dijet searches, nothing
masked, and pyBumpHunter compares counts and fit in windows of one to five bins. Because the fit follows the data and
the pseudo-experiments are not fitted again, the p-values come out too large rather than too small.

The rule for "ten others": the ten histograms with most entries, left out those whose combination contains the planted
pair of objects, in whatever final state, because what is radiated or lost can carry the planted resonance there.
"""

import contextlib
import io
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyBumpHunter
import pytest
import uproot
from PIL import Image

from physics.scan.background import fit_background, make_model
from physics.scan.windows import largest_width
from physics.toys.collisions import RESONANCE
from tasks.cli import pipeline
from targets.products import scan_tables

ROOT = Path(__file__).resolve().parents[2]
THRESHOLD = 0.003
PSEUDO_EXPERIMENTS = 4000  # p = 0.003 are 12 of them
RESOLUTION_GEV = 5.0  # of the pair at the planted mass: 1 % (electron) and 2 % (muon) of 200 GeV each, in quadrature
COLLISION_ENERGY_GEV = 13_000.0

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Bump:
    """The most significant excess: its global p-value and the window in GeV."""

    p: float
    low_gev: float
    high_gev: float


def fitted(edges, counts):
    """Fit f(x) = p0 (1 - x)^p1 x^(p2 + p3 ln x + p4 ln^2 x), x = m / 13 TeV, to counts by Poisson likelihood.

    ln f is linear in the parameters, so that the likelihood has one maximum, and iterated weighted least squares
    find it from any start.
    """
    x = 0.5 * (edges[1:] + edges[:-1]) / COLLISION_ENERGY_GEV
    terms = np.stack([np.ones_like(x), np.log1p(-x), np.log(x), np.log(x) ** 2, np.log(x) ** 3], axis=1)
    terms = np.linalg.qr(terms).Q  # the logarithms are almost parallel
    smooth = np.convolve(np.pad(counts, 3, mode="edge"), np.full(7, 1 / 7), mode="valid")
    log_expected = np.log(np.maximum(smooth, 0.1))
    for _ in range(100):
        expected = np.exp(log_expected)
        weight = np.sqrt(expected)
        target = log_expected + counts / expected - 1.0
        parameters = np.linalg.lstsq(terms * weight[:, None], target * weight)[0]
        step = np.clip(terms @ parameters - log_expected, -2.0, 2.0)
        log_expected = log_expected + step
        if np.abs(step * weight).max() < 1e-6:
            return np.exp(log_expected)
    msg = "the background fit did not converge in 100 iterations"
    raise AssertionError(msg)


def hunt(edges, counts):
    """Return the most significant bump of a histogram over its fitted background."""
    hunter = pyBumpHunter.BumpHunter1D(
        bins=edges, rang=(edges[0], edges[-1]), width_min=1, width_max=5, npe=PSEUDO_EXPERIMENTS, nworker=1, seed=1
    )
    with contextlib.redirect_stdout(io.StringIO()):
        hunter.bump_scan(counts, fitted(edges, counts), is_hist=True)
    first, width = hunter.min_loc_ar[0], hunter.min_width_ar[0]
    return Bump(hunter.global_Pval, edges[first], edges[first + width])


def kept_by_bumpnet(counts):
    """Say whether BumpNet's loader keeps a histogram: first bin filled, 25 bins and 100 entries or more."""
    return counts[0] > 0 and np.flatnonzero(counts > 0.35)[-1] + 1 >= 25 and counts.sum() >= 100


def histogram_name(combination, final_state):
    return f"ROI_mass_{combination}_cat_{'x_'.join(final_state.split('_'))}x_width_10.0"


def smooth_spectrum():
    """Return edges and expectation of a spectrum that falls as m^-5, 3,000 entries above 100 GeV."""
    edges = np.arange(100.0, 1010.0, 10.0)
    return edges, 3000.0 * (100.0**4) * (edges[:-1] ** -4 - edges[1:] ** -4)


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """What scripts/demo leaves in its run directory."""
    folder = tmp_path_factory.mktemp("runs")
    command = [sys.executable, "-m", "luigi", "--module", "tasks", "PlotScan", "--local-scheduler"]
    options = ["--release-years", "demo", "--run-name", "demo", "--base-output-dir", str(folder)]
    run = subprocess.run([*command, *options], cwd=ROOT, capture_output=True, text=True, check=False, timeout=900)
    assert run.returncode == 0, run.stderr[-4000:]
    assert 'bin/pipeline" demo ' in (ROOT / "scripts/demo").read_text()
    assert pipeline.COMMANDS["demo"].options == {"release_years": "demo", "run_name": "demo"}
    return folder / "demo"


@pytest.fixture(scope="module")
def histograms(demo):
    """Edges and counts of what the main job makes of the demo data, by name; those that BumpNet keeps."""
    (path,) = demo.glob("histograms/*/histograms.root")
    with uproot.open(path) as file:
        made = {name: file[name].to_numpy()[::-1] for name in file.keys(cycle=False) if name.startswith("ROI")}
    return {name: (edges, counts) for name, (edges, counts) in made.items() if kept_by_bumpnet(counts)}


def others(histograms):
    """Choose ten histograms by entries, without looking at p-values (the rule stands at the top of this file)."""
    pair = re.findall(r"[a-z]\d", RESONANCE.combination)
    combinations = {name: re.findall(r"[a-z]\d", name.split("_")[2]) for name in histograms}
    unrelated = [name for name, objects in combinations.items() if not set(pair) <= set(objects)]
    return sorted(unrelated, key=lambda name: histograms[name][1].sum(), reverse=True)[:10]


def test_planted_resonance_is_found_where_it_is(histograms):
    edges, counts = histograms[histogram_name(RESONANCE.combination, RESONANCE.final_state)]
    bump = hunt(edges, counts)
    assert bump.p < THRESHOLD
    assert 0.5 * (bump.low_gev + bump.high_gev) == pytest.approx(RESONANCE.mass_gev, abs=2 * RESOLUTION_GEV)
    assert bump.high_gev - bump.low_gev <= 40.0


def test_ten_other_histograms_show_nothing(histograms):
    names = others(histograms)
    assert len(names) == 10
    found = {name: bump for name in names if (bump := hunt(*histograms[name])).p < THRESHOLD}
    assert found == {}


def test_the_scan_puts_the_planted_resonance_first(demo):
    (path,) = demo.glob("scan/*/demo_data.json")
    ranked = [row for row in scan_tables.read(path) if row.status == "ranked"]
    first, *others = ranked
    assert first.name == histogram_name(RESONANCE.combination, RESONANCE.final_state)
    assert (first.low_gev, first.high_gev) == (390.0, 410.0)
    assert first.global_p < 1e-3
    assert first.corrected_p < 1e-3
    assert sum(row.global_p < 0.05 for row in others) <= 0.05 * len(others)
    assert all(row.corrected_p > 0.05 for row in others)


def test_the_statistic_of_the_scan_is_that_of_an_independent_bump_hunter(demo, histograms):
    """PHYSICS.md section 9: equal statistic with the same background, and a compatible p-value."""
    (path,) = demo.glob("scan/*/demo_data.json")
    row = next(row for row in scan_tables.read(path) if 0.01 < (row.global_p or 0) < 0.5 and row.name in histograms)
    edges, counts = (values[: row.bins + end] for values, end in zip(histograms[row.name], (1, 0), strict=True))
    expected = fit_background(counts, make_model(edges, COLLISION_ENERGY_GEV)).expected
    hunter = pyBumpHunter.BumpHunter1D(
        bins=edges, rang=(edges[0], edges[-1]), width_min=1, width_max=largest_width(row.bins), npe=1000, nworker=1, seed=1
    )
    with contextlib.redirect_stdout(io.StringIO()):
        hunter.bump_scan(counts, expected, is_hist=True)
    assert -np.log(hunter.min_Pval_ar[0]) == pytest.approx(-np.log(row.local_p), rel=1e-6)
    # its pseudo-experiments are not fitted again, so that they fluctuate further and its p-values are larger
    assert hunter.global_Pval >= row.global_p - 3 * np.sqrt(row.global_p / 1000)


def grey(path):
    """Read a picture of a figure, ten times smaller."""
    with Image.open(path) as image:
        assert image.size == (1400, 860)
        return np.asarray(image.convert("L").resize((140, 86)), dtype=float)


def test_the_picture_in_the_readme_is_the_one_that_the_demo_draws(demo):
    """As far as fonts allow: small and grey. To renew it: copy excess_1.png with 32 colours (CONTRIBUTING.md)."""
    (drawn,) = demo.glob("scan_plots/*/demo_data/excess_1.png")
    shown = ROOT / "docs" / "pictures" / "demo_excess.png"
    assert shown.name in (ROOT / "README.md").read_text()
    made, kept = grey(drawn), grey(shown)
    assert np.abs(made - kept).mean() < 4.0  # of 255


def test_bump_hunter_sees_an_injected_bump():
    edges, expected = smooth_spectrum()
    counts = np.random.Generator(np.random.PCG64(7)).poisson(expected)
    counts[30] += 25  # 400 to 410 GeV, where 8 are expected
    bump = hunt(edges, counts)
    assert bump.p < THRESHOLD
    assert (bump.low_gev, bump.high_gev) == (400.0, 410.0)


@pytest.mark.parametrize("seed", range(5))
def test_bump_hunter_is_silent_about_a_smooth_spectrum(seed):
    edges, expected = smooth_spectrum()
    assert hunt(edges, np.random.Generator(np.random.PCG64(seed)).poisson(expected)).p > THRESHOLD


def test_fit_recovers_a_spectrum_without_fluctuations():
    # a power law integrated over bins is no power law of the bin centres, but less than 1 % away from one
    edges, expected = smooth_spectrum()
    np.testing.assert_allclose(fitted(edges, expected), expected, rtol=0.01)
