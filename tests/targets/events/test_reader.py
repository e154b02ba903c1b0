"""Events of every format: objects in GeV and radians, whatever the unit, the names and the chunks of the file."""

from dataclasses import replace

import awkward as ak
import numpy as np
import pytest

from physics import constituents
from targets.errors import FileFormatError, UnreadableFileError
from targets.events import schemas
from targets.events.reader import open_events
from tests.support.rootfiles_made import FORMATS, TREES, as_awkward, as_lists, as_objects, events, write, write_branches

ENERGY = ("2016e-8tev", "2020e-13tev", "2025e-13tev-beta")  # the flat ntuples
KNOWN = schemas.load("")
NOT_THERE = {
    "2016e-8tev": {"g", "t"},
    "2024r-hi": {"e", "j", "g", "t"},
}
FLAT = {"Muon_pt": 25.0, "Muon_eta": 0.5, "Muon_phi": -0.5}
every_form = pytest.mark.parametrize("rntuple", [False, True], ids=["ttree", "rntuple"])
every_format = pytest.mark.parametrize("name", FORMATS)


def read(path, columns=None, size=1000, known=KNOWN):
    """Return the open file (closed by now) and its chunks."""
    with open_events(path, known) as file:
        chunks = file.chunks(columns or {}, size)
        return file, [replace(chunk, objects=as_awkward(chunk.objects)) for chunk in chunks]


def one(path, **options):
    _, (chunk,) = read(path, **options)
    return chunk


def values(chunk, kind, field):
    return ak.to_list(ak.flatten(chunk.objects[kind][field]))


def jagged(*lists, dtype="float32"):
    return ak.values_astype(ak.Array([*lists, [0.0]])[:-1], dtype)


@pytest.fixture
def made(tmp_path):
    """Write a file of a tree `Events`, one event a list; numbers stand for one object in one event."""

    def write_tree(tree="Events", **columns):
        arrays = {name: jagged([value]) if isinstance(value, float) else value for name, value in columns.items()}
        return write_branches(tmp_path / "made.root", tree, arrays)

    return write_tree


def expected_fields(name, kind):
    fields = {"pt", "eta", "phi"}
    if name in ENERGY:
        fields |= {"energy"} | ({"mass"} if (name, kind) == ("2016e-8tev", "j") else set())
    elif name == "cms-nanoaod" or (name == "2024r-pp" and kind != "m"):
        fields |= {"mass"}
    charged = kind in "em" or (kind == "t" and name != "2016e-8tev")
    if name == "cms-nanoaod" or name == "2024r-pp":
        charged = kind in "emt"
    return fields | ({"charge"} if charged and name != "2024r-hi" else set())


@every_form
@every_format
def test_what_is_written_in_a_format_comes_back_in_gev(tmp_path, name, rntuple):
    drawn = events(50)
    file, (chunk,) = read(write(tmp_path / "f.root", name, drawn, rntuple))
    assert (file.schema.name, file.num_entries) == (name, 50)
    assert file.absent_kinds == NOT_THERE.get(name, set())
    for kind in "emjgt":
        if kind in file.absent_kinds:
            assert ak.to_list(chunk.objects[kind]) == [[]] * 50
            continue
        assert set(chunk.objects[kind].fields) == expected_fields(name, kind)
        for field in chunk.objects[kind].fields:
            assert ak.to_list(chunk.objects[kind][field]) == ak.to_list(drawn[kind][field]), (kind, field)


@every_form
@every_format
def test_event_numbers_and_weights_come_back(tmp_path, name, rntuple):
    drawn = events(50)
    file, (chunk,) = read(write(tmp_path / "f.root", name, drawn, rntuple))
    lumi = name == "cms-nanoaod" or name.startswith("2024r")
    assert file.absent_numbers == (() if lumi else ("luminosity_block",))
    np.testing.assert_array_equal(chunk.run, drawn["run"])
    np.testing.assert_array_equal(chunk.luminosity_block, drawn["luminosity_block"] if lumi else np.zeros(50))
    np.testing.assert_array_equal(chunk.event, drawn["event"])  # above 2^32
    np.testing.assert_array_equal(chunk.weight, drawn["weight"])
    dtypes = [array.dtype for array in (chunk.run, chunk.luminosity_block, chunk.event, chunk.weight)]
    assert dtypes == [np.uint32, np.uint32, np.uint64, np.float32]


@every_form
def test_event_numbers_that_a_file_counts_over_in_32_bits_are_below_2_to_the_32(tmp_path, rntuple):
    drawn = events(3)
    numbers = np.array([7, -1911824856, -1], dtype=np.int32)  # the second one is of the release 2020e-13tev
    _, (chunk,) = read(write(tmp_path / "f.root", "2020e-13tev", drawn, rntuple, eventNumber=numbers))
    assert chunk.event.tolist() == [7, 2383142440, 2**32 - 1]


@every_form
def test_masses_come_from_the_momenta_of_the_file_not_from_rounded_ones(tmp_path, rntuple):
    """Jets of 20 MeV and 900 GeV pT: of a momentum rounded to float32 in GeV, the mass would be noise."""
    drawn = events(40)
    pt = ak.values_astype(ak.ones_like(drawn["j"].pt) * np.linspace(900_000, 910_000, 40)[:, None], np.float32)
    eta = ak.ones_like(drawn["j"].pt)
    energy = ak.values_astype(np.hypot(ak.values_astype(pt, float) * np.cosh(1.0), 20.0), np.float64)
    path = write(tmp_path / "f.root", "2020e-13tev", drawn, rntuple, jet_pt=pt, jet_eta=eta, jet_E=energy)
    _, (chunk,) = read(path)
    jets = constituents.assign_masses(as_objects(chunk.objects))["j"]
    assert jets["mass"] == pytest.approx(0.02, rel=1e-3)
    assert {jets[name].dtype for name in ("pt", "eta")} == {np.dtype(np.float32)}


@every_form
@every_format
def test_chunks_change_nothing(tmp_path, name, rntuple):
    path = write(tmp_path / "f.root", name, events(23), rntuple)
    whole = one(path)
    for size in (1, 7, 23, 24):
        _, chunks = read(path, size=size)
        assert [len(chunk.run) for chunk in chunks] == [min(size, 23 - start) for start in range(0, 23, size)]
        joined = {kind: ak.concatenate([chunk.objects[kind] for chunk in chunks]) for kind in "emjgt"}
        assert as_lists(joined) == as_lists(whole.objects)
        for number in ("run", "luminosity_block", "event", "weight"):
            parts = np.concatenate([getattr(chunk, number) for chunk in chunks])
            np.testing.assert_array_equal(parts, getattr(whole, number))


def test_types_are_those_of_the_description(tmp_path):
    chunk = one(write(tmp_path / "f.root", "2016e-8tev", events(20)))
    types = {field: str(ak.flatten(chunk.objects["e"][field]).type.content) for field in chunk.objects["e"].fields}
    assert types == dict.fromkeys(("phi", "charge"), "float32") | dict.fromkeys(("pt", "eta", "energy"), "float64")


def test_mev_is_divided_exactly(made):
    lepton = {"lep_pt": 25000.0, "lep_eta": 0.0, "lep_phi": 0.0, "lep_E": 1001.0, "lep_charge": -1.0}
    chunk = one(made("mini", lep_type=jagged([11], dtype="uint32"), **lepton))
    assert values(chunk, "e", "pt") == [25.0]
    assert values(chunk, "e", "energy") == [1.001]  # 1001 * 0.001 would be 1.0009999999999999


@every_form
@pytest.mark.parametrize("name", ["cms-nanoaod", "2025e-13tev-beta"])
def test_what_is_in_gev_is_not_divided(tmp_path, name, rntuple):
    """The first version of this pipeline divided everything by 1000."""
    drawn = events(30)
    chunk = one(write(tmp_path / "f.root", name, drawn, rntuple))
    assert min(values(chunk, "j", "pt")) >= 10.0
    assert ak.to_list(chunk.objects["j"].pt) == ak.to_list(drawn["j"].pt)


@pytest.mark.parametrize(
    ("name", "branch", "field", "value"),
    [
        ("2016e-8tev", "jet_m", "mass", 12.5),
        ("2016e-8tev", "jet_E", "energy", 12.5),
        ("2020e-13tev", "jet_E", "energy", 12.5),
        ("2024r-pp", "AnalysisJetsAuxDyn.m", "mass", 12.5),
        ("2025e-13tev-beta", "jet_e", "energy", 12500.0),
        ("cms-nanoaod", "Jet_mass", "mass", 12500.0),
    ],
)
def test_jets_have_the_mass_or_energy_of_their_own_branch(tmp_path, name, branch, field, value):
    """The first version looked for `m` where the branch was `mass`: all jets were massless."""
    drawn = events(9)
    path = write(tmp_path / "f.root", name, drawn, **{branch: ak.full_like(drawn["j"].pt, 12500.0)})
    found = values(one(path), "j", field)
    assert len(found) > 3
    assert set(found) == {value}


def test_masses_that_a_format_lacks_are_not_made_up(tmp_path):
    chunk = one(write(tmp_path / "p.root", "2024r-pp", events(9)))
    assert "mass" not in chunk.objects["m"].fields
    chunk = one(write(tmp_path / "n.root", "cms-nanoaod", events(9), Photon_mass=None, Muon_mass=None))
    assert "mass" not in chunk.objects["g"].fields + chunk.objects["m"].fields


def test_values_pass_unchanged_whatever_they_are(made):
    numbers = {"Jet_pt": [30.0, -1.0, float("inf"), 0.0], "Jet_eta": [9.0, float("nan"), 0.0, 0.0]}
    chunk = one(
        made(**{k: jagged(v) for k, v in numbers.items()}, Jet_phi=jagged([0.0] * 4), Jet_mass=jagged([-0.5] * 4))
    )
    assert values(chunk, "j", "pt") == [
        30.0,
        -1.0,
        float("inf"),
        0.0,
    ]  # in file order: selecting and sorting come later
    assert np.isnan(values(chunk, "j", "eta")).tolist() == [False, True, False, False]
    assert values(chunk, "j", "mass") == [-0.5] * 4


@every_form
@pytest.mark.parametrize("name", ENERGY)
def test_leptons_are_split_by_type(tmp_path, name, rntuple):
    """The first version counted every lepton of these formats as an electron and as a muon."""
    drawn = events(40)
    chunk = one(write(tmp_path / "f.root", name, drawn, rntuple))
    for kind in "em":
        assert ak.to_list(ak.num(chunk.objects[kind])) == ak.to_list(ak.num(drawn[kind]))
        assert values(chunk, kind, "charge") == ak.to_list(ak.flatten(drawn[kind].charge))
    assert chunk.unassigned == {}


@every_form
def test_leptons_of_no_known_type_are_counted(tmp_path, rntuple):
    columns = {f"lep_{column}": jagged([40.0, 30.0, 20.0], [], [10.0]) for column in ("pt", "eta", "phi", "e")}
    columns["lep_type"] = jagged([15, 13, 0], [], [15], dtype="int32")
    path = write_branches(tmp_path / "f.root", "analysis", columns, rntuple)
    chunk = one(path)
    assert (values(chunk, "e", "pt"), values(chunk, "m", "pt")) == ([], [30.0])
    assert chunk.unassigned == {"lep_type": 3}
    _, chunks = read(path, size=1)
    assert [part.unassigned for part in chunks] == [{"lep_type": 2}, {}, {"lep_type": 1}]


def test_charges_may_be_of_any_type(made):
    directions = {"lep_pt": 25000.0, "lep_eta": 0.0, "lep_phi": 0.0}
    for dtype in ("float32", "int32"):
        types = {"lep_type": jagged([13], dtype="uint32"), "lep_charge": jagged([-1], dtype=dtype)}
        assert values(one(made("mini", **directions, **types)), "m", "charge") == [-1.0]


def test_the_first_of_several_weights_is_nominal(made):
    muons = {f"MuonsAuxDyn.{column}": jagged([5000.0], [], [6000.0]) for column in ("pt", "eta", "phi")}
    weights = {"EventInfoAuxDyn.mcEventWeights": jagged([0.5, 7.0, 8.0], [], [-2.0])}
    file, (chunk,) = read(made("CollectionTree", **muons, **weights))
    assert chunk.weight.tolist() == [0.5, 1.0, -2.0]  # an event without any weight counts as one
    assert file.absent_numbers == ("run", "luminosity_block", "event")


def test_numbers_that_a_file_lacks_have_their_defaults(made):
    file, (chunk,) = read(made(**FLAT))
    assert file.absent_numbers == ("run", "luminosity_block", "event", "weight")
    numbers = [getattr(chunk, name).tolist() for name in ("run", "luminosity_block", "event", "weight")]
    assert numbers == [[0], [0], [0], [1.0]]


def test_a_missing_luminosity_block_is_named(tmp_path):
    file, (chunk,) = read(write(tmp_path / "f.root", "cms-nanoaod", events(5), luminosityBlock=None))
    assert file.absent_numbers == ("luminosity_block",)
    assert chunk.luminosity_block.tolist() == [0] * 5
    assert chunk.run.tolist() == [358031] * 5


@every_form
def test_a_collection_absent_in_one_file_is_there_in_the_next(tmp_path, rntuple):
    """In the first version a collection missing from one file vanished from the whole chunk."""
    drawn = events(30)
    photons = dict.fromkeys(f"Photon_{column}" for column in ("pt", "eta", "phi", "mass", "charge"))
    without = write(tmp_path / "a.root", "cms-nanoaod", drawn, rntuple, **photons)
    complete = write(tmp_path / "b.root", "cms-nanoaod", drawn, rntuple)
    for path, absent in ((without, {"g"}), (complete, set()), (without, {"g"})):
        file, (chunk,) = read(path)
        assert file.absent_kinds == absent
        assert ak.to_list(chunk.objects["g"].pt) == (ak.to_list(drawn["g"].pt) if not absent else [[]] * 30)
        assert ak.to_list(chunk.objects["j"].pt) == ak.to_list(drawn["j"].pt)
        assert chunk.objects["g"].fields[:4] == ["pt", "eta", "phi", "mass"]


@every_form
@every_format
def test_no_entries_are_no_chunks(tmp_path, name, rntuple):
    nothing = {key: array[:0] for key, array in events(3).items()}
    path = write(tmp_path / "f.root", name, nothing, rntuple)
    file, chunks = read(path)
    assert (file.schema.name, file.num_entries, chunks) == (name, 0, [])


def test_events_without_any_object_are_events(made):
    nothing = jagged([], [], [])
    chunk = one(
        made(**dict.fromkeys(FLAT, nothing), Jet_pt=nothing, Jet_eta=nothing, Jet_phi=nothing, Jet_mass=nothing)
    )
    assert len(chunk.run) == 3
    assert as_lists(chunk.objects) == {kind: [[], [], []] for kind in "emjgt"}


def test_an_unknown_file_is_refused_by_name(made):
    path = made("Delphes", x=1.0)
    with pytest.raises(FileFormatError, match=rf"{path}: no schema fits this file\. Its trees: Delphes\."):
        read(path)


def test_an_absent_file_is_refused(tmp_path):
    with pytest.raises(UnreadableFileError, match=r"no\.root: cannot be opened"):
        read(str(tmp_path / "no.root"))


def test_trees_of_all_formats_are_tested():
    assert set(TREES) | {"2024r-pp", "2024r-hi"} == {schema.name for schema in KNOWN}
