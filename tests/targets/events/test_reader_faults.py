"""Events that cannot be read whole or right: always an error with a sentence, and columns that cuts ask for."""

from dataclasses import replace

import awkward as ak
import numpy as np
import pytest
import uproot

from edm.objects import Objects
from targets.errors import FileFormatError, UnreadableFileError
from targets.events import schemas
from targets.events.reader import open_events
from tests.support.rootfiles_made import as_awkward, as_lists, events, write, write_branches

KNOWN = schemas.load("")
every_form = pytest.mark.parametrize("rntuple", [False, True], ids=["ttree", "rntuple"])


def chunks(path, columns=None, size=1000, known=KNOWN):
    with open_events(str(path), known) as file:
        parts = file.chunks(columns or {}, size)
        return [replace(part, objects=as_awkward(part.objects)) for part in parts]


@pytest.fixture
def file(tmp_path):
    with open_events(write(tmp_path / "f.root", "cms-nanoaod", events(20)), KNOWN) as opened:
        yield opened


@every_form
@pytest.mark.parametrize(
    ("name", "branch", "complaint"),
    [
        ("cms-nanoaod", "Jet_pt", r"j has Jet_eta, but no branch for its pt \(Jet_pt\)"),
        ("cms-nanoaod", "Muon_phi", r"m has Muon_pt, but no branch for its phi \(Muon_phi\)"),
        ("cms-nanoaod", "Tau_eta", r"t has Tau_pt, but no branch for its eta \(Tau_eta\)"),
        ("cms-nanoaod", "Jet_mass", r"j has Jet_pt, but no branch for its mass or energy \(Jet_mass\)"),
        ("cms-nanoaod", "Tau_mass", r"t has Tau_pt, but no branch for its mass or energy \(Tau_mass\)"),
        ("2020e-13tev", "jet_E", r"j has jet_pt, but no branch for its mass or energy \(jet_E\)"),
        ("2025e-13tev-beta", "tau_e", r"t has tau_pt, but no branch for its mass or energy \(tau_e\)"),
        ("2020e-13tev", "lep_type", r"e has lep_pt, but no branch for its kind \(lep_type\)"),
    ],
)
def test_a_collection_that_is_there_in_part_is_refused(tmp_path, name, branch, complaint, rntuple):
    path = write(tmp_path / "f.root", name, events(5), rntuple, **{branch: None})
    with pytest.raises(FileFormatError, match=rf"{path}: {complaint}; name the right one in a schema of your own"):
        chunks(path)


@pytest.mark.parametrize("branch", ["AnalysisJetsAuxDyn.m", "AnalysisTauJetsAuxDyn.m"])
def test_a_part_is_refused_even_without_events(tmp_path, branch):
    nothing = {key: array[:0] for key, array in events(3).items()}
    path = write(tmp_path / "f.root", "2024r-pp", nothing, **{branch: None})
    with pytest.raises(FileFormatError, match=r"no branch for its mass or energy \(Analysis(Tau)?JetsAuxDyn\.m\)"):
        chunks(path)


def test_either_mass_or_energy_is_enough(tmp_path):
    for lacking, left in (("jet_m", "energy"), ("jet_E", "mass")):
        path = write(tmp_path / "f.root", "2016e-8tev", events(5), **{lacking: None, "lep_E": None})
        (chunk,) = chunks(path)
        assert set(chunk.objects["j"].fields) == {"pt", "eta", "phi", left}
        assert "energy" not in chunk.objects["e"].fields  # of leptons the PDG knows the mass


@every_form
@pytest.mark.parametrize(("name", "unit_of_file"), [("2020e-13tev", 1000), ("2025e-13tev-beta", 1)])
def test_columns_that_a_cut_asks_for_are_read_with_their_unit(tmp_path, name, unit_of_file, rntuple):
    drawn = events(20)
    leptons = ak.concatenate([drawn["e"], drawn["m"]], axis=1)
    more = {"lep_ptcone": leptons.pt * np.float32(unit_of_file / 4), "lep_isTightID": leptons.charge > 0}
    path = write(tmp_path / "f.root", name, drawn, rntuple, **more)
    columns = {"e": {"ptcone": "GeV", "isTightID": None, "nowhere": None}, "g": {"isTightID": None}}
    (chunk,) = chunks(path, columns)
    electrons = chunk.objects["e"]
    assert ak.to_list(electrons.ptcone) == ak.to_list(drawn["e"].pt / 4)
    assert ak.to_list(electrons.isTightID) == ak.to_list(drawn["e"].charge > 0)  # bool stays bool
    assert "nowhere" not in electrons.fields  # the selection says what it makes of that
    assert "ptcone" not in chunk.objects["m"].fields
    assert "isTightID" not in chunk.objects["g"].fields


def test_columns_keep_their_type(tmp_path):
    drawn = events(20)
    bits = ak.values_astype(drawn["m"].pt, np.uint8)
    (chunk,) = chunks(write(tmp_path / "f.root", "cms-nanoaod", drawn, Muon_quality=bits), {"m": {"quality": None}})
    assert str(ak.flatten(chunk.objects["m"].quality).type.content) == "uint8"


@every_form
def test_columns_of_kinds_that_are_absent_are_nobodys(tmp_path, rntuple):
    muons = dict.fromkeys(f"Muon_{column}" for column in ("pt", "eta", "phi", "mass", "charge"))
    path = write(tmp_path / "f.root", "cms-nanoaod", events(4), rntuple, **muons)
    (chunk,) = chunks(path, {"m": {"tightId": None}})
    assert as_lists(chunk.objects)["m"] == [[]] * 4


@every_form
def test_only_what_is_needed_is_read(tmp_path, monkeypatch, rntuple):
    path = write(
        tmp_path / "f.root", "cms-nanoaod", events(6), rntuple, Muon_charm=np.arange(6), Electron_cutBased=None
    )
    with open_events(path, KNOWN) as opened:
        asked = []
        arrays = type(opened._tree).arrays

        def watch(tree, paths, start, stop):
            asked.append((sorted(paths), start, stop))
            return arrays(tree, paths, start, stop)

        monkeypatch.setattr(type(opened._tree), "arrays", watch)
        assert len(list(opened.chunks({"m": {"charm": None}}, 4))) == 2
    kinds = ("Electron", "Muon", "Tau", "Jet", "Photon")
    columns = {f"{kind}_{column}" for kind in kinds for column in ("pt", "eta", "phi", "mass")}
    columns |= {f"{kind}_charge" for kind in kinds[:3]} | {"Muon_charm", "run", "luminosityBlock", "event", "genWeight"}
    assert asked == [(sorted(columns), 0, 4), (sorted(columns), 4, 6)]


@every_form
def test_branches_that_disagree_on_the_number_of_objects_are_refused(tmp_path, rntuple):
    drawn = events(8)
    path = write(tmp_path / "f.root", "cms-nanoaod", drawn, rntuple, Jet_eta=drawn["e"].eta)
    with pytest.raises(UnreadableFileError, match=rf"{path}: the branches of j disagree on how many objects"):
        chunks(path)


def test_a_chunk_that_cannot_be_decoded_is_refused(file, monkeypatch):
    def fail(*_, **__):
        msg = "unrecognized compression algorithm\nin file f.root"
        raise ValueError(msg)

    reading = file.chunks({}, 7)
    next(reading)
    monkeypatch.setattr(type(file._tree), "arrays", fail)
    with pytest.raises(UnreadableFileError, match=r"f\.root: events 7 to 14 cannot be read \(ValueError: unrec.*fetch"):
        next(reading)


def test_a_chunk_that_comes_back_short_is_refused(file, monkeypatch):
    arrays = type(file._tree).arrays

    def shorten(tree, paths, start, stop):
        return arrays(tree, paths, start, stop - 1)

    monkeypatch.setattr(type(file._tree), "arrays", shorten)
    with pytest.raises(UnreadableFileError, match=r"of events 0 to 7 only .*'Jet_pt': 6.* came back; it is truncated"):
        next(file.chunks({}, 7))


def test_a_branch_that_does_not_come_back_is_refused(file, monkeypatch):
    arrays = type(file._tree).arrays

    def forget(tree, paths, start, stop):
        return arrays(tree, [path for path in paths if path != "Jet_phi"], start, stop)

    monkeypatch.setattr(type(file._tree), "arrays", forget)
    with pytest.raises(UnreadableFileError, match=r"events 0 to 20 cannot be read.*Jet_phi"):
        next(file.chunks({}, 20))


def test_a_schema_of_ones_own_reads_a_format_of_ones_own(tmp_path):
    schema = tmp_path / "mine.yaml"
    schema.write_text(
        "name: mine\nsource: mine\ntrees: [nominal]\nunit: MeV\n"
        'collections:\n  m: {branches: ["mu_{}"], charge: q}\n  j: {branches: ["jets_{}"], pt: PT, mass: M}\n'
        "event: {weight: [w_total, w]}\n"
    )
    columns = {f"mu_{column}": ak.Array([[2000.0], []]) for column in ("pt", "eta", "phi", "q")}
    columns |= {f"jets_{column}": ak.Array([[], [3000.0]]) for column in ("PT", "eta", "phi", "M")}
    path = write_branches(tmp_path / "f.root", "nominal", columns | {"w": np.array([0.5, -1.5])})
    (chunk,) = chunks(path, known=schemas.load(str(schema)))
    assert as_lists(chunk.objects) == {
        "e": [[], []],
        "m": [[{"pt": 2.0, "eta": 2000.0, "phi": 2000.0, "charge": 2000.0}], []],
        "j": [[], [{"pt": 3.0, "eta": 3000.0, "phi": 3000.0, "mass": 3.0}]],
        "g": [[], []],
        "t": [[], []],
    }
    assert chunk.weight.tolist() == [0.5, -1.5]
    with pytest.raises(FileFormatError, match="Its trees: nominal"):
        chunks(path)


def test_a_branch_that_is_no_list_of_numbers_is_refused(tmp_path):
    words = ak.Array([["a"], ["b", "c"], [], ["d"], [], []])
    path = write(tmp_path / "f.root", "cms-nanoaod", events(6), True, Muon_charm=words)
    with pytest.raises(FileFormatError, match=r"f\.root: branch Muon_charm is neither a number nor a list of numbers"):
        chunks(path, {"m": {"charm": None}})


def test_an_empty_skim_has_no_events_and_all_kinds_are_absent(tmp_path):
    with uproot.recreate(tmp_path / "empty.root"):
        pass
    with open_events(str(tmp_path / "empty.root"), KNOWN) as opened:
        assert (opened.schema, opened.num_entries, opened.absent_kinds) == (None, 0, frozenset("emjgt"))
        assert list(opened.chunks({}, 10)) == []


def test_an_empty_skim_is_empty_with_a_named_schema_too(tmp_path):
    with uproot.recreate(tmp_path / "empty.root") as written:
        written["cutflow"] = np.histogram([1.0])
    assert chunks(tmp_path / "empty.root", known=schemas.load("2020e-13tev")) == []


@every_form
def test_chunks_within_a_memory_limit_change_nothing(tmp_path, monkeypatch, rntuple):
    monkeypatch.setattr("targets.events.reader._FIRST_EVENTS", 10)
    path = write(tmp_path / "f.root", "cms-nanoaod", events(300), rntuple)
    (whole,) = chunks(path, size=1000)
    lengths = {}
    for kilobytes in (40, 80, 160, 10**6):
        with open_events(path, KNOWN) as opened:
            parts = list(opened.chunks({}, 1000, memory_bytes=kilobytes * 1000))
        lengths[kilobytes] = [len(part.run) for part in parts]
        joined = {kind: Objects.concatenate([part.objects[kind] for part in parts]) for kind in "emjgt"}
        assert as_lists(joined) == as_lists(whole.objects)
        np.testing.assert_array_equal(np.concatenate([part.event for part in parts]), whole.event)
    # of an RNTuple the first chunk tells how many bytes an event has, of a TTree its list of contents
    assert lengths[10**6] == ([10, 290] if rntuple else [300])
    first, second = ([lengths[kilobytes][number] for kilobytes in (40, 80, 160)] for number in (0, 1))
    known = second if rntuple else first
    assert 1 < known[0] < known[1] < known[2] < 290
    assert known[2] == pytest.approx(4 * known[0], abs=4)
    # what the list of contents says counts the keys of baskets too
    assert first == ([10] * 3 if rntuple else [pytest.approx(length, rel=0.4) for length in second])


@pytest.mark.parametrize(("rntuple", "first"), [(True, [1000]), (False, [1] * 1000)])
def test_one_event_fits_into_any_memory(tmp_path, rntuple, first):
    path = write(tmp_path / "f.root", "2024r-hi", events(1003), rntuple)
    with open_events(path, KNOWN) as opened:
        assert [len(part.run) for part in opened.chunks({}, 5000, memory_bytes=1)] == [*first, 1, 1, 1]


def test_chunks_within_a_memory_limit_have_no_more_events_than_asked_for(tmp_path):
    path = write(tmp_path / "f.root", "cms-nanoaod", events(100))
    with open_events(path, KNOWN) as opened:
        assert [len(part.run) for part in opened.chunks({}, 40, memory_bytes=10**9)] == [40, 40, 20]


def test_bytes_and_requests_are_told(file):
    before = file.traffic()
    list(file.chunks({}, 20))
    assert file.traffic().received > before.received
