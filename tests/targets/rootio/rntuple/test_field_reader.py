"""Fields of RNTuples: records in collections, what is no list of numbers, descriptions that contradict themselves."""

from dataclasses import replace

import awkward as ak
import numpy as np
import pytest
import uproot

from targets.errors import FileFormatError, UnreadableFileError
from targets.events import schemas
from targets.events.reader import open_events
from targets.rootio.files import open_trees
from targets.rootio.rntuple import columns
from tests.conftest import REAL_DATA
from tests.support.rootfiles_made import as_awkward, as_lists, events, write_branches

KINDS = {"e": "Electron", "m": "Muon", "j": "Jet", "g": "Photon", "t": "Tau"}


def zipped(path, drawn):
    """Write collections of records, as CMSSW does and as `ak.zip` gives them."""
    numbers = {"run": drawn["run"], "luminosityBlock": drawn["luminosity_block"], "event": drawn["event"]}
    return write_branches(path, "Events", {name: drawn[kind] for kind, name in KINDS.items()} | numbers, rntuple=True)


def chunks(path, size, names=""):
    with open_events(str(path), schemas.load(names)) as file:
        return [replace(chunk, objects=as_awkward(chunk.objects)) for chunk in file.chunks({}, size)]


def flats(path, names, start, stop):
    with open_trees(str(path)) as trees:
        return trees["Events"].reader().arrays(names, start, stop)


def test_collections_of_records_are_read_without_a_schema(tmp_path):
    drawn = events(40)
    (chunk,) = chunks(zipped(tmp_path / "f.root", drawn), 1000)
    for kind in KINDS:
        fields = chunk.objects[kind].fields
        assert {"pt", "eta", "phi", "mass"} <= set(fields)
        assert as_lists(chunk.objects)[kind] == as_lists({kind: drawn[kind][fields]})[kind]
    assert chunk.event.tolist() == drawn["event"].tolist()


@pytest.mark.parametrize("size", [1, 7, 40])
def test_records_do_not_depend_on_chunks(tmp_path, size):
    drawn = events(40)
    path = zipped(tmp_path / "f.root", drawn)
    read = ak.concatenate([chunk.objects["m"].pt for chunk in chunks(path, size)])
    assert read.tolist() == drawn["m"].pt.tolist()


def test_a_schema_names_members_with_a_dot(tmp_path):
    path, schema = zipped(tmp_path / "f.root", events(10)), tmp_path / "s.yaml"
    schema.write_text(
        "name: zipped\nsource: here\ntrees: [Events]\nunit: GeV\n"
        "collections:\n  m: {branches: ['Muon.{}'], mass: mass, charge: charge}\n"
    )
    (chunk,) = chunks(path, 100, str(schema))
    assert chunk.objects["m"].pt.tolist() == events(10)["m"].pt.tolist()


def test_clusters_of_several_calls_follow_each_other(tmp_path):
    path = tmp_path / "f.root"
    parts = [ak.Array([[1], [], [2, 3]]), ak.Array([[], [4]]), ak.Array([[5, 6, 7]])]
    with uproot.recreate(path) as file:
        target = file.mkrntuple("Events", {"x": parts[0]})
        for part in parts[1:]:
            target.extend({"x": part})
    right = ak.concatenate(parts).tolist()
    for start in range(6):
        for stop in range(start + 1, 7):
            flat = flats(path, ["x"], start, stop)["x"]
            assert ak.unflatten(flat.numbers, np.diff(flat.offsets)).tolist() == right[start:stop]


@pytest.mark.parametrize(
    ("array", "kind"),
    [
        (ak.Array(["a", "bc"]), "std::string"),
        (ak.Array([[[1], []], [[2]]]), "std::vector"),
        (ak.Array([1, None]), "std::optional"),
        (ak.to_regular(ak.Array([[1, 2], [3, 4]])), "std::array"),
        (ak.Array([{"y": 1}, {"y": 2}]), "a record"),
        (ak.Array([[{"y": 1}], []]), "a record|std::vector"),
    ],
)
def test_what_is_no_list_of_numbers_is_refused_by_its_type(tmp_path, array, kind):
    path = tmp_path / "f.root"
    with uproot.recreate(path) as file:
        file.mkrntuple("Events", {"x": array})
    with pytest.raises(ValueError, match=f"x is neither a number nor a list of numbers an event, but ({kind})"):
        flats(path, ["x"], 0, 2)


def change_footer(ntuple):
    ntuple.footer.feature_flag = 4


def change_first_entry(ntuple):
    ntuple.page_list_envelopes[0].cluster_summaries[0].num_first_entry = 3


def change_entries(ntuple):
    ntuple.page_list_envelopes[0].cluster_summaries[0].num_entries = 9


def change_group(ntuple):
    ntuple.footer.cluster_group_records[0].entry_span = 9


def change_list(ntuple):
    ntuple.page_list_envelopes[0].pagelinklist = []


def change_checksum(ntuple):
    ntuple.page_list_envelopes[0].header_checksum = 1


def change_epoch(ntuple):
    ntuple.members["fVersionEpoch"] = 0


@pytest.mark.parametrize(
    ("change", "error", "complaint"),
    [
        (change_footer, FileFormatError, r"its tree Events is not read: it has features .* \(0x4\)"),
        (change_epoch, FileFormatError, r"its tree Events is not read: it is of epoch 0 of the format, of which 1"),
        (change_first_entry, UnreadableFileError, "a cluster begins with entry 3, and the one before ends at 0"),
        (change_entries, UnreadableFileError, "1 clusters with 20 entries from 0 on are announced, and 1 with 9"),
        (change_group, UnreadableFileError, "1 clusters with 9 entries from 0 on are announced, and 1 with 20"),
        (change_list, UnreadableFileError, "1 clusters with 20 entries from 0 on are announced, and 1 with 20"),
        (change_checksum, UnreadableFileError, "a list of pages belongs to another header"),
    ],
)
def test_a_description_that_contradicts_itself_is_refused(tmp_path, monkeypatch, change, error, complaint):
    """What uproot gives of the description is changed: all of it has checksums in the file."""
    path = zipped(tmp_path / "f.root", events(20))
    read = uproot.classes["ROOT::RNTuple"].read_members

    def changed(ntuple, *reading):
        """Read as uproot does, and change what was read."""
        read(ntuple, *reading)
        change(ntuple)

    monkeypatch.setattr(uproot.classes["ROOT::RNTuple"], "read_members", changed)
    with open_trees(path) as trees, pytest.raises(error, match=complaint):
        trees["Events"]


@pytest.mark.realdata
@pytest.mark.parametrize("size", [10**6, 500, 71, 7])
def test_collections_that_were_added_late_are_read_right(size):
    """The numbers are ROOT's (README of the folder)."""
    read = chunks(REAL_DATA / "cases/c_lateclusters_alone.root", size)
    muons, jets = (ak.concatenate([chunk.objects[kind].pt for chunk in read]) for kind in "mj")
    assert (len(jets), int(ak.count(muons)), int(ak.count(jets))) == (1500, 3018, 3044)
    sums = [float(np.sum(ak.to_numpy(ak.flatten(pt)), dtype=np.float64)) for pt in (muons, jets)]
    assert sums == [pytest.approx(106227.72, abs=0.01), pytest.approx(215142.93, abs=0.01)]
    assert (int(ak.count(jets[:500])), int(ak.count(jets[-500:]))) == (0, 1538)
    assert int(ak.sum(ak.num(muons) + ak.num(jets) > 1)) == 1239


@pytest.mark.realdata
@pytest.mark.parametrize("schema", ["", str(REAL_DATA / "cases/ntzip.yaml")])
def test_records_as_cmssw_writes_them_are_read_right(schema):
    (chunk,) = chunks(REAL_DATA / "cases/cmssw_rntuple.root", 1000, schema)
    for kind, number, total in (("m", 776, 26941.547), ("j", 1006, 50486.156)):
        pt = ak.to_numpy(ak.flatten(chunk.objects[kind].pt))
        assert (len(pt), float(np.sum(pt, dtype=np.float64))) == (number, pytest.approx(total, abs=0.001))


@pytest.mark.realdata
def test_the_number_of_items_of_a_collection_is_a_number_an_event():
    path = REAL_DATA / "edge/Run2012BC_DoubleMuParked_Muons_1000evts_rntuple_v1-0-0-0.root"
    read = flats(path, ["nMuon", "Muon_pt"], 17, 900)
    assert read["nMuon"].offsets is None
    assert read["nMuon"].numbers.tolist() == np.diff(read["Muon_pt"].offsets).tolist()


def test_large_pages_take_the_memory_of_what_is_read_and_of_what_is_kept(tmp_path, monkeypatch):
    with uproot.recreate(tmp_path / "f.root", compression=None) as file:
        file.mkrntuple("Events", {"x": np.arange(1000.0), "y": np.arange(1000.0)})
    with open_trees(str(tmp_path / "f.root")) as trees:
        reader = trees["Events"].reader()
        assert reader.bytes_kept(["x", "y"]) == (2 + 2) * 8000  # and two copies of one page while it is decoded
        monkeypatch.setattr(columns, "_LARGE_BYTES", 1000)
        assert reader.bytes_kept(["x", "y"]) == (2 + 2 + 2) * 8000
