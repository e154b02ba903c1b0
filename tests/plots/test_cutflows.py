"""Cutflows: bars are the counts that went in, and no number stands on a bar."""

import pytest

from edm.records.cutflow import Cutflow, Row
from edm.records.event_level import EventRow
from physics.errors import PhysicsError
from plots import cutflows
from plots.style import Label

LABEL = Label("ATLAS Open Data", "2020e-13tev", 13.0)
STEPS = (
    EventRow("events read", 1000, 1000),
    EventRow("good runs", 900, 1000),
    EventRow("jets", 900, 0),
    EventRow("trigger", 300, 900),
    EventRow("stream", 300, 300),
)


def names(axes):
    return [text.get_text() for text in axes.get_yticklabels()]


def test_cutflow():
    rows = (
        Row("all", 90),
        Row("invalid", 90),
        Row("pt", 60),
        Row("isolation", 60, applied=False, reasons=("no such quantity",)),
    )
    flow = Cutflow({"e": rows, "m": (Row("all", 0),), "t": ()}).rows
    figure = cutflows.cutflow(LABEL, flow)
    electrons, muons, *unused = figure.axes
    assert [bar.get_width() for bar in electrons.patches] == [90, 90, 60, 60]
    assert names(electrons) == ["all", "valid", "pt", "isolation"]
    assert [bool(bar.get_hatch()) for bar in electrons.patches] == [False, False, False, True]
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["cut not applied"]
    assert (electrons.get_xlabel(), muons.get_xlabel()) == ("Electrons left", "Muons left")
    assert [bar.get_width() for bar in muons.patches] == [0]
    assert unused == []


def test_the_waterfall_shows_what_each_step_rejects():
    figure = cutflows.event_cutflow(LABEL, STEPS)
    (axes,) = figure.axes
    assert names(axes) == [row.name for row in STEPS]
    left, rejected = axes.patches[: len(STEPS)], axes.patches[len(STEPS) :]
    assert [bar.get_width() for bar in left] == [1000, 900, 900, 300, 300]
    assert [bar.get_width() for bar in rejected] == [0, 100, 0, 600, 0]
    assert [bool(bar.get_hatch()) for bar in left] == [False, False, True, False, False]
    legend = [text.get_text() for text in figure.legends[0].get_texts()]
    assert legend == ["left", "rejected by the step", "not applied to any event"]


def test_each_step_says_what_is_left_and_what_it_rejected():
    texts = [text.get_text() for text in cutflows.event_cutflow(LABEL, STEPS).axes[0].texts if text.get_text()]
    minus = "\N{MINUS SIGN}"
    assert texts == [
        "1,000", f"900   {minus}100 (10.0%)", "900   not applied", f"300   {minus}600 (66.7%)", "300",
    ]  # fmt: skip


def test_no_number_lies_on_a_bar():
    figure = cutflows.event_cutflow(LABEL, STEPS)
    figure.draw_without_rendering()
    (axes,) = figure.axes
    bars = [bar.get_window_extent() for bar in axes.patches]
    texts = [text.get_window_extent() for text in axes.texts if text.get_text()]
    assert not [1 for text in texts for bar in bars if text.overlaps(bar)]
    assert all(text.x1 < axes.get_window_extent().x1 for text in texts)


def test_where_every_step_was_applied_nothing_is_hatched():
    figure = cutflows.event_cutflow(LABEL, STEPS[:2])
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["left", "rejected by the step"]


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (lambda: cutflows.cutflow(LABEL, {"e": ()}), "the cutflow has no row"),
        (lambda: cutflows.event_cutflow(LABEL, ()), "the event cutflow has no row"),
    ],
)
def test_nothing_to_draw_is_refused(draw, message):
    with pytest.raises(PhysicsError, match=message):
        draw()
