"""JSON documents: what was written comes back, and what has changed since is refused."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from targets.documents.json import dump_json, load_json
from targets.errors import FileFormatError, UnreadableFileError

json_documents = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@settings(deadline=None, max_examples=30)
@given(json_documents)
def test_json_comes_back_as_it_was_written(tmp_path_factory, document):
    path = tmp_path_factory.mktemp("json") / "document.json"
    dump_json(path, document)
    assert load_json(path) == document
    assert path.read_bytes().endswith(b"\n")


def test_the_same_document_gives_the_same_bytes(tmp_path):
    for name in ("one", "two"):
        dump_json(tmp_path / f"{name}.json", {"b": 1, "a": [0.1, "µ"]})
    assert (tmp_path / "one.json").read_bytes() == (tmp_path / "two.json").read_bytes()
    assert "µ" in (tmp_path / "one.json").read_text(encoding="utf-8")


@pytest.mark.parametrize(("document", "error"), [({"a": float("nan")}, ValueError), ({"a": {1, 2}}, TypeError)])
def test_what_json_cannot_hold_leaves_the_old_file_alone(tmp_path, document, error):
    path = tmp_path / "document.json"
    dump_json(path, "old")
    with pytest.raises(error, match="JSON"):
        dump_json(path, document)
    assert json.loads(path.read_text()) == "old"
    assert [file.name for file in tmp_path.iterdir()] == ["document.json"]


def test_json_that_is_not_there_or_damaged(tmp_path):
    path = tmp_path / "document.json"
    with pytest.raises(UnreadableFileError, match=r"document.json: cannot be read \(No such file or directory\)"):
        load_json(path)
    path.write_text('{"a": 1', encoding="utf-8")
    with pytest.raises(FileFormatError, match=r"damaged \(.*line 1 column 8.*delete it"):
        load_json(path)
    path.write_bytes(b"\xff")
    with pytest.raises(FileFormatError, match=r"damaged"):
        load_json(path)


@pytest.mark.parametrize(("old", "new"), [("80.0", "80.1"), ('"main"', '"mein"'), ("null", "true"), ("12", "13")])
def test_one_changed_character_is_named(tmp_path, old, new):
    path = tmp_path / "cuts.json"
    table = {"cuts": {"2e/e0e1": {"start_gev": 80.0, "split_gev": None, "main": 12}}, 3: (1, 2)}
    dump_json(path, table)
    text = path.read_text()
    assert text.count(old) == 1
    assert load_json(path) == json.loads(json.dumps(table))
    path.write_text(text.replace(old, new))
    with pytest.raises(
        FileFormatError, match=r"cuts\.json: damaged \(.*checksum.*; delete it: the next run remakes it"
    ):
        load_json(path)


def test_the_checksum_is_that_of_the_content_and_not_of_the_text(tmp_path):
    path = tmp_path / "x.json"
    dump_json(path, {"b": [1.5, "µ\ud800"], "a": None, "nested": {"2": 1, "10": 2}})
    document = json.loads(path.read_text())
    path.write_text(json.dumps(dict(reversed(document.items()))))
    assert load_json(path) == {"b": [1.5, "µ\ud800"], "a": None, "nested": {"2": 1, "10": 2}}


def test_a_document_of_an_older_version_has_no_checksum(tmp_path):
    path = tmp_path / "x.json"
    path.write_text('{"a": 1}')
    assert load_json(path) == {"a": 1}


def test_what_is_missing_and_what_is_damaged_have_their_remedies(tmp_path):
    with pytest.raises(UnreadableFileError, match="rerun the same command: it makes what is missing"):
        load_json(tmp_path / "x.json")
    with pytest.raises(UnreadableFileError, match="do this"):
        load_json(tmp_path / "x.json", "do this")
    (tmp_path / "x.json").write_text("{")
    with pytest.raises(FileFormatError, match=r"damaged .*; do this$"):
        load_json(tmp_path / "x.json", "do this")
