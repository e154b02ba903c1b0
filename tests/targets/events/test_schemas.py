"""Schemas: the table of each release, how a file's own is recognised, and what is wrong with one."""

import re
from pathlib import Path

import pytest
import yaml

from targets.errors import ConfigurationError, FileFormatError
from targets.events import schemas
from targets.events.schemas import Collection, Schema, recognise
from tests.support.rootfiles_made import FORMATS, TREES, branches, events

# What FACTS.md says of the releases, section 1.
UNITS = {
    "2016e-8tev": "MeV",
    "2020e-13tev": "MeV",
    "2024r-pp": "MeV",
    "2024r-hi": "MeV",
    "2025e-13tev-beta": "GeV",
    "cms-nanoaod": "GeV",
}
KINDS = {"2016e-8tev": "emj", "2024r-hi": "m"}
MINI = {"lep_pt", "lep_eta", "lep_phi", "lep_E", "lep_charge", "lep_type", "jet_pt", "jet_eta", "jet_phi", "jet_E"}
PP_MUONS = {f"AnalysisMuonsAuxDyn.{column}" for column in ("pt", "eta", "phi", "charge")}
PP_JETS = {f"AnalysisJetsAuxDyn.{column}" for column in ("pt", "eta", "phi", "m")}
HI_MUONS = {f"MuonsAuxDyn.{column}" for column in ("pt", "eta", "phi")}

MINE = """
name: mine
source: read off my own file
trees: [events]
unit: GeV
collections:
  m: {branches: ["mu_{}"], mass: m, charge: q}
"""


@pytest.fixture(scope="module")
def known():
    return schemas.load("")


@pytest.fixture
def own(tmp_path):
    def write(text):
        path = tmp_path / "mine.yaml"
        path.write_text(text.lstrip())
        return path

    return write


def complaints(path):
    with pytest.raises(ConfigurationError) as caught:
        schemas.load(str(path))
    return [line.removeprefix(f"{path}:") for line in str(caught.value).split("\n")]


def test_all_releases_have_a_schema(known):
    assert {schema.name: schema.unit for schema in known} == UNITS
    assert sorted(UNITS) == sorted(FORMATS)


@pytest.mark.parametrize("name", FORMATS)
def test_a_schema_is_called_like_its_file_and_cites_its_source(name):
    (schema,) = schemas.load(name)
    assert schema.name == name
    assert "http" in schema.source
    assert set(schema.collections) == set(KINDS.get(name, "emjgt"))


def test_units_are_thousands_of_each_other():
    assert schemas.UNIT_PER_GEV == {"GeV": 1.0, "MeV": 1000.0}


def test_jets_and_taus_of_every_release_have_a_mass_or_an_energy(known):
    lacking = [
        (schema.name, kind)
        for schema in known
        for kind, collection in schema.collections.items()
        if kind in "jt" and not (collection.mass or collection.energy)
    ]
    assert lacking == []


def test_leptons_of_flat_ntuples_are_split_by_their_pdg_code(known):
    split = {
        (schema.name, kind): (collection.where.column, collection.where.equals)
        for schema in known
        for kind, collection in schema.collections.items()
        if collection.where
    }
    flat = ("2016e-8tev", "2020e-13tev", "2025e-13tev-beta")
    assert split == {(name, kind): ("type", code) for name in flat for kind, code in (("e", 11), ("m", 13))}


@pytest.mark.parametrize("rntuple", [False, True])
@pytest.mark.parametrize("name", FORMATS)
def test_every_release_is_recognised(known, name, rntuple):
    tree = TREES.get(name) or ("EventData" if rntuple else "CollectionTree")
    schema, found = recognise("f.root", {"MetaData": {"x"}, tree: set(branches(name, events(3), rntuple))}, known)
    assert (schema.name, found) == (name, tree)


@pytest.mark.parametrize(
    ("more", "name"),
    [
        ({"lep_flag", "jet_m"}, "2016e-8tev"),
        ({"alljet_n"}, "2016e-8tev"),
        ({"jet_m"}, "2016e-8tev"),  # only this release has jet masses
        ({"lep_isTightID"}, "2020e-13tev"),
        ({"jet_MV2c10", "photon_n", "tau_n"}, "2020e-13tev"),
        ({"photon_pt", "photon_eta", "photon_phi"}, "2020e-13tev"),
    ],
)
def test_the_two_releases_with_a_tree_mini_are_told_apart(known, more, name):
    schema, _ = recognise("f.root", {"mini": MINI | more}, known)
    assert schema.name == name


@pytest.mark.parametrize(
    ("columns", "name"),
    [
        (HI_MUONS, "2024r-hi"),
        (PP_MUONS, "2024r-pp"),
        (PP_MUONS | HI_MUONS, "2024r-pp"),  # PHYSLITE may keep the uncalibrated muons beside its own
        (PP_JETS | HI_MUONS, "2024r-pp"),
        (HI_MUONS | {"AnalysisJetsAuxDyn.eta", "EventInfoAuxDyn.runNumber"}, "2024r-hi"),
    ],
)
def test_protons_and_heavy_ions_with_one_tree_are_told_apart(known, columns, name):
    schema, _ = recognise("f.root", {"CollectionTree": columns}, known)
    assert schema.name == name


def test_energies_and_units_of_2025_are_not_mistaken_for_2020(known):
    columns = {"lep_pt", "lep_eta", "lep_phi", "lep_e", "lep_type"}
    assert recognise("f.root", {"analysis": columns}, known)[0].unit == "GeV"
    assert recognise("f.root", {"mini": columns}, known)[0].unit == "MeV"


def test_one_collection_is_enough(known):
    schema, _ = recognise("f.root", {"Events": {"Muon_pt", "Muon_eta", "Muon_phi"}}, known)
    assert schema.name == "cms-nanoaod"
    assert set(schema.present({"Muon_pt", "Muon_eta", "Muon_phi"})) == {"m"}


def test_a_tree_of_another_schema_is_not_read(known):
    schema, tree = recognise("f.root", {"NotEvents": {"Muon_pt"}, "Events": {"Jet_pt", "Jet_eta", "Jet_phi"}}, known)
    assert (schema.name, tree) == ("cms-nanoaod", "Events")


@pytest.mark.parametrize(
    "trees",
    [
        {"Delphes": {"Jet.PT"}, "ntuple": set()},
        {"Events": {"ScoutingJet_pt", "ScoutingJet_eta"}},
        {"Events": {"Muon_pt", "Muon_eta"}},  # a collection without phi is none
        {"mini": {"Muon_pt", "Muon_eta", "Muon_phi"}},  # branches of one release in the tree of another
    ],
)
def test_an_unknown_file_is_refused_with_its_trees_and_the_schemas(known, trees):
    with pytest.raises(FileFormatError, match="no schema fits this file") as caught:
        recognise("/data/f.root", trees, known)
    message = str(caught.value)
    assert message.startswith("/data/f.root: ")
    assert f"Its trees: {', '.join(trees)}." in message
    assert "2020e-13tev (mini)" in message
    assert "2024r-pp (CollectionTree or EventData)" in message
    assert all(name in message for name in FORMATS)
    assert "parameter schema" in message


def test_a_named_schema_alone_is_tried():
    named = schemas.load("2016e-8tev")
    with pytest.raises(FileFormatError, match=r"Schemas and their trees: 2016e-8tev \(mini\)\."):
        recognise("f.root", {"Events": {"Muon_pt", "Muon_eta", "Muon_phi"}}, named)
    schema, _ = recognise("f.root", {"mini": MINI | {"lep_isTightID", "jet_MV2c10"}}, named)
    assert schema.name == "2016e-8tev"


def test_the_first_pattern_that_a_file_has_counts():
    collection = Collection(branches=["AnalysisJetsAuxDyn.{}", "AnalysisJetsAuxDyn:{}"], mass="m")
    assert collection.branch("pt", {"AnalysisJetsAuxDyn:pt"}) == "AnalysisJetsAuxDyn:pt"
    assert collection.branch("pt", {"AnalysisJetsAuxDyn:pt", "AnalysisJetsAuxDyn.pt"}) == "AnalysisJetsAuxDyn.pt"
    assert collection.branch("pt", {"AnalysisJetsAuxDyn"}) is None
    assert collection.kinematic({"AnalysisJetsAuxDyn.pt", "AnalysisJetsAuxDyn.m", "other"}) == {
        "pt": "AnalysisJetsAuxDyn.pt",
        "mass": "AnalysisJetsAuxDyn.m",
    }


def test_branches_are_counted_once(known):
    flat = next(schema for schema in known if schema.name == "2020e-13tev")
    assert flat.explained(MINI) == len(MINI)  # electrons and muons share theirs
    assert flat.explained(MINI | {"jet_MV2c10", "unknown"}) == len(MINI) + 1
    assert flat.explained({"unknown"}) == 0


def test_the_file_of_a_schema_is_found(own):
    assert schemas.find("") is None
    assert schemas.find("2024r-pp") == schemas.BUILT_IN / "2024r-pp.yaml"
    path = own(MINE)
    assert schemas.find(str(path)) == path


def test_a_schema_of_ones_own_is_used(own):
    (schema,) = schemas.load(str(own(MINE)))
    assert isinstance(schema, Schema)
    found, tree = recognise("f.root", {"events": {"mu_pt", "mu_eta", "mu_phi", "mu_m", "mu_q"}}, [schema])
    assert (found.name, tree) == ("mine", "events")
    assert schema.collections["m"].kinematic({"mu_pt", "mu_q"}) == {"pt": "mu_pt", "charge": "mu_q"}
    assert schema.event.run == []


def test_an_unknown_schema_is_refused_with_the_nearest():
    with pytest.raises(ConfigurationError, match=r"schema '2024r-p': .*did you mean '2024r-pp'\?.*cms-nanoaod"):
        schemas.load("2024r-p")


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("mass: m", "mas: m", "6: collections.m: unknown key 'mas'; did you mean 'mass'?"),
        ("trees:", "tree:", "3: unknown key 'tree'; did you mean 'trees'?"),
        ("unit: GeV", "unit: gev", "4: unit: 'gev' is none of GeV, MeV"),
        ("unit: GeV", "unit: keV", "4: unit: 'keV' is none of GeV, MeV; did you mean 'MeV'?"),
        ("source: read off my own file\n", "", "1: the key 'source' is missing"),
        ("trees: [events]", "trees: []", "3: trees: "),
        ('["mu_{}"]', "[]", "6: collections.m.branches: "),
        ('["mu_{}"]', '["mu_pt"]', "6: collections.m.branches: 'mu_pt' must have braces where pt, eta and phi stand"),
        ('["mu_{}"]', '["mu_{}_{}"]', "6: collections.m.branches: 'mu_{}_{}' must have braces"),
        ("  m:", "  mu:", "6: collections.mu: 'mu' is none of e, m, j, g, t"),
        ("unit: GeV", "unit: GeV\nunit: MeV", "5: the key 'unit' is there already, on line 4"),
    ],
)
def test_a_wrong_schema_is_refused_with_line_key_and_remedy(own, old, new, complaint):
    assert old in MINE
    lines = complaints(own(MINE.replace(old, new)))
    assert any(line.startswith(complaint) for line in lines), lines


def test_a_wrong_condition_is_refused(own):
    text = MINE + '  e: {branches: ["lep_{}"], where: {column: type, equal: 11}}\n'
    lines = complaints(own(text))
    assert any("unknown key 'equal'; did you mean 'equals'?" in line for line in lines), lines


def test_a_schema_is_frozen(known):
    with pytest.raises(ValueError, match="frozen"):
        known[0].unit = "GeV"


def test_every_table_is_read_whole():
    """A key that a schema file has and the model lost would be a branch that nobody reads."""
    for path in sorted(schemas.BUILT_IN.glob("*.yaml")):
        written = yaml.safe_load(path.read_text())
        (schema,) = schemas.load(path.stem)
        kept = schema.model_dump(exclude_unset=True)
        assert kept == written
        names = [pattern for collection in written["collections"].values() for pattern in collection["branches"]]
        assert all(re.fullmatch(r"\w+[.:_]\{\}", pattern) for pattern in names), names
        assert Path(path).stem == written["name"]
