"""Figures of the data: bars and steps are the counts that went in, axes have names and units."""

import numpy as np
import pytest

from edm.records.kinematics import Counts, Grid
from physics.errors import PhysicsError
from plots import overview
from plots.style import Label

LABEL = Label("ATLAS Open Data", "2020e-13tev", 13.0)
STATES = {"2e_0m_3j_0g": 70, "2e_0m_4j_0g": 20, "0e_1m_0j_0g": 500, "0e_0m_0j_1g": 3}


def names(axes):
    return [text.get_text() for text in axes.get_yticklabels()]


def test_events_per_dataset():
    figure = overview.events_per_dataset(LABEL, {"a": (1000, 400), "b": (10, 0)})
    (axes,) = figure.axes
    assert [bar.get_width() for bar in axes.patches] == [1000, 400, 10, 0]
    assert names(axes) == ["a, read", "kept for masses", "b, read", "kept for masses"]
    assert axes.get_xlabel() == "Events"
    assert figure.get_suptitle().startswith(LABEL.text())


def test_multiplicities():
    figure = overview.multiplicities(LABEL, STATES, max_multiplicity=4)
    drawn = {axes.get_xlabel(): [bar.get_height() for bar in axes.patches] for axes in figure.axes}
    assert drawn == {"Electrons": [503, 0, 90], "Muons": [93, 500], "Jets": [503, 0, 0, 70, 20], "Photons": [590, 3]}
    assert [text.get_text() for text in figure.axes[2].get_xticklabels()] == ["0", "1", "2", "3", "4+"]
    assert figure.axes[0].get_ylabel() == "Events"


def test_without_a_limit_there_is_no_top_bucket():
    figure = overview.multiplicities(LABEL, STATES, max_multiplicity=0)
    assert [text.get_text() for text in figure.axes[2].get_xticklabels()] == ["0", "1", "2", "3", "4"]


def test_kinematics():
    grid = Grid(0.0, 100.0, 2)
    counts = {"pt": np.array([7, 2]), "eta": np.array([0, 0]), "phi": np.array([4, 5])}
    figure = overview.kinematics(LABEL, {"m": {name: Counts(grid, values, 0, 0) for name, values in counts.items()}})
    assert [axes.get_xlabel() for axes in figure.axes] == list(overview.QUANTITIES.values())
    for axes, values in zip(figure.axes, counts.values(), strict=True):
        for step in axes.patches:
            assert step.get_data().values.tolist() == values.tolist()
            assert step.get_data().edges.tolist() == grid.edges().tolist()
    assert [axes.get_yscale() for axes in figure.axes] == ["log", "linear", "linear"]
    assert [axes.get_ylabel() for axes in figure.axes] == ["Muons / 50 GeV", "Muons / 50", "Muons / 50 rad"]


def test_every_power_of_ten_has_a_number_and_ticks_between():
    counts = Counts(Grid(0.0, 100.0, 2), np.array([250_000, 2]), 0, 0)
    figure = overview.kinematics(LABEL, {"m": dict.fromkeys(overview.QUANTITIES, counts)})
    axis = figure.axes[0].yaxis
    low, high = axis.get_view_interval()
    numbers = [tick for tick in axis.get_majorticklocs() if low <= tick <= high]
    assert numbers == [1, 10, 100, 1000, 10_000, 100_000]
    assert {20, 5000, 200_000} <= set(axis.get_minorticklocs().round())


def test_largest_final_states():
    figure = overview.largest_final_states(LABEL, STATES, min_events=50, max_multiplicity=4, largest=3)
    (axes,) = figure.axes
    assert names(axes) == [
        "µ, no jets   0e_1m_0j_0g",
        "2 e + 3 jets   2e_0m_3j_0g",
        "2 e + 4+ jets   2e_0m_4j_0g",
    ]
    assert [bar.get_width() for bar in axes.patches] == [500, 70, 20]
    assert [bool(bar.get_hatch()) for bar in axes.patches] == [False, False, True]
    assert axes.lines[0].get_xdata() == [50, 50]
    legend = [text.get_text() for text in axes.get_legend().get_texts()]
    assert legend == ["kept", "dropped: too few events", "min_events_per_fs = 50"]
    assert "the 3 largest of 4" in figure.get_suptitle()


def test_a_final_state_with_exactly_enough_events_is_kept():
    figure = overview.largest_final_states(LABEL, {"2e_0m": 100}, min_events=100)
    assert not figure.axes[0].patches[0].get_hatch()
    assert "all 1" in figure.get_suptitle()
    legend = [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
    assert legend == ["kept", "min_events_per_fs = 100"]


def test_where_all_are_dropped_none_is_kept_in_the_legend():
    figure = overview.largest_final_states(LABEL, {"2e_0m": 99}, min_events=100)
    legend = [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
    assert legend == ["dropped: too few events", "min_events_per_fs = 100"]


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (lambda: overview.events_per_dataset(LABEL, {}), "no dataset to draw the events of"),
        (lambda: overview.multiplicities(LABEL, {}, 4), "no final state to draw multiplicities of"),
        (lambda: overview.kinematics(LABEL, {}), "no kind of object to draw the kinematics of"),
        (lambda: overview.largest_final_states(LABEL, {}, 100), "no final state to draw: "),
    ],
)
def test_nothing_to_draw_is_refused(draw, message):
    with pytest.raises(PhysicsError, match=message):
        draw()


def test_the_legend_covers_no_bar_even_where_all_are_long():
    states = {f"{number}e_0m": 400 - number for number in range(9)}
    figure = overview.largest_final_states(LABEL, states, min_events=10)
    figure.draw_without_rendering()
    (axes,) = figure.axes
    assert axes.get_legend().get_window_extent().y0 >= axes.get_window_extent().y1
