"""The selections that come with the project: they load, cite every value, list every format, and fit real files."""

from functools import cache

import awkward as ak
import numpy as np
import pytest
import uproot

from physics.constituents import assign_masses
from physics.selection.cuts import FormatTable, Requirement
from physics.selection.selection import Selection, select
from steps.events.b_tags import BTagger
from targets.documents.models import fingerprint, load_model
from targets.errors import ConfigurationError
from targets.events import schemas
from targets.events.reader import open_events
from tests.conftest import REAL_DATA
from tests.support.jagged import jagged
from tests.support.rootfiles_made import as_awkward
from tests.support.runs import PROJECT

FOLDER = PROJECT / "selections"
FORMATS = [path.stem for path in sorted(schemas.BUILT_IN.glob("*.yaml"))]
LARGE = 100_000  # events read of one file

REAL_FILES = [path for path in sorted(REAL_DATA.glob("*/*.root")) if path.parent.name not in ("bench", "cases", "edge")]


def needs_data(test):
    skip = pytest.mark.skipif(not REAL_FILES, reason="needs the real files of ../shared/data")
    return pytest.mark.realdata(skip(test))


every_real_file = pytest.mark.parametrize("path", REAL_FILES, ids=lambda path: path.name)


@cache
def read(path):
    """Return format, objects and absent kinds of a file, with the columns that default asks for."""
    with open_events(str(path), schemas.load("")) as file:
        tagger = BTagger(file, loaded("default"))
        (chunk,) = file.chunks(loaded("default").columns(file.schema.name), LARGE, event_branches=tagger.branches)
        return file.schema.name, assign_masses(tagger.score(chunk)), file.absent_kinds


def loaded(name):
    return load_model(FOLDER / f"{name}.yaml", Selection)


def requirements(selection):
    """Every requirement of a selection, whatever the format."""
    cuts = [cut for part in selection.objects.values() for cut in part.cuts]
    tables = [cut for cut in [*cuts, selection.b_tag] if isinstance(cut, FormatTable)]
    found = [requirement for table in tables for requirement in table.formats.values() if requirement]
    return found + [cut for cut in cuts if isinstance(cut, Requirement)]


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.yaml")), ids=lambda path: path.stem)
def test_a_selection_is_called_like_its_file(path):
    assert load_model(path, Selection).name == path.stem


def test_there_are_six_formats():
    assert FORMATS == ["2016e-8tev", "2020e-13tev", "2024r-hi", "2024r-pp", "2025e-13tev-beta", "cms-nanoaod"]


def test_none_asks_nothing():
    none = loaded("none")
    assert (none.objects, none.overlap, none.b_tag) == ({}, (), None)
    assert [none.columns(schema) for schema in FORMATS] == [{}] * 6
    assert none.columns("a format of one's own") == {}


def test_none_takes_every_valid_object():
    left, _ = select({"j": jagged([[{"pt": 1, "eta": 5}, {"pt": -1}]])}, loaded("none"), "cms-nanoaod")
    assert left["j"]["pt"].tolist() == [1]
    assert left["j"]["is_b"].tolist() == [-1]


def test_default_cuts_every_kind_on_pt_eta_and_identification():
    default = loaded("default")
    assert list(default.objects) == ["e", "m", "j", "g", "t"]
    for part in default.objects.values():
        assert {"pt", "eta", "identification"} <= {cut.name for cut in part.cuts}
    for kind in "emg":
        assert any("isolation" in cut.name for cut in default.objects[kind].cuts)


def test_every_value_has_its_source():
    default = loaded("default")
    assert all(len(requirement.source) > 10 for requirement in requirements(default))
    assert all(len(rule.source) > 10 for rule in default.overlap)


def test_every_cut_lists_every_format():
    default = loaded("default")
    tables = [cut for part in default.objects.values() for cut in part.cuts if isinstance(cut, FormatTable)]
    for table in [*tables, default.b_tag]:
        assert sorted(table.formats) == FORMATS


def test_the_overlap_rules_are_the_agreed_ones_in_the_agreed_order():
    rules = [(rule.remove, "".join(rule.keep), rule.delta_r) for rule in loaded("default").overlap]
    assert sorted(rules[:2]) == [("j", "e", 0.2), ("j", "m", 0.4)]
    assert rules[2:] == [("g", "em", 0.4), ("j", "g", 0.4)]


def test_isolation_is_asked_only_of_files_that_have_it_in_formats_whose_versions_differ():
    """Muons of PHYSLITE of release 24 have no topoetcone20; release 21 has other names for tracks."""
    for kind, part in loaded("default").objects.items():
        for cut in part.cuts:
            if isinstance(cut, FormatTable) and "isolation" in cut.name:
                asked = [cut.formats[name] for name in ("2024r-pp", "cms-nanoaod") if cut.formats[name]]
                assert asked, (kind, cut.name)
                assert all(requirement.if_present for requirement in asked), (kind, cut.name)


@pytest.mark.parametrize("schema", FORMATS)
def test_leptons_start_at_25_gev_and_jets_at_30(schema):
    default = loaded("default")
    assert [default.cuts(kind, schema)["pt"].min for kind in "emjgt"] == [25, 25, 30, 25, 25]


@pytest.mark.parametrize(
    ("schema", "column", "value"),
    [
        ("2020e-13tev", "MV2c10", 0.8244273),
        ("2025e-13tev-beta", "btag_quantile", 4),
        ("cms-nanoaod", "btagDeepFlavB", 0.2489),
    ],
)
def test_working_points(schema, column, value):
    point = loaded("default").working_point(schema)
    assert (point.column, point.min) == (column, value)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "column: pt, min: 25, unit: GeV",
            "column: pt, min: 25000, unit: GeV",
            r":\d+: objects\.e\.cuts\[0\]\.min: 25000 GeV",
        ),
        (
            "column: pt, min: 25, unit: GeV",
            "column: pt, mim: 25, unit: GeV",
            r"unknown key 'mim'; did you mean 'min'\?",
        ),
        ("overlap:", "overlaps:", r":\d+: unknown key 'overlaps'; did you mean 'overlap'\?"),
        (
            "  e:\n    cuts:",
            "  el:\n    cuts:",
            r":\d+: objects\.el: 'el' is none of e, m, j, g, t; did you mean 'e'\?",
        ),
        ("remove: j, keep: e", "remove: j, keep: [e, x]", r"overlap\[0\]\.keep\[1\]: 'x' is none of e, m, j, g, t"),
        (
            "column: flag, bits: 512, source",
            "column: flag, bit: 512, source",
            r"formats\.2016e-8tev: unknown key 'bit'",
        ),
    ],
)
def test_a_slip_in_a_copy_is_found(tmp_path, old, new, message):
    text = (FOLDER / "default.yaml").read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "mine.yaml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ConfigurationError, match=message):
        load_model(path, Selection)


def test_the_line_of_a_slip_is_the_line_of_the_file(tmp_path):
    lines = (FOLDER / "default.yaml").read_text(encoding="utf-8").split("\n")
    wrong = next(number for number, line in enumerate(lines) if "delta_r: 0.4" in line and "remove: g" in line)
    lines[wrong] = lines[wrong].replace("delta_r: 0.4", "delta_r: wide")
    path = tmp_path / "mine.yaml"
    path.write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(ConfigurationError, match=rf"mine.yaml:{wrong + 1}: overlap\[2\]\.delta_r: .*but is 'wide'"):
        load_model(path, Selection)


def test_a_comment_does_not_change_the_fingerprint(tmp_path):
    path = tmp_path / "default.yaml"
    path.write_text("# mine\n" + (FOLDER / "default.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    assert fingerprint(path) == fingerprint(FOLDER / "default.yaml") != fingerprint(FOLDER / "none.yaml")


@needs_data
def test_there_is_a_real_file_of_every_format_but_heavy_ions():
    assert {read(path)[0] for path in REAL_FILES} == set(FORMATS) - {"2024r-hi"}


@needs_data
@every_real_file
def test_real_files_have_every_column_that_default_asks_for(path):
    default = loaded("default")
    schema, objects, absent = read(path)
    for kind in set(objects) - absent:
        asked = list(default.cuts(kind, schema).values())
        asked += [default.working_point(schema)] if kind == "j" else []
        must = {one.column for one in asked if one and not one.if_present}
        assert must <= set(objects[kind].columns)


@needs_data
@every_real_file
def test_default_leaves_clean_objects_of_real_files(path):
    schema, objects, absent = read(path)
    left, cutflow = select(objects, loaded("default"), schema, absent)
    left = as_awkward(left)
    for kind in "emjg":
        assert ak.all(left[kind].pt >= (30 if kind == "j" else 25))
        assert ak.all(left[kind].pt[:, 1:] <= left[kind].pt[:, :-1])
        assert cutflow.rows[kind][-1].objects == ak.count(left[kind].pt)
    for remove, keep, radius in [("j", "e", 0.2), ("j", "m", 0.4), ("g", "e", 0.4), ("g", "m", 0.4), ("j", "g", 0.4)]:
        one, other = ak.unzip(ak.cartesian([left[remove], left[keep]]))
        delta_phi = (one.phi - other.phi + np.pi) % (2 * np.pi) - np.pi
        assert ak.all((one.eta - other.eta) ** 2 + delta_phi**2 > (radius - 1e-5) ** 2)


@needs_data
def test_physlite_of_release_21_is_read_but_for_its_b_jets():
    path = REAL_DATA / "edge" / "DAOD_PHYSLITE_21.2.108.0.art.pool.root"
    selected, cutflow = select(read(path)[1], loaded("default"), "2024r-pp")
    assert set(selected["j"]["is_b"]) == {-1}
    (b_tag,) = [row for row in cutflow.rows["b"] if row.cut == "b_tag"]
    assert b_tag.reasons == ("not applied to 2024r-pp files without DL1dv01",)


@needs_data
def test_z_bosons_survive_the_default_selection():
    # ../shared/data/README.md: without a selection, 30 of the 42 leading opposite-sign pairs lie in 84-98 GeV.
    schema, objects, absent = read(REAL_DATA / "atlas-2024r-pp" / "PHYSLITE_example.root")
    left, _ = select(objects, loaded("default"), schema, absent)
    electrons = left["e"].to_awkward()
    pairs = electrons[ak.num(electrons) == 2]
    one, other = pairs[:, 0], pairs[:, 1]
    mass = np.sqrt(2 * one.pt * other.pt * (np.cosh(one.eta - other.eta) - np.cos(one.phi - other.phi)))
    opposite = mass[one.charge * other.charge < 0]
    assert len(opposite) > 10
    assert ak.mean((opposite > 84) & (opposite < 98)) > 30 / 42


@needs_data
def test_the_mv1_working_point_finds_the_b_jets_of_top_pairs():
    tree = uproot.open(REAL_DATA / "atlas-2016e-8tev" / "mc_117049.ttbar_had.root")["mini"]
    jets = tree.arrays(["jet_MV1", "jet_trueflav", "jet_pt", "jet_eta"])
    true = jets.jet_MV1[(jets.jet_trueflav == 5) & (jets.jet_pt > 25e3) & (abs(jets.jet_eta) < 2.5)]
    assert 0.6 < ak.mean(true >= loaded("default").working_point("2016e-8tev").min) < 0.75
