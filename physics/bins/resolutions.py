"""Resolutions of objects, and the bins that follow from them: as wide as a narrow signal would be.

A bin at mass m is k √(Σ σᵢ²(pT = m/2)) wide, over the objects of a combination. The edges follow from its kinds alone,
never from data, so that parts, datasets and years can be added and compared.
"""

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache

import numpy as np

from edm.arrays import Float64
from physics import resonances
from physics.errors import PhysicsError

__all__ = ["RESOLUTIONS", "Resolution", "edges", "kinds_of", "width_gev"]

_MET = "MET"  # the kind of the missing transverse momentum
_MAX_EDGES = 2_000_000  # more are a typing mistake
_STEPS_PER_GEV = 10_000  # edges are whole numbers of 0.1 MeV; coarser ones would make steps between neighbours
_KIND = re.compile(rf"{_MET}|[A-Za-z](?=\d)")


@dataclass(frozen=True)
class Resolution:
    """The resolution of the transverse momentum of a kind of object, σ = √(N² + S² pT + (C pT)² + (L pT²)²).

    Attributes:
        noise_gev: N in GeV.
        stochastic: S in √GeV.
        constant: C (dimensionless).
        linear: L in 1/GeV.
        source: Where the numbers come from; "[M]": the literature, from memory.
    """

    noise_gev: float
    stochastic: float
    constant: float
    linear: float
    source: str

    def variance(self, pt_gev: float) -> float:
        """Return σ² in GeV² at a transverse momentum in GeV."""
        return (
            self.noise_gev**2
            + self.stochastic**2 * pt_gev
            + (self.constant * pt_gev) ** 2
            + (self.linear * pt_gev**2) ** 2
        )


_JETS = "fitted to the numbers in the abstract of arXiv:{}"
_ATLAS_CALORIMETER = Resolution(0.0, 0.10, 0.007, 0.0, "[M]")
_ATLAS_JET = Resolution(2.635, 0.887, 0.03, 0.0, _JETS.format("2007.02645"))
_CMS_CALORIMETER = Resolution(0.40, 0.11, 0.008, 0.0, "Delphes's card of CMS")
_CMS_JET = Resolution(1.73, 0.90, 0.04, 0.0, _JETS.format("1607.03663"))

RESOLUTIONS: Mapping[str, Mapping[str, Resolution]] = {
    "ATLAS": {
        "e": _ATLAS_CALORIMETER,
        "m": Resolution(0.0, 0.0, 0.018, 1.0e-4, "[M]"),
        "g": _ATLAS_CALORIMETER,
        **dict.fromkeys(("j", "b", "t", _MET), _ATLAS_JET),
    },
    "CMS": {
        "e": _CMS_CALORIMETER,
        "m": Resolution(0.0, 0.0, 0.013, 0.8e-4, "[M]"),
        "g": _CMS_CALORIMETER,
        **dict.fromkeys(("j", "b", "t", _MET), _CMS_JET),
    },
}
"""By experiment and kind. A Z candidate has none of its own: it is its two leptons, see :func:`width_gev`."""


def kinds_of(combination: str) -> tuple[str, ...]:
    """List the kinds of a combination.

    Args:
        combination: A name such as ``e0e1j0`` or ``MET+e0j0``.

    Returns:
        A kind for each object, in alphabetical order: ``("e", "e", "j")``.
    """
    return tuple(sorted(_KIND.findall(combination)))


def width_gev(experiment: str, kinds: Iterable[str], mass_gev: float, factor: float) -> float:
    """Compute how wide a bin is.

    Args:
        experiment: ATLAS or CMS.
        kinds: A kind for each object of the combination. A Z is two leptons of m_Z / 2: an electron and a muon, because
            whether it is a pair of one or of the other differs between events.
        mass_gev: The mass at the low edge of the bin, in GeV.
        factor: k (dimensionless).

    Returns:
        k √(Σ σ²), each object at a transverse momentum of half the mass, in GeV.

    Raises:
        PhysicsError: For an experiment or a kind without resolution.
    """
    resolutions = _resolutions(experiment)
    variance = 0.0
    for kind in sorted(kinds):
        if kind == "Z":
            variance += sum(resolutions[lepton].variance(_half_z_mass_gev()) for lepton in "em")
        elif kind in resolutions:
            variance += resolutions[kind].variance(mass_gev / 2)
        else:
            msg = f"no resolution of kind {kind!r} in {experiment}: there are those of {', '.join([*resolutions, 'Z'])}"
            raise PhysicsError(msg)
    return factor * math.sqrt(variance)


@lru_cache(maxsize=4096)  # of some hundred multisets each; every branch and final state asks
def edges(experiment: str, kinds: tuple[str, ...], factor: float, start_gev: float, max_mass_gev: float) -> Float64:
    """Make the edges of the bins of a multiset of kinds.

    Args:
        experiment: ATLAS or CMS.
        kinds: What :func:`kinds_of` gave.
        factor: k (dimensionless).
        start_gev: The lowest edge in GeV.
        max_mass_gev: The last edge is the first one at or above this mass, in GeV.

    Returns:
        The edges in GeV, whole numbers of 0.1 MeV, shape (n_bins + 1,), read-only.

    Raises:
        PhysicsError: For an experiment or a kind without resolution, no bin at all, or more than two million.
    """
    number, last = round(_STEPS_PER_GEV * start_gev), _STEPS_PER_GEV * max_mass_gev
    numbers = [number]
    while number < last and len(numbers) <= _MAX_EDGES:
        step = math.floor(_STEPS_PER_GEV * width_gev(experiment, kinds, number / _STEPS_PER_GEV, factor) + 0.5)
        number += max(1, step)
        numbers.append(number)
    if not 1 < len(numbers) <= _MAX_EDGES:
        msg = (
            f"bins by resolution from {start_gev:g} to {max_mass_gev:g} GeV with resolution_factor {factor:g} would be "
            f"{'none' if len(numbers) < 2 else f'more than {_MAX_EDGES}'}: choose a larger resolution_factor, and "
            "resolution_start_gev below max_mass_gev"
        )
        raise PhysicsError(msg)
    array = np.array(numbers, dtype=np.float64) / _STEPS_PER_GEV
    array.flags.writeable = False
    return array


def _resolutions(experiment: str) -> Mapping[str, Resolution]:
    if experiment not in RESOLUTIONS:
        msg = f"there are resolutions of {' and '.join(RESOLUTIONS)}, not of {experiment}"
        raise PhysicsError(msg)
    return RESOLUTIONS[experiment]


@cache
def _half_z_mass_gev() -> float:
    return resonances.table()["z"].mass_gev / 2
