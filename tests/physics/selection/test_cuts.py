"""What a cut asks, and of which values it is true."""

import numpy as np
import pytest
from pydantic import TypeAdapter, ValidationError

from physics.errors import PhysicsError
from physics.selection.cuts import AnyCut, Cut, FormatCut, FormatTable, Range, Requirement


def passes(values, dtype="float32", pt=None, eta=None, **asked):
    column = asked.pop("column", "x")
    values = np.array(values, dtype=dtype)
    columns = {
        "pt": np.array(pt if pt is not None else [50] * len(values), dtype="float32"),
        "eta": np.array(eta if eta is not None else [0] * len(values), dtype="float32"),
    }
    return Requirement(column=column, source="s", **asked).passes(columns | {column: values}).tolist()


def test_edges_pass():
    below, above = np.nextafter(np.float32(25), np.float32(0)), np.nextafter(np.float32(25), np.float32(99))
    assert passes([below, 25, above], min=25) == [False, True, True]
    assert passes([below, 25, above], max=25) == [True, True, False]


def test_an_edge_that_float32_cannot_hold_passes_too():
    assert passes([np.float32(2.47)], max=2.47) == [True]
    assert passes([np.float32(2.47)], min=2.47) == [True]


def test_absolute_value():
    assert passes([-2.5, -2.4, 0, 2.4, 2.5], absolute=True, max=2.4) == [False, True, True, True, False]


def test_outside_keeps_its_edges_and_drops_what_is_between():
    eta = [0, 1.37, 1.4, -1.4, 1.52, -1.52, 2]
    assert passes(eta, absolute=True, outside=[1.37, 1.52]) == [True, True, False, False, True, True, True]


def test_over_pt_compares_a_ratio():
    assert passes([3.75, 3.75, -1], pt=[25, 20, 25], over_pt=True, unit="GeV", max=0.15) == [True, False, True]


def test_equals_holds_for_booleans_and_integers():
    assert passes([True, False], dtype="bool", equals=1) == [True, False]
    assert passes([1, 0, 2], dtype="int8", equals=True) == [True, False, False]


def test_one_of():
    assert passes([0, 1, 2, 3], dtype="int32", one_of=[1, 3]) == [False, True, False, True]


def test_bits_alone_must_all_be_set():
    assert passes([512, 511, 513, 0], dtype="uint32", bits=512) == [True, False, True, False]
    assert passes([6, 2, 4], dtype="uint8", bits=6) == [True, False, False]
    assert passes([2**31, 2**30, 2**31 + 2**30], dtype="uint32", bits=2**30) == [False, True, True]


def test_bits_select_what_is_compared():
    # xAOD::Muon::quality: the lower three bits are 0 tight, 1 medium, 2 loose, 3 very loose; bit 3 is something else.
    assert passes([8, 9, 10, 11, 1], dtype="uint8", bits=7, max=1) == [True, True, False, False, True]


def test_a_mask_wider_than_the_column_is_legal():
    assert passes([1, -1], dtype="int8", bits=512) == [False, True]  # -1 has all bits set


def test_bits_of_a_float_are_refused():
    with pytest.raises(PhysicsError, match=r"bits 2 are required of x, which is of type float32"):
        passes([1.0], bits=2)


@pytest.mark.parametrize("asked", [{"min": 0}, {"max": 0}, {"equals": 0}, {"one_of": [0]}, {"outside": [-1, 1]}])
def test_nan_fails(asked):
    assert passes([float("nan")], **asked) == [False]


def test_no_objects():
    assert passes([], min=1) == []


def test_the_ratio_to_a_pt_of_zero_gives_no_warning():
    assert passes([1.0, 0.0], pt=[0, 0], over_pt=True, unit="GeV", max=0.1) == [False, False]


def test_all_comparisons_must_hold():
    assert passes([-999, 0, 0.1, 0.2], min=0, max=0.15) == [False, True, True, False]


def test_only_below_leaves_objects_outside_the_range_alone():
    asked = {"min": 0.59, "only_below": {"pt": 60, "abs_eta": 2.4}}
    jvt, pt, eta = [0.1, 0.1, 0.1, 0.1, 0.9], [59, 60, 30, 30, 30], [0, 0, -2.4, -2.3, 0]
    assert passes(jvt, pt=pt, eta=eta, **asked) == [False, True, True, False, True]


def test_a_range_without_limits_holds_everything():
    columns = {"pt": np.array([1.0]), "eta": np.array([9.0])}
    assert Range().holds(columns).tolist() == [True]


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"column": "pt", "min": 25000, "unit": "GeV"}, r"25000 GeV looks like a value in MeV: write min: 25 "),
        ({"column": "pt", "min": 25000}, r"25000 GeV looks like a value in MeV: write min: 25 "),
        ({"column": "ptcone30", "max": 3000, "unit": "GeV"}, r"3000 GeV looks like a value in MeV: write max: 3 "),
        ({"column": "mass", "outside": [80000, 100000]}, r"80000 GeV looks like a value in MeV: write outside: 80 "),
        ({"column": "pt", "min": 1000}, r"1000 GeV looks like a value in MeV: write min: 1 "),
        ({"column": "pt", "min": 0.025}, r"0.025 GeV looks like a value in TeV: write min: 25 "),
        ({"column": "pt", "min": -25}, r"-25 GeV: no pt is below 0, so that this cut removes nothing or every"),
        ({"column": "mass", "outside": [-1, 2], "unit": "GeV"}, r"-1 GeV: no mass is below 0"),
        ({"column": "pt", "min": 25000, "unit": "MeV"}, r"values are in GeV, not MeV"),
        ({"column": "x", "min": 1, "only_below": {"pt": 60000}}, r"60000 GeV looks like a value in MeV: write pt: 60 "),
        ({"column": "pt"}, r"nothing is required of pt: give one of min, max, outside, equals, one_of, bits"),
        ({"column": "pt", "min": 3, "max": 2}, r"min 3 is above max 2: no value of pt could pass"),
        ({"column": "x", "outside": [2, 1]}, r"the first edge must be below the second"),
        ({"column": "x", "one_of": []}, r"one_of is empty"),
        ({"column": "eta", "max": 2, "unit": "GeV"}, r"eta has no unit: leave unit: GeV out"),
        ({"column": "ptcone30", "max": 0.1, "over_pt": True}, r"ptcone30 over pT needs both in GeV: write unit: GeV"),
        ({"column": "x", "min": float("nan")}, r"type=finite_number"),
        ({"column": "x", "bits": 0}, r"type=greater_than"),
        ({"column": "", "min": 1}, r"type=string_too_short"),
        ({"column": "x", "min": 1, "source": " "}, r"type=string_too_short"),
    ],
)
def test_impossible_requirements_are_refused(asked, message):
    with pytest.raises(ValidationError, match=message):
        Requirement(**({"source": "s"} | asked))


def test_just_below_a_tev_is_not_taken_for_mev():
    assert Requirement(column="pt", min=999.9, source="s").min == 999.9


def test_a_ratio_to_pt_is_not_taken_for_mev():
    assert Requirement(column="chi", unit="GeV", over_pt=True, max=2000, source="s").max == 2000


def test_a_source_is_required():
    with pytest.raises(ValidationError, match=r"(?s)source\n.*type=missing"):
        Requirement(column="pt", min=1)


def test_the_key_formats_tells_the_two_forms_of_a_cut_apart():
    adapter = TypeAdapter(AnyCut)
    assert isinstance(adapter.validate_python({"name": "pt", "column": "pt", "min": 1, "source": "s"}), Cut)
    cut = adapter.validate_python({"name": "id", "formats": {"a": {"column": "x", "min": 1, "source": "s"}, "b": None}})
    assert isinstance(cut, FormatCut)
    assert adapter.validate_python(cut) is cut


def test_a_cut_asks_the_same_of_every_format():
    cut = Cut(name="pt", column="pt", min=1, source="s")
    assert cut.requirement("any") is cut


def test_a_format_table_answers_per_format():
    table = FormatTable(formats={"a": {"column": "x", "min": 1, "source": "s"}, "b": None})
    assert table.requirement("a").column == "x"
    assert table.requirement("b") is None


def test_a_format_that_is_not_listed_is_an_error_that_says_what_to_add():
    table = FormatTable(formats={"a": None, "b": None})
    with pytest.raises(PhysicsError, match=r"the format c is not listed \(there are a, b\); add it .* 'c: null'"):
        table.requirement("c")
