"""Data over simulation: layers and points are the numbers that went in; yields, errors and ratios are theirs."""

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.patches import StepPatch

from edm.spectra import SpectrumKey
from physics.errors import PhysicsError
from plots.comparison import Comparison, SampleBins, compare
from plots.style import SAMPLE_COLORS, Label

LABEL = Label("ATLAS Open Data", "2025e-13tev-beta", 13.0)
EDGES = np.array([0.0, 10.0, 20.0, 30.0, 40.0, 50.0, 60.0])
SMALL = SampleBins("small", np.array([0.0, 1.0, 1.0, 0.5, 0.0, 0.25]), np.array([0.0, 0.25, 0.25, 0.25, 0.0, 0.01]))
LARGE = SampleBins("large", np.array([0.0, 40.0, 20.0, -0.5, 0.0, 0.0]), np.array([0.0, 4.0, 2.0, 1.0, 0.0, 0.0]))
KEY = SpectrumKey("2e_0m_0j", "e0e1")
BOTH = Comparison(KEY, EDGES, [LARGE, SMALL], np.array([0, 38, 63, 2, 0, 1]), "36.6 fb")


def layers(axes):
    """Give top and baseline of each filled outline that has a name."""
    patches = [patch for patch in axes.patches if isinstance(patch, StepPatch) and patch.get_label()[:1] != "_"]
    return {
        patch.get_label().split("   ")[0]: (patch.get_data().values.tolist(), np.ravel(patch.get_data().baseline))
        for patch in patches
        if patch.get_label()
    }


def legend(axes):
    return [text.get_text() for text in axes.get_legend().get_texts()]


def test_samples_are_stacked_the_smallest_at_the_bottom():
    main, _ = compare(LABEL, BOTH).axes
    drawn = layers(main)
    assert drawn["small"][0] == [0.0, 1.0, 1.0, 0.5]
    assert drawn["large"][0] == [0.0, 41.0, 21.0, 0.0]
    assert drawn["large"][1].tolist() == drawn["small"][0]


def test_or_drawn_as_one_sum():
    main, _ = compare(LABEL, BOTH, stacked=False).axes
    drawn = layers(main)
    assert set(drawn) == {"simulation", "statistical error of simulation"}
    assert drawn["simulation"][0] == [0.0, 41.0, 21.0, 0.0]


def test_the_band_is_the_statistical_error_of_the_sum():
    main, ratio = compare(LABEL, BOTH).axes
    high, low = layers(main)["statistical error of simulation"]
    errors = np.sqrt(SMALL.variances + LARGE.variances)[:4]
    assert high == pytest.approx(np.array([0.0, 41.0, 21.0, 0.0]) + errors)
    assert low == pytest.approx(np.array([0.0, 41.0, 21.0, 0.0]) - errors)
    band = ratio.patches[0].get_data()
    assert band.values[1:3] == pytest.approx(1 + errors[1:3] / [41, 21])


def test_the_legend_has_yields_of_all_events():
    main, _ = compare(LABEL, BOTH).axes
    assert legend(main) == [
        "data   104", "statistical error of simulation", "large   59.5 ± 2.6", "small   2.75 ± 0.87",
    ]  # fmt: skip


def test_points_are_the_data_and_their_ratio_to_simulation():
    main, ratio = compare(LABEL, BOTH).axes
    assert main.containers[0][0].get_xydata().tolist() == [[15.0, 38.0], [25.0, 63.0], [35.0, 2.0]]
    assert ratio.containers[0][0].get_xydata() == pytest.approx(np.array([[15.0, 38 / 41], [25.0, 3.0]]))
    assert ratio.get_ylabel() == "data / sim."


def test_a_ratio_beyond_the_axis_is_an_arrow():
    wide = replace(BOTH, data=np.array([0, 41, 63, 0, 0, 0]), samples=[replace(LARGE, contents=LARGE.contents + 1e-9)])
    wide = replace(wide, data=np.array([0, 40, 63, 2, 0, 0]), samples=[SampleBins("s", np.ones(6) * 40, np.ones(6))])
    _, ratio = compare(LABEL, wide).axes
    assert ratio.get_ylim() == (0.0, 2.0)
    assert [line.get_xydata().tolist() for line in ratio.lines if line.get_marker() == "^"] == []
    far = replace(wide, data=np.array([40, 40, 160, 40, 0, 0]))
    _, ratio = compare(LABEL, far).axes
    assert [line.get_xydata().tolist() for line in ratio.lines if line.get_marker() == "^"] == [[[25.0, 2.0]]]


def test_the_axis_of_ratios_follows_data_of_another_luminosity():
    few = replace(BOTH, samples=[replace(LARGE, contents=LARGE.contents * 1000)])
    assert compare(LABEL, few).axes[1].get_ylim()[1] < 0.01
    many = replace(BOTH, samples=[replace(LARGE, contents=LARGE.contents / 10)])
    assert compare(LABEL, many).axes[1].get_ylim()[1] > 10


def test_what_lies_beyond_the_range_is_said():
    main, _ = compare(LABEL, BOTH).axes
    assert main.get_xlim() == (0.0, 40.0)
    assert main.get_title("right") == "above 40 GeV: 1 event of data, 0.25 of simulation"
    assert main.get_title("left") == "simulation normalised to 36.6 fb"


def test_simulation_alone_has_no_ratio():
    figure = compare(replace(LABEL, simulated=True), replace(BOTH, data=None))
    (main,) = figure.axes
    assert "simulation" in figure.get_suptitle()
    assert main.get_xlabel() == "Invariant mass [GeV]"
    assert main.get_ylabel() == "Events / 10 GeV"
    assert not main.containers
    assert legend(main)[0] == "statistical error of simulation"


def test_samples_beyond_the_colours_are_taken_together():
    many = [replace(SMALL, name=f"s{number:02d}", contents=SMALL.contents + number) for number in range(12)]
    main, _ = compare(LABEL, replace(BOTH, samples=many)).axes
    drawn = layers(main)
    assert len(drawn) == len(SAMPLE_COLORS) + 1
    assert "others (3 samples)" in drawn
    assert drawn["s11"][0] == pytest.approx(sum(sample.contents for sample in many)[: len(drawn["s11"][0])])


def test_the_title_is_in_words_and_by_name():
    title = compare(LABEL, BOTH).get_suptitle().split("\n")[1]
    assert title == "2 e, no jets: mass of two leading e   (e0e1 in 2e_0m_0j)"


def test_bins_of_different_widths_are_called_bins():
    main, _ = compare(LABEL, replace(BOTH, edges_gev=np.array([0.0, 10.0, 25.0, 30.0, 40.0, 50.0, 60.0]))).axes
    assert main.get_ylabel() == "Events / bin"


@pytest.mark.parametrize(
    "nothing",
    [replace(BOTH, samples=[]), replace(BOTH, data=None, samples=[SampleBins("s", np.zeros(6), np.zeros(6))])],
)
def test_nothing_to_draw_is_refused(nothing):
    with pytest.raises(PhysicsError, match="2e_0m_0j/e0e1 has no simulation to draw"):
        compare(LABEL, nothing)
