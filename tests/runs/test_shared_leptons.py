"""Objects that no kind of a schema takes: counted, and said wherever a user looks."""

import numpy as np
import pytest
import uproot

TASK_FAILED = 30
NOTE = "20 objects of lep_pdgId were left out: they have a value that no kind of the schema takes"


@pytest.fixture
def leptons(files):
    """Put ten events with two muons of positive and two of negative PDG number in place of the toy files."""
    for path in files[1:]:
        path.unlink()
    columns = {f"lep_{name}": np.tile([40.0, 30.0, 20.0, 10.0], 10).reshape(10, 4) for name in ("pt", "eta", "phi")}
    columns |= {"lep_pdgId": np.tile([13, 13, -13, -13], 10).reshape(10, 4), "n": np.full(10, 4)}
    with uproot.recreate(files[0]) as file:
        file.mktree("t", {name: np.dtype((array.dtype, array.shape[1:])) for name, array in columns.items()}).extend(
            columns
        )
    return files[0]


@pytest.fixture
def schema(leptons):
    def write(where):
        path = leptons.with_name("own.yaml")
        path.write_text(
            "name: own\nsource: made\ntrees: [t]\nunit: GeV\ncollections:\n"
            f"  m: {{branches: ['lep_{{}}'], count: n, where: {{column: pdgId, {where}}}}}\n"
        )
        return {"schema": path, "selection": "none", "min_events_per_fs": 1, "known_resonances": "none"}

    return write


def test_objects_of_no_kind_are_said_at_the_end_and_in_the_summary(run, schema):
    parameters = schema("equals: 13")
    assert f"warning: files: {NOTE}" in run(**parameters).text
    assert f"warning: {NOTE}" in run(task="Summary", **parameters).text
    (record,) = run.records("MakeHistograms")
    assert record["unassigned_objects"] == {"lep_pdgId": 20}


def test_where_all_are_taken_nothing_is_said(run, schema):
    parameters = schema("equals: 13, absolute: true")
    assert "left out" not in run(**parameters).text
    assert "left out" not in run(task="Summary", **parameters).text


def test_a_run_that_ends_without_histograms_says_it_too(run, schema):
    end = run.attempt(**schema("equals: 11"))
    assert end.status == TASK_FAILED
    assert "40 objects of lep_pdgId were left out" in end.text
