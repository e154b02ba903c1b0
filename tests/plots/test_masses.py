"""Figures of masses: the steps drawn are the counts, before and after, and every cut is marked where it is."""

import re
from dataclasses import replace

import numpy as np
import pytest
from matplotlib.patches import StepPatch

from edm.records.cut_table import Cut, Structure
from edm.spectra import SpectrumKey
from physics.binning import Histogram
from physics.errors import PhysicsError
from plots import masses
from plots.masses import PANELS_A_PAGE, Spectrum
from plots.style import Label

LABEL = Label("ATLAS Open Data", "2020e-13tev", 13.0)
BEFORE = np.array([1, 90, 30, 50, 20, 5, 0, 0, 2])
CUT = Cut(
    entries=203, below=31, window=90, main=75, outliers=2, above=5, start_gev=30.0, split_gev=60.0,
    vetoed_gev=((40.0, 50.0),),
)  # fmt: skip
SPECTRUM = Spectrum(
    SpectrumKey("2e_0m_1j_0g", "e0e1"),
    BEFORE,
    10.0,
    CUT,
    20.0,
    Histogram(30.0, 10.0, BEFORE[3:], 0),
    10_000.0,
)


def steps(axes):
    """Give edges and entries of each outline that has a name."""
    outlines = [patch for patch in axes.patches if patch.get_label() and isinstance(patch, StepPatch)]
    return {one.get_label(): (one.get_data().edges.tolist(), one.get_data().values.tolist()) for one in outlines}


def marks(axes):
    lines = [line for line in axes.lines if line.get_linestyle() != "None"]
    return {line.get_label(): line.get_xdata()[0] for line in lines}


def test_before_and_after_are_the_counts():
    before, before_log, after, after_log = masses.mass(LABEL, SPECTRUM).axes
    for axes in (before, before_log):
        assert steps(axes)["all masses"] == ([10.0 * edge for edge in range(10)], BEFORE.tolist())
    for axes in (after, after_log):
        assert steps(axes) == {
            "main": ([30.0, 40.0, 50.0, 60.0], [50, 20, 5]),
            "outliers": ([60.0, 70.0, 80.0, 90.0], [0, 0, 2]),
        }
    assert [axes.get_yscale() for axes in (before, before_log, after, after_log)] == ["linear", "log"] * 2


def test_one_event_is_not_called_events():
    alone = replace(SPECTRUM, cut=replace(CUT, main=1, outliers=0), histogram=Histogram(30.0, 10.0, np.array([1]), 0))
    assert "After peak removal: 1 event (1 main" in masses.mass(LABEL, alone).axes[2].get_title("left")
    (page,) = masses.masses_of_final_state(LABEL, [alone])
    assert page.axes[0].get_title("left") == "e0e1   1 event"


def test_every_cut_is_marked():
    before, _, after, _ = masses.mass(LABEL, SPECTRUM).axes
    assert marks(before) == {"known resonances end": 20.0, "turn-on": 30.0, "outliers start": 60.0}
    assert marks(after) == {"turn-on": 30.0, "outliers start": 60.0}
    legend = [text.get_text() for text in before.get_legend().get_texts()]
    assert sorted(legend) == sorted([*marks(before), "all masses", "vetoed", "2 events above 60 GeV"])
    (veto,) = [patch for patch in before.patches if patch.get_label() == "vetoed"]
    assert (veto.get_x(), veto.get_width()) == (40.0, 10.0)


def test_points_are_the_counts():
    before, _, after, _ = masses.mass(LABEL, SPECTRUM).axes
    points = before.containers[0][0].get_xydata()
    assert points.tolist() == [[10.0 * bin_ + 5, count] for bin_, count in enumerate(BEFORE) if count]
    main, outliers = (container[0].get_xydata().tolist() for container in after.containers)
    assert main == [[35.0, 50.0], [45.0, 20.0], [55.0, 5.0]]
    assert outliers == [[85.0, 2.0]]


def test_many_bins_have_an_outline_in_place_of_points():
    many = np.full(200, 3)
    before, *_ = masses.mass(LABEL, replace(SPECTRUM, before=many)).axes
    assert not before.containers
    assert len([patch for patch in before.patches if isinstance(patch, StepPatch)]) == 2


def test_outliers_do_not_stretch_the_axes_and_are_said():
    far = np.append(BEFORE, np.eye(1, 900, 899, dtype=np.int64)[0])
    spectrum = replace(SPECTRUM, before=far, histogram=Histogram(30.0, 10.0, far[3:], 0))
    figure = masses.mass(LABEL, spectrum)
    assert [axes.get_xlim()[1] for axes in figure.axes] == pytest.approx([61.2] * 4)
    for axes in figure.axes[::2]:
        assert "3 events above 60 GeV" in [text.get_text() for text in axes.get_legend().get_texts()]
    (page,) = masses.masses_of_final_state(LABEL, [spectrum])
    assert page.axes[0].get_title("left").endswith("events, 3 above 60 GeV")


def test_known_structures_are_marked_before_and_after():
    spectrum = replace(SPECTRUM, cut=replace(CUT, structures=(Structure("edge of Z + jet", 41.25),)))
    for axes in masses.mass(LABEL, spectrum).axes:
        assert marks(axes)["edge of Z + jet, 41.2 GeV"] == 41.25
    assert all("edge of Z + jet, 41.2 GeV" not in marks(axes) for axes in masses.mass(LABEL, SPECTRUM).axes)


def test_what_is_left_is_shown_although_it_lies_among_outliers_of_the_whole():
    before = np.array([0, 20, 9, 0, 0, 1, 0, 0, 1])
    left = replace(SPECTRUM, before=before, histogram=Histogram(80.0, 10.0, np.array([1]), 0))
    assert {round(axes.get_xlim()[1], 6) for axes in masses.mass(LABEL, left).axes} == {1.02 * 90}


def test_what_is_counted_is_named():
    figure = masses.mass(LABEL, replace(SPECTRUM, counted="Simulated events"))
    assert figure.axes[0].get_ylabel() == "Simulated events / 10 GeV"


def test_what_does_not_apply_is_not_marked():
    plain = replace(CUT, above=0, split_gev=None, outliers=0, vetoed_gev=())
    spectrum = replace(
        SPECTRUM, cut=plain, removed_to_gev=0.0, before=BEFORE[:6], histogram=Histogram(30, 10, BEFORE[3:6], 0)
    )
    before, _, after, _ = masses.mass(LABEL, spectrum).axes
    assert list(marks(before)) == list(marks(after)) == ["turn-on"]
    assert list(steps(after)) == ["main"]
    assert before.get_xlim() == (0.0, pytest.approx(61.2))


def test_texts_axes_and_units():
    figure = masses.mass(LABEL, replace(SPECTRUM, histogram=Histogram(30.0, 5.0, np.repeat(BEFORE[3:], 2), 0)))
    before, _, after, after_log = figure.axes
    assert figure.get_suptitle() == f"{LABEL.text()}\n2 e + jet: mass of two leading e   (e0e1 in 2e_0m_1j_0g)"
    assert (before.get_ylabel(), after.get_ylabel()) == ("Events / 10 GeV", "Events / 5 GeV")
    assert after.get_xlabel() == after_log.get_xlabel() == "Invariant mass [GeV]"
    assert re.search(r"203 events \(31 below, 90 in windows .*, 5 above 10,000 GeV", before.get_title("left"))
    assert after.get_title("left").endswith("77 events (75 main, 2 outliers)")


def test_what_lies_before_the_first_bin_is_said():
    histogram = replace(SPECTRUM.histogram, trimmed=1234)
    after = masses.mass(LABEL, replace(SPECTRUM, histogram=histogram)).axes[2]
    assert after.get_title("left").endswith("77 events (75 main, 2 outliers; 1,234 lie before the first bin)")


def test_long_labels_of_panels_are_wrapped_and_ends_of_bins_by_resolution_are_rounded():
    edges = 100.12345 * np.arange(1, 7)
    histogram = Histogram(100.12345, 100.12345, np.array([90, 5, 0, 0, 0, 1]), 0, edges_gev=np.append(edges, 900.0))
    spectrum = replace(SPECTRUM, key=SpectrumKey("1e_1m", "MET+e0m0"), histogram=histogram)
    (page,) = masses.masses_of_final_state(LABEL, [spectrum])
    assert page.axes[0].get_xlabel() == "Mass of leading e, leading µ and missing\ntransverse momentum [GeV]"
    assert page.axes[0].get_title("left").endswith("1 above 300.37 GeV")


def test_without_a_histogram_the_reason_stands_there():
    nothing = replace(CUT, start_gev=None, split_gev=None, main=0, outliers=0, reason="no masses are left")
    _, _, after, after_log = masses.mass(LABEL, replace(SPECTRUM, cut=nothing, histogram=None)).axes
    assert steps(after) == {}
    assert after.texts[0].get_text() == "no histogram:\nno masses are left"
    assert after_log.get_legend() is None


def test_a_split_that_floats_make_inexact_still_splits_there():
    histogram = Histogram(0.1, 0.1, np.array([5, 4, 3]), 0)  # 0.1 + 0.1 * 2 is above 0.3
    cut = replace(CUT, start_gev=0.1, split_gev=0.30000000000000004, vetoed_gev=())
    _, _, after, _ = masses.mass(LABEL, replace(SPECTRUM, cut=cut, histogram=histogram)).axes
    assert steps(after)["outliers"][1] == [3]


def test_a_page_shows_every_combination():
    others = [replace(SPECTRUM, key=SpectrumKey("2e_0m_1j_0g", name)) for name in ("e0j0", "e1j0")]
    without = replace(SPECTRUM, key=SpectrumKey("2e_0m_1j_0g", "e0e1j0"), histogram=None)
    (figure,) = masses.masses_of_final_state(LABEL, [SPECTRUM, without, *others])
    assert [axes.get_title("left") for axes in figure.axes] == [
        f"{name}   77 events, 2 above 60 GeV" for name in ("e0e1", "e0j0", "e1j0")
    ]
    assert all(steps(axes)["main"][1] == [50, 20, 5] for axes in figure.axes)
    assert [axes.get_xlabel() for axes in figure.axes] == [
        "Mass of two leading e [GeV]", "Mass of leading e and leading jet [GeV]", "Mass of 2nd e and leading jet [GeV]",
    ]  # fmt: skip
    legend = [text.get_text() for text in figure.legends[0].get_texts()]
    assert sorted(legend) == ["main", "outliers", "outliers start", "turn-on"]
    assert "2e_0m_1j_0g" in figure.get_suptitle()


def test_many_combinations_take_more_pages():
    many = [replace(SPECTRUM, key=SpectrumKey("2e_0m_1j_0g", f"e0j{rank}")) for rank in range(PANELS_A_PAGE + 1)]
    first, second = masses.masses_of_final_state(LABEL, many)
    titles = [axes.get_title("left") for figure in (first, second) for axes in figure.axes if axes.get_title("left")]
    assert len(titles) == len(many)
    assert second.get_suptitle().endswith("page 2 of 2")


def test_nothing_to_draw_is_refused():
    empty = replace(SPECTRUM, before=np.zeros(3, dtype=np.int64))
    with pytest.raises(PhysicsError, match="2e_0m_1j_0g/e0e1 has no masses to draw"):
        masses.mass(LABEL, empty)
    with pytest.raises(PhysicsError, match="there are 0 histograms of no final state"):
        masses.masses_of_final_state(LABEL, [])
    with pytest.raises(PhysicsError, match="there are 2 histograms of 1e_0m, 2e_0m_1j_0g"):
        masses.masses_of_final_state(LABEL, [SPECTRUM, replace(SPECTRUM, key=SpectrumKey("1e_0m", "e0e1"))])
