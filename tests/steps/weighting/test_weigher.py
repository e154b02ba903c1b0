"""Weights in ParseFile: what stands in parsed data and statistics of made files, and what is refused."""

import math

import numpy as np
import pytest
import uproot

from edm.records.samples import FileWeights
from physics.errors import EventLevelError
from physics.selection.selection import Selection
from steps import parse
from steps.read_options import ReadOptions
from steps.weighting.weigher import WeightOptions
from targets.catalogue.input_files import InputFile
from targets.events import schemas
from targets.events.inputs import FetchOptions
from tests.oracle.weights import binned_sums, weight_of

N = 500
TABLE = {
    "generator": "mcWeight",
    "sample": "channelNumber",
    "sum_of_weights": "sum_of_weights",
    "n_events": "num_events",
    "cross_section_pb": "xsec",
    "factors": ["SF_A", {"branch": "SF_B", "if_present": True}],
    "source": "a test",
}
FORMAT = "2025e-13tev-beta"


def selection(**changes):
    table = {name: value for name, value in (TABLE | changes).items() if value is not None}
    return Selection(name="w", description="Weights alone.", weights={"formats": {FORMAT: table, "cms-nanoaod": None}})


@pytest.fixture
def columns():
    """Events of a sample: a muon each, with a second one in every other event, and weights of both signs."""
    rng = np.random.default_rng(5)
    two = np.arange(N) % 2 + 1
    lists = {name: np.split(rng.uniform(1, 2, two.sum()), np.cumsum(two)[:-1]) for name in ("eta", "phi")}
    generator = np.where(rng.random(N) < 0.2, -1, 1) * rng.choice([1.5, 2.7e3], N)
    return {
        "mcWeight": generator.astype(np.float32),
        "channelNumber": np.full(N, 301333, dtype=np.int32),
        "runNumber": np.full(N, 284500, dtype=np.int32),
        "eventNumber": np.arange(N, dtype=np.int64),
        "sum_of_weights": np.full(N, 4e5, dtype=np.float32),
        "num_events": np.full(N, 9000, dtype=np.int32),
        "xsec": np.full(N, 0.5, dtype=np.float32),
        "SF_A": rng.uniform(0.8, 1.2, N).astype(np.float32),
        "SF_B": rng.uniform(0.8, 1.2, N).astype(np.float32),
        "lep_pt": [50 * values for values in lists["eta"]],
        "lep_eta": lists["eta"],
        "lep_phi": lists["phi"],
        "lep_e": [500 * values for values in lists["eta"]],
        "lep_charge": [np.ones(len(values), dtype=np.int32) for values in lists["eta"]],
        "lep_type": [np.full(len(values), 13, dtype=np.int32) for values in lists["eta"]],
    }


@pytest.fixture
def run(tmp_path, columns):
    """Parse a file with these columns, but those that are None."""

    def parsing(chosen=None, data_type="mc", given=False, size=137, **changes):
        made = {name: values for name, values in (columns | changes).items() if values is not None}
        path = tmp_path / "a.root"
        with uproot.recreate(path) as file:
            file.mktree("analysis", {name: _type(values) for name, values in made.items()})
            file["analysis"].extend({name: _lists(values) for name, values in made.items()})
        fetch = FetchOptions("auto", tmp_path / "cache", keep=False)
        options = ReadOptions(
            schemas.load(""), chosen or selection(), fetch, size, 4000, 1, 0, weights=WeightOptions(sum_given=given)
        )
        listed = InputFile(str(path), None, None, None, None, None, "files", data_type)
        return parse.parse([listed], options, tmp_path / "p.root", "rntuple")

    return parsing


def _type(values):
    return values.dtype if isinstance(values, np.ndarray) else f"var * {values[0].dtype}"


def _lists(values):
    import awkward as ak

    return values if isinstance(values, np.ndarray) else ak.Array([part.tolist() for part in values])


def parsed(tmp_path):
    with uproot.open(tmp_path / "p.root") as file:
        return {name: file["events"][name].array(library="np") for name in ("event", "generator_weight", "weight")}


def expected(columns, *factors):
    """Multiply in plain loops."""
    return [
        weight_of(float(g), [float(columns[name][i]) for name in factors]) for i, g in enumerate(columns["mcWeight"])
    ]


def file_weights(record):
    return record.files[0].weights


def test_weights_of_the_events_that_are_kept(run, columns, tmp_path):
    record = run()
    kept, weights = parsed(tmp_path), expected(columns, "SF_A", "SF_B")
    assert kept["event"].tolist() == [i for i in range(N) if i % 2]
    assert {kept[name].dtype for name in ("generator_weight", "weight")} == {np.dtype(np.float64)}
    assert kept["weight"].tolist() == weights[1::2]
    assert kept["generator_weight"].tolist() == columns["mcWeight"][1::2].tolist()
    unit = 2.0 ** (math.floor(math.log2(4e5 / 9000)) - 20)
    first, second = binned_sums([(0, weight) for weight in weights], 1, unit)
    assert file_weights(record) == FileWeights(
        entries=N,
        sum_of_generator_weights=math.fsum(columns["mcWeight"].tolist()),
        sum_of_weights=4e5,
        n_events=9000.0,
        cross_section_pb=0.5,
        sample=301333,
        of_whole_sample=True,
        unit=unit,
        first=first[0],
        second=second[0],
    )
    assert record.non_finite_weights == 0


def test_chunks_change_nothing(run):
    assert run(size=7).files[0].weights == run(size=N).files[0].weights


def test_a_file_without_its_sum_has_that_of_what_was_read_in_many_units(run, columns):
    found = file_weights(run(selection(sum_of_weights=None, n_events=None)))
    typical = math.floor(math.log2(np.abs(columns["mcWeight"].astype(float)).mean())) - 20
    assert set(map(int, found.in_units)) == set(range(typical - 12, typical + 13))
    for exponent in (typical - 3, typical):
        units = binned_sums([(0, float(g)) for g in columns["mcWeight"]], 1, 2.0**exponent)[0][0]
        assert found.in_units[str(exponent)] == units
    total = math.fsum(columns["mcWeight"].tolist())
    assert found.unit == 2.0 ** (math.floor(math.log2(abs(total) / N)) - 20)


def test_a_factor_that_may_be_missing_counts_as_one(run, columns, tmp_path):
    run(SF_B=None)
    assert parsed(tmp_path)["weight"].tolist() == expected(columns, "SF_A")[1::2]


@pytest.mark.parametrize("branch", ["SF_A", "mcWeight"])
def test_a_branch_that_must_be_there_is_named(run, branch, tmp_path):
    with pytest.raises(EventLevelError, match=rf"a\.root: weights: this file has no branch {branch}: .*--mc-weights F"):
        run(**{branch: None})
    record = run(data_type="data", **{branch: None})
    assert f"no branch {branch}" in file_weights(record).problem
    assert np.isnan(parsed(tmp_path)["weight"]).all()
    assert record.non_finite_weights == N


def test_a_file_without_the_branch_of_its_sum_needs_one_of_the_user(run):
    with pytest.raises(EventLevelError, match="no branch sum_of_weights, and so no sum of weights: give sum_of_wei"):
        run(sum_of_weights=None)
    assert file_weights(run(sum_of_weights=None, given=True)).sum_of_weights is None


def test_weights_that_are_not_finite_are_counted(run, columns):
    factors = columns["SF_A"].copy()
    factors[[3, 10, 11]] = np.nan, np.inf, -np.inf
    record = run(SF_A=factors)
    assert record.non_finite_weights == 3
    weights = [0.0 if i in (3, 10, 11) else w for i, w in enumerate(expected(columns, "SF_A", "SF_B"))]
    found = file_weights(record)
    assert found.first == binned_sums([(0, weight) for weight in weights], 1, found.unit)[0][0]


@pytest.mark.parametrize(("branch", "value"), [("channelNumber", 301334), ("xsec", 0.6)])
def test_a_file_of_two_samples_is_refused(run, columns, branch, value):
    values = columns[branch].copy()
    values[-1] = value
    with pytest.raises(EventLevelError, match=rf"a\.root: {branch} is .* is it a mixture of samples"):
        run(**{branch: values}, size=10)


def test_collisions_weigh_one(run, columns, tmp_path):
    record = run(data_type="data", runNumber=columns["channelNumber"])
    assert record.files[0].weights is None
    assert set(parsed(tmp_path)["weight"]) == set(parsed(tmp_path)["generator_weight"]) == {1.0}


def test_a_format_that_the_weights_do_not_list_is_named(run):
    other = Selection(name="w", description="W.", weights={"formats": {"cms-nanoaod": None}})
    with pytest.raises(EventLevelError, match="weights: formats does not list 2025e-13tev-beta: add it, with null"):
        run(other)


def test_weights_that_overflow_their_unit_have_no_sums(run, columns):
    found = file_weights(run(num_events=np.full(N, 1), sum_of_weights=np.full(N, 1e-12)))
    assert (found.first, found.second) == (None, None)
