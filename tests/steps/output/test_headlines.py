"""Luminosity and warnings: all that a physicist must see of a dataset, in words."""

from dataclasses import replace

import pytest

from edm.records.event_level import EventRow, LuminosityNumbers
from edm.records.samples import Normalisation
from physics.selection.events import EventSelection
from steps import statistics
from steps.events.event_options import EventOptions
from steps.output.headlines import EventRequest, compare_luminosities, headlines

EVENTS = EventSelection.model_validate(
    {
        "good_runs": {"formats": {"cms-nanoaod": {"lists": "auto", "source": "?"}, "2020e-13tev": None}},
        "triggers": {"formats": {"cms-nanoaod": {"paths": ["HLT_a"], "source": "?"}, "2020e-13tev": None}},
    }
)
NONE = EventOptions(good_runs=("none",), triggers=False)
EVERYTHING = replace(
    statistics.of_branches({}),
    event_cutflow=(EventRow("events read", 1000, 1000), EventRow("trigger", 900, 0)),
    luminosity=LuminosityNumbers(12, 10, 100, 3.25),
    not_applied={"good runs": ("run",), "trigger": ("HLT_a",), "Flag_goodVertices": ("Flag_goodVertices",)},
    blocks={"seen": {"1": ((1, 2),), "2": ((1, 10),)}, "good": {"2": ((1, 10),)}},
    events_per_path={"HLT_b": 0},
    unassigned_objects={"lep_type": 7},
    formats={"cms-nanoaod": 2},
)


def test_all_five_kinds_of_warnings_are_there():
    first = headlines(EVERYTHING, EventRequest(EVENTS, EventOptions()))
    assert first.facts == (
        "900 of 1,000 events count; 10 of 12 luminosity blocks good (of 100 in the lists), ≈ 3.25 1/pb",
    )
    branches = "good runs (run), Flag_goodVertices; the branches are in no file of the dataset (perhaps misspelt)"
    assert first.warnings == (
        "7 objects of lep_type were left out: they have a value that no kind of the schema takes (where)",
        f"not applied: {branches}",
        "no trigger was asked for: the files have no trigger branch at all",
        "1 run without a good luminosity block, all events left out: 1",
        "trigger paths that never fired: HLT_b",
    )


def test_what_only_some_files_lack_is_told_apart():
    rows = tuple(EventRow(name, 1000, 500) for name in ("trigger", "jets"))
    partly = replace(statistics.of_branches({}), event_cutflow=rows, not_applied={"trigger": ("a",), "jets": ("b",)})
    assert headlines(partly, EventRequest(EVENTS, EventOptions())).warnings == (
        "not applied to some files: jets (b); the branches are not in all files",
        "no trigger was asked of some files: they have no trigger branch at all",
    )


def test_what_the_command_line_left_out_is_said():
    first = headlines(replace(statistics.of_branches({}), formats={"cms-nanoaod": 1}), EventRequest(EVENTS, NONE))
    assert first.warnings == (
        "no list of good runs was applied: --good-runs none",
        "no trigger was asked for: --triggers none",
    )


@pytest.mark.parametrize(
    ("formats", "simulated", "events"),
    [({"2020e-13tev": 1}, 0, EVENTS), ({"cms-nanoaod": 1}, 0, None)],
)
def test_nothing_is_missing_where_the_selection_asks_nothing(formats, simulated, events):
    summed = replace(statistics.of_branches({}), formats=formats, simulated_files=simulated)
    assert headlines(summed, EventRequest(events, NONE)).warnings == ()


def test_simulation_has_no_good_runs_to_be_missed():
    summed = replace(statistics.of_branches({}), formats={"cms-nanoaod": 1}, simulated_files=1)
    assert headlines(summed, EventRequest(EVENTS, NONE)).warnings == ("no trigger was asked for: --triggers none",)


def test_the_luminosity_of_simulation_is_said():
    sample = Normalisation(36.6, 2.0, 1.0, 1.0, 100.0, "the catalogue", 0.5, 732.0)
    sample = replace(sample, note="contents are too small")
    first = headlines(statistics.of_branches({}), EventRequest(None, EventOptions()), {"s": sample})
    (fact,) = first.facts
    assert fact.startswith("normalised to 36.6/fb: cross section 2 pb")
    assert first.warnings == ("s: contents are too small",)


@pytest.mark.parametrize(
    ("estimate_pb", "is_whole", "warnings"),
    [
        (35_000.0, False, []),
        (48.3, True, ["≈ 48.3/pb: --luminosity-fb 0.0483 adapts it"]),
        (None, True, []),
        (None, False, ["but only some files of the data are read: --luminosity-fb L adapts it"]),
    ],
)
def test_simulation_of_another_luminosity_is_warned_of(estimate_pb, is_whole, warnings):
    luminosity = None if estimate_pb is None else LuminosityNumbers(2, 1, 10, estimate_pb)
    found = compare_luminosities(replace(EVERYTHING, luminosity=luminosity), is_whole, 36.6)
    assert [text.partition(" 36.6/fb, ")[2].removeprefix("the data that were read have ") for text in found] == warnings
