"""Figures of the stages: every number of the statistics is drawn, and what was not recorded is not drawn as zero."""

import pytest

from edm.records.statistics import StageStatistics
from physics.errors import PhysicsError
from plots.performance import performance
from plots.style import Label

LABEL = Label("CMS Open Data", "record 30522", 13.0)
STAGES = {
    "ParseFile": StageStatistics(
        *(8, 20.0), events=100_000, bytes_read=50_000_000, bytes_written=4_000_000, peak_memory_mb=250, failures=2
    ),
    "CountMasses": StageStatistics(seconds=0.5, branches=1, masses=3000, bytes_written=500, peak_memory_mb=90),
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
        "Throughput of one process [masses/s]": [0.0, 6000.0],
        "Input read [MB]": [50.0, 0.0],
        "Output written [MB]": [4.0, 0.0005],
        "Largest memory of a branch [MB]": [250, 90],
        "Files given up": [2, 0],
    }


def test_what_a_stage_does_not_count_is_a_dash_and_no_zero():
    texts = {name: [text.get_text() for text in axes.texts] for name, axes in panels().items()}
    assert texts["Input read [MB]"] == ["50", "–"]
    assert texts["Throughput of one process [events/s]"] == ["5,000", "–"]
    assert texts["Throughput of one process [masses/s]"] == ["–", "6,000"]
    assert texts["Output written [MB]"] == ["4", "0.0005"]
    assert texts["Files given up"] == ["2", "0"]


def test_stages_stand_in_their_order_below_the_label():
    figure = performance(LABEL, STAGES)
    assert [text.get_text() for text in figure.axes[0].get_yticklabels()] == list(STAGES)
    assert figure.get_suptitle().startswith("CMS Open Data   √s = 13 TeV   record 30522\n")


def test_without_files_given_up_there_is_no_panel_of_them():
    figure = performance(LABEL, {"CountMasses": STAGES["CountMasses"]})
    assert [axes.get_xlabel() for axes in figure.axes if axes.axison] == list(panels())[:-1]
    assert list(panels())[-1] == "Files given up"


def test_no_stage_is_refused():
    with pytest.raises(PhysicsError, match="no stage to draw the performance of: logs/ holds no statistics"):
        performance(LABEL, {})
