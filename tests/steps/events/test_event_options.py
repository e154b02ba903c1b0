"""What a run asks of events: the parameters over the block of the selection."""

import pytest

from physics.errors import EventLevelError
from physics.selection.events import EventSelection
from steps.events.event_options import (
    EventOptions,
    are_several_streams,
    describe_options,
    find_streams,
    formats_of_streams,
)
from targets.errors import ConfigurationError

CMS, ATLAS = "cms-nanoaod", "2024r-pp"
STREAMS = [
    {"name": "DoubleMuon", "files": ["*/DoubleMuon/*"], "paths": ["a"]},
    {"name": "SingleMuon", "files": ["*/SingleMuon/*"], "paths": ["b"]},
]
EVENTS = EventSelection.model_validate(
    {
        "good_runs": {"formats": {CMS: {"lists": "auto", "if_present": True}, ATLAS: {"lists": ["atlas-2016-25ns"]}}},
        "streams": {"formats": {CMS: STREAMS, ATLAS: None}},
    }
)


def names(settings):
    return [run_list.name for run_list in settings.lists]


def test_auto_takes_what_the_selection_says():
    options = EventOptions()
    assert names(options.settings(EVENTS, CMS, "CMS")) == ["cms-2011", "cms-2012", "cms-2016"]
    assert names(options.settings(EVENTS, ATLAS, "ATLAS")) == ["atlas-2016-25ns"]
    nothing = options.settings(None, CMS, "CMS")
    assert (nothing.good_runs, nothing.lists, nothing.events) == ("auto", (), None)


def test_parameters_override_it():
    none = EventOptions(good_runs=("none",)).settings(EVENTS, CMS, "CMS")
    assert (none.good_runs, none.lists) == ("none", ())
    named = EventOptions(good_runs=("cms-2012",), triggers=False, mc_period="2015").settings(EVENTS, CMS, "CMS")
    assert (named.good_runs, names(named), named.triggers, named.mc_period) == ("lists", ["cms-2012"], False, "2015")
    with pytest.raises(ConfigurationError, match="--good-runs cms-2099: there is no such file, and no list"):
        EventOptions(good_runs=("cms-2099",)).settings(EVENTS, CMS, "CMS")


DOUBLE, SINGLE, OTHER = "/d/DoubleMuon/1.root", "/d/SingleMuon/1.root", "/d/x.root"


def test_streams_act_from_two_on():
    assert find_streams(EVENTS, [DOUBLE, DOUBLE]) == {}
    (streams,) = find_streams(EVENTS, [SINGLE, DOUBLE]).values()
    assert [stream.name for stream in streams] == ["DoubleMuon", "SingleMuon"]
    assert find_streams(None, [SINGLE, DOUBLE]) == {}
    with pytest.raises(EventLevelError, match=r"x\.root belongs to none of the streams DoubleMuon, SingleMuon"):
        find_streams(EVENTS, [SINGLE, DOUBLE, OTHER])


@pytest.mark.parametrize(
    ("addresses", "several"),
    [
        ([DOUBLE, SINGLE, OTHER], True),
        ([DOUBLE, OTHER], False),
        ([], False),
        (["/Data/DataEgamma.root", "/Data/DataMuons.root"], True),
        (["/Data/DataMuons.root", "/Data/DataMuons_2.root", DOUBLE], False),
    ],
)
def test_several_streams_are_told_by_addresses_ranked_or_not(addresses, several):
    assert are_several_streams(EVENTS, addresses) == several


def test_formats_of_streams_are_those_with_a_rank_and_2016():
    assert formats_of_streams(EVENTS) == {CMS, "2016e-8tev"}
    assert formats_of_streams(None) == {"2016e-8tev"}


def test_descriptions_name_the_content_of_lists():
    described = describe_options(EventOptions(), EVENTS, {CMS: "CMS", ATLAS: "ATLAS"})
    assert list(described.run_lists) == ["atlas-2016-25ns", "cms-2011", "cms-2012", "cms-2016"]
    assert all(len(sha256) == 64 for sha256 in described.run_lists.values())
    assert describe_options(EventOptions(), None, {CMS: "CMS"}) is None
    with_streams = EventOptions(streams=find_streams(EVENTS, [SINGLE, DOUBLE]))
    assert describe_options(with_streams, EVENTS, {CMS: "CMS"}).streams == {CMS: ["DoubleMuon", "SingleMuon"]}
