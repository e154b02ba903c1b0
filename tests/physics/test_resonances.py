"""Windows of known resonances by hand, in GeV, on the grid of the peak search."""

import pytest

from physics.combinations import parse
from physics.errors import PhysicsError
from physics.resonances import Resonance, Windows, choose, table, windows

ALL = ("jpsi", "psi2s", "upsilon", "z", "higgs")


def of(combination, *names, width=10.0):
    return windows(parse(combination), choose(names), width)


class TestTable:
    @pytest.mark.parametrize(
        ("name", "mass_gev", "width_gev", "tolerances"),
        [
            # Review of Particle Physics 2024, summary tables: masses in GeV, widths 92.6 keV, 293 keV, 54.02 keV,
            # 2.4955 GeV. The Higgs boson's width is indirect, 3.7 MeV with an error of half its size (later 3.0),
            # and its mass moves by 0.1 GeV from review to review: 125.25 in 2022, 125.20 in 2024.
            ("jpsi", 3.0969, 92.6e-6, (1e-5, 0.05)),
            ("psi2s", 3.6861, 293e-6, (1e-5, 0.05)),
            ("upsilon", 9.4604, 54.02e-6, (3e-4, 0.05)),
            ("z", 91.188, 2.4955, (3e-3, 0.002)),
            ("higgs", 125.20, 3.7e-3, (0.1, 0.5)),
        ],
    )
    def test_masses_and_widths_in_gev(self, name, mass_gev, width_gev, tolerances):
        assert table()[name].mass_gev == pytest.approx(mass_gev, abs=tolerances[0])
        assert table()[name].width_gev == pytest.approx(width_gev, rel=tolerances[1])

    def test_the_higgs_boson_alone_leaves_a_gap(self):
        assert {name: one.removal for name, one in table().items()} == dict.fromkeys(ALL, "below") | {"higgs": "veto"}

    def test_each_is_found_under_its_own_name(self):
        assert list(table()) == list(ALL) == [one.name for one in table().values()]

    @pytest.mark.parametrize(("width", "half"), [(3.0, 15.0), (2.0, 10.0), (1.0, 10.0), (0.0, 10.0)])
    def test_half_a_window_is_five_widths_or_a_tenth_of_the_mass(self, width, half):
        assert Resonance("x", 100.0, width, "below").half_window_gev == pytest.approx(half)


class TestChoose:
    @pytest.mark.parametrize("names", [[], ["none"], (), ("none",)])
    def test_none(self, names):
        assert choose(names) == ()

    def test_the_order_of_the_table(self):
        assert [one.name for one in choose(["z", "jpsi"])] == ["jpsi", "z"]
        assert [one.name for one in choose(("z", "z"))] == ["z"]

    @pytest.mark.parametrize("names", [["Z"], ["z", "w"], ["z", ""]])
    def test_an_unknown_name(self, names):
        with pytest.raises(
            PhysicsError, match=rf"known_resonances names {names[-1]!r}: the table has jpsi, psi2s, ups"
        ):
            choose(names)

    @pytest.mark.parametrize("names", [["none", "z"], ["z", "none"], ["none", "none"]])
    def test_none_stands_alone(self, names):
        with pytest.raises(PhysicsError, match=r"names 'none': the table has .*, and none \(alone\) for none"):
            choose(names)


class TestLeptonPairs:
    def test_the_window_of_the_z(self):
        # 91.188 +- 5 x 2.4955 (12.4775, more than 9.1188): 78.71 to 103.67, its end rounded up to 110, bin 11.
        found = of("e0e1", "z")
        assert found == Windows(((pytest.approx(78.71, abs=0.01), 11),), 11, ())

    @pytest.mark.parametrize(("width", "stop"), [(10.0, 11), (7.0, 15), (2.5, 42), (1.0, 104), (0.1, 1037)])
    def test_its_end_is_rounded_up_on_any_grid(self, width, stop):
        # 103.6655 / 10 = 10.4, / 7 = 14.8, / 2.5 = 41.5, / 1 = 103.7, / 0.1 = 1036.7
        assert of("m0m1", "z", width=width).stop == stop

    def test_a_window_that_ends_on_the_grid_is_not_made_longer(self):
        half = Resonance("x", 100.0, 4.0, "below")  # 80 to 120
        assert windows(parse("e0e1"), [half], 10.0) == Windows(((80.0, 12),), 12, ())

    def test_narrow_ones_lose_a_tenth_of_their_mass(self):
        # +- 10 %: J/psi 2.787 to 3.407, psi(2S) 3.317 to 4.055, Upsilon(1S) 8.514 to 10.406; on a grid of 0.1 GeV the
        # ends are 3.5, 4.1 and 10.5.
        found = of("m0m1", "jpsi", "psi2s", "upsilon", width=0.1)
        assert [low for low, _ in found.removed] == pytest.approx([2.787, 3.317, 8.514], abs=1e-3)
        assert [stop for _, stop in found.removed] == [35, 41, 105]
        assert found.stop == 105

    def test_everything_below_the_highest_end_goes(self):
        assert of("m0m1", "jpsi", "psi2s", "upsilon").stop == 2  # Upsilon's window ends at 10.4: 20 on the grid of 10
        assert of("m0m1", "jpsi", "psi2s").stop == 1
        assert of("m0m1", *ALL).stop == 11

    @pytest.mark.parametrize("combination", ["e0e1", "m0m1", "e1e2", "m3m4"])
    def test_pairs_of_one_flavour_and_any_ranks(self, combination):
        assert of(combination, "z").stop == 11

    @pytest.mark.parametrize(
        "combination", ["e0m0", "j0j1", "t0t1", "g0g1", "b0b1", "e0", "m0", "e0e1e2", "e0e1j0", "m0m1g0", "e0e1m0m1"]
    )
    def test_nothing_else_loses_anything_to_them(self, combination):
        assert of(combination, "jpsi", "psi2s", "upsilon", "z") == Windows((), 0, ())


class TestHiggs:
    # 125.2 +- 10 % (12.52): 112.7 to 137.7.
    @pytest.mark.parametrize("combination", ["g0g1", "e0e1e2e3", "e0e1m0m1", "m0m1m2m3", "e0e1e2m0", "m1m2m3m4"])
    def test_photon_pairs_and_four_leptons_get_a_gap(self, combination):
        assert of(combination, "higgs") == Windows((), 0, ((11, 14),))

    @pytest.mark.parametrize(("width", "gap"), [(10.0, (11, 14)), (7.0, (16, 20)), (2.5, (45, 56)), (1.0, (112, 138))])
    def test_the_gap_is_rounded_outwards(self, width, gap):
        assert of("g0g1", "higgs", width=width).vetoed == (gap,)

    def test_a_gap_on_the_grid_is_not_made_wider(self):
        assert windows(parse("g0g1"), [Resonance("x", 100.0, 4.0, "veto")], 10.0).vetoed == ((8, 12),)

    @pytest.mark.parametrize(
        "combination", ["g1g2", "g0", "g0g1g2", "j0g0g1", "e0g0", "e0e1", "e0e1m0", "j0j1j2j3", "e0e1j0j1", "e0e1t0t1"]
    )
    def test_nothing_else_does(self, combination):
        assert of(combination, "higgs") == Windows((), 0, ())


def test_without_resonances_there_are_no_windows():
    assert of("e0e1") == of("g0g1") == Windows((), 0, ())


class TestZCandidates:
    def of(self, combination, *names, window_gev=15.0):
        return windows(parse(combination), choose(names), 10.0, window_gev)

    @pytest.mark.parametrize(("window_gev", "stop"), [(15.0, 11), (5.0, 11), (20.0, 12), (28.0, 12), (30.0, 13)])
    def test_pairs_lose_everything_up_to_the_window_of_candidates(self, window_gev, stop):
        # 91.19 + 15 = 106.2, rounded up to 110; the Z boson's own window ends at 110 too
        found = self.of("e0e1", *ALL, window_gev=window_gev)
        assert found.stop == stop
        assert found.removed == of("e0e1", *ALL).removed

    def test_also_without_the_z_among_the_resonances(self):
        assert self.of("m0m1", "jpsi").stop == self.of("m0m1", "higgs").stop == 11

    def test_not_where_no_resonance_is_removed(self):
        assert self.of("e0e1", "none") == Windows()

    @pytest.mark.parametrize("name", ["e0m0", "e0e1j0", "Z0Z1", "MET+e0", "j0Z0", "MET+e0e1"])
    def test_others_lose_nothing(self, name):
        assert self.of(name, "jpsi", "z") == Windows()
