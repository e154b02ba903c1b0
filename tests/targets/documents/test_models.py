"""JSON and YAML: round trips, and sentences for everything that can be wrong."""

from typing import Annotated, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, model_validator

from targets.documents.models import did_you_mean, fingerprint, load_model, named_file
from targets.errors import ConfigurationError


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Limits(Strict):
    low: float = 0
    high: float = 1

    @model_validator(mode="after")
    def _ordered(self):
        if self.low > self.high:
            msg = f"low {self.low:g} is above high {self.high:g}"
            raise ValueError(msg)
        return self


class Plain(Strict):
    title: str
    limits: Limits = Limits()


class Table(Strict):
    title: str
    rows: dict[str, Limits | None]


def which(value):
    return "table" if isinstance(value, dict) and "rows" in value else "plain"


Part = Annotated[Annotated[Plain, Tag("plain")] | Annotated[Table, Tag("table")], Discriminator(which)]


class Book(Strict):
    name: str = Field(min_length=1)
    kind: Literal["novel", "atlas"] = "novel"
    parts: list[Part] = []
    by_letter: dict[Literal["e", "m"], Limits] = {}
    pair: tuple[int, int] = (1, 2)


@pytest.fixture
def write(tmp_path):
    def written(text, name="book.yaml"):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return written


def complaints(path):
    with pytest.raises(ConfigurationError) as caught:
        load_model(path, Book)
    return [line.removeprefix(f"{path}:") for line in str(caught.value).split("\n")]


def test_a_text_is_checked_once_and_a_changed_one_is_noticed(write):
    first = load_model(write("name: a"), Book)
    assert load_model(write("name: a"), Book) is first
    assert load_model(write("name: b"), Book).name == "b"
    assert load_model(write("name: a", "other.yaml"), Book) == first
    for _ in range(2):  # what is wrong stays wrong
        assert complaints(write("nam: a"))


def test_a_document_becomes_a_model(write):
    path = write(
        """
# a comment
name: mine
kind: atlas
parts:
  - {title: one, limits: {low: 1, high: 2}}
  - title: two
    rows: {a: &limits {high: 3}, b: null, c: *limits}
by_letter:
  e: {low: -1}
"""
    )
    book = load_model(path, Book)
    assert (book.kind, book.parts[0].limits.high, book.by_letter["e"].low) == ("atlas", 2, -1)
    assert book.parts[1].rows["c"] == book.parts[1].rows["a"] == Limits(high=3)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("name: x\nkinds: novel\n", "2: unknown key 'kinds'; did you mean 'kind'?"),
        ("name: x\nzzz: 1\n", "2: unknown key 'zzz'; valid keys are name, kind, parts, by_letter, pair"),
        ("kind: novel\n", "1: the key 'name' is missing"),
        ("name: x\nkind: novell\n", "2: kind: 'novell' is none of novel, atlas; did you mean 'novel'?"),
        ("name: x\nby_letter: {j: {}}\n", "2: by_letter.j: 'j' is none of e, m"),
        ("name: x\nparts:\n- title: t\n  limits:\n    low: 3\n", "4: parts[0].limits: low 3 is above high 1"),
        ("name: x\nparts:\n- {title: t, limit: {}}\n", "3: parts[0]: unknown key 'limit'; did you mean 'limits'?"),
        ("name: x\nparts:\n- {rows: {}}\n", "3: parts[0]: the key 'title' is missing"),
        (
            "name: x\nparts:\n- title: t\n  rows:\n    a:\n      hihg: 2\n",
            "6: parts[0].rows.a: unknown key 'hihg'; did you mean 'high'?",
        ),
    ],
)
def test_what_is_wrong_is_said_with_line_key_and_remedy(write, text, expected):
    (complaint,) = complaints(write(text))
    assert complaint.startswith(expected)


@pytest.mark.parametrize(
    ("text", "place", "value"),
    [
        ("name: x\npair: [1, two]\n", "2: pair[1]: ", "'two'"),
        ("name: ''\n", "1: name: ", "''"),
        ("name: x\nparts: 3\n", "2: parts: ", "3"),
        ("name: x\npair: 3\n", "2: pair: ", "3"),
        ("name: x\nparts:\n  - {title: t, limits: 4}\n", "3: parts[0].limits: ", "4"),
        ("- name\n", "1: ", "['name']"),
    ],
)
def test_what_pydantic_says_stands_between_the_place_and_the_value(write, text, place, value):
    (complaint,) = complaints(write(text))
    assert complaint.startswith(place)
    assert complaint.endswith(f", but is {value}")
    assert complaint.removeprefix(place)[0].islower()


def test_everything_that_is_wrong_is_said_at_once(write):
    found = complaints(write("nmae: x\nkind: 3\nparts:\n  - {title: 1, limits: {low: no number}}\n"))
    assert [line.split(":")[0] for line in found] == ["1", "2", "4", "4", "1"]
    assert found[0] == "1: the key 'name' is missing"
    assert found[-1] == "1: unknown key 'nmae'; did you mean 'name'?"


def test_a_long_wrong_value_is_cut_short(write):
    (complaint,) = complaints(write(f"name: x\npair: {'9' * 500}\n"))
    assert len(complaint) < 150


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("name: x\nname: y\n", "2: the key 'name' is there already, on line 1; leave one of them out"),
        ("name: x\nparts:\n- title: t\n  limits: {}\n  title: u\n", "5: the key 'title' is there already, on line 3"),
        ("name: x\n\tkind: y\n", "2: not valid YAML ("),
        ("name: [1, 2\nkind: y\n", "2: not valid YAML ("),
        ("name: *nowhere\n", "1: not valid YAML ("),
        ("name: x\n---\nname: y\n", "2: not valid YAML ("),
        ("name: !python/object:os.system x\n", "1: not valid YAML ("),
        ("? [a]\n: x\n", "1: not valid YAML ("),
        ("name: 2026-13-45\n", "1: not valid YAML ("),
    ],
)
def test_what_is_not_yaml_is_refused(write, text, expected):
    (complaint,) = complaints(write(text))
    assert complaint.startswith(expected)


@pytest.mark.parametrize("text", ["", "# only a comment\n"])
def test_an_empty_file_is_refused(write, text):
    with pytest.raises(ConfigurationError, match=r"book.yaml: the file is empty: start with a copy of one"):
        load_model(write(text), Book)


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(ConfigurationError, match=r"none.yaml: cannot be read \(No such file or directory\)"):
        load_model(tmp_path / "none.yaml", Book)
    with pytest.raises(ConfigurationError, match=r"cannot be read \(Is a directory\)"):
        load_model(tmp_path, Book)


def test_a_file_that_is_not_text_is_refused(tmp_path):
    path = tmp_path / "book.yaml"
    path.write_bytes(b"root\xff\xfe\x00")
    with pytest.raises(ConfigurationError, match=r"not a text file in UTF-8 \(.* at byte 4\)"):
        load_model(path, Book)
    path.write_bytes(b"name: \x00")
    with pytest.raises(ConfigurationError, match=r"book.yaml:1: not valid YAML"):
        load_model(path, Book)


def test_a_key_that_merges_is_not_a_repeated_key(write):
    path = write("name: x\nby_letter:\n  e: &e {low: -1}\n  m: {<<: *e, high: 5}\n")
    assert load_model(path, Book).by_letter["m"] == Limits(low=-1, high=5)


def test_the_fingerprint_sees_content_only(write):
    one = write("name: x\npair: [1, 2]\n", "one.yaml")
    same = write("# hello\npair:   [1,\n  2]\nname: 'x'\n", "same.yaml")
    other = write("name: x\npair: [2, 1]\n", "other.yaml")
    assert fingerprint(one) == fingerprint(same) != fingerprint(other)
    assert len(fingerprint(one)) == 64


def test_the_fingerprint_takes_any_yaml(write):
    assert fingerprint(write("1: a\non: b\nc: 2026-01-01\n")) != fingerprint(write("1: a\n", "b.yaml"))


def test_a_document_is_found_by_name_or_path(write, tmp_path):
    mine = write("name: x\n", "mine.yaml")
    elsewhere = write("name: x\n", "selection.txt")
    assert named_file("selection", "mine", tmp_path) == mine
    assert named_file("selection", str(elsewhere), tmp_path / "nothing") == elsewhere


def test_an_unknown_document_is_refused_with_the_nearest_name(write, tmp_path):
    write("name: x\n", "default.yaml")
    with pytest.raises(
        ConfigurationError,
        match=r"selection 'defualt': there is no such file, and no selection of that name; did you mean 'default'\?; "
        r"there are default, or give the path of a YAML file",
    ):
        named_file("selection", "defualt", tmp_path)
    with pytest.raises(ConfigurationError, match=r"there are none, or give the path"):
        named_file("selection", "x", tmp_path / "nothing")


def test_did_you_mean():
    assert did_you_mean("muliplicity", ["multiplicity", "mass"]) == "; did you mean 'multiplicity'?"
    assert did_you_mean("zebra", ["multiplicity", "mass"]) == ""


def test_a_name_that_is_too_long_is_no_file(tmp_path):
    with pytest.raises(ConfigurationError, match=r"selection 'xxx.*there is no such file"):
        named_file("selection", "x" * 5000, tmp_path)
