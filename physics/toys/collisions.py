"""Toy collisions with one planted resonance: what the pipeline runs on when there is no network.

Seeded and reproducible. The particles of a hard scattering share its mass by flat phase space; that mass rises as a
power and falls as a power, with no edge, so that every spectrum is smooth above its turn-on. Only Z -> ee, Z -> mumu
and the planted resonance make peaks. This is no model of nature: the rates are chosen to fill many final states.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from particle import literals

from edm.kinds import STORED_KINDS
from edm.objects import Objects
from physics import resonances
from physics.constituents import PDG_MASS_GEV
from physics.errors import PhysicsError
from physics.toys.phase_space import Array, Generator, boost, breit_wigner, share_mass, velocity

__all__ = ["EVENTS", "PARTS", "RESONANCE", "SEED", "Planted", "generate"]

_Table = dict[str, npt.NDArray[Any]]

SEED = 20261210
"""The seed of the demo data."""

PARTS = 8
"""How many files the demo data have."""


@dataclass(frozen=True)
class Planted:
    """A resonance that does not exist in nature.

    Attributes:
        name: What to call it.
        mass_gev: Mass in GeV.
        width_gev: Natural width in GeV, well below the resolution.
        combination: The objects that it decays to.
        final_state: The final state in which it is produced, and no other.
    """

    name: str
    mass_gev: float
    width_gev: float
    combination: str
    final_state: str


RESONANCE = Planted("X(400)", 400.0, 1.0, "e0m0", "1e_1m_0j_0g")
"""A neutral particle that decays to an electron and a muon: it would violate lepton flavour; nothing known peaks there.

Its resolution, about 5 GeV, suits histograms with bins of 10 GeV.
"""


@dataclass(frozen=True)
class _Process:
    """One kind of hard scattering: its particles (n a neutrino, never seen), events in a part, scale in GeV."""

    particles: str
    events: int
    scale_gev: float


_BACKGROUND = (
    _Process("jj", 1900, 100.0),
    _Process("jjj", 1500, 170.0),
    _Process("jjjj", 800, 260.0),
    _Process("gj", 1300, 100.0),
    _Process("gjj", 900, 170.0),
    _Process("gg", 600, 100.0),
    _Process("enj", 600, 170.0),
    _Process("mnj", 600, 170.0),
    _Process("enjj", 400, 260.0),
    _Process("mnjj", 400, 260.0),
    _Process("emnn", 1100, 220.0),
    _Process("emnnjj", 290, 400.0),
    _Process("mtnn", 100, 220.0),
    _Process("ee", 200, 130.0),
    _Process("mm", 200, 130.0),
)
_Z = resonances.table()["z"]
_Z_BOSONS = (_Process("eej", 800, _Z.mass_gev), _Process("mmj", 800, _Z.mass_gev))
_SIGNAL = _Process("em", 10, RESONANCE.mass_gev)
_PROCESSES = (*_BACKGROUND, *_Z_BOSONS, _SIGNAL)
_PER_PART = sum(process.events for process in _PROCESSES)

EVENTS = PARTS * _PER_PART
"""Events of all parts together."""

_RISE, _FALL = 6.0, 5.0  # with x = mass / scale, masses are distributed as x^(rise - 1) / (1 + x)^(rise + fall)
_RAPIDITY_SPREAD = 0.8  # of the hard scattering along the beam
_Z_PT_GEV, _Z_PT_FALL = 18.0, 1.5  # pT of Z bosons: mostly below 20 GeV, falling as pT^-4 above
_RECOIL_SPREAD = 1.0  # in eta, of the jet that balances a Z boson
_SOFT_JETS, _SOFT_JET_PT_GEV = 0.7, (15.0, 24.0)  # jets of other collisions in an event, below the usual pT cuts
_SOFT_JET_ETA_SPREAD = 1.8
_LOWEST_PT_GEV, _LARGEST_ETA = 5.0, 4.5  # of the objects that a file keeps
# Electrons and photons are identified outside of this gap and all objects inside of these |eta|, a little stricter than
# selections are: a lepton that a selection refuses must not come back as a jet (see _twins).
_GAP_ETA = (1.36, 1.58)
_IDENTIFIED_ETA = {"e": 2.4, "m": 2.4, "j": 4.5, "g": 2.35, "t": 2.3}
_IDENTIFIED = {"e": 0.95, "m": 0.97, "j": 0.98, "g": 0.95, "t": 0.90}  # chance to pass identification
_ISOLATED = {"e": 0.98, "m": 0.98, "j": 1.0, "g": 0.98, "t": 1.0}  # chance to pass isolation
_ISOLATION_PASSED, _ISOLATION_FAILED = (0.0, 0.015), (0.5, 2.0)  # far from every usual cut
_JET_MASS_OVER_PT = (9.0, 0.015)  # shape and scale of a gamma distribution
_MASS_GEV = PDG_MASS_GEV | {"t": float(literals.tau_minus.mass) / 1000.0}

_RESOLUTION = {
    "e": (0.10, 0.007, 0.0),
    "m": (0.0, 0.010, 0.10),
    "j": (0.50, 0.030, 0.0),
    "g": (0.10, 0.007, 0.0),
    "t": (0.50, 0.030, 0.0),
}
"""Relative pT resolution: a / sqrt(pT/GeV), b and c pT/TeV, added in quadrature.

Source: performance goals of the ATLAS detector, JINST 3 (2008) S08003, table 1.1, applied to pT in place of E.
"""


def generate(part: int, seed: int = SEED) -> dict[str, Objects]:
    """Make the toy events of one file.

    Electrons, muons, photons and taus that pass identification and isolation appear once more as a jet, as they do in
    real files: it takes overlap removal to get the final states right.

    Args:
        part: Number of the file, from 0 to PARTS - 1; parts are independent of each other.
        seed: The same seed gives the same events.

    Returns:
        The objects of each stored kind, sorted by falling pT, with the float32 columns pt (GeV), eta, phi (radians),
        mass (GeV), charge (units of e), isolation (pT around the object over its own) and b_score (0 to 1; meaningful
        for jets alone), and the bool column identified. The EVENTS / PARTS events come in random order; some have no
        objects.

    Raises:
        PhysicsError: When there is no such part.
    """
    if not 0 <= part < PARTS:
        msg = f"part {part} of the demo data does not exist: parts go from 0 to {PARTS - 1}"
        raise PhysicsError(msg)
    rng = np.random.Generator(np.random.PCG64([seed, part]))
    samples = [_scattering(rng, process) for process in _BACKGROUND]
    samples += [_z_boson(rng, process.events) for process in _Z_BOSONS]
    samples.append(_planted(rng, _SIGNAL.events))
    events = np.split(rng.permutation(_PER_PART), np.cumsum([len(momenta) for momenta in samples])[:-1])
    particles = [
        _particles(rng, process.particles, momenta, event)
        for process, momenta, event in zip(_PROCESSES, samples, events, strict=True)
    ]
    seen = _measure(rng, _join(particles))
    return _by_event(_join([seen, _twins(rng, seen), _soft_jets(rng)]))


def _scattering(rng: Generator, process: _Process) -> Array:
    """Return momenta of shape (n_events, n_particles, 4) in GeV."""
    ratio = rng.standard_gamma(_RISE, process.events) / rng.standard_gamma(_FALL, process.events)
    mass = process.scale_gev * ratio
    at_rest = share_mass(rng, mass, len(process.particles))
    return boost(at_rest, velocity(rng, mass, np.zeros(process.events), _RAPIDITY_SPREAD))


def _z_boson(rng: Generator, n_events: int) -> Array:
    """Return momenta of two leptons and of the jet that balances them, shape (n_events, 3, 4) in GeV."""
    mass = breit_wigner(rng, n_events, _Z.mass_gev, _Z.width_gev)
    pt = _Z_PT_GEV * np.sqrt(rng.random(n_events) ** (-1.0 / _Z_PT_FALL) - 1.0)
    leptons = boost(share_mass(rng, mass, 2), velocity(rng, mass, pt, _RAPIDITY_SPREAD))
    total = leptons.sum(axis=1)
    eta = np.arcsinh(total[:, 3] / np.hypot(mass, pt)) + rng.normal(0.0, _RECOIL_SPREAD, n_events)
    jet = np.stack([pt * np.cosh(eta), -total[:, 1], -total[:, 2], pt * np.sinh(eta)], axis=-1)
    return np.concatenate([leptons, jet[:, None, :]], axis=1)


def _planted(rng: Generator, n_events: int) -> Array:
    """Return momenta of the particles that the planted resonance decays to, shape (n_events, 2, 4) in GeV."""
    mass = breit_wigner(rng, n_events, RESONANCE.mass_gev, RESONANCE.width_gev)
    return boost(share_mass(rng, mass, 2), velocity(rng, mass, np.zeros(n_events), _RAPIDITY_SPREAD))


def _particles(rng: Generator, kinds: str, momenta: Array, event: npt.NDArray[np.int64]) -> _Table:
    """Make a table with a row for every particle that is no neutrino; the leptons of an event alternate in charge."""
    kind = np.broadcast_to(np.array(list(kinds)), momenta.shape[:2])
    leptons = np.isin(kind, ("e", "m", "t"))
    sign = rng.choice([-1.0, 1.0], len(event))[:, None]
    pt = np.hypot(momenta[..., 1], momenta[..., 2])
    columns = {
        "event": np.broadcast_to(event[:, None], kind.shape),
        "kind": kind,
        "pt": pt,
        "eta": np.arcsinh(momenta[..., 3] / pt),
        "phi": np.arctan2(momenta[..., 2], momenta[..., 1]),
        "charge": sign * np.where(leptons, (-1.0) ** np.cumsum(leptons, axis=1), 0.0),
    }
    return {name: column[kind != "n"] for name, column in columns.items()}


def _measure(rng: Generator, particles: _Table) -> _Table:
    """Smear pT, give masses, decide who passes identification and isolation; drop what a detector does not see."""
    kind, true_pt = particles["kind"], particles["pt"]
    a, b, c = (_per_kind(kind, {name: terms[i] for name, terms in _RESOLUTION.items()}) for i in range(3))
    relative = np.sqrt(a**2 / true_pt + b**2 + (c * true_pt / 1000.0) ** 2)
    pt = true_pt * (1.0 + relative * rng.standard_normal(len(kind)))
    jet_mass = pt * rng.gamma(*_JET_MASS_OVER_PT, len(kind))
    isolated = rng.random(len(kind)) < _per_kind(kind, _ISOLATED)
    identified = rng.random(len(kind)) < _per_kind(kind, _IDENTIFIED)
    eta = np.abs(particles["eta"])
    in_gap = np.isin(kind, ("e", "g")) & (eta > _GAP_ETA[0]) & (eta < _GAP_ETA[1])
    seen = particles | {
        "pt": pt,
        "mass": np.where(kind == "j", jet_mass, _per_kind(kind, _MASS_GEV)),
        "identified": identified & ~in_gap & (eta < _per_kind(kind, _IDENTIFIED_ETA)),
        "isolation": np.where(
            isolated, rng.uniform(*_ISOLATION_PASSED, len(kind)), rng.uniform(*_ISOLATION_FAILED, len(kind))
        ),
        "b_score": np.where(rng.random(len(kind)) < 0.1, rng.beta(8.0, 1.0, len(kind)), rng.beta(1.0, 12.0, len(kind))),
    }
    kept = (pt > _LOWEST_PT_GEV) & (eta < _LARGEST_ETA)
    return {name: column[kept] for name, column in seen.items()}


def _twins(rng: Generator, seen: _Table) -> _Table:
    """Return the jets that good electrons, muons, photons and taus make of themselves.

    Those that fail identification or isolation make none: a lost lepton that came back as a jet would put a peak of
    its resonance into the mass of lepton and jet.
    """
    good = (seen["kind"] != "j") & seen["identified"] & (seen["isolation"] < _ISOLATION_FAILED[0])
    size = int(good.sum())
    twins = {name: column[good] for name, column in seen.items()}
    pt = twins["pt"] * rng.normal(1.0, 0.03, size)
    phi = twins["phi"] + rng.normal(0.0, 0.01, size)
    return twins | {
        "kind": np.full(size, "j"),
        "pt": pt,
        "eta": twins["eta"] + rng.normal(0.0, 0.01, size),
        "phi": (phi + np.pi) % (2.0 * np.pi) - np.pi,
        "charge": np.zeros(size),
        "mass": pt * 0.02,
        "b_score": rng.beta(1.0, 12.0, size),
    }


def _soft_jets(rng: Generator) -> _Table:
    """Return jets of other collisions, half of them recognised as such."""
    event = np.repeat(np.arange(_PER_PART), rng.poisson(_SOFT_JETS, _PER_PART))
    size = len(event)
    pt = rng.uniform(*_SOFT_JET_PT_GEV, size)
    return {
        "event": event,
        "kind": np.full(size, "j"),
        "pt": pt,
        "eta": rng.normal(0.0, _SOFT_JET_ETA_SPREAD, size).clip(-_LARGEST_ETA, _LARGEST_ETA),
        "phi": rng.uniform(-np.pi, np.pi, size),
        "charge": np.zeros(size),
        "mass": pt * rng.gamma(*_JET_MASS_OVER_PT, size),
        "identified": rng.random(size) < 0.5,
        "isolation": np.zeros(size),
        "b_score": rng.beta(1.0, 12.0, size),
    }


def _per_kind(kind: npt.NDArray[np.str_], values: dict[str, float]) -> Array:
    """Look one number per row up by its kind; 0 for kinds without one."""
    return np.select([kind == name for name in values], list(values.values()), 0.0).astype(np.float64)


def _join(tables: list[_Table]) -> _Table:
    return {name: np.concatenate([table[name] for table in tables]) for name in tables[0]}


def _by_event(table: _Table) -> dict[str, Objects]:
    """Turn rows in any order into events, objects sorted by falling pT."""
    order = np.lexsort((-table["pt"], table["event"]))
    ordered = {name: column[order] for name, column in table.items()}
    kind = ordered.pop("kind")
    return {name: _objects({key: column[kind == name] for key, column in ordered.items()}) for name in STORED_KINDS}


def _objects(rows: _Table) -> Objects:
    columns = {
        name: column if name == "identified" else column.astype(np.float32)
        for name, column in rows.items()
        if name != "event"
    }
    return Objects(np.cumsum([0, *np.bincount(rows["event"], minlength=_PER_PART)]), columns)
