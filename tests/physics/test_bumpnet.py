"""Names and thresholds of BumpNet's loader, as its source has them (FACTS.md, section 5)."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edm.kinds import LABEL_KINDS, MET
from physics import bumpnet, combinations, final_states

# What the loader looks for: a key that starts with ROI, then letters and ranks, then tokens count + letter + x.
# A charge tag counts at the very end of the key alone.
LOADER = re.compile(r"ROI_mass_((?:[a-zA-Z]\d+)+)_cat_(\d+[a-zA-Z]x(?:_\d+[a-zA-Z]x)*)_width_([0-9.]+?)(?:_(OS|SS))?")

STATES = st.lists(st.integers(0, 30), min_size=7, max_size=7).map(
    lambda counts: dict(zip(LABEL_KINDS, counts, strict=True))
)
TAGS = st.sampled_from(final_states.CHARGE_TAGS)
ITEMS = st.tuples(st.sampled_from(LABEL_KINDS), st.integers(0, 12))
COMBINATIONS = st.lists(ITEMS, min_size=1, max_size=4, unique=True).map(
    lambda items: tuple(sorted(items, key=lambda item: (LABEL_KINDS.index(item[0]), item[1])))
)
WIDTHS = st.sampled_from([0.1, 1.0, 2.5, 5.0, 7.0, 10.0, 12.5])


class TestNames:
    def test_as_the_design_has_it(self):
        name = bumpnet.histogram_name("2e_0m_3j_0g", "e0e1j0", 10.0)
        assert name == "ROI_mass_e0e1j0_cat_2ex_0mx_3jx_0gx_width_10.0"

    @pytest.mark.parametrize(
        ("width", "text"), [(10, "10.0"), (10.0, "10.0"), (2.5, "2.5"), (0.1, "0.1"), (100, "100.0")]
    )
    def test_the_width_is_written_alike_for_whole_numbers(self, width, text):
        assert bumpnet.histogram_name("2e", "e0e1", width) == f"ROI_mass_e0e1_cat_2ex_width_{text}"

    def test_without_a_tag_no_name_ends_like_one(self):
        # _OS or _SS at the very end would mean opposite or same sign to the loader.
        assert not bumpnet.histogram_name("2e_0m", "e0e1", 10).endswith(("_OS", "_SS"))

    def test_a_tag_comes_last_behind_the_width(self):
        assert bumpnet.histogram_name("2e_0m_3j_0g_OS", "e0e1j0", 10) == (
            "ROI_mass_e0e1j0_cat_2ex_0mx_3jx_0gx_width_10.0_OS"
        )
        assert bumpnet.histogram_name("1e_1m_0j_0g_0Z_SS", "e0m0", 10) == (
            "ROI_mass_e0m0_cat_1ex_1mx_0jx_0gx_0Zx_width_10.0_SS"
        )

    def test_z_candidates_have_their_token_and_their_object(self):
        assert (
            bumpnet.histogram_name("0e_0m_2j_0g_1Z", "j0Z0", 10) == "ROI_mass_j0Z0_cat_0ex_0mx_2jx_0gx_1Zx_width_10.0"
        )

    def test_masses_with_met_have_a_name_of_their_own(self):
        assert bumpnet.histogram_name("1e_0m_2j_0g", "MET+e0j0", 10) == (
            "ROI_massMET_e0j0_cat_1ex_0mx_2jx_0gx_width_10.0"
        )
        assert bumpnet.plain_name("1e_0m", "MET+e0", 10, several_widths=False) == "1e_0m/MET+e0"

    @given(STATES, COMBINATIONS)
    def test_the_loader_takes_no_mass_with_met_for_another(self, state, combination):
        with_met = combinations.name((*combination, (MET, 0)))
        assert LOADER.fullmatch(bumpnet.histogram_name(final_states.label(state), with_met, 10)) is None

    @given(STATES, TAGS, COMBINATIONS, WIDTHS)
    def test_the_loader_reads_back_what_was_written(self, state, tag, combination, width):
        label, objects = final_states.label(state, tag), combinations.name(combination)
        match = LOADER.fullmatch(bumpnet.histogram_name(label, objects, width))
        assert match is not None
        assert combinations.parse(match[1]) == combination
        assert final_states.parse(match[2].replace("x", "")) == state
        assert float(match[3]) == width
        assert (match[4] or "") == tag

    def test_plain_names_make_folders(self):
        assert bumpnet.plain_name("2e_0m", "e0e1", 10, several_widths=False) == "2e_0m/e0e1"

    def test_plain_names_of_several_widths_do_not_collide(self):
        assert bumpnet.plain_name("2e_0m", "e0e1", 10, several_widths=True) == "2e_0m/e0e1_width_10.0"
        assert bumpnet.plain_name("2e_0m", "e0e1", 2.5, several_widths=True) == "2e_0m/e0e1_width_2.5"


def counts(n_bins, n_entries, first=1):
    """Fall from the first bin: all entries that are left over go into the second bin; no bin is empty."""
    values = np.ones(n_bins, dtype=np.int64)
    values[0] = first
    values[1] += n_entries - values.sum()
    assert values.sum() == n_entries
    return values


class TestRejection:
    def test_25_bins_and_100_entries_are_just_enough(self):
        assert bumpnet.rejection(counts(25, 100)) is None

    def test_24_bins_are_too_few(self):
        assert bumpnet.rejection(counts(24, 100)) == "24 bins, the loader wants 25"
        assert bumpnet.rejection(counts(24, 100_000)) == "24 bins, the loader wants 25"

    def test_a_single_bin_is_not_called_bins(self):
        assert bumpnet.rejection(np.array([100])) == "1 bin, the loader wants 25"
        assert bumpnet.rejection(counts(2, 100)) == "2 bins, the loader wants 25"

    def test_99_entries_are_too_few(self):
        assert bumpnet.rejection(counts(25, 99)) == "99 entries, the loader wants 100"
        assert bumpnet.rejection(counts(60, 99)) == "99 entries, the loader wants 100"

    def test_an_empty_first_bin(self):
        assert bumpnet.rejection(counts(30, 1000, first=0)) == "its first bin is empty"

    def test_empty_bins_at_the_end_do_not_count(self):
        filled = counts(24, 100)
        assert bumpnet.rejection(np.r_[filled, np.zeros(6, dtype=np.int64)]) == "24 bins, the loader wants 25"
        assert bumpnet.rejection(np.r_[filled, np.zeros(6, dtype=np.int64), 1]) is None

    def test_empty_bins_between_count(self):
        interior = np.zeros(25, dtype=np.int64)
        interior[[0, -1]] = 99, 1
        assert bumpnet.rejection(interior) is None

    @pytest.mark.parametrize("n_bins", [0, 1, 40])
    def test_nothing(self, n_bins):
        assert bumpnet.rejection(np.zeros(n_bins, dtype=np.int64)) == "its first bin is empty"

    def test_the_thresholds_are_those_of_the_loader(self):
        assert (bumpnet.MIN_BINS, bumpnet.MIN_ENTRIES) == (25, 100)


def slow_verdict(contents):
    """The rules of the loader and of the paper, one bin after the other: accepted, and a word of the reason."""
    kept = list(contents)
    while kept and not kept[-1] > 0.35:
        kept.pop()
    if not kept or not kept[0] > 0:
        return False, "first bin"
    if len(kept) < 25:
        return False, "the loader wants 25"
    if sum(kept) < 100:
        return False, "the loader wants 100"
    return (False, "more than 30") if not len(kept) > 30 else (True, "")


class TestGate:
    @pytest.mark.parametrize(("n_bins", "accepted"), [(24, False), (25, False), (30, False), (31, True), (105, True)])
    def test_the_paper_asks_for_more_bins_than_the_loader(self, n_bins, accepted):
        verdict = bumpnet.gate(counts(n_bins, 1000))
        assert (verdict.accepted, verdict.warning) == (accepted, None)
        if 25 <= n_bins <= 30:
            assert verdict.reason == f"{n_bins} bins, BumpNet's paper wants more than 30"

    def test_what_is_longer_than_in_training_is_accepted_with_a_warning(self):
        assert bumpnet.gate(counts(106, 1000)) == (True, None, "106 bins, BumpNet was trained with at most 105")
        assert bumpnet.gate(np.r_[counts(105, 1000), 0, 0]).warning is None

    def test_contents_of_simulation_count_after_the_trimming(self):
        contents = np.full(40, 3.0)
        assert bumpnet.gate(contents).accepted
        assert bumpnet.gate(np.r_[contents[:30], np.full(300, 0.35)]).reason.startswith("90 entries")

    @given(
        contents=st.lists(st.sampled_from([0.0, 0.3, 0.35, 0.36, 1.0, 4.0]), max_size=60),
        first=st.sampled_from([-1.0, 0.0, 0.5, 60.0]),
    )
    def test_verdicts_are_those_of_plain_loops(self, contents, first):
        accepted, reason = slow_verdict([first, *contents])
        verdict = bumpnet.gate(np.array([first, *contents]))
        assert verdict.accepted == accepted
        assert reason in (verdict.reason or "")
        assert (verdict.reason is None) == accepted
