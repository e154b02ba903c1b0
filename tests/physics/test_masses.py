"""Invariant masses against kinematics from textbooks, in GeV, and what belongs to which event."""

import numpy as np
import pytest

from physics import masses
from physics.combinations import Rules
from physics.errors import PhysicsError
from tests.support.jagged import jagged, plain

PAIRS = Rules(max_particles=2)


def mass_of(*objects):
    """Mass of one combination in one event; objects are (pt, eta, phi, mass)."""
    columns = np.array(objects, dtype=np.float32).T[:, :, np.newaxis]
    return float(masses.invariant_mass(*columns)[0])


def computed(objects, rules=PAIRS):
    """Masses by `final state/combination`, and the events of each final state."""
    tables, events = {}, {}
    for label, n_events, combinations in masses.compute(objects, rules):
        events[label] = n_events
        tables |= {f"{label}/{name}": values.tolist() for name, values in combinations}
    return tables, events


def back_to_back(mass):
    """Two massless objects at right angles to the beam whose mass is 2 pT."""
    return [{"pt": mass / 2, "phi": 0.25}, {"pt": mass / 2, "phi": 0.25 - np.pi}]


class TestTextbook:
    def test_a_z_at_rest(self):
        # Two massless leptons back to back with half of the mass each: 2 x 45.594 = 91.188.
        assert mass_of((45.594, 0, 0, 0), (45.594, 0, np.pi, 0)) == pytest.approx(91.188, rel=1e-7)

    @pytest.mark.parametrize("eta", [-4.5, -1.3, 0.7, 2.5])
    def test_a_z_that_moves_along_the_beam(self, eta):
        # A boost along the beam adds the same number to both pseudorapidities.
        assert mass_of((45.594, eta, 1, 0), (45.594, eta, 1 - np.pi, 0)) == pytest.approx(91.188, rel=1e-6)

    def test_a_right_angle(self):
        # m^2 = 2 pT1 pT2 (cosh 0 - cos 90 deg) = 2 x 30 x 60 = 3600.
        assert mass_of((30, 0, 0, 0), (60, 0, np.pi / 2, 0)) == pytest.approx(60, rel=1e-6)

    def test_pseudorapidity_alone(self):
        # m^2 = 2 pT^2 (cosh(2 ln 2) - 1) with cosh(2 ln 2) = (4 + 1/4) / 2 = 17/8: m = pT sqrt(9/4) = 1.5 pT.
        assert mass_of((40, np.log(2), 0, 0), (40, -np.log(2), 0, 0)) == pytest.approx(60, rel=1e-6)

    def test_three_at_120_degrees(self):
        # Momenta add up to zero, energies to 3 pT.
        star = [(25, 0.0, angle, 0) for angle in (0, 2 * np.pi / 3, -2 * np.pi / 3)]
        assert mass_of(*star) == pytest.approx(75, rel=1e-6)

    def test_four_at_90_degrees(self):
        assert mass_of(*[(31.25, 0, angle * np.pi / 2, 0) for angle in range(4)]) == pytest.approx(125, rel=1e-6)

    def test_a_higgs_boson_in_four_leptons(self):
        # Two Z bosons back to back along x, M = 91.188 and momentum 20, each decaying at right angles (along y) to its
        # flight, where both leptons share energy and momentum alike: E = sqrt(M^2 + 20^2), p = (10, +-M/2, 0). The sum
        # is at rest: m = 2 sqrt(91.188^2 + 400) = 186.7111.
        side = np.hypot(10, 45.594)
        angle = np.arctan2(45.594, 10)
        leptons = [(side, 0, phi, 0) for phi in (angle, -angle, np.pi - angle, angle - np.pi)]
        assert mass_of(*leptons) == pytest.approx(2 * np.sqrt(91.188**2 + 400), rel=1e-6)
        assert mass_of(*leptons[:2]) == pytest.approx(91.188, rel=1e-6)

    def test_masses_of_the_objects_count(self):
        # Back to back with 50 GeV each and 120 GeV of mass: E = 130 each (5, 12, 13), m = 260; massless it were 100.
        assert mass_of((50, 0, 0, 120), (50, 0, np.pi, 120)) == pytest.approx(260, rel=1e-6)

    @pytest.mark.parametrize("mass", [4.2, 80.377, 172.57])
    def test_one_object_has_its_own_mass(self, mass):
        assert mass_of((60, 1.5, 2, mass)) == pytest.approx(mass, rel=1e-6)

    def test_angles_beyond_pi_are_the_same_angles(self):
        pair = mass_of((30, 0.5, 3.0, 0), (40, -0.5, -3.0, 0))
        assert mass_of((30, 0.5, 3.0 - 2 * np.pi, 0), (40, -0.5, -3.0, 0)) == pytest.approx(pair, rel=1e-6)


class TestLightBoostedPairs:
    @pytest.mark.parametrize("pt", [0.0, 8.0, 100.0])
    def test_a_j_psi_in_flight(self, pt):
        # J/psi (3.0969 GeV, Review of Particle Physics) flying along x, its muons leave along y in its rest frame with
        # p* = sqrt(M^2 / 4 - m_mu^2); in the laboratory each has (pT / 2, +-p*, 0) whatever the boost.
        mass, muon = 3.0969, 0.1056583755
        side = np.sqrt(mass**2 / 4 - muon**2)
        lepton_pt, angle = np.hypot(pt / 2, side), np.arctan2(side, pt / 2)
        assert mass_of((lepton_pt, 0, angle, muon), (lepton_pt, 0, -angle, muon)) == pytest.approx(mass, rel=1e-6)

    def test_a_pair_that_float32_arithmetic_gets_wrong(self):
        # pT = 500 each at eta = 2 (E = 1881 each), 1/512 apart: m^2 = 2 pT^2 (cosh(1/512) - 1) to 1e-6 is (pT / 512)^2,
        # m = 0.9766 GeV. E^2 = 1.4e7 in float32 is uncertain by 1 GeV^2, more than m^2.
        assert mass_of((500, 2, 0, 0), (500, 2 + 1 / 512, 0, 0)) == pytest.approx(500 / 512, rel=1e-5)

    def test_parallel_massless_objects_have_no_mass(self):
        # The square is 0 up to rounding (E^2 x 1e-16 = 1e-8 GeV^2), and may come out negative: clipped, never NaN.
        for eta in np.linspace(-4.5, 4.5, 91):
            assert 0 <= mass_of((100, eta, 0.3, 0), (37, eta, 0.3, 0)) < 1e-3

    def test_parallel_muons_weigh_two_muons(self):
        pair = mass_of((50, 0, 1, 0.1056583755), (50, 0, 1, 0.1056583755))
        assert pair == pytest.approx(2 * 0.1056583755, rel=1e-5)


class TestNeverNaN:
    @pytest.mark.parametrize("eta", [100, 400, 1000, 3e38])
    def test_a_sum_too_large_is_infinite(self, eta):
        assert mass_of((50, eta, 0, 0), (50, -eta, 0, 0)) == np.inf
        assert mass_of((50, eta, 0, 0), (50, eta, 1, 0)) == np.inf or eta == 100

    @pytest.mark.parametrize("number", [np.nan, np.inf])
    def test_an_object_that_should_have_been_removed(self, number):
        assert mass_of((50, 0, 0, 0), (number, 0, 1, 0)) == np.inf

    def test_the_largest_momenta_of_float32_stay_below_it(self):
        # m = 2 pT = 6.8e38 does not fit into float32 any more.
        assert mass_of((3.4e38, 0, 0, 0), (3.4e38, 0, np.pi, 0)) == np.inf
        assert mass_of((1.5e38, 0, 0, 0), (1.5e38, 0, np.pi, 0)) == pytest.approx(3e38, rel=1e-6)

    def test_absurd_numbers_of_any_kind(self):
        rng = np.random.default_rng(20261122)
        pt, mass = 10 ** rng.uniform(-30, 38, (2, 3, 4000))
        eta, phi = rng.normal(0, 1, (2, 3, 4000)) * 10 ** rng.uniform(-5, 4, (2, 3, 4000))
        found = masses.invariant_mass(*(column.astype(np.float32) for column in (pt, eta, phi, mass)))
        assert not np.isnan(found).any()
        assert (found >= 0).all()


class TestEvents:
    def test_every_mass_stays_with_its_event(self):
        # Events 0, 2 and 5 have no pair of electrons; the first version shifted the labels there (FACTS 6.1). Masses
        # are the event's number times ten, so that a shift would show.
        electrons = [[], back_to_back(10), [{}], back_to_back(30), back_to_back(40), [], back_to_back(60)]
        jets = [[{}], [], [], [{}], [], [{}, {}], [{}]]
        tables, events = computed({"e": jagged(electrons), "j": jagged(jets)})
        assert events == {"0e_1j": 1, "0e_2j": 1, "1e_0j": 1, "2e_0j": 2, "2e_1j": 2}
        assert tables["2e_0j/e0e1"] == pytest.approx([10, 40])
        assert tables["2e_1j/e0e1"] == pytest.approx([30, 60])

    def test_events_with_more_objects_than_the_combination_are_used(self):
        # FACTS 6.5: the first version made e0e1 only in events with exactly two electrons.
        third = {"pt": 1.0}
        tables, _ = computed({"e": jagged([back_to_back(90), [*back_to_back(80), third]])})
        assert (tables["2e/e0e1"], tables["3e/e0e1"]) == (pytest.approx([90]), pytest.approx([80]))

    def test_the_top_bucket_uses_its_leading_objects(self):
        jets = jagged([[*back_to_back(200), *[{"pt": 5.0}] * extra] for extra in (0, 1, 5)])
        tables, events = computed({"j": jets}, Rules(max_multiplicity=2))
        assert events == {"2j": 3}
        assert tables == {"2j/j0j1": pytest.approx([200] * 3)}

    def test_without_a_limit_every_count_is_a_state_of_its_own(self):
        jets = jagged([[{}] * n for n in (0, 5, 7)])
        tables, events = computed({"j": jets}, Rules(max_multiplicity=0, max_particles=3))
        assert events == {"0j": 1, "5j": 1, "7j": 1}
        assert set(tables) == {"5j/j0j1", "5j/j0j1j2", "7j/j0j1", "7j/j0j1j2"}

    def test_kinds_mix_in_the_order_of_their_ranks(self):
        # e0 and j0 make a right angle: m^2 = 2 x 30 x 60; j1 lies opposite to e0: m^2 = 4 x 30 x 40.
        objects = {
            "e": jagged([[{"pt": 30}]]),
            "j": jagged([[{"pt": 60, "phi": np.pi / 2}, {"pt": 40, "phi": np.pi}]]),
        }
        tables, _ = computed(objects, Rules(max_particles=2, max_subleading_index=1))
        assert tables["1e_2j/e0j0"] == pytest.approx([60])
        assert tables["1e_2j/e0j1"] == pytest.approx([np.sqrt(4800)])

    def test_no_events(self):
        assert computed({"e": jagged([]), "j": jagged([])}) == ({}, {})

    def test_events_without_objects_are_counted(self):
        assert computed({"e": jagged([[], []]), "j": jagged([[], []])}) == ({}, {"0e_0j": 2})

    def test_selected_events_are_not_mistaken(self):
        whole = jagged([back_to_back(10 * n) for n in range(1, 6)])
        for chosen, expected in (([0, 0, 1, 1, 1], [30, 40, 50]), ([1, 0, 1, 0, 0], [10, 30])):
            tables, _ = computed({"m": whole.select_events(np.array(chosen, dtype=bool))})
            assert tables["2m/m0m1"] == pytest.approx(expected)

    def test_masses_are_float32(self):
        [(_, _, [(_, values)])] = masses.compute({"e": jagged([back_to_back(90)])}, PAIRS)
        assert (values.dtype, values.shape) == (np.float32, (1,))


class TestConfigured:
    JETS = jagged([[{"pt": 90, "is_b": 1}, {"pt": 80, "is_b": 0}], [], [{"pt": 70, "is_b": 1}]], is_b="int8")

    def pts(self, kinds, jets=JETS):
        taken = masses.take_configured({"e": jagged([[{}], [], []]), "j": jets}, kinds)
        assert tuple(taken) == kinds
        return {kind: [[each["pt"] for each in event] for event in plain(taken[kind])] for kind in kinds}

    def test_a_jet_with_a_tag_is_a_jet_where_b_is_not_configured(self):
        assert self.pts(("e", "j"))["j"] == [[90, 80], [], [70]]

    def test_with_b_configured_no_jet_is_both(self):
        # The first version took leptons as electrons and as muons at once (FACTS 6.4).
        assert self.pts(("j", "b")) == {"j": [[80], [], []], "b": [[90], [], [70]]}

    def test_b_alone(self):
        assert self.pts(("e", "b"))["b"] == [[90], [], [70]]

    def test_kinds_that_are_not_configured_are_left_out(self):
        assert self.pts(("e",)) == {"e": [[50], [], []]}

    @pytest.mark.parametrize("kinds", [("b",), ("j", "b")])
    def test_unknown_tags_are_refused(self, kinds):
        jets = jagged([[{"is_b": 1}, {"is_b": -1}], [{"is_b": -1}], []], is_b="int8")
        with pytest.raises(
            PhysicsError, match=r"names b, but for 2 of 3 jets it is not known .*; leave b out, or choose"
        ):
            self.pts(kinds, jets)

    def test_unknown_tags_do_not_matter_where_b_is_not_configured(self):
        assert self.pts(("j",), jagged([[{"is_b": -1}]], is_b="int8")) == {"j": [[50]]}

    def test_without_jets_nothing_is_unknown(self):
        assert self.pts(("j", "b"), jagged([[], [], []], is_b="int8")) == {"j": [[], [], []], "b": [[], [], []]}
