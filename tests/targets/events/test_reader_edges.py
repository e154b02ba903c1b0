"""Real files of every format, and every edge case of ../shared/data: read as uproot alone reads them, or refused."""

from dataclasses import replace
from functools import cache
from pathlib import Path

import awkward as ak
import numpy as np
import pytest
import uproot

from targets.errors import FileFormatError, UnreadableFileError
from targets.events import schemas
from targets.events.reader import open_events
from tests.conftest import REAL_DATA
from tests.support.rootfiles_made import FORMATS, as_awkward

pytestmark = pytest.mark.realdata

KNOWN = schemas.load("")
EDGE = {
    "DAOD_PHYSLITE_21.2.108.0.art.pool.root": "2024r-pp",
    "Run2012BC_DoubleMuParked_Muons_1000evts_rntuple_v1-0-0-0.root": "cms-nanoaod",
    "exot_15.root": "2024r-hi",
    "missing_luminosityBlock.root": "cms-nanoaod",
    "nano_dy_SpecialTree.root": "cms-nanoaod",
    "nano_dy_empty.root": "cms-nanoaod",
    "scouting_nano.root": None,
    "skhep-uproot-physlite-rntuple_v1-0-0-0.root": "2024r-pp",
}
FILES = {
    "atlas-2016e-8tev/mc_110140.stop_wtchan.root": "2016e-8tev",
    "atlas-2016e-8tev/mc_117049.ttbar_had.root": "2016e-8tev",
    "atlas-2016e-8tev/mc_173046.DYtautauM15to40.root": "2016e-8tev",
    "atlas-2020e-13tev/data_A.4lep.root": "2020e-13tev",
    "atlas-2020e-13tev/data_B.4lep.root": "2020e-13tev",
    "atlas-2024r-pp/PHYSLITE_example.root": "2024r-pp",
    "atlas-2025e-13tev-beta/ODEO_FEB2025_v0_2J2LMET30_mc_301333.Pythia8EvtGen_A14NNPDF23LO_zprime3000_tt.2J2LMET30"
    ".root": "2025e-13tev-beta",
    "cms-nanoaod/Run2012B_SingleMu_1000.root": "cms-nanoaod",
    "cms-nanoaod/nanoAOD_2015_CMS_Open_Data_ttbar.root": "cms-nanoaod",
    "cms-nanoaod/nano_dimuon.root": "cms-nanoaod",
    "cms-nanoaod/nano_dy.root": "cms-nanoaod",
    "cms-nanoaod/nano_tt_v12.root": "cms-nanoaod",
    "cms-nanoaod/nano_tt_v15.root": "cms-nanoaod",
} | {f"edge/{name}": schema for name, schema in EDGE.items() if schema}

# Tree, factor to GeV and the branch of pT of every kind, as FACTS.md tells them: not taken from the schemas.
PHYSLITE = {"e": "AnalysisElectrons", "m": "AnalysisMuons", "j": "AnalysisJets", "g": "AnalysisPhotons"}
PHYSLITE |= {"t": "AnalysisTauJets"}
NANOAOD = {"e": "Electron", "m": "Muon", "j": "Jet", "g": "Photon", "t": "Tau"}
FLAT = {"e": "lep_pt", "m": "lep_pt", "j": "jet_pt", "g": "photon_pt", "t": "tau_pt"}
FACTS = {
    "2016e-8tev": ("mini", 1000, {kind: FLAT[kind] for kind in "emj"}),
    "2020e-13tev": ("mini", 1000, FLAT),
    "2024r-pp": ("CollectionTree", 1000, {kind: f"{name}AuxDyn.pt" for kind, name in PHYSLITE.items()}),
    "2024r-hi": ("CollectionTree", 1000, {"m": "MuonsAuxDyn.pt"}),
    "2025e-13tev-beta": ("analysis", 1, FLAT),
    "cms-nanoaod": ("Events", 1, {k: f"{n}_pt" for k, n in NANOAOD.items()}),
}


def read(path, columns=None, size=100_000, known=KNOWN):
    with open_events(str(path), known) as file:
        chunks = file.chunks(columns or {}, size)
        return file, [replace(chunk, objects=as_awkward(chunk.objects)) for chunk in chunks]


@cache
def whole(path):
    """Read a file of ../shared/data once for all tests."""
    return read(REAL_DATA / path)


def kinematics(chunks):
    """Return pt, eta and phi of all kinds and the event numbers of chunks, end to end."""
    objects = {
        (kind, field): np.concatenate([ak.flatten(chunk.objects[kind][field]).to_numpy() for chunk in chunks])
        for kind in "emjgt"
        for field in ("pt", "eta", "phi")
    }
    counts = {kind: np.concatenate([ak.num(chunk.objects[kind]).to_numpy() for chunk in chunks]) for kind in "emjgt"}
    return objects | counts | {"event": np.concatenate([chunk.event for chunk in chunks])}


def raw_momenta(path, name):
    """Return the jagged momenta of every kind, divided to GeV, and the number of events, as uproot alone reads them."""
    tree_name, factor, branches = FACTS[name]
    with uproot.open(path) as file:
        rntuple = "EventData" in file.keys(cycle=False)
        tree = file["EventData" if rntuple else tree_name]
        names = {kind: branch.replace(".", ":") if rntuple else branch for kind, branch in branches.items()}
        momenta = {}
        for kind, branch in names.items():
            if branch in tree.keys(recursive=False):
                momenta[kind] = tree[branch].array() / factor
                if branch == "lep_pt":
                    momenta[kind] = momenta[kind][tree["lep_type"].array() == {"e": 11, "m": 13}[kind]]
        return momenta, tree.num_entries


def test_every_edge_file_is_known_here():
    assert sorted(path.name for path in (REAL_DATA / "edge").glob("*.root")) == sorted(EDGE)
    assert {name for name in FILES.values() if name} == set(FORMATS)


@pytest.mark.parametrize("path", FILES, ids=lambda path: Path(path).name[:40])
def test_every_real_file_reads_as_uproot_alone_reads_it(path):
    file, chunks = whole(path)
    momenta, n_events = raw_momenta(REAL_DATA / path, FILES[path])
    assert file.schema.name == FILES[path]
    assert file.num_entries == n_events == sum(len(chunk.run) for chunk in chunks)
    assert file.absent_kinds == set("emjgt") - set(momenta)
    for kind in "emjgt" if chunks else "":
        found = ak.concatenate([chunk.objects[kind].pt for chunk in chunks])
        if kind in momenta:
            assert ak.num(found).tolist() == ak.num(momenta[kind]).tolist()
            np.testing.assert_allclose(ak.flatten(found), ak.flatten(momenta[kind]), rtol=1e-6)
        else:
            assert ak.num(found).tolist() == [0] * n_events
    assert all(chunk.unassigned == {} for chunk in chunks)


@pytest.mark.parametrize("path", FILES, ids=lambda path: Path(path).name[:40])
def test_momenta_of_every_real_file_are_those_of_particles_in_gev(path):
    """A factor of 1000 too much or too little is wrong in every file: the first version had it in two formats."""
    _, chunks = whole(path)
    for kind in "emjg" if chunks else "":
        pt = np.concatenate([ak.flatten(chunk.objects[kind].pt).to_numpy() for chunk in chunks])
        if len(pt) > 3:
            assert 0.9 < np.median(pt) < 300, kind


@pytest.mark.parametrize(
    ("path", "size"),
    [
        ("atlas-2020e-13tev/data_A.4lep.root", 1),
        ("atlas-2020e-13tev/data_A.4lep.root", 7),
        ("cms-nanoaod/nano_dimuon.root", 7),
        ("edge/DAOD_PHYSLITE_21.2.108.0.art.pool.root", 17),
        ("edge/missing_luminosityBlock.root", 1),
        ("edge/Run2012BC_DoubleMuParked_Muons_1000evts_rntuple_v1-0-0-0.root", 77),
    ],
)
def test_chunks_of_real_files_change_nothing(path, size):
    complete, parts = kinematics(whole(path)[1]), kinematics(read(REAL_DATA / path, size=size)[1])
    for name, array in complete.items():
        np.testing.assert_array_equal(array, parts[name])


def test_event_numbers_of_release_21_are_sub_branches():
    file, (chunk,) = whole("edge/DAOD_PHYSLITE_21.2.108.0.art.pool.root")
    assert file.absent_numbers == ()
    assert set(chunk.run.tolist()) == {310000}
    assert chunk.event[:2].tolist() == [186045229, 186044674]
    assert chunk.luminosity_block[:2].tolist() == [57, 37]
    assert chunk.weight[0] == pytest.approx(736.2429)  # the first of the variations


def test_a_sub_branch_that_two_names_mean_is_read_for_both():
    """The schema gives run numbers by the branch's own name, the selection by the path."""
    name = "EventInfoAuxDyn.runNumber"
    with open_events(str(REAL_DATA / "edge/DAOD_PHYSLITE_21.2.108.0.art.pool.root"), KNOWN) as file:
        (chunk,) = file.chunks({}, 10**6, event_branches=[name])
    assert chunk.event_columns[name].tolist() == chunk.run.tolist()


def test_physlite_as_an_rntuple_has_masses_charges_and_numbers():
    file, (chunk,) = whole("edge/skhep-uproot-physlite-rntuple_v1-0-0-0.root")
    assert (file.num_entries, file.absent_kinds, file.absent_numbers) == (100, frozenset(), ())
    assert set(chunk.objects["m"].fields) == {"pt", "eta", "phi", "charge"}
    assert set(chunk.objects["j"].fields) == {"pt", "eta", "phi", "mass"}
    assert len(set(chunk.event.tolist())) == 100
    charges = ak.flatten(chunk.objects["e"].charge)
    assert set(charges.tolist()) == {-1.0, 1.0}


def test_a_nanoaod_like_rntuple_has_its_muons():
    file, (chunk,) = whole("edge/Run2012BC_DoubleMuParked_Muons_1000evts_rntuple_v1-0-0-0.root")
    assert file.absent_kinds == frozenset("ejgt")
    assert file.absent_numbers == ("run", "luminosity_block", "event", "weight")
    muons = chunk.objects["m"]
    assert int(ak.num(muons).to_numpy().sum()) == 2372
    np.testing.assert_allclose(ak.flatten(muons.mass), 0.10566, atol=1e-4)  # muons of 0.1 GeV, not of 0.1 MeV


def test_a_file_without_events_is_legal():
    file, chunks = whole("edge/nano_dy_empty.root")
    assert (file.num_entries, file.absent_kinds, chunks) == (0, frozenset(), [])


def test_a_missing_luminosity_block_is_named():
    file, (chunk,) = whole("edge/missing_luminosityBlock.root")
    assert file.absent_numbers == ("luminosity_block",)
    assert (chunk.run.tolist(), chunk.luminosity_block.tolist()) == ([1, 1], [0, 0])
    assert chunk.event.tolist() == [61978970, 61978965]
    assert chunk.objects["j"].pt.tolist() == [[20.78125], [27.34375, 23.203125, 17.75, 17.71875, 15.9609375]]


def test_another_tree_with_the_same_branches_is_not_read():
    special = kinematics(whole("edge/nano_dy_SpecialTree.root")[1])
    plain = kinematics(whole("cms-nanoaod/nano_dy.root")[1])
    assert special.keys() == plain.keys()
    assert all(np.array_equal(special[name], plain[name]) for name in plain)


def test_an_old_xaod_gives_its_muons_only():
    file, (chunk,) = whole("edge/exot_15.root")
    assert file.absent_kinds == frozenset("ejgt")
    assert file.absent_numbers == ()
    assert int(ak.num(chunk.objects["m"]).to_numpy().sum()) == 32


def test_a_scouting_file_is_refused_in_words_of_a_physicist():
    path = REAL_DATA / "edge/scouting_nano.root"
    with pytest.raises(FileFormatError, match=rf"{path}: no schema fits this file\. Its trees: Events\.") as caught:
        read(path)
    assert "cms-nanoaod (Events)" in str(caught.value)
    assert "pt, eta and phi branches of at least one of its collections" in str(caught.value)


def test_a_scouting_file_is_read_with_a_schema_of_ones_own(tmp_path):
    schema = tmp_path / "scouting.yaml"
    schema.write_text(
        "name: scouting\nsource: mine\ntrees: [Events]\nunit: GeV\n"
        'collections: {m: {branches: ["ScoutingMuon_{}"]}, g: {branches: ["ScoutingPhoton_{}"]}}\n'
    )
    file, (chunk,) = read(REAL_DATA / "edge/scouting_nano.root", known=schemas.load(str(schema)))
    assert file.absent_kinds == frozenset("ejt")
    with uproot.open(REAL_DATA / "edge/scouting_nano.root") as raw:
        assert chunk.objects["g"].pt.tolist() == raw["Events"]["ScoutingPhoton_pt"].array().tolist()


def outcomes(tmp_path, source, damages):
    """Read a real file with each damage; return how many times it was read right, and how many times refused."""
    expected, path, right, refused = kinematics(read(source)[1]), tmp_path / source.name, 0, 0
    for damaged in damages:
        path.write_bytes(damaged)
        try:
            found = kinematics(read(path)[1])
        except (UnreadableFileError, FileFormatError):
            refused += 1
            continue
        assert found.keys() == expected.keys()
        assert all(np.array_equal(found[name], expected[name]) for name in expected)
        right += 1
    return right, refused


@pytest.mark.parametrize(
    "path",
    [
        "atlas-2020e-13tev/data_A.4lep.root",
        "edge/Run2012BC_DoubleMuParked_Muons_1000evts_rntuple_v1-0-0-0.root",  # uproot does not look at its checksums
    ],
)
def test_damaged_real_files_are_refused_or_read_right(tmp_path, path):
    data = (REAL_DATA / path).read_bytes()
    rng = np.random.default_rng(11)
    damages = []
    for position in rng.integers(0, len(data), 100):
        damaged = bytearray(data)
        damaged[position] ^= 1 << int(rng.integers(8))
        damages.append(bytes(damaged))
    right, refused = outcomes(tmp_path, REAL_DATA / path, damages)
    assert right + refused == 100
    assert refused > 40
    lengths = rng.integers(0, len(data) - 500, 20)
    assert outcomes(tmp_path, REAL_DATA / path, [data[:length] for length in lengths]) == (0, 20)


def test_a_damaged_page_of_an_rntuple_is_named(tmp_path):
    source = REAL_DATA / "edge/Run2012BC_DoubleMuParked_Muons_1000evts_rntuple_v1-0-0-0.root"
    data = bytearray(source.read_bytes())
    data[len(data) // 2] ^= 1
    (tmp_path / "f.root").write_bytes(data)
    with pytest.raises(
        UnreadableFileError, match=r"f\.root: .* cannot be read .*checksum of the page at byte \d+ is wrong"
    ):
        read(tmp_path / "f.root")
