"""Files that somebody spoilt or means harm with: YAML, JSON and arrays end in a named error."""

import contextlib
import json
import resource
import zipfile

import numpy as np
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from targets.documents.json import load_json
from targets.documents.models import fingerprint, load_model
from targets.errors import ConfigurationError, FileFormatError, UnreadableFileError
from targets.events import schemas
from targets.events.schemas import Schema
from targets.products import mass_arrays, parsed_data

FEW = settings(max_examples=60, deadline=None, derandomize=True)  # a loaded machine is no failure

NOT_YAML = r"own.yaml:\d: not valid YAML \("


@pytest.fixture
def own(tmp_path):
    return tmp_path / "own.yaml"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("&a {*a : 1}", NOT_YAML),
        ("name: " + "9" * 5000, NOT_YAML),
        ("name: !!python/object/apply:os.abort []", NOT_YAML),
        ("name: !!int ''", NOT_YAML),
        ("name: !!bool maybe", NOT_YAML),
        ("name: !!timestamp soon", NOT_YAML),
        ("name: 2020-99-99", NOT_YAML),
        ("{? [a] : 1}", NOT_YAML),
        ("<<: 1", NOT_YAML),
        ("a: \0", NOT_YAML),
    ],
    ids=lambda value: value[:20],
)
@pytest.mark.parametrize("read", [fingerprint, lambda path: load_model(path, Schema)], ids=["fingerprint", "model"])
def test_yaml_that_would_break_its_reader(own, read, text, message):
    own.write_text(text)
    with pytest.raises(ConfigurationError, match=message):
        read(own)


def test_an_alias_inside_the_value_it_names_is_refused(own):
    own.write_text("name: &a [*a]")
    with pytest.raises(ConfigurationError, match=r"own.yaml: an alias .*name. is used inside the value it names"):
        fingerprint(own)
    with pytest.raises(ConfigurationError, match=r"own.yaml:1: name"):
        load_model(own, Schema)


def test_aliases_of_aliases_are_read(own):
    own.write_text("a: &a [x]\n" + "".join(f"b{n}: &b{n} [*{'a' if n == 0 else f'b{n - 1}'}]\n" for n in range(60)))
    assert len(fingerprint(own)) == 64


def test_thousands_of_mistakes_are_not_all_explained(own):
    own.write_text("".join(f"k{number}: 1\n" for number in range(3000)))
    with pytest.raises(ConfigurationError) as caught:
        load_model(own, Schema)
    assert len(str(caught.value).split("\n")) == 20


def ends_well(path):
    with contextlib.suppress(ConfigurationError):
        fingerprint(path)
        (schema,) = schemas.load(str(path))
        schema.explained({"lep_pt", "lep_eta", "lep_phi"})


VALUES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.just("lep_{}")
JUNK = st.recursive(
    VALUES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(VALUES, inner, max_size=3), max_leaves=5
)
KEYS = st.sampled_from(["branches", "where", "pt", "mass", "energy", "nonsense"])
COLLECTIONS = st.dictionaries(st.sampled_from("emjx"), JUNK | st.dictionaries(KEYS, JUNK, max_size=4), max_size=3)


@FEW
@given(
    st.dictionaries(st.sampled_from([*Schema.model_fields, "nmae"]), JUNK, max_size=4),
    st.none() | COLLECTIONS,
    st.booleans(),
)
def test_any_schema_is_one_or_is_refused(tmp_path_factory, spoilt, collections, whole):
    path = tmp_path_factory.mktemp("fuzz") / "own.yaml"
    good = {"name": "n", "source": "s", "trees": ["t"], "unit": "GeV", "collections": {"e": {"branches": ["lep_{}"]}}}
    document = (good if whole else {}) | spoilt | ({} if collections is None else {"collections": collections})
    path.write_text(yaml.safe_dump(document), encoding="utf-8", errors="surrogatepass")
    ends_well(path)


@FEW
@given(st.binary(max_size=40) | st.text(alphabet="ab:-?&*!|>%@[]{},#'\"\n\t 0x.~", max_size=60).map(str.encode))
def test_any_bytes_are_a_schema_or_refused(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("fuzz") / "own.yaml"
    path.write_bytes(content)
    ends_well(path)


@pytest.mark.parametrize("content", [b"[" * 100_000, b'{"a":' * 100_000, b"9" * 5000, b"\xff", b"", b"{", b'"\x01"'])
def test_json_that_breaks_its_reader(tmp_path, content):
    (tmp_path / "x.json").write_bytes(content)
    with pytest.raises(FileFormatError, match=r"x\.json: damaged \(.*delete it: the next run remakes it"):
        load_json(tmp_path / "x.json")


GOOD = {
    "masses": np.array([1, 2, 3], dtype=np.float32),
    "offsets": np.array([0, 2, 3], dtype=np.int64),
    "names": np.array(["2e_0m/e0e1", "0e_2m/m0m1/main"]),
}


@pytest.mark.parametrize(
    "wrong",
    [
        {"offsets": np.array([0, 2, 4])},
        {"offsets": np.array([0, 2, 2])},
        {"offsets": np.array([1, 2, 3])},
        {"offsets": np.array([0, -1, 3])},
        {"offsets": np.array([0, 3])},
        {"offsets": np.array([[0, 2, 3]])},
        {"offsets": np.array([0.0, 2.0, 3.0])},
        {"offsets": np.zeros(0, dtype=np.int64)},
        {"masses": GOOD["masses"].astype(np.float64)},
        {"masses": GOOD["masses"].reshape(3, 1)},
        {"names": np.array([1, 2])},
        {"names": np.array("2e_0m/e0e1")},
        {"names": np.array(["../../pwned", "a/x"])},
        {"names": np.array(["/tmp/pwned", "a/x"])},
        {"names": np.array(["a/..", "a/x"])},
        {"names": np.array(["a/\x1b[31m", "a/x"])},
        {"names": np.array(["a/x\n", "a/x"])},
        {"names": np.array(["<script>/x", "a/x"])},
    ],
    ids=str,
)
def test_arrays_that_do_not_fit_each_other_are_no_masses(tmp_path, wrong):
    np.savez(tmp_path / "x.npz", **GOOD | wrong)
    with pytest.raises(
        UnreadableFileError, match=r"x\.npz: cannot be read as masses .*(its members are not|does not name)"
    ):
        list(mass_arrays.read(tmp_path / "x.npz"))
    with pytest.raises(UnreadableFileError):
        mass_arrays.export(tmp_path / "out" / "exported", [tmp_path / "x.npz"])
    assert {path.name for path in tmp_path.rglob("*")} <= {"out", "x.npz"}


def test_an_archive_that_unfolds_to_more_than_itself_is_not_unfolded(tmp_path):
    with zipfile.ZipFile(tmp_path / "x.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, array in (GOOD | {"masses": np.zeros(1_000_000, np.float32)}).items():
            with archive.open(f"{name}.npy", "w") as member:
                np.save(member, array)
    with pytest.raises(UnreadableFileError, match="its members are not as this project writes them"):
        list(mass_arrays.read(tmp_path / "x.npz"))


@pytest.mark.parametrize(
    ("shape", "kind"), [((10**12,), "<f4"), ((10**18,), "<f4"), ((10**15,), "<U0"), ((2**62,), "<U1"), ((-1,), "<f4")]
)
@pytest.mark.parametrize("member", ["masses", "names"])
def test_a_header_that_promises_more_than_there_is_takes_no_memory(tmp_path, shape, kind, member):
    with zipfile.ZipFile(tmp_path / "x.npz", "w") as archive:
        for name, array in GOOD.items():
            with archive.open(f"{name}.npy", "w") as stream:
                if name == member:
                    header = {"descr": kind, "fortran_order": False, "shape": shape}
                    np.lib.format.write_array_header_1_0(stream, header)
                else:
                    np.save(stream, array)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(UnreadableFileError, match=r"x\.npz: cannot be read as masses"):
        list(mass_arrays.read(tmp_path / "x.npz"))
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000  # kB


@pytest.mark.parametrize("noted", ["[1]", "3", "null", "{", "[" * 50_000, ""])
def test_statistics_of_another_shape_are_an_error(tmp_path, noted, monkeypatch):
    dumps = json.dumps
    with parsed_data.writing(tmp_path / "x.root", "ttree") as writer, monkeypatch.context() as patch:
        patch.setattr(parsed_data.json, "dumps", lambda document, **given: dumps(document, **given) if given else noted)
        patch.setattr(parsed_data, "sealed", lambda document: document)
        writer.note({})
    with pytest.raises(UnreadableFileError, match=r"x\.root: its statistics cannot be read .*delete it: the next run"):
        parsed_data.statistics(tmp_path / "x.root")
