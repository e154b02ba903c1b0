"""b-tags by score and link of files made here: what does not fit is refused, with the file's branches named."""

import numpy as np
import pytest

from physics.constituents import assign_masses
from physics.errors import EventLevelError
from physics.selection.selection import Selection, select
from steps.events.b_tags import BTagger
from targets.documents.models import load_model
from targets.events import schemas
from targets.events.reader import open_events
from targets.events.toy_files import write_physlite
from tests.support.runs import PROJECT
from tests.targets.events.test_toy_files import records

DEFAULT = load_model(PROJECT / "selections" / "default.yaml", Selection)


@pytest.fixture
def file(tmp_path):
    jets = {kind: records([(50.0, True)], [(40.0, True), (30.0, True), (20.0, True)]) for kind in "emjgt"}
    write_physlite(tmp_path / "toy.root", jets)
    return str(tmp_path / "toy.root")


def test_scores_follow_links_not_places(file):
    with open_events(file, schemas.load("2024r-pp")) as events:
        tagger = BTagger(events, DEFAULT)
        (chunk,) = events.chunks({}, 10, event_branches=tagger.branches)
        jets = tagger.score(chunk)["j"]
        tagger.count(jets)
        tagger.finish()
    # the scores of toy jets, 0 to 1 in order, stand in reverse order
    assert np.all(np.diff(jets["DL1dv01"]) > 0)
    assert tagger.no_score == 0


def with_another_score(if_present):
    tag = DEFAULT.b_tag.formats["2024r-pp"].model_copy(update={"score": "GN9", "if_present": if_present})
    return DEFAULT.model_copy(update={"b_tag": DEFAULT.b_tag.model_copy(update={"formats": {"2024r-pp": tag}})})


def test_a_file_without_the_scores_is_refused(file):
    message = r"has no BTagging_AntiKt4EMPFlowAuxDyn.GN9_pb, .*: correct the score or its link; .* '2024r-pp: null'"
    with open_events(file, schemas.load("2024r-pp")) as events, pytest.raises(EventLevelError, match=message):
        BTagger(events, with_another_score(if_present=False))


def test_jets_of_files_that_may_lack_the_scores_are_not_known(file):
    selection = with_another_score(if_present=True)
    with open_events(file, schemas.load("2024r-pp")) as events:
        tagger = BTagger(events, selection)
        (chunk,) = events.chunks(selection.columns("2024r-pp"), 10, event_branches=tagger.branches)
        objects, cutflow = select(assign_masses(tagger.score(chunk)), selection, "2024r-pp")
        tagger.count(objects["j"])
        tagger.finish()
    assert set(objects["j"]["is_b"]) == {-1}
    assert not cutflow.rows["b"][-1].applied
    assert cutflow.rows["b"][-1].reasons == ("not applied to 2024r-pp files without GN9",)


def test_links_that_all_point_elsewhere_are_refused(file):
    (schema,) = schemas.load("2024r-pp")
    other = schema.model_copy(update={"scores": schema.scores.model_copy(update={"key": 7})})
    with open_events(file, [other]) as events:
        tagger = BTagger(events, DEFAULT)
        (chunk,) = events.chunks({}, 10, event_branches=tagger.branches)
        tagger.count(tagger.score(chunk)["j"])
        assert tagger.no_score == 4
        with pytest.raises(EventLevelError, match=r"no btaggingLink points to the scores \(key 7\); .* 582299515"):
            tagger.finish()
