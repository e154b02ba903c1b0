"""Read what a run of the pipeline wrote, as plain Python values, checking the formats on the way."""

import math
import re

import numpy as np
import uproot

__all__ = ["histogram_differences", "histogram_name", "mass_differences", "read_histograms", "read_masses"]


def read_masses(folder):
    """Read all `.npz` files of a run's `im_arrays`.

    Args:
        folder: the run directory, which holds exactly one variant of `im_arrays`.

    Returns:
        `final_state/combination` -> list of masses in GeV, the files of all branches end to end.
    """
    (variant,) = [path for path in (folder / "im_arrays").iterdir() if path.is_dir()]
    files = sorted(variant.glob("*.npz"))
    assert files, f"no .npz below {variant}"
    masses = {}
    for file in files:
        with np.load(file) as members:
            values, offsets, names = (members[key] for key in ("masses", "offsets", "names"))
        assert (values.dtype, offsets.dtype) == (np.float32, np.int64), f"{file}: {values.dtype}, {offsets.dtype}"
        edges = offsets.tolist()
        assert len(edges) == len(names) + 1 == len({str(name) for name in names}) + 1, f"{file}: offsets or names"
        assert (edges[0], edges[-1]) == (0, len(values)), f"{file}: offsets {edges[0]} to {edges[-1]}"
        assert edges == sorted(edges), f"{file}: offsets fall"
        for name, first, last in zip(names.tolist(), edges[:-1], edges[1:], strict=True):
            masses.setdefault(name, []).extend(values[first:last].tolist())
    return masses


def read_histograms(folder):
    """Read the histograms of a run.

    Args:
        folder: the run directory, which holds exactly one variant of `histograms`.

    Returns:
        Name -> class, edges (GeV), contents, under- and overflow, variances, entries.
    """
    (path,) = (folder / "histograms").glob("*/histograms.root")
    found = {}
    with uproot.open(path) as file:
        for key in file.keys(cycle=False):
            histogram = file[key]
            contents = histogram.values(flow=True).tolist()
            found[key] = {
                "class": histogram.classname,
                "edges": histogram.axis().edges().tolist(),
                "contents": contents[1:-1],
                "flow": [contents[0], contents[-1]],
                "sumw2": list(histogram.member("fSumw2")),
                "entries": histogram.member("fEntries"),
            }
    return found


def histogram_name(name, width=10.0):
    """Return the ROOT name of `2e_0m/e0e1`: `ROI_mass_e0e1_cat_2ex_0mx_width_10.0`."""
    final_state, combination = name.split("/")
    category = re.sub(r"([a-z])", r"\1x", final_state)
    return f"ROI_mass_{combination}_cat_{category}_width_{width}"


def histogram_differences(found, combinations, width):
    """Compare histograms with the entries of a table.

    Args:
        found: what `read_histograms` returns.
        combinations: `final_state/combination` -> entry with turn_on_gev and counts; those without counts must have
            no histogram.
        width: bin width in GeV.

    Returns:
        One line for every disagreement.
    """
    expected = {histogram_name(name, width): entry for name, entry in combinations.items() if entry["counts"]}
    lines = [f"{name}: missing" for name in sorted(set(expected) - set(found))]
    lines += [f"{name}: unexpected" for name in sorted(set(found) - set(expected))]
    for name in sorted(set(found) & set(expected)):
        counts, first = expected[name]["counts"], expected[name]["turn_on_gev"]
        wanted = {
            "class": "TH1D",
            "edges": [first + number * width for number in range(len(counts) + 1)],
            "contents": counts,
            "flow": [0, 0],
            "sumw2": [0, *counts, 0],
            "entries": sum(counts),
        }
        for key, right in wanted.items():
            if found[name][key] != right:
                lines.append(f"{name}: {key} is {found[name][key]}, expected {right}")
    return lines


def mass_differences(found, expected):
    """Compare masses by name, each list sorted (the order of files is not part of the definition).

    Masses agree to 1e-4 relative, or to 1 MeV: the files' float32 momenta, converted to GeV, carry 6e-8.
    """
    lines = [f"{name}: missing" for name in sorted(set(expected) - set(found))]
    lines += [f"{name}: unexpected" for name in sorted(set(found) - set(expected))]
    for name in sorted(set(found) & set(expected)):
        left, right = sorted(found[name]), sorted(expected[name])
        if len(left) != len(right):
            lines.append(f"{name}: {len(left)} masses, expected {len(right)}")
        else:
            pairs = zip(left, right, strict=True)
            wrong = [pair for pair in pairs if not math.isclose(*pair, rel_tol=1e-4, abs_tol=1e-3)]
            lines += [f"{name}: mass {a} GeV, expected {b} GeV" for a, b in wrong]
    return lines
