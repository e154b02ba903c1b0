"""Weights of simulated files against the numbers of an independent program (../shared/reference/physics)."""

import json
import math
import re

import numpy as np
import pytest

from edm.jagged import Jagged
from physics.selection.selection import Selection
from physics.weights import Sample, WeightSums, event_weights, exact_sum, normalisation, unit_of
from targets.documents.models import load_model
from targets.events.generator_sums import read_generator_sums
from targets.rootio.files import open_trees
from tests.oracle.events import combinations_of, count_objects, label, mass, read_events
from tests.oracle.reference import SHARED, needs_shared
from tests.oracle.weights import binned_sums, weight_of
from tests.support.event_files import SELECTIONS, open_real

pytestmark = needs_shared

FOLDERS = {
    "atlas-2016e-8tev": "atlas-2016e-8tev",
    "atlas-2024r-pp": "atlas-2024r-pp",
    "atlas-2025e-13tev-beta": "atlas-2025e-13tev-beta",
    "cms-nanoaod": "cms-nanoaod",
    "edge-physlite-rntuple": "edge",
}


def cases():
    folder = SHARED / "reference" / "physics"
    if not folder.is_dir():
        return []
    documents = {data: json.loads((folder / f"{name}.weights.json").read_text()) for name, data in FOLDERS.items()}
    return [
        pytest.param(folder, file, entry, id=file[:30])
        for folder, document in documents.items()
        for file, entry in document["per_file"].items()
        if entry["simulation"]
    ]


every_sample = pytest.mark.parametrize(("folder", "file", "expected"), cases())


def weights_of(real):
    """Return g and w of every event, and the table of the format."""
    table = load_model(SELECTIONS / "default.yaml", Selection).weights.formats[real.event_file.schema]
    generator = real.column(table.generator)
    if isinstance(generator, Jagged):
        generator, enough = generator.at(0)
        assert enough.all()
    factors = [real.column(factor.branch) for factor in table.scale_factors]
    return generator.astype(np.float64), event_weights(generator, factors), table


@every_sample
def test_sums_of_weights_are_the_reference(folder, file, expected):
    real = open_real(folder, file)
    generator, weights, _ = weights_of(real)
    unit = unit_of(expected["sum_of_weights"], expected["n_of_sum"])
    assert unit == expected["u"]
    units, non_finite = exact_sum(generator, unit)
    assert unit * units == expected["u_times_sum_of_rint_g_over_u"]
    assert (math.fsum(generator), non_finite) == (expected["sum_g"], expected["non_finite"])
    sums = WeightSums.filled(weights, np.zeros(len(weights), dtype=np.int64), 1, unit)
    assert (int(sums.first[0]), int(sums.second[0])) == (expected["S1"], expected["S2"])
    assert weights[:3].tolist() == expected["first_three_w"]
    assert math.fsum(weights) == pytest.approx(expected["sum_w"], rel=1e-15)
    rounded = WeightSums.filled(weights.astype(np.float32).astype(np.float64), np.zeros(len(weights), int), 1, unit)
    assert int(rounded.first[0]) == expected["S1_if_w_is_rounded_to_float32"]


@every_sample
def test_normalisations_are_the_reference(folder, file, expected):
    real = open_real(folder, file)
    _, weights, table = weights_of(real)
    branches = {name: getattr(table, name) for name in ("cross_section_pb", "k_factor", "filter_efficiency")}
    numbers = {name: float(real.column(branch)[0]) for name, branch in branches.items() if branch}
    if table.sum_of_weights:
        assert float(real.column(table.sum_of_weights)[0]) == expected["sum_of_weights"]
        assert float(real.column(table.n_events)[0]) == expected["n_of_sum"]
    sample = Sample(numbers.pop("cross_section_pb", 1.0), expected["sum_of_weights"], **numbers)
    factor = normalisation(sample, expected["luminosity_pb"])
    assert factor == pytest.approx(expected["N"], rel=1e-12)
    unit = expected["u"]
    sums = WeightSums.filled(weights, np.zeros(len(weights), dtype=np.int64), 1, unit)
    assert sums.contents(factor, unit)[0] == pytest.approx(expected["expected_events"], rel=1e-6)


@every_sample
def test_histograms_are_the_reference(folder, file, expected):
    histogram = expected["histograms"]["none"]
    real = open_real(folder, file)
    _, weights, _ = weights_of(real)
    name, combination = histogram["name"].split("/")
    rows = []
    for number, event in enumerate(read_events(SHARED / "data" / folder / file)):
        counts = count_objects(event, "emjg", 4)
        if label(counts) == name:
            assert combination in combinations_of(counts, 2, 4, 0, 4)
            rows.append((float(np.float32(mass(event, combination))), weights[number]))
    assert len(rows) == histogram["n_masses"]
    low, n_bins, unit = histogram["low_edge_gev"], len(histogram["counts"]), expected["u"]
    bins = [math.floor(value / 10.0) - low // 10 for value, _ in rows]
    inside = [(index, weight) for index, (_, weight) in zip(bins, rows, strict=True) if 0 <= index < n_bins]
    index, chosen = (np.array(column) for column in zip(*inside, strict=True))
    sums = WeightSums.filled(chosen, index, n_bins, unit)
    assert sums.counts.tolist() == histogram["counts"]
    assert sums.first.tolist() == histogram["S1"]
    assert sums.second.tolist() == histogram["S2"]
    assert (sums.first.tolist(), sums.second.tolist()) == binned_sums(inside, n_bins, unit)
    assert sums.contents(expected["N"], unit) == pytest.approx(histogram["contents"], rel=1e-6)
    assert np.sqrt(sums.variances(expected["N"], unit)) == pytest.approx(histogram["errors"], rel=1e-6)


@every_sample
def test_weights_agree_with_plain_loops(folder, file, expected):
    real = open_real(folder, file)
    generator, weights, table = weights_of(real)
    factors = [real.column(factor.branch).tolist() for factor in table.scale_factors]
    for number in range(0, real.n_events, max(real.n_events // 200, 1)):
        assert weights[number] == weight_of(float(generator[number]), [factor[number] for factor in factors])


def test_the_tree_runs_is_the_reference():
    path = SHARED / "data" / "cms-nanoaod" / "nano_dy.root"
    with open_trees(str(path)) as trees:
        sums = read_generator_sums(trees, str(path))
    assert sums.events == 850_098
    assert sums.sum_of_weights == pytest.approx(15_166_686_735.86, abs=0.01)


def test_a_file_without_the_tree_runs_has_no_sums():
    path = SHARED / "data" / "cms-nanoaod" / "nano_tt_v12.root"
    with (
        open_trees(str(path)) as trees,
        pytest.raises(ValueError, match=re.escape(f"{path}: simulation without a tree Runs")),
    ):
        read_generator_sums(trees, str(path))
