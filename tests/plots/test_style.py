"""The label, and what bars and axes show."""

import io

import matplotlib as mpl
import pytest
from matplotlib.figure import Figure

from physics.errors import PhysicsError
from plots.style import PAGE_WIDTH_IN, STYLE, Label, bars, canvas, full_numbers

LABEL = Label("ATLAS Open Data", "2020e-13tev", 13.0)


@pytest.mark.parametrize(
    ("label", "text"),
    [
        (LABEL, "ATLAS Open Data   √s = 13 TeV   2020e-13tev"),
        (Label("CMS Open Data", "record 30522", 13.6), "CMS Open Data   √s = 13.6 TeV   record 30522"),
        (Label("ATLAS Open Data", "x", 8.0, simulated=True), "ATLAS Open Data   simulation   √s = 8 TeV   x"),
        (
            Label("ATLAS Open Data", "2024r-hi", 5.02, heavy_ions=True),
            r"ATLAS Open Data   Pb-Pb   $\sqrt{s_{\mathrm{NN}}}$ = 5.02 TeV   2024r-hi",
        ),
        (Label("Toy data", "demo"), "Toy data   demo"),
    ],
)
def test_the_label_says_in_words_where_data_come_from(label, text):
    assert label.text() == text


def test_a_canvas_has_label_and_title():
    figure, axes = canvas(LABEL, "What it shows", 2, 3, 4.0)
    assert axes.shape == (2, 3)
    assert figure.get_suptitle() == f"{LABEL.text()}\nWhat it shows"
    assert tuple(figure.get_size_inches()) == (PAGE_WIDTH_IN, 4.0)


def test_bars_show_each_number():
    axes = Figure().subplots()
    bars(axes, ["a", "b"], [12345.0, 0.0])
    assert [bar.get_width() for bar in axes.patches] == [12345.0, 0.0]
    assert [text.get_text() for text in axes.texts] == ["12,345", "0"]
    assert [text.get_text() for text in axes.get_yticklabels()] == ["a", "b"]
    low, high = axes.get_ylim()
    assert low > 1 > 0 > high, "the first bar is on top"


def test_no_bars_are_refused():
    with pytest.raises(PhysicsError, match="no values to draw bars of: leave this figure out"):
        bars(Figure().subplots(), [], [])


@pytest.mark.parametrize(("value", "text"), [(2.5, "2.5"), (100_000, "100,000"), (0.0, "0"), (1e7, "10,000,000")])
def test_numbers_of_an_axis_are_written_in_full(value, text):
    axis = Figure().subplots().xaxis
    full_numbers(axis)
    assert axis.get_major_formatter()(value) == text


@pytest.mark.parametrize("form", ["png", "pdf"])
def test_figures_can_be_saved_without_a_warning(form):
    with mpl.rc_context(STYLE):
        figure, axes = canvas(LABEL, "η φ √ −1", 1, 1, 2.0)
        bars(axes[0, 0], ["a"], [1.0])
    figure.savefig(io.BytesIO(), format=form)


def test_the_style_stays_where_it_is_used():
    before = dict(mpl.rcParams)
    with mpl.rc_context(STYLE):
        canvas(LABEL, "x", 1, 1, 2.0)
    assert dict(mpl.rcParams) == before
