"""A slow, independent oracle of the definitions: events, final states, combinations and masses.

Plain Python loops over lists, written from the definitions alone and sharing no line with `physics` or `targets`.
uproot only unpacks the columns of a file; everything after `.tolist()` is ordinary arithmetic in float64. Peak removal
and histograms are in `tests/oracle/peaks.py`. Momenta, energies and masses are in GeV, angles in radians.
"""

import itertools
import math
import re
import struct
from pathlib import Path

import uproot

__all__ = [
    "KINDS",
    "PDG_MASS_GEV",
    "Event",
    "Particle",
    "combinations_of",
    "count_objects",
    "energy",
    "final_state",
    "float32",
    "label",
    "mass",
    "particle_of",
    "read_events",
    "valid_objects",
]

Particle = tuple[float, float, float, float, float | None]
"""pT (GeV), eta, phi (radians), mass (GeV), charge (None where the file has none)."""

Event = dict[str, list[Particle]]
"""Kind -> objects by falling pT."""

KINDS = "emjgtb"

# S. Navas et al. (Particle Data Group), Phys. Rev. D 110, 030001 (2024); the electron and muon are CODATA 2018/2022.
PDG_MASS_GEV = {"e": 0.00051099895, "m": 0.1056583755, "g": 0.0}

_FLAT = {"e": "lep_", "m": "lep_", "j": "jet_", "g": "photon_", "t": "tau_"}
_PHYSLITE = {"e": "Electrons", "m": "Muons", "j": "Jets", "g": "Photons", "t": "TauJets"}
_NANO = {"e": "Electron_", "m": "Muon_", "j": "Jet_", "g": "Photon_", "t": "Tau_"}
LAYOUTS = (
    # tree, GeV per unit of the file, kind -> what the branch names begin with; as published with the ATLAS 2016, 2020,
    # 2025 and 2024 releases (PHYSLITE as TTree and as RNTuple, then heavy ions) and by CMS. The first whose tree and a
    # pT branch exist is taken.
    ("mini", 0.001, _FLAT),
    ("analysis", 1.0, _FLAT),
    ("CollectionTree", 0.001, {kind: f"Analysis{name}AuxDyn." for kind, name in _PHYSLITE.items()}),
    ("EventData", 0.001, {kind: f"Analysis{name}AuxDyn:" for kind, name in _PHYSLITE.items()}),
    ("CollectionTree", 0.001, {"m": "MuonsAuxDyn."}),
    ("Events", 1.0, _NANO),
)
LEPTON_TYPE = {"e": 11, "m": 13}  # `lep_type` of the flat ntuples: the PDG's number, without sign


def float32(value):
    """Round a float to the nearest number that fits 32 bits; NaN and infinities stay, what is too large is infinite."""
    try:
        return struct.unpack("f", struct.pack("f", value))[0]
    except OverflowError:
        return math.copysign(math.inf, value)


def valid_objects(particles):
    """Return the objects with finite pT, eta, phi and mass and pT > 0, by falling pT, ties in the order given.

    Negative masses become 0 GeV. No objects give an empty list.
    """
    kept = []
    for pt, eta, phi, mass_gev, charge in particles:
        if all(math.isfinite(value) for value in (pt, eta, phi, mass_gev)) and pt > 0:
            kept.append((pt, eta, phi, max(mass_gev, 0.0), charge))
    return sorted(kept, key=lambda particle: -particle[0])


def read_events(path):
    """Read every event of a ROOT file in one of the known layouts.

    Args:
        path: the file.

    Returns:
        A list of events. Kinds that the file lacks have empty lists, invalid objects are gone, and a tree without
        entries gives an empty list.

    Raises:
        LookupError: No known layout fits the trees of the file.
    """
    with uproot.open(Path(path)) as file:
        trees = {name.split(";")[0] for name in file.keys(recursive=False)}
        for name, unit, prefixes in LAYOUTS:
            if name not in trees:
                continue
            tree = file[name]
            branches = {key.split("/")[-1] for key in tree.keys()}  # noqa: SIM118  # not a dict
            if any(prefix + "pt" in branches for prefix in prefixes.values()):
                columns = {kind: _columns(tree, branches, prefix) for kind, prefix in prefixes.items()}
                return [_event(columns, index, unit) for index in range(int(tree.num_entries))]
    text = f"{path}: no layout of the oracle fits the trees {sorted(trees)}"
    raise LookupError(text)


def _columns(tree, branches, prefix):
    """Read the columns of one kind as nested lists, in the file's unit; None where the file lacks the collection."""
    if prefix + "pt" not in branches:
        return None
    wanted = {"pt": "pt", "eta": "eta", "phi": "phi", "charge": "charge"}
    wanted |= {"m": "mass", "mass": "mass", "E": "energy", "e": "energy"}
    if prefix == "lep_":
        wanted["type"] = "type"
    columns = {}
    for ending, quantity in wanted.items():
        if prefix + ending in branches:
            columns[quantity] = tree[prefix + ending].array(library="ak").tolist()
    return columns


def _event(columns, index, unit):
    """Return the event of one entry, in GeV."""
    event = {kind: [] for kind in "emjgt"}
    for kind, lists in columns.items():
        if lists is None:
            continue
        for number in range(len(lists["pt"][index])):
            row = {name: values[index][number] for name, values in lists.items()}
            if "type" not in row or row["type"] == LEPTON_TYPE[kind]:
                event[kind].append(particle_of(row, kind, unit))
    return {kind: valid_objects(particles) for kind, particles in event.items()}


def particle_of(row, kind, unit):
    """Return one object in GeV. Its mass: the file's; else the PDG's for e, m, g; else sqrt(E^2 - p^2), at least 0."""
    pt = row["pt"] * unit
    if "mass" in row:
        mass_gev = row["mass"] * unit
    elif kind in PDG_MASS_GEV:
        mass_gev = PDG_MASS_GEV[kind]
    else:
        momentum = pt * math.cosh(row["eta"])
        square = (row["energy"] * unit) ** 2 - momentum**2
        mass_gev = math.sqrt(square) if square > 0 else square if math.isnan(square) else 0.0
    return (pt, row["eta"], row["phi"], mass_gev, row.get("charge"))


def count_objects(event, kinds, max_multiplicity):
    """Return kind -> number of objects for the configured kinds, in the order e m j g t b, at most `max_multiplicity`.

    `max_multiplicity` 0 sets no limit. With `b` configured the event must already hold the tagged jets under `b` and no
    longer under `j`.
    """
    counts = {}
    for kind in KINDS:
        if kind in kinds:
            number = len(event.get(kind, []))
            counts[kind] = min(number, max_multiplicity) if max_multiplicity else number
    return counts


def label(counts):
    """Return the final state's name, as `2e_0m_3j_0g`."""
    return "_".join(f"{number}{kind}" for kind, number in counts.items())


def final_state(event, kinds, max_multiplicity):
    """Return the name of the final state of an event (see `count_objects`)."""
    return label(count_objects(event, kinds, max_multiplicity))


def combinations_of(counts, minimum, maximum, max_subleading_index, max_multiplicity):
    """Return the names of all combinations of a final state, by trying every set of its objects.

    Args:
        counts: kind -> number of objects, as from `count_objects`.
        minimum: fewest objects in a combination.
        maximum: most objects in a combination.
        max_subleading_index: last rank that a window which does not start at 0 may reach.
        max_multiplicity: as in `count_objects`.
    """
    objects = []
    for kind in KINDS:
        number = counts.get(kind, 0)
        if max_multiplicity == 0:
            number = min(number, max(maximum, max_subleading_index + 1))
        objects += [(kind, rank) for rank in range(number)]
    names = []
    for size in range(minimum, maximum + 1):
        for chosen in itertools.combinations(objects, size):
            if all(_is_window([r for k, r in chosen if k == kind], max_subleading_index) for kind in KINDS):
                names.append("".join(f"{kind}{rank}" for kind, rank in chosen))
    return names


def _is_window(ranks, max_subleading_index):
    """Tell whether rising ranks of one kind follow each other and start at 0 or end by `max_subleading_index`."""
    follow = all(right == left + 1 for left, right in itertools.pairwise(ranks))
    return not ranks or (follow and (ranks[0] == 0 or ranks[-1] <= max_subleading_index))


def _sum(event, combination):
    """Return the summed four-momentum (E, px, py, pz) in GeV of the objects that a combination names."""
    total = [0.0, 0.0, 0.0, 0.0]
    for kind, rank in re.findall(r"([a-z])(\d+)", combination):
        pt, eta, phi, mass_gev, _ = event[kind][int(rank)]
        momentum = (pt * math.cos(phi), pt * math.sin(phi), pt * math.sinh(eta))
        parts = (math.sqrt((pt * math.cosh(eta)) ** 2 + mass_gev**2), *momentum)
        total = [left + right for left, right in zip(total, parts, strict=True)]
    return total


def energy(event, combination):
    """Return the summed energy of a combination in GeV: the scale of the rounding error of its mass squared."""
    return _sum(event, combination)[0]


def mass(event, combination):
    """Return the invariant mass of a combination in GeV, rounded to float32; negative squares give 0."""
    total, px, py, pz = _sum(event, combination)
    return float32(math.sqrt(max(total**2 - px**2 - py**2 - pz**2, 0.0)))
