"""Selecting objects: cuts, overlap, b-tags, order, counts."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from edm.records.cutflow import Row
from physics.errors import PhysicsError
from physics.selection.selection import Selection, select
from tests.support.jagged import jagged, plain

PT = {"name": "pt", "column": "pt", "min": 25, "unit": "GeV", "source": "s"}
ETA = {"name": "eta", "column": "eta", "absolute": True, "max": 2.5, "source": "s"}
TIGHT = {"name": "id", "formats": {"f": {"column": "tight", "equals": 1, "source": "s"}, "g": None}}
LOOSE = {"name": "id", "formats": {"f": {"column": "tight", "equals": 1, "if_present": True, "source": "s"}}}
ISOLATION = {"name": "iso", "column": "cone", "unit": "GeV", "over_pt": True, "max": 0.15, "source": "s"}
B_TAG = {"formats": {"f": {"column": "score", "min": 0.5, "if_present": True, "source": "s"}, "g": None}}
NEAR = {"remove": "j", "keep": "e", "delta_r": 0.2, "source": "s"}


def selection(objects=None, **rest):
    cuts = {kind: {"cuts": list(cuts)} for kind, cuts in (objects or {}).items()}
    return Selection.model_validate({"name": "mine", "description": "d", "objects": cuts} | rest)


def steps(cutflow, kind):
    return [(row.cut, row.objects) for row in cutflow.rows[kind]]


def pts(array):
    return [[one["pt"] for one in event] for event in plain(array)]


def test_every_cut_is_counted_in_order():
    electrons = jagged([[{"pt": 30}, {"pt": 25}, {"pt": 24.9}], [], [{"pt": 40, "eta": -2.6}, {"pt": 10, "eta": 3}]])
    left, cutflow = select({"e": electrons}, selection({"e": [PT, ETA]}), "f")
    assert pts(left["e"]) == [[30, 25], [], []]
    assert steps(cutflow, "e") == [("all", 5), ("invalid", 5), ("pt", 3), ("eta", 2), ("selected", 2)]


@pytest.mark.parametrize("field", ["pt", "eta", "phi", "mass"])
@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_objects_with_numbers_that_are_not_finite_go_and_are_counted(field, value):
    left, cutflow = select({"m": jagged([[{"pt": 30, field: value}, {"pt": 20}]])}, selection(), "f")
    assert pts(left["m"]) == [[20]]
    assert steps(cutflow, "m") == [("all", 2), ("invalid", 1), ("selected", 1)]


def test_objects_without_positive_pt_go():
    left, _ = select({"j": jagged([[{"pt": 0}, {"pt": -1}, {"pt": 1e-6}]])}, selection(), "f")
    assert [len(event) for event in pts(left["j"])] == [1]


def test_an_invalid_object_removes_no_other():
    objects = {"e": jagged([[{"phi": 0.0, "mass": float("nan")}]]), "j": jagged([[{"phi": 0.1}]])}
    left, _ = select(objects, selection(overlap=[NEAR]), "f")
    assert pts(left["j"]) == [[50]]


def test_objects_that_fail_a_cut_remove_no_other():
    objects = {"e": jagged([[{"pt": 20}]]), "j": jagged([[{"pt": 60}]])}
    left, cutflow = select(objects, selection({"e": [PT]}, overlap=[NEAR]), "f")
    assert pts(left["j"]) == [[60]]
    assert steps(cutflow, "j") == [("all", 1), ("invalid", 1), ("overlap with e within 0.2", 1), ("selected", 1)]


def test_overlap_rules_are_counted():
    objects = {"e": jagged([[{}], [{}]]), "j": jagged([[{}, {"eta": 1}], [{"eta": 2}]])}
    _, cutflow = select(objects, selection(overlap=[NEAR]), "f")
    assert steps(cutflow, "j")[-2:] == [("overlap with e within 0.2", 2), ("selected", 2)]


def test_a_kind_that_the_selection_leaves_out_is_taken_as_it_is():
    left, _ = select({"g": jagged([[{"pt": 1}]])}, selection({"e": [PT]}), "f")
    assert pts(left["g"]) == [[1]]


def test_objects_are_sorted_by_falling_pt_and_ties_keep_the_order_of_the_file():
    muons = jagged([[{"pt": 30, "eta": 1}, {"pt": 50, "eta": 2}, {"pt": 30, "eta": 3}, {"pt": 50, "eta": 4}], [{}]])
    left, _ = select({"m": muons}, selection(), "f")
    assert [one["eta"] for one in plain(left["m"])[0]] == [2, 4, 1, 3]


def test_sorting_many_ties_is_stable():
    jets = jagged([[{"pt": 30, "eta": index / 64} for index in range(100)]])
    left, _ = select({"j": jets}, selection(), "f")
    assert [one["eta"] for one in plain(left["j"])[0]] == [index / 64 for index in range(100)]


def test_only_what_masses_need_is_given_back():
    muons = jagged([[{"tight": 1, "charge": -1}]])
    left, _ = select({"m": muons, "j": jagged([[{}]])}, selection({"m": [TIGHT]}), "f")
    assert list(left["m"].columns) == ["pt", "eta", "phi", "mass", "charge"]
    assert list(left["j"].columns) == ["pt", "eta", "phi", "mass", "is_b"]
    assert {column.dtype for column in left["m"].columns.values()} == {np.dtype(np.float32)}


def test_isolation_over_pt():
    muons = jagged([[{"pt": 100, "cone": 15}, {"pt": 40, "cone": 15}]])
    left, _ = select({"m": muons}, selection({"m": [ISOLATION]}), "f")
    assert pts(left["m"]) == [[100]]


def test_events_without_objects_stay():
    left, cutflow = select({"e": jagged([[], [], []])}, selection({"e": [PT]}, overlap=[NEAR]), "f")
    assert pts(left["e"]) == [[], [], []]
    assert steps(cutflow, "e")[-1] == ("selected", 0)


def test_no_events():
    objects = {"e": jagged([], tight="int8"), "j": jagged([], score="float32")}
    left, cutflow = select(objects, selection({"e": [PT, TIGHT]}, overlap=[NEAR], b_tag=B_TAG), "f")
    assert [array.n_events for array in left.values()] == [0, 0]
    assert steps(cutflow, "b") == [("selected jets", 0), ("b_tag", 0)]


def test_a_column_that_is_missing_is_an_error_that_says_what_to_do():
    with pytest.raises(
        PhysicsError, match=r"selection mine, electrons, cut 'id': there is no column tight in this f file.*if_present"
    ):
        select({"e": jagged([[{}]])}, selection({"e": [TIGHT]}), "f")


def test_the_nearest_column_that_all_files_have_is_named():
    misspelt = PT | {"column": "ptt"}
    with pytest.raises(PhysicsError, match=r"no column ptt in this f file\. Correct the name; .*; did you mean 'pt'\?"):
        select({"e": jagged([[{}]])}, selection({"e": [misspelt]}), "f")


def test_a_column_that_is_missing_is_an_error_even_without_objects():
    with pytest.raises(PhysicsError, match=r"no column tight"):
        select({"e": jagged([[], []])}, selection({"e": [TIGHT]}), "f")


def test_a_missing_column_with_if_present_is_recorded():
    left, cutflow = select({"e": jagged([[{}]])}, selection({"e": [LOOSE]}), "f")
    assert pts(left["e"]) == [[50]]
    assert cutflow.rows["e"][2] == Row("id", 1, False, ("not applied to f files without tight",))


def test_a_format_of_which_nothing_is_asked_is_recorded():
    left, cutflow = select({"e": jagged([[{}]])}, selection({"e": [TIGHT]}), "g")
    assert pts(left["e"]) == [[50]]
    assert cutflow.rows["e"][2] == Row("id", 1, False, ("nothing is asked of g files",))


def test_nothing_is_asked_of_a_kind_whose_collection_the_file_lacks():
    objects = {"e": jagged([[], []]), "j": jagged([[], []])}
    left, cutflow = select(objects, selection({"e": [TIGHT]}, b_tag=B_TAG), "f", absent=frozenset("ej"))
    assert pts(left["e"]) == [[], []]
    assert cutflow.rows["e"] == (Row("all", 0), Row("invalid", 0), Row("id", 0), Row("selected", 0))
    assert cutflow.rows["b"] == (Row("selected jets", 0), Row("b_tag", 0))


@pytest.mark.parametrize("schema", ["h", "F"])
def test_a_format_that_is_not_listed_is_an_error_that_names_selection_and_cut(schema):
    asked = selection({"m": [TIGHT]})
    message = rf"selection mine, muons, cut 'id': the format {schema} is not listed \(there are f, g\)"
    with pytest.raises(PhysicsError, match=message):
        asked.columns(schema)
    with pytest.raises(PhysicsError, match=message):
        select({"m": jagged([[{}]])}, asked, schema)


def test_a_format_that_b_tag_does_not_list_is_an_error():
    with pytest.raises(PhysicsError, match=r"selection mine, b_tag: the format h is not listed"):
        selection(b_tag=B_TAG).columns("h")


@pytest.mark.parametrize(
    ("jets", "schema", "expected", "row"),
    [
        ([{"score": 0.5}, {"score": 0.4}], "f", [1, 0], Row("b_tag", 1)),
        ([{"score": float("nan")}], "f", [0], Row("b_tag", 0)),
        ([{}], "f", [-1], Row("b_tag", 0, False, ("not applied to f files without score",))),
        ([{"score": 0.9}], "g", [-1], Row("b_tag", 0, False, ("nothing is asked of g files",))),
    ],
)
def test_jets_are_marked(jets, schema, expected, row):
    left, cutflow = select({"j": jagged([jets])}, selection(b_tag=B_TAG), schema)
    assert left["j"]["is_b"].tolist() == expected
    assert left["j"]["is_b"].dtype == np.int8
    assert cutflow.rows["b"][1] == row


def test_without_a_working_point_no_jet_is_known():
    left, cutflow = select({"j": jagged([[{}, {}]])}, selection(), "f")
    assert left["j"]["is_b"].tolist() == [-1, -1]
    assert "b" not in cutflow.rows


def test_marks_follow_their_jets_when_they_are_sorted():
    left, _ = select({"j": jagged([[{"pt": 30, "score": 1}, {"pt": 60, "score": 0}]])}, selection(b_tag=B_TAG), "f")
    assert left["j"]["is_b"].tolist() == [0, 1]


def test_the_columns_to_read_are_listed_with_their_units():
    asked = selection({"e": [PT, TIGHT, ISOLATION], "m": [ETA], "j": [PT]}, b_tag=B_TAG)
    assert asked.columns("f") == {"e": {"tight": None, "cone": "GeV"}, "j": {"score": None}}
    assert asked.columns("g") == {"e": {"cone": "GeV"}}


def test_a_column_has_one_unit():
    other = {"name": "cone", "column": "cone", "max": 5, "source": "s"}
    with pytest.raises(PhysicsError, match=r"electrons, cut 'cone': cone has unit None here and GeV in another cut"):
        selection({"e": [ISOLATION, other]}).columns("f")


@pytest.mark.parametrize(
    ("rest", "message"),
    [
        ({"objects": {"e": {"cuts": [PT, PT]}}}, r"two cuts are called 'pt'"),
        ({"objects": {"e": {"cuts": [PT | {"name": "selected"}]}}}, r"a cut cannot be called 'selected'"),
        ({"objects": {"e": {"cuts": [PT | {"name": "valid"}]}}}, r"a cut cannot be called 'valid'"),
        ({"objects": {"b": {"cuts": []}}}, r"type=literal_error"),
        ({"overlap": [NEAR, NEAR]}, r"overlap removes j twice for the same reason \(overlap with e within 0.2\)"),
        ({"overlaps": []}, r"overlaps\n.*type=extra_forbidden"),
    ],
)
def test_contradictions_are_refused(rest, message):
    with pytest.raises(ValidationError, match=message):
        Selection.model_validate({"name": "n", "description": "d"} | rest)


numbers = st.one_of(st.integers(0, 60).map(float), st.just(float("nan")))
objects_ = st.lists(
    st.fixed_dictionaries(
        {"pt": numbers, "eta": st.integers(-4, 4).map(float), "tight": st.sampled_from([0, 1]), "score": numbers}
    ),
    max_size=4,
)
events_ = st.lists(st.fixed_dictionaries({"e": objects_, "j": objects_}), max_size=5)
COLUMNS = {"tight": "int8", "score": "float32"}


@settings(deadline=None)
@given(events_, events_)
def test_cutting_a_file_in_two_changes_nothing(first, second):
    asked = selection({"e": [PT, TIGHT], "j": [ETA]}, overlap=[NEAR], b_tag=B_TAG)

    def run(events):
        return select({kind: jagged([event[kind] for event in events], **COLUMNS) for kind in "ej"}, asked, "f")

    (left_one, flow_one), (left_two, flow_two), (left, flow) = run(first), run(second), run(first + second)
    assert {kind: plain(left_one[kind]) + plain(left_two[kind]) for kind in left} == {
        kind: plain(array) for kind, array in left.items()
    }
    assert flow_one.add(flow_two) == flow


@settings(deadline=None)
@given(events_)
def test_agrees_with_plain_loops(events):
    asked = selection({"e": [PT, ETA, TIGHT]})
    left, cutflow = select({"e": jagged([event["e"] for event in events], **COLUMNS)}, asked, "f")
    expected = [
        sorted(
            (one["pt"] for one in event["e"] if one["pt"] >= 25 and abs(one["eta"]) <= 2.5 and one["tight"] == 1),
            reverse=True,
        )
        for event in events
    ]
    assert pts(left["e"]) == expected
    assert cutflow.rows["e"][-1].objects == sum(len(event) for event in expected)


def test_counts_of_a_large_sample_are_additive_over_any_cutting():
    generator = np.random.default_rng(7)
    events = [
        [
            {"pt": float(pt), "tight": int(tight)}
            for pt, tight in zip(*generator.integers(0, 2, (2, 3)) * 60, strict=True)
        ]
        for _ in range(300)
    ]
    muons = jagged(events, tight="int8")
    asked = selection({"m": [PT, TIGHT]})
    _, whole = select({"m": muons}, asked, "f")
    slices = [muons.select_events(np.arange(300) // 70 == number) for number in range(5)]
    parts = [select({"m": part}, asked, "f")[1] for part in slices]
    total = parts[0]
    for part in parts[1:]:
        total = total.add(part)
    assert total == whole
