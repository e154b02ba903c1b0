"""Figures of the stages: every number of the statistics is drawn, and what was not recorded is not drawn as zero."""

import pytest

from physics.errors import PhysicsError
from physics.performance_plots import Stage, performance
from physics.plots import Label

LABEL = Label("CMS Open Data", "record 30522", 13.0)
STAGES = {
    "ParseFile": Stage(seconds=20.0, branches=8, events=100_000, bytes_read=50_000_000, failures=2),
    "FindPeaks": Stage(seconds=0.5, branches=1),
}


def panels():
    figure = performance(LABEL, STAGES)
    return {axes.get_xlabel(): axes for axes in figure.axes}


def test_every_number_is_drawn():
    drawn = {name: [bar.get_width() for bar in axes.patches] for name, axes in panels().items()}
    assert drawn == {
        "Time, all branches added [s]": [20.0, 0.5],
        "Branches": [8, 1],
        "Throughput of one process [events/s]": [5000.0, 0.0],
        "Throughput of one process [MB/s]": [2.5, 0.0],
        "Bytes read [MB]": [50.0, 0.0],
        "Files given up": [2, 0],
    }


def test_what_was_not_recorded_says_so():
    texts = {name: [text.get_text() for text in axes.texts] for name, axes in panels().items()}
    assert texts["Bytes read [MB]"] == ["50", "not recorded"]
    assert texts["Throughput of one process [events/s]"] == ["5,000", "not recorded"]
    assert texts["Files given up"] == ["2", "0"]


def test_stages_stand_in_their_order_below_the_label():
    figure = performance(LABEL, STAGES)
    assert [text.get_text() for text in figure.axes[0].get_yticklabels()] == list(STAGES)
    assert figure.get_suptitle().startswith("CMS Open Data   √s = 13 TeV   record 30522\n")


def test_a_stage_that_took_no_time_has_no_throughput():
    assert Stage(seconds=0.0, branches=1, events=5).per_second(5) is None


def test_no_stage_is_refused():
    with pytest.raises(PhysicsError, match="no stage to draw the performance of: logs/ holds no statistics"):
        performance(LABEL, {})
