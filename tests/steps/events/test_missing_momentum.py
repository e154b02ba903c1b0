"""The branches of missing momentum in files of each format made here: found, converted to GeV, counted, or refused."""

import awkward as ak
import numpy as np
import pytest
import uproot

from physics.errors import EventLevelError
from steps.events.missing_momentum import MetReader
from targets.events import schemas
from targets.events.reader import open_events
from targets.events.toy_files import write_physlite
from tests.targets.events.test_toy_files import records

TREES = {"2016e-8tev": "mini", "2020e-13tev": "mini", "2025e-13tev-beta": "analysis", "cms-nanoaod": "Events"}
BRANCHES = {
    "2016e-8tev": ("met_et", "met_phi"),
    "2020e-13tev": ("met_et", "met_phi"),
    "2025e-13tev-beta": ("met", "met_phi"),
    "cms-nanoaod": ("MET_pt", "MET_phi"),
}


@pytest.fixture
def file(tmp_path):
    """Make a file of a format with one collection and these branches of two or three events."""

    def write(schema, columns):
        (loaded,) = schemas.load(schema)
        path, n_events = tmp_path / "f.root", len(next(iter(columns.values())))
        pattern, ones = loaded.collections["e"].branches[0], ak.Array([[1.0]] * n_events)
        objects = {pattern.replace("{}", name): ones for name in ("pt", "eta", "phi", "type")}
        arrays = objects | {name: ak.Array(column) for name, column in columns.items()}
        with uproot.recreate(path) as opened:
            tree = opened.mktree(TREES[schema], {name: array.type.content for name, array in arrays.items()})
            tree.extend(arrays)
        return str(path)

    return write


def read(path, schema):
    """Return both columns and how often they are not finite."""
    with open_events(path, schemas.load(schema)) as events:
        reader = MetReader(events, asked=True)
        (chunk,) = events.chunks({}, 10, event_branches=reader.branches)
        numbers = reader.read(chunk)
        reader.count(numbers)
        return numbers["met"].tolist(), numbers["met_phi"].tolist(), reader.non_finite


@pytest.mark.parametrize("schema", BRANCHES)
def test_each_format_has_its_branches_and_its_unit(file, schema):
    magnitude, azimuth = BRANCHES[schema]
    columns = {magnitude: np.array([25000.0, 1.0], np.float32), azimuth: np.array([-3.0, 0.5], np.float32)}
    per_gev = schemas.UNIT_PER_GEV[schemas.load(schema)[0].unit]
    found = read(file(schema, columns), schema)
    assert found == ([25000.0 / per_gev, np.float32(1.0 / per_gev)], [-3.0, 0.5], 0)


@pytest.mark.parametrize(
    ("present", "taken"),
    [
        (("PFMET", "PuppiMET"), "PFMET"),
        (("PuppiMET",), "PuppiMET"),
        (("PuppiMET", "MET", "PFMET"), "MET"),
    ],
)
def test_nanoaod_of_each_version_has_one_of_three(file, present, taken):
    columns = {}
    for number, name in enumerate(present):
        columns |= {f"{name}_pt": np.full(2, 10.0 + number), f"{name}_phi": np.full(2, 0.25)}
    assert read(file("cms-nanoaod", columns), "cms-nanoaod")[0] == [10.0 + present.index(taken)] * 2


def test_a_magnitude_without_its_azimuth_is_no_pair(file):
    columns = {
        "MET_pt": np.ones(2),
        "PFMET_phi": np.ones(2),
        "PuppiMET_pt": np.full(2, 3.0),
        "PuppiMET_phi": np.ones(2),
    }
    assert read(file("cms-nanoaod", columns), "cms-nanoaod")[0] == [3.0, 3.0]


def test_events_where_either_is_not_finite_are_counted(file):
    columns = {"MET_pt": np.array([np.nan, 1.0, np.inf, 2.0]), "MET_phi": np.array([0.0, np.nan, np.inf, 1.0])}
    assert read(file("cms-nanoaod", columns), "cms-nanoaod")[2] == 3


def test_a_file_without_branches_is_refused_with_their_names(file):
    message = (
        r"met_combinations: this cms-nanoaod file has no branches of the missing transverse momentum \(MET_pt and "
        r"MET_phi; PFMET_pt .*\): name them in a schema of your own, or run with --met-combinations False"
    )
    with pytest.raises(EventLevelError, match=message):
        read(file("cms-nanoaod", {"luminosityBlock": np.ones(2)}), "cms-nanoaod")


def test_physlite_is_refused_with_the_reason(tmp_path):
    write_physlite(tmp_path / "toy.root", {kind: records([(50.0, True)]) for kind in "emjgt"})
    message = r"2024r-pp files give no missing transverse momentum \(PHYSLITE holds only the soft terms.*--met-comb"
    with pytest.raises(EventLevelError, match=message):
        read(str(tmp_path / "toy.root"), "2024r-pp")


def test_a_schema_without_such_branches_is_refused(file):
    path = file("cms-nanoaod", {"MET_pt": np.ones(2), "MET_phi": np.ones(2)})
    (schema,) = schemas.load("cms-nanoaod")
    message = r"the schema cms-nanoaod names no branches of the missing .*: add met with branches, or run with"
    with open_events(path, [schema.model_copy(update={"met": None})]) as events:
        with pytest.raises(EventLevelError, match=message):
            MetReader(events, asked=True)
        assert MetReader(events, asked=False).branches == []


def test_lists_are_refused(file):
    path = file("cms-nanoaod", {"MET_pt": [[1.0], [2.0, 3.0]], "MET_phi": np.ones(2)})
    with pytest.raises(EventLevelError, match=r"MET_pt has lists, not one number an event: name another branch"):
        read(path, "cms-nanoaod")


@pytest.mark.parametrize("text", ["{}", "{branches: [[a, b]], refused: c}"])
def test_a_schema_names_branches_or_a_reason(tmp_path, text):
    path = tmp_path / "own.yaml"
    path.write_text((schemas.BUILT_IN / "2016e-8tev.yaml").read_text().partition("met:")[0] + f"met: {text}\n")
    with pytest.raises(ValueError, match=r"own.yaml:\d+: met: it needs either branches .* or refused"):
        schemas.load(str(path))
