"""The demo files: what is written comes back, with the names, units and types of the real formats."""

from pathlib import Path

import awkward as ak
import numpy as np
import pytest
import uproot
import yaml

from edm.objects import Objects
from targets.errors import FileFormatError
from targets.events.toy_files import write_nanoaod, write_physlite

NANOAOD = {"e": "Electron", "m": "Muon", "j": "Jet", "g": "Photon", "t": "Tau"}
PHYSLITE = {"e": "Electrons", "m": "Muons", "j": "Jets", "g": "Photons", "t": "TauJets"}
WRITERS = pytest.mark.parametrize("write", [write_nanoaod, write_physlite])


def records(*events):
    """Make objects: one list of (pT in GeV, identified) per event."""
    counts = [len(event) for event in events]
    pt = np.array([pt for event in events for pt, _ in event], dtype=np.float32)
    fields = {
        "pt": pt,
        "eta": np.linspace(-2, 2, len(pt)),
        "phi": np.linspace(-3, 3, len(pt)),
        "mass": pt / 10,
        "charge": np.where(np.arange(len(pt)) % 2, 1, -1),
        "isolation": np.full(len(pt), 0.25),
        "b_score": np.linspace(0, 1, len(pt)),
    }
    columns = {name: np.asarray(column, dtype=np.float32) for name, column in fields.items()}
    columns["identified"] = np.array([identified for event in events for _, identified in event], dtype=bool)
    return Objects(np.cumsum([0, *counts], dtype=np.int64), columns)


@pytest.fixture
def objects():
    return {
        "e": records([(50.0, True), (30.5, False)], [], [(25.0, True)]),
        "m": records([], [(60.0, True), (40.0, False)], []),
        "j": records([(100.0, True)], [(90.0, False), (80.0, True), (20.0, True)], []),
        "g": records([], [], [(33.0, True), (31.0, False)]),
        "t": records([(45.0, False)], [(44.0, True)], []),
    }


@WRITERS
def test_kinematics_come_back_in_the_unit_of_the_format(tmp_path, objects, write):
    path = tmp_path / "toy.root"
    write(path, objects, first_event=1000)
    objects = {kind: of_kind.to_awkward() for kind, of_kind in objects.items()}
    nanoaod = write is write_nanoaod
    names = NANOAOD if nanoaod else PHYSLITE
    with uproot.open(path) as file:
        tree = file["Events" if nanoaod else "CollectionTree"]
        for kind, name in names.items():
            prefix, factor = (f"{name}_", 1) if nanoaod else (f"Analysis{name}AuxDyn.", 1000)
            mass = "mass" if nanoaod else "m"
            for column, field, scale in (("pt", "pt", factor), ("eta", "eta", 1), ("phi", "phi", 1)):
                expected = ak.values_astype(objects[kind][field] * scale, np.float32)
                assert ak.array_equal(tree[prefix + column].array(), expected), prefix + column
            if kind == "m" and not nanoaod:
                assert prefix + mass not in tree
            else:
                assert ak.almost_equal(tree[prefix + mass].array(), objects[kind].mass * factor, rtol=1e-6)
            if kind in "emt":
                assert tree[prefix + "charge"].array().tolist() == objects[kind].charge.tolist()


@WRITERS
def test_events_are_numbered_from_the_first(tmp_path, objects, write):
    path = tmp_path / "toy.root"
    write(path, objects, first_event=499)
    tree, names = (
        ("Events", ("run", "luminosityBlock", "event"))
        if write is write_nanoaod
        else ("CollectionTree", [f"EventInfoAuxDyn.{name}" for name in ("runNumber", "lumiBlock", "eventNumber")])
    )
    with uproot.open(path) as file:
        run, block, event = (file[tree][name].array() for name in names)
    assert [array.type.content.primitive for array in (run, block, event)] == ["uint32", "uint32", "uint64"]
    assert (run.tolist(), block.tolist(), event.tolist()) == ([1, 1, 1], [1, 2, 2], [499, 500, 501])


@pytest.mark.parametrize(
    ("branch", "dtype", "values"),
    [
        ("nElectron", "int32", [2, 0, 1]),
        ("Electron_cutBased", "int32", [[4, 0], [], [4]]),
        ("Muon_mediumId", "bool", [[], [True, False], []]),
        ("Muon_tightId", "bool", [[], [True, False], []]),
        ("Muon_pfRelIso04_all", "float32", [[], [0.25, 0.25], []]),
        ("Jet_jetId", "int32", [[6], [0, 6, 6], []]),
        ("Jet_puId", "int32", [[7], [0, 7, 7], []]),
        ("Photon_cutBased", "int32", [[], [], [3, 0]]),
        ("Photon_electronVeto", "bool", [[], [], [True, False]]),
        ("Photon_mvaID_WP90", "bool", [[], [], [True, False]]),
        ("Tau_idDeepTau2017v2p1VSjet", "uint8", [[0], [63], []]),
        ("Tau_rawDeepTau2017v2p1VSjet", "float32", [[0.0], [np.float32(0.95)], []]),
    ],
)
def test_nanoaod_has_the_branches_of_a_selection(tmp_path, objects, branch, dtype, values):
    path = tmp_path / "toy.root"
    write_nanoaod(path, objects)
    with uproot.open(path) as file:
        array = file["Events"][branch].array()
    assert array.tolist() == values
    assert array.layout.form.type.content.primitive == dtype if array.ndim > 1 else array.layout.dtype == dtype


@pytest.mark.parametrize(
    ("branch", "dtype", "values"),
    [
        ("AnalysisElectronsAuxDyn.DFCommonElectronsLHTight", "int8", [[1, 0], [], [1]]),
        ("AnalysisElectronsAuxDyn.topoetcone20", "float32", [[12500.0, 7625.0], [], [6250.0]]),
        ("AnalysisMuonsAuxDyn.quality", "uint8", [[], [0, 3], []]),
        ("AnalysisJetsAuxDyn.NNJvtPass", "int8", [[1], [0, 1, 1], []]),
        ("AnalysisPhotonsAuxDyn.DFCommonPhotonsIsEMTight", "int8", [[], [], [1, 0]]),
        ("AnalysisTauJetsAuxDyn.JetDeepSetMedium", "int8", [[0], [1], []]),
        ("AnalysisTauJetsAuxDyn.isTauFlags", "uint32", [[0], [1 << 30], []]),
    ],
)
def test_physlite_has_the_branches_of_a_selection(tmp_path, objects, branch, dtype, values):
    path = tmp_path / "toy.root"
    write_physlite(path, objects)
    with uproot.open(path) as file:
        array = file["CollectionTree"][branch].array()
    assert array.tolist() == values
    assert array.layout.form.type.content.primitive == dtype


@pytest.mark.parametrize(
    ("write", "schema", "prefix"),
    [
        (write_nanoaod, "cms-nanoaod", {kind: f"{name}_" for kind, name in NANOAOD.items()}),
        (write_physlite, "2024r-pp", {kind: f"Analysis{name}AuxDyn." for kind, name in PHYSLITE.items()}),
    ],
)
def test_default_selection_finds_all_its_branches(tmp_path, objects, write, schema, prefix):
    selection = yaml.safe_load((Path(__file__).parents[3] / "selections" / "default.yaml").read_text())
    write(tmp_path / "toy.root", objects)
    with uproot.open(tmp_path / "toy.root") as file:
        (tree,) = file.values()
        present = set(tree.keys())
    cuts = [(kind, cut) for kind, asked in selection["objects"].items() for cut in asked["cuts"]]
    cuts.append(("j", selection["b_tag"]))
    asked = [(kind, cut["formats"][schema] if "formats" in cut else cut) for kind, cut in cuts]
    columns = [(kind, cut.get("column") or f"{cut['link']}.m_persIndex") for kind, cut in asked if cut]
    branches = {prefix[kind] + column for kind, column in columns}
    assert len(branches) > 15
    assert branches - present == set()


@WRITERS
def test_no_events_are_legal(tmp_path, objects, write):
    path = tmp_path / "toy.root"
    write(path, {kind: array.select_events(np.zeros(3, dtype=bool)) for kind, array in objects.items()})
    with uproot.open(path) as file:
        (tree,) = file.values()
        assert tree.num_entries == 0
        assert len(tree.keys()) > 20


@WRITERS
def test_same_events_give_same_arrays(tmp_path, objects, write):
    arrays = []
    for name in ("first.root", "second.root"):
        write(tmp_path / name, objects)
        with uproot.open(tmp_path / name) as file:
            (tree,) = file.values()
            arrays.append({branch: tree[branch].array().tolist() for branch in tree.keys()})  # noqa: SIM118
    assert arrays[0] == arrays[1]


@WRITERS
def test_missing_field_is_refused_and_leaves_no_file(tmp_path, objects, write):
    objects["g"] = Objects(objects["g"].offsets, {name: objects["g"][name] for name in ("pt", "eta", "phi", "mass")})
    with pytest.raises(
        FileFormatError, match=r"toy\.root: the toy events have no 'identified' for objects of kind 'g'"
    ):
        write(tmp_path / "toy.root", objects)
    assert list(tmp_path.iterdir()) == []


@WRITERS
def test_missing_kind_is_refused(tmp_path, objects, write):
    del objects["t"]
    with pytest.raises(FileFormatError, match="the toy events have no 'pt' for objects of kind 't'; add it"):
        write(tmp_path / "toy.root", objects)


@WRITERS
def test_kinds_of_different_length_are_refused(tmp_path, objects, write):
    objects["g"] = objects["g"].select_events(np.array([True, True, False]))
    with pytest.raises(FileFormatError, match=r"different numbers of events, \{'e': 3, .*'g': 2, 't': 3\}; give all"):
        write(tmp_path / "toy.root", objects)
    assert list(tmp_path.iterdir()) == []


@WRITERS
def test_failed_write_leaves_the_old_file(tmp_path, objects, write, monkeypatch):
    path = tmp_path / "toy.root"
    path.write_bytes(b"old")

    def full_disk(*args, **kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("uproot.writing.writable.WritableTree.extend", full_disk)
    with pytest.raises(OSError, match="No space left"):
        write(path, objects)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]
