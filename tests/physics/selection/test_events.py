"""What may stand under ``events:`` in a selection file."""

import pytest
import yaml

from physics.errors import PhysicsError
from physics.selection.events import EventSelection, GoodRunsColumn, RunLists
from physics.selection.selection import Selection
from targets.documents.models import load_model
from targets.errors import ConfigurationError
from targets.events import schemas

HEAD = "name: mine\ndescription: d\nevents:\n"
DEFAULT = load_model(schemas.BUILT_IN.parent / "selections" / "default.yaml", Selection).events
FORMATS = [path.stem for path in sorted(schemas.BUILT_IN.glob("*.yaml"))]


def load(tmp_path, text):
    path = tmp_path / "mine.yaml"
    path.write_text(HEAD + text)
    return load_model(path, Selection)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("  good_run: {}\n", r":4: events: unknown key 'good_run'; did you mean 'good_runs'"),
        ("  good_runs:\n    formats:\n      a: {list: auto}\n", r":6: .*unknown key 'list'; did you mean 'lists'"),
        ("  good_runs:\n    formats:\n      a: {lists: []}\n", r":6: .*lists"),
        ("  good_runs:\n    formats:\n      a: {column: g}\n", r":6: .*nothing is asked of the value"),
        ("  cleaning:\n    - {name: n, formats: {a: {branch: b, equals: 1}}}\n", r":5: .*the key 'source' is missing"),
        (
            "  cleaning:\n    - {name: n, formats: {a: {branch: b, equal: 1, source: s}}}\n",
            r":5: .*unknown key 'equal'; did you mean 'equals'",
        ),
        (
            "  cleaning:\n    - {name: trigger, formats: {a: null}}\n",
            r":3: events: a cleaning step cannot be called 'trigger'",
        ),
        (
            "  cleaning:\n    - {name: n, formats: {a: null}}\n    - {name: n, formats: {a: null}}\n",
            r":3: events: the cleaning step 'n' is there twice",
        ),
        ("  triggers: {mode: all, formats: {a: null}}\n", r":4: events.triggers.mode: 'all' is none of any, none"),
        ("  triggers:\n    formats: {a: {path: [p]}}\n", r":5: .*unknown key 'path'; did you mean 'paths'"),
        ("  triggers:\n    formats: {a: {paths: [p, p]}}\n", r":5: .*the path 'p' is there twice"),
        ("  triggers:\n    formats: {a: [{name: x, paths: [p]}]}\n", r":5: .*the key 'runs' is missing"),
        (
            "  triggers:\n    formats: {a: [{name: x, runs: [5, 4], paths: [p]}]}\n",
            r":5: .*first run comes first: write \[4, 5\]",
        ),
        (
            (
                "  triggers:\n    formats:\n      a: [{name: x, runs: [1, 5], paths: [p]}, "
                "{name: y, runs: [5, 6], paths: [p]}]\n"
            ),
            r":4: events.triggers: a: run 5 lies in x and in y: part their runs",
        ),
        (
            (
                "  streams:\n    formats:\n      a: [{name: x, files: [f], paths: [p]}, "
                "{name: x, files: [f], paths: [p]}]\n"
            ),
            r":4: events.streams: a: the stream 'x' is there twice",
        ),
    ],
)
def test_mistakes_are_said_with_line_and_key(tmp_path, text, message):
    with pytest.raises(ConfigurationError, match=rf"mine\.yaml{message}"):
        load(tmp_path, text)


def test_good_runs_are_a_column_or_lists(tmp_path):
    text = "  good_runs:\n    formats: {a: {column: g, equals: 1}, b: {lists: auto}, c: {lists: [x, y.xml]}, d: null}\n"
    formats = load(tmp_path, text).events.good_runs.formats
    assert formats["a"] == GoodRunsColumn(column="g", equals=1)
    assert (formats["b"].names, formats["c"].names) == (("auto",), ("x", "y.xml"))
    assert isinstance(formats["b"], RunLists)
    assert formats["d"] is None


def test_a_format_that_is_not_listed_is_refused():
    events = EventSelection(triggers={"formats": {"a": {"paths": ["p"]}}})
    assert [menu.paths for menu in events.triggers.menus("a")] == [("p",)]
    with pytest.raises(
        PhysicsError, match=r"events, triggers: the format b is not listed \(there are a\); add it under"
    ):
        events.triggers.menus("b")


def test_mode_none_asks_for_no_trigger():
    assert EventSelection(triggers={"mode": "none", "formats": {"a": {"paths": ["p"]}}}).triggers.menus("a") == ()


@pytest.mark.parametrize("part", ["good_runs", "triggers", "streams"])
def test_the_default_lists_every_format(part):
    assert sorted(getattr(DEFAULT, part).formats) == FORMATS
    assert all(sorted(step.formats) == FORMATS for step in DEFAULT.cleaning)


def test_the_default_s_streams_hold_all_paths_of_2016():
    (streams,) = (streams for streams in DEFAULT.streams.formats.values() if streams)
    assert [stream.name for stream in streams] == (
        ["DoubleMuon", "DoubleEG", "MuonEG", "SingleMuon", "SingleElectron", "SinglePhoton"]
    )
    paths = [path for stream in streams for path in stream.paths]
    assert sorted(paths) == sorted({path for menu in DEFAULT.triggers.menus("cms-nanoaod") for path in menu.paths})


def test_none_asks_nothing_of_events():
    path = schemas.BUILT_IN.parent / "selections" / "none.yaml"
    assert load_model(path, Selection).events is None
    assert "events" not in yaml.safe_load(path.read_text())
