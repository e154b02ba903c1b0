"""Selection files that somebody spoilt: each ends in a sentence of the project, or can be applied."""

import contextlib
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from physics.errors import PhysicsError
from physics.selection.cuts import Cut
from physics.selection.selection import Selection, select
from targets.documents.models import fingerprint, load_model
from targets.errors import ConfigurationError
from targets.events import schemas
from tests.support.jagged import jagged, plain

DEFAULT = Path(__file__).resolve().parents[3] / "selections" / "default.yaml"
FORMATS = [path.stem for path in sorted(schemas.BUILT_IN.glob("*.yaml"))]
FEW = settings(max_examples=30, deadline=None, derandomize=True)  # a loaded machine is no failure

NUMBERS = st.sampled_from([0, -1, 1e300, -1e39, 2**63, 10**400, float("nan"), float("inf"), 0.1, 1e-320, True])
JUNK = st.recursive(
    NUMBERS | st.none() | st.text(max_size=4) | st.sampled_from(["pt", "e", "GeV", "MeV", "\x1b[31m", "formats"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=4,
)


@cache
def default():
    return yaml.safe_load(DEFAULT.read_text())


def places(node, way=()):
    """Give the way to every node of a document."""
    yield way
    for key in node if isinstance(node, dict) else range(len(node)) if isinstance(node, list) else ():
        yield from places(node[key], (*way, key))


WAYS = list(places(default()))[1:]


def changed(node, way, change):
    """Give a copy of a document with one node deleted, twice there or replaced."""
    if not way:
        return change(node)
    head, *rest = way
    if isinstance(node, dict):
        kept = {key: changed(value, rest, change) if key == head else value for key, value in node.items()}
        return {key: value for key, value in kept.items() if value is not Ellipsis}
    inner = changed(node[head], rest, change)
    return [*node[:head], *([] if inner is Ellipsis else [inner]), *node[head + (inner is not node[head]) :]]


def ends_well(path):
    """Load a selection and, if it is one, apply it to two events of every format."""
    with contextlib.suppress(ConfigurationError, PhysicsError):
        fingerprint(path)
        selection = load_model(path, Selection)
        for schema in FORMATS:
            columns = selection.columns(schema)
            names = {name for wanted in columns.values() for name in wanted}
            one = dict.fromkeys(names, 1)
            objects = {
                kind: jagged([[{"charge": 1, **one}, {"pt": 30, "phi": 1, "charge": -1, **one}], []], **dtypes)
                for kind in "emjgt"
                for dtypes in [dict.fromkeys(names, "int8" if kind == "m" else "float32")]
            }
            left, cutflow = select(objects, selection, schema)
            assert {array.n_events for array in left.values()} == {2}
            assert cutflow.rows["e"][-1].objects == sum(map(len, plain(left["e"])))


@FEW
@given(way=st.sampled_from(WAYS), change=st.one_of(st.just(...), st.just("twice"), JUNK))
def test_a_selection_with_one_node_changed(tmp_path_factory, way, change):
    path = tmp_path_factory.mktemp("fuzz") / "own.yaml"
    spoilt = changed(default(), way, lambda node: [node, node] if change == "twice" else change)
    path.write_text(yaml.safe_dump(spoilt, allow_unicode=True), encoding="utf-8", errors="surrogatepass")
    ends_well(path)


@FEW
@given(data=st.data())
def test_a_selection_with_bytes_changed(tmp_path_factory, data):
    text = bytearray(DEFAULT.read_bytes())
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(text) - 1))
        pieces = st.sampled_from(
            [b"", b"\t", b"\xff", b"\0", b"!!python/object/apply:os.abort []", b"*e", b"&e ", b"- "]
        )
        text[start : start + data.draw(st.integers(0, 30))] = data.draw(pieces | st.binary(max_size=3))
    path = tmp_path_factory.mktemp("fuzz") / "own.yaml"
    path.write_bytes(text)
    ends_well(path)


@FEW
@given(cut=st.dictionaries(st.sampled_from(sorted(Cut.model_fields)), JUNK, max_size=6))
def test_a_selection_of_one_random_cut(tmp_path_factory, cut):
    path = tmp_path_factory.mktemp("fuzz") / "own.yaml"
    cut = {"name": "c", "column": "pt", "source": "s"} | cut
    document = {"name": "n", "description": "d", "objects": {"e": {"cuts": [cut]}, "m": {"cuts": [cut]}}}
    path.write_text(yaml.safe_dump(document), encoding="utf-8", errors="surrogatepass")
    ends_well(path)


def passes(column, dtype, values, **cut):
    columns = {"pt": np.ones(len(values)), "eta": np.ones(len(values)), column: np.array(values, dtype=dtype)}
    return Cut(name="c", column=column, source="s", **cut).passes(columns).tolist()


def test_a_value_beyond_a_columns_type_compares_as_numbers_do():
    assert passes("q", "float32", [0, 1], max=1e300) == [True, True]
    assert passes("q", "float32", [0, 1], min=1e300) == [False, False]
    assert passes("q", "int8", [-128, 1], absolute=True, max=127) == [False, True]


def test_one_of_compares_in_the_columns_own_precision_as_equals_does():
    assert passes("q", "float32", [0.1, 1], equals=0.1) == [True, False]
    assert passes("q", "float32", [0.1, 1], one_of=(0.1, 7.0)) == [True, False]


@pytest.mark.parametrize("bits", [2**63, 2**70, 0, -1])
def test_a_mask_that_no_integer_holds_is_refused(bits):
    with pytest.raises(ValueError, match="bits"):
        Cut(name="c", column="q", source="s", bits=bits)
