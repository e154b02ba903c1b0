"""Parsed data: what is written comes back, whatever the form, the clusters and the chunks; else it is an error."""

import json
from itertools import pairwise

import awkward as ak
import numpy as np
import pytest
import uproot

from targets.errors import UnreadableFileError
from targets.products import parsed_data
from tests.support.damage import refusals
from tests.support.rootfiles_made import as_awkward, as_lists, as_objects, events, size_limit

KINDS = "emjgt"
FIELDS = {
    "e": ["pt", "eta", "phi", "mass", "charge"],
    "m": ["pt", "eta", "phi", "mass", "charge"],
    "j": ["pt", "eta", "phi", "mass", "is_b"],
    "g": ["pt", "eta", "phi", "mass"],
    "t": ["pt", "eta", "phi", "mass", "charge"],
}
every_form = pytest.mark.parametrize("form", parsed_data.FORMATS)


def selected(n_events, seed=1):
    """Return objects as a selection leaves them, and event numbers."""
    drawn = events(n_events, seed)
    kept = {kind: drawn[kind][[name for name in FIELDS[kind] if name != "is_b"]] for kind in KINDS}
    kept["j"] = ak.with_field(kept["j"], ak.values_astype(drawn["j"].charge, np.int8), "is_b")
    weights = {"generator_weight": drawn["weight"] / 3, "weight": np.sqrt(2.0) * drawn["weight"]}
    return kept, {name: (drawn | weights)[name] for name in parsed_data.NUMBERS}


def add(writer, objects, numbers):
    writer.add(as_objects(objects), numbers)


def write(path, form, *parts, note=None):
    with parsed_data.writing(path, form) as writer:
        for objects, numbers in parts:
            add(writer, objects, numbers)
        if note is not None:
            writer.note(note)
    return path


def chunks_of(path, size):
    """Read the file; awkward arrays are easier to compare with what was written."""
    return [as_awkward(chunk) for chunk in parsed_data.read(path, size)]


def read(path, size=1000):
    return [as_lists(chunk) for chunk in chunks_of(path, size)]


@every_form
def test_what_is_written_comes_back(tmp_path, form):
    objects, numbers = selected(40)
    path = write(tmp_path / "p.root", form, (objects, numbers))
    (chunk,) = chunks_of(path, 1000)
    assert list(chunk) == list(KINDS)
    assert {kind: chunk[kind].fields for kind in KINDS} == FIELDS
    assert as_lists(chunk) == as_lists(objects)


def test_both_forms_say_the_same(tmp_path):
    parts = selected(40), selected(3, seed=2)
    files = [write(tmp_path / f"{form}.root", form, *parts) for form in parsed_data.FORMATS]
    one, other = (list(chunks_of(path, 1000)) for path in files)
    assert len(one) == len(other) == 1
    assert as_lists(one[0]) == as_lists(other[0])
    assert [str(one[0][kind].type) for kind in KINDS] == [str(other[0][kind].type) for kind in KINDS]
    with uproot.open(files[0]) as first, uproot.open(files[1]) as second:
        for name in parsed_data.NUMBERS:
            assert first["events"].arrays()[name].tolist() == second["events"].arrays()[name].tolist()


@every_form
def test_types_are_single_precision_and_b_tags_small(tmp_path, form):
    path = write(tmp_path / "p.root", form, selected(20))
    (chunk,) = chunks_of(path, 1000)
    types = {field: str(ak.flatten(chunk["j"][field]).type.content) for field in FIELDS["j"]}
    assert types == dict.fromkeys(("pt", "eta", "phi", "mass"), "float32") | {"is_b": "int8"}
    assert set(ak.flatten(chunk["j"].is_b).tolist()) == {-1, 1}  # -1 says: not known


@every_form
def test_chunks_and_clusters_change_nothing(tmp_path, monkeypatch, form):
    objects, numbers = selected(50)
    monkeypatch.setattr(parsed_data, "_CLUSTER_EVENTS", 7)
    cuts = [0, 3, 9, 9, 10, 30, 50]
    parts = [
        ({kind: array[start:stop] for kind, array in objects.items()}, {k: v[start:stop] for k, v in numbers.items()})
        for start, stop in pairwise(cuts)
    ]
    path = write(tmp_path / "p.root", form, *parts)
    for size in (1, 7, 50, 1000):
        chunks = list(chunks_of(path, size))
        assert [len(chunk["e"]) for chunk in chunks] == [min(size, 50 - start) for start in range(0, 50, size)]
        joined = {kind: ak.concatenate([chunk[kind] for chunk in chunks]) for kind in KINDS}
        assert as_lists(joined) == as_lists(objects)


@every_form
def test_events_wait_until_a_cluster_is_full(tmp_path, monkeypatch, form):
    monkeypatch.setattr(parsed_data, "_CLUSTER_EVENTS", 10)
    written = []
    path = tmp_path / "p.root"
    with parsed_data.writing(path, form) as writer:
        extend = type(writer._target).extend

        def watch(target, data):
            written.append(len(data["run"]))
            extend(target, data)

        monkeypatch.setattr(type(writer._target), "extend", watch)
        for number in (4, 5, 2, 3, 25, 1):
            add(writer, *selected(number))
        assert written == [11, 28]
        assert writer.written == 40
    assert written == [11, 28, 1]
    assert sum(len(chunk["e"]) for chunk in chunks_of(path, 1000)) == 40


def test_clusters_are_those_of_the_design():
    assert parsed_data._CLUSTER_EVENTS >= 100_000


@every_form
def test_plain_uproot_reads_it(tmp_path, form):
    objects, numbers = selected(30)
    path = write(tmp_path / "p.root", form, (objects, numbers), note={"n": 1})
    with uproot.open(path) as file:
        kind = "ROOT::RNTuple" if form == "rntuple" else "TTree"
        assert file.classnames() == {"events;1": kind, "statistics;1": "TObjString", "checksums;1": "TObjString"}
        tree = file["events"]
        assert tree.num_entries == 30
        arrays = tree.arrays()
        pt = arrays["m", "pt"] if form == "rntuple" else arrays["m_pt"]
        assert pt.tolist() == objects["m"].pt.tolist()
        for name in parsed_data.NUMBERS:
            np.testing.assert_array_equal(np.asarray(arrays[name]), numbers[name])
        assert {name: np.asarray(arrays[name]).dtype for name in parsed_data.NUMBERS} == {
            "run": np.uint32,
            "luminosity_block": np.uint32,
            "event": np.uint64,
            "generator_weight": np.float64,
            "weight": np.float64,
        }


@every_form
def test_it_is_compressed_with_zstandard(tmp_path, form):
    objects, numbers = selected(20_000)
    alike = {kind: ak.zip({name: ak.ones_like(array.pt) for name in FIELDS[kind]}) for kind, array in objects.items()}
    path = write(tmp_path / "p.root", form, (alike, numbers))
    assert path.read_bytes().count(b"ZS\x01") > 20  # the mark of a block, one a column at least
    assert path.stat().st_size < 8 * sum(int(ak.num(array.pt).to_numpy().sum()) for array in objects.values())


@every_form
def test_nothing_written_is_an_empty_file(tmp_path, form):
    path = write(tmp_path / "p.root", form, note={"events": 0})
    assert read(path) == []
    assert parsed_data.statistics(path) == {"events": 0}
    with uproot.open(path) as file:
        assert file["events"].num_entries == 0


@every_form
def test_no_events_in_a_chunk_and_no_objects_in_events_are_legal(tmp_path, form):
    objects, numbers = selected(3)
    nothing = {kind: array[:0] for kind, array in objects.items()}, {name: array[:0] for name, array in numbers.items()}
    bare = {kind: array[:, :0] for kind, array in objects.items()}
    path = write(tmp_path / "p.root", form, nothing, (bare, numbers), nothing)
    assert read(path) == [{kind: [[], [], []] for kind in KINDS}]


@every_form
def test_a_charge_that_a_format_lacks_is_0(tmp_path, form):
    objects, numbers = selected(20)
    objects["m"] = objects["m"][["pt", "eta", "phi", "mass"]]
    path = write(tmp_path / "p.root", form, (objects, numbers))
    (chunk,) = chunks_of(path, 1000)
    assert set(ak.flatten(chunk["m"].charge).tolist()) == {0.0}
    assert ak.num(chunk["m"]).tolist() == ak.num(objects["m"]).tolist()
    assert set(ak.flatten(chunk["e"].charge).tolist()) == {-1.0, 1.0}


@every_form
def test_further_fields_are_left_out(tmp_path, form):
    objects, numbers = selected(5)
    objects["e"] = ak.with_field(objects["e"], objects["e"].pt, "ptcone")
    (chunk,) = chunks_of(write(tmp_path / "p.root", form, (objects, numbers)), 1000)
    assert chunk["e"].fields == FIELDS["e"]


@every_form
def test_statistics_stand_in_the_file(tmp_path, form):
    note = {"files": [{"uri": "root://x/é", "events": 2**40, "share": 0.1}] * 500, "none": None, "empty": {}}
    path = write(tmp_path / "p.root", form, selected(5), note=note)
    assert parsed_data.statistics(path) == note
    with uproot.open(path) as file:
        assert json.loads(str(file["statistics"])).items() >= note.items()


@every_form
def test_an_exception_leaves_nothing(tmp_path, form):
    def fail():
        with parsed_data.writing(tmp_path / "p.root", form) as writer:
            add(writer, *selected(5))
            writer.flush()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert list(tmp_path.iterdir()) == []


@every_form
def test_a_full_disk_leaves_the_older_file(tmp_path, form):
    path = write(tmp_path / "p.root", form, selected(5))
    before = path.read_bytes()
    with pytest.raises(OSError, match="File too large"), size_limit(60_000):
        write(path, form, selected(5000))
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["p.root"]


REMEDY = "; delete it: the next run remakes it"


@pytest.mark.parametrize("function", [lambda path: list(parsed_data.read(path, 10)), parsed_data.statistics])
def test_an_absent_file_is_an_error(tmp_path, function):
    with pytest.raises(UnreadableFileError, match=rf"no\.root: .* cannot be read \(FileNotFoundError.*{REMEDY}"):
        function(tmp_path / "no.root")


@every_form
def test_a_truncated_file_is_an_error(tmp_path, form):
    path = write(tmp_path / "p.root", form, selected(2000), note={"n": 1})
    data = path.read_bytes()
    for length in (0, 3, 200, len(data) // 3, len(data) // 2, len(data) - 1500):
        path.write_bytes(data[:length])
        with pytest.raises(UnreadableFileError, match=rf"p\.root: parsed data cannot be read \(\w+: .*\){REMEDY}"):
            list(chunks_of(path, 10_000))


@pytest.mark.parametrize("ends", [[5, 2, 7], [1, 2, 8], [1, 2, 6]])
def test_lists_that_do_not_end_where_their_numbers_do_are_an_error(tmp_path, ends):
    """Small pages are stored as they are, without a checksum: uproot's writer has none."""
    objects, numbers = selected(3)
    objects["e"] = ak.unflatten(ak.flatten(selected(40)[0]["e"])[:7], [1, 1, 5])
    path = write(tmp_path / "p.root", "rntuple", (objects, numbers))
    data, right = path.read_bytes(), np.array([1, 2, 7], dtype="<u8").tobytes()
    assert data.count(right) == 1
    path.write_bytes(data.replace(right, np.array(ends, dtype="<u8").tobytes()))
    with pytest.raises(UnreadableFileError, match="where its lists end does not fit the 7 numbers that its pages have"):
        read(path)


def test_another_root_file_is_an_error(tmp_path):
    path = tmp_path / "other.root"
    with uproot.recreate(path) as file:
        file["h"] = np.histogram([1.0])
    with pytest.raises(
        UnreadableFileError, match=rf"other\.root: parsed data cannot be read \(KeyError: 'events'\){REMEDY}"
    ):
        list(chunks_of(path, 10))
    with pytest.raises(
        UnreadableFileError, match=rf"other\.root: its statistics cannot be read .*statistics.*{REMEDY}"
    ):
        parsed_data.statistics(path)


def test_damaged_statistics_are_an_error(tmp_path):
    path = write(tmp_path / "p.root", "rntuple", selected(5), note={"events": 7})
    data = path.read_bytes()
    assert data.count(b'{"events": 7, ') == 1
    path.write_bytes(data.replace(b'{"events": 7, ', b'{"events" 7 , '))
    with pytest.raises(UnreadableFileError, match=rf"its statistics cannot be read \(JSONDecodeError: .*{REMEDY}"):
        parsed_data.statistics(path)


@every_form
def test_no_changed_byte_gives_other_objects(tmp_path, form):
    """Numbers that ZSTD cannot make smaller are stored as they are: nothing but our checksums covers them."""
    path = write(tmp_path / "p.root", form, selected(200), note={"n": 1})
    content, expected = path.read_bytes(), read(path)
    said = list(refusals(path, content, expected, read, step=len(content) // 60))
    assert len(said) > 20
    assert all(REMEDY in text for text in said)


@every_form
def test_objects_of_another_file_are_refused(tmp_path, monkeypatch, form):
    """As a changed byte where the form has no checksum of its own."""
    with monkeypatch.context() as patched:
        patched.setattr(parsed_data.Checksums, "as_dict", lambda _: {"e": "0123456789abcdef"})
        path = write(tmp_path / "p.root", form, selected(20))
    with pytest.raises(
        UnreadableFileError, match=r"p\.root: .*their checksums differ.*delete it: the next run remakes"
    ):
        read(path)


@every_form
def test_a_file_of_an_older_version_has_no_checksums(tmp_path, monkeypatch, form):
    monkeypatch.setattr(parsed_data.Writer, "finish", parsed_data.Writer.flush)
    path = write(tmp_path / "p.root", form, selected(20))
    with uproot.open(path) as file:
        assert "checksums" not in file
    assert len(read(path)) == 1


@every_form
def test_statistics_that_were_changed_are_refused(tmp_path, form):
    path = write(tmp_path / "p.root", form, selected(3), note={"written": 1234567})
    content = path.read_bytes()
    assert content.count(b"1234567") == 1
    path.write_bytes(content.replace(b"1234567", b"1234568"))
    with pytest.raises(UnreadableFileError, match=r"its statistics cannot be read .*checksum .*delete it"):
        parsed_data.statistics(path)


def with_met(n_events):
    """Return the same with missing transverse momentum."""
    objects, numbers = selected(n_events)
    met = np.random.default_rng(3).exponential(30, n_events).astype(np.float32)
    met[0] = np.nan
    return objects, numbers | {"met": met, "met_phi": np.linspace(-3, 3, n_events, dtype=np.float32)}


def write_met(path, form, part):
    with parsed_data.writing(path, form, with_met=True) as writer:
        add(writer, *part)
    return path


def read_met(path):
    return [
        {name: column.tobytes() for name, column in numbers.items()}
        for _, numbers in parsed_data.read_events(path, 1000, ["met", "met_phi", "weight"])
    ]


@every_form
def test_missing_momentum_comes_back_where_it_is_written(tmp_path, form):
    part = with_met(40)
    path = write_met(tmp_path / "p.root", form, part)
    columns = [numbers for _, numbers in parsed_data.read_events(path, 15, ["met_phi", "met"])]
    for name in ("met", "met_phi"):
        np.testing.assert_array_equal(np.concatenate([numbers[name] for numbers in columns]), part[1][name])
    assert len(columns) == 3
    plain_path = write(tmp_path / "plain.root", form, selected(40))
    assert read(path) == read(plain_path)
    with pytest.raises(UnreadableFileError, match=r"plain\.root: parsed data cannot be read .*delete it"):
        read_met(plain_path)


@every_form
def test_no_changed_byte_gives_other_missing_momentum(tmp_path, form):
    path = write_met(tmp_path / "p.root", form, with_met(200))
    content, expected = path.read_bytes(), read_met(path)
    said = list(refusals(path, content, expected, read_met, step=len(content) // 40))
    assert len(said) > 10
    assert all(REMEDY in text for text in said)
