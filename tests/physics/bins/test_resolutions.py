"""Bins by resolution: the published numbers, and their edges once more in plain loops."""

import math
from decimal import Decimal

import numpy as np
import pytest

from physics.bins import resolutions
from physics.bins.resolutions import RESOLUTIONS, edges, kinds_of, width_gev
from physics.errors import PhysicsError

MAX_MASS_GEV = 10_000.0
Z_MASS_GEV = 91.1879  # Particle Data Group, 2025

TABLE = {  # N (GeV), S, C, L (1/GeV), as in the project's definitions
    ("ATLAS", "e"): (0.0, 0.10, 0.007, 0.0),
    ("ATLAS", "m"): (0.0, 0.0, 0.018, 1.0e-4),
    ("ATLAS", "j"): (2.635, 0.887, 0.03, 0.0),
    ("CMS", "e"): (0.40, 0.11, 0.008, 0.0),
    ("CMS", "m"): (0.0, 0.0, 0.013, 0.8e-4),
    ("CMS", "j"): (1.73, 0.90, 0.04, 0.0),
}
LIKE = {"g": "e", "b": "j", "t": "j", "MET": "j"}


def sigma(experiment, kind, pt):
    noise, stochastic, constant, linear = TABLE[experiment, LIKE.get(kind, kind)]
    return math.hypot(noise, stochastic * math.sqrt(pt), constant * pt, linear * pt * pt)


def width(experiment, kinds, mass, factor):
    """The rule, one object after the other; a Z is an electron and a muon of half its mass."""
    objects = [(kind, mass / 2) for kind in kinds if kind != "Z"]
    objects += [(lepton, Z_MASS_GEV / 2) for kind in kinds if kind == "Z" for lepton in "em"]
    return factor * math.hypot(*(sigma(experiment, kind, pt) for kind, pt in objects))


def slow_edges(experiment, kinds, factor, start):
    listed = [round(start * 10_000)]
    while listed[-1] < MAX_MASS_GEV * 10_000:
        listed.append(listed[-1] + max(1, math.floor(width(experiment, kinds, listed[-1] / 1e4, factor) * 1e4 + 0.5)))
    return [float(Decimal(number) / 10_000) for number in listed]


@pytest.mark.parametrize(
    ("experiment", "kinds", "bins", "first_from_100"),
    [
        ("ATLAS", "mm", 1035, [100.0279, 100.6886, 101.3540]),
        ("ATLAS", "jj", 288, [101.7402, 106.7048]),
        ("ATLAS", "ee", 1824, [100.3000, 100.8589]),
        ("ATLAS", "jmm", 192, [101.8878]),
        ("CMS", "mm", 1409, [100.3258, 100.8084]),
        ("CMS", "jj", 254, [103.4868]),
    ],
)
def test_edges_are_the_reference(experiment, kinds, bins, first_from_100):
    made = edges(experiment, tuple(kinds), 0.5, 1.0, MAX_MASS_GEV)
    assert len(made) == bins + 1
    assert made[made >= 100][: len(first_from_100)].tolist() == first_from_100
    assert made[0] == 1.0
    assert made[-2] < MAX_MASS_GEV <= made[-1]


@pytest.mark.parametrize(
    ("experiment", "kinds", "wide"),
    [("ATLAS", "ee", 0.528), ("ATLAS", "mm", 0.599), ("ATLAS", "jj", 4.727), ("CMS", "mm", 0.435)],
)
def test_widths_at_the_z_are_the_reference(experiment, kinds, wide):
    assert width_gev(experiment, kinds, 91.188, 0.5) == pytest.approx(wide, abs=5e-4)


@pytest.mark.parametrize("experiment", ["ATLAS", "CMS"])
@pytest.mark.parametrize("kinds", ["ee", "gg", "em", "ejj", "bjt", "Zj", "ZZ", ("MET", "e", "j"), ("MET", "Z")])
@pytest.mark.parametrize(("factor", "start"), [(0.5, 1.0), (1.0, 20.0), (0.03, 0.2)])
def test_edges_are_those_of_plain_loops(experiment, kinds, factor, start):
    made = edges(experiment, tuple(sorted(kinds)), factor, start, MAX_MASS_GEV)
    assert made.tolist() == slow_edges(experiment, kinds, factor, start)


def test_the_order_of_objects_does_not_matter():
    expected = edges("ATLAS", ("b", "e", "j", "m"), 0.5, 1.0, MAX_MASS_GEV)
    for kinds in (("m", "j", "e", "b"), ("j", "m", "b", "e")):
        assert edges("ATLAS", kinds, 0.5, 1.0, MAX_MASS_GEV).tolist() == expected.tolist()


def test_another_maximum_moves_no_edge():
    long, short = (edges("CMS", ("j", "m"), 0.5, 1.0, most) for most in (MAX_MASS_GEV, 500.0))
    assert short.tolist() == long[: len(short)].tolist()


def test_bins_are_never_narrower_than_a_step():
    made = edges("ATLAS", ("m",), 1e-9, 1.0, 1.5)
    assert np.diff(made) == pytest.approx(1e-4)


@pytest.mark.parametrize(
    ("combination", "kinds"),
    [
        ("e0e1j0", ("e", "e", "j")),
        ("j0Z0", ("Z", "j")),
        ("MET+e0m10", ("MET", "e", "m")),
        ("MET+t0", ("MET", "t")),
        ("m1m2", ("m", "m")),
    ],
)
def test_kinds_are_those_of_the_objects(combination, kinds):
    assert kinds_of(combination) == kinds


def test_every_number_has_its_source_and_each_experiment_all_kinds():
    for table in RESOLUTIONS.values():
        assert set(table) == {*"emgjbt", "MET"}
        assert all(resolution.source for resolution in table.values())
    assert "2007.02645" in RESOLUTIONS["ATLAS"]["j"].source
    assert "1607.03663" in RESOLUTIONS["CMS"]["MET"].source


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("LHCb", ("m",), 0.5, 1.0, 100.0), "there are resolutions of ATLAS and CMS, not of LHCb"),
        (("ATLAS", ("x",), 0.5, 1.0, 100.0), "no resolution of kind 'x' in ATLAS: there are those of e, m, g, j"),
        (("ATLAS", ("m",), 0.5, 100.0, 100.0), r"from 100 to 100 GeV .* would be none: .* below max_mass_gev"),
        (("ATLAS", ("m",), 0.0, 1.0, 9999.0), r"resolution_factor 0 would be more than 2000000: choose a larger"),
    ],
)
def test_what_gives_no_bins_is_refused(arguments, complaint):
    with pytest.raises(PhysicsError, match=complaint):
        resolutions.edges(*arguments)
