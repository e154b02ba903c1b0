"""The mass stage as one would write it with other tools. Each returns masses by final state and combination.

A peer takes the jagged objects, the final states that are wanted with their combinations, and, if it writes, a folder.
What it needs to import, and cannot, is said by ``ImportError``.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import awkward as ak
import numpy as np
import vector

from edm.objects import Objects
from physics import combinations, final_states, masses
from physics.combinations import Combination, Rules

__all__ = ["States", "awkward_vector", "coffea", "first_version", "numpy_rectangular", "ours", "wanted"]

States = list[tuple[dict[str, int], list[Combination]]]
Masses = dict[str, np.ndarray]
FIELDS = ("pt", "eta", "phi", "mass")


def wanted(objects: Mapping[str, Objects], rules: Rules) -> States:
    """List the final states of events and their combinations."""
    states = final_states.classify({kind: each.counts() for kind, each in objects.items()}, rules.max_multiplicity)
    return [(state, combinations.of_final_state(state, rules)) for state, _ in states]


def ours(objects: Mapping[str, Objects], rules: Rules) -> Masses:
    """Compute with this project."""
    return {f"{label}/{name}": values for label, _, found in masses.compute(objects, rules) for name, values in found}


def awkward_vector(objects: Mapping[str, ak.Array], states: States, limit: int) -> Masses:
    """Compute with awkward and vector: a mask a final state, a sum of Lorentz vectors a combination."""
    vector.register_awkward()
    return _behaved(objects, states, limit, "Momentum4D", None)


def coffea(objects: Mapping[str, ak.Array], states: States, limit: int) -> Masses:
    """Compute with the Lorentz vectors of coffea's NanoEvents."""
    from coffea.nanoevents.methods import vector as methods

    return _behaved(objects, states, limit, "PtEtaPhiMLorentzVector", methods.behavior)


def _behaved(objects: Mapping[str, ak.Array], states: States, limit: int, name: str, behavior: Any) -> Masses:
    vectors = {
        kind: ak.zip(
            {field: ak.values_astype(array[field], np.float64) for field in FIELDS}, with_name=name, behavior=behavior
        )
        for kind, array in objects.items()
    }
    counts = {kind: np.asarray(ak.num(array)) for kind, array in objects.items()}
    out = {}
    for state, found in states:
        chosen = _events_of(counts, state, limit)
        events = {kind: array[chosen] for kind, array in vectors.items() if state[kind]}
        for combination in found:
            (kind, rank), *others = combination
            total = events[kind][:, rank]
            for kind, rank in others:
                total = total + events[kind][:, rank]
            out[_key(state, combination)] = np.asarray(total.mass).astype(np.float32)
    return out


def numpy_rectangular(objects: Mapping[str, ak.Array], states: States, limit: int) -> Masses:
    """Compute with numpy: momenta of all objects at once, rectangular arrays of them for each final state."""
    momenta, starts, counts = {}, {}, {}
    for kind, array in objects.items():
        pt, eta, phi, mass = (np.asarray(ak.flatten(array[field])).astype(np.float64) for field in FIELDS)
        x, y, z = pt * np.cos(phi), pt * np.sin(phi), pt * np.sinh(eta)
        momenta[kind] = np.stack([x, y, z, np.sqrt(x * x + y * y + z * z + mass * mass)])
        counts[kind] = np.asarray(ak.num(array))
        starts[kind] = np.cumsum(counts[kind]) - counts[kind]
    key = np.zeros(len(counts["e"]), dtype=np.uint16)
    for column in counts.values():
        key = key * np.uint16(limit + 1) + np.minimum(column, limit).astype(np.uint16)
    order = np.argsort(key, kind="stable")
    ordered = key[order]
    out = {}
    for state, found in states:
        number = 0
        for count in state.values():
            number = number * (limit + 1) + count
        events = order[np.searchsorted(ordered, number) : np.searchsorted(ordered, number, "right")]
        columns = {
            (kind, rank): momenta[kind][:, starts[kind][events] + rank]
            for kind, rank in {item for combination in found for item in combination}
        }
        for combination in found:
            x, y, z, energy = sum(columns[item] for item in combination)
            square = energy * energy - (x * x + y * y + z * z)
            out[_key(state, combination)] = np.sqrt(np.maximum(square, 0)).astype(np.float32)
    return out


def first_version(objects: Mapping[str, ak.Array], states: States, limit: int, folder: Path) -> Masses:
    """Compute as this pipeline's first version did: all of it for every combination anew, and a file for each."""
    vector.register_awkward()
    out = {}
    for state, found in states:
        for combination in found:
            chosen = np.ones(len(objects["e"]), dtype=bool)
            for kind, count in state.items():
                number = ak.num(objects[kind])
                chosen = chosen & (number >= count if count == limit else number == count)
            parts = []
            for kind in dict.fromkeys(kind for kind, _ in combination):
                events = objects[kind][chosen]
                events = events[ak.argsort(events.pt, ascending=False, stable=True)]
                ranks = [rank for other, rank in combination if other == kind]
                parts.append(events[:, min(ranks) : max(ranks) + 1])
            particles = ak.concatenate(parts, axis=1)
            zipped = ak.zip(
                {field: ak.values_astype(particles[field], np.float64) for field in FIELDS}, with_name="Momentum4D"
            )
            values = np.asarray(ak.sum(zipped, axis=1).mass).astype(np.float32)
            np.save(folder / f"{_key(state, combination).replace('/', '_')}.npy", values)
            out[_key(state, combination)] = values
    return out


def _events_of(counts: Mapping[str, np.ndarray], state: Mapping[str, int], limit: int) -> np.ndarray:
    return np.all([np.minimum(counts[kind], limit) == count for kind, count in state.items()], axis=0)


def _key(state: Mapping[str, int], combination: Combination) -> str:
    return f"{final_states.label(state)}/{combinations.name(combination)}"
