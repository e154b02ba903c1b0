"""Weighted contents and errors are the same bits however the work is shared: chunks, groups and the order of files."""

import awkward as ak
import numpy as np
import pytest

from edm.records.samples import SampleNumbers
from physics.bins.bins import ConstantBins
from physics.combinations import Rules
from physics.resonances import choose
from physics.selection.selection import Selection
from steps import histograms, masses, parse, peaks
from steps.counts import histogram_counts, mass_counter
from steps.read_options import ReadOptions
from steps.weighting.counts import SampleCounts, add_up
from steps.weighting.normalisation import SampleSources, find_unit, normalise
from steps.weighting.weigher import WeightOptions
from targets.catalogue.input_files import InputFile
from targets.events import schemas
from targets.events.inputs import FetchOptions
from tests.support.rootfiles_made import events, write
from tests.support.simulated import RELEASE, Sample

TABLES = {
    RELEASE: {
        "generator": "mcWeight",
        "sum_of_weights": "sum_of_weights",
        "n_events": "num_events",
        "cross_section_pb": "xsec",
        "factors": ["ScaleFactor_PILEUP"],
        "source": "a test",
    },
    "2024r-pp": {"generator": "EventInfoAuxDyn.mcEventWeights", "source": "a test"},
}
SELECTION = Selection(name="w", description="Weights alone.", weights={"formats": TABLES})
SEARCH = peaks.PeakSearch(5, 10.0, 10_000.0, choose(()))
SAMPLE = Sample(7, (40, 60, 0, 50, 30))
KNOWN = SampleSources("s", SampleNumbers(cross_section_pb=0.7), SampleNumbers(), whole=True, luminosity_fb=3.0)


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """The files of a sample, by format."""
    folder, listed = tmp_path_factory.mktemp("files"), {}
    for schema in TABLES:
        for number, n_events in enumerate(SAMPLE.events):
            more = SAMPLE.columns(number)
            if schema != RELEASE:
                more = {"EventInfoAuxDyn.mcEventWeights": ak.unflatten(1e7 * more["mcWeight"], np.ones(n_events, int))}
            path = write(folder / f"{schema}_{number}.root", schema, events(n_events, seed=number), **more)
            listed.setdefault(schema, []).append(InputFile(path, None, None, None, None, None, "s", "mc"))
    return listed


def contents(folder, files, chunk_events, per_branch):
    """Go through all steps; give the bytes of contents and squared errors by histogram."""
    fetch = FetchOptions("auto", folder / "cache", keep=False)
    options = ReadOptions(schemas.load(""), SELECTION, fetch, chunk_events, 4000, 1, 0, weights=WeightOptions())
    records, computed, counted, filled = [], [], [], []
    for number in range(0, len(files), per_branch):
        group = files[number : number + per_branch]
        records.append(parse.parse(group, options, folder / f"{number}.root", "rntuple"))
        computed.append(folder / f"{number}.npz")
        of_masses = masses.MassOptions(("e", "m"), Rules(), weighted=True, chunk_events=chunk_events)
        masses.compute(folder / f"{number}.root", computed[-1], of_masses)
    unit = find_unit(records, SampleNumbers())
    for path in computed:
        counted.append(path.with_suffix(".counted.npz"))
        mass_counter.count(path, counted[-1], SEARCH, unit)
    table = peaks.find("s", counted, SEARCH)
    for path in computed:
        removed = path.with_suffix(".removed.npz")
        peaks.remove(path, removed, table, SEARCH)
        filled.append(path.with_suffix(".filled.npz"))
        histogram_counts.count(removed, filled[-1], [ConstantBins(10.0)], False, unit)
    sources = [SampleCounts(filled, normalise(records, unit, KNOWN))]
    made = histograms.fill(add_up(sources), table, [ConstantBins(10.0)], bumpnet_naming=True).histograms
    return {key: (one.contents.tobytes(), one.variances.tobytes(), one.counts.tobytes()) for key, one in made.items()}


@pytest.mark.parametrize("schema", list(TABLES))
def test_chunks_groups_and_the_order_of_files_change_no_bit(files, tmp_path, schema):
    listed = files[schema]
    first, *others = listed  # without sums in the files, the first sets the unit
    mixed = [first, *reversed(others)] if schema != RELEASE else [listed[index] for index in (2, 4, 0, 3, 1)]
    expected = contents(tmp_path, listed, 1000, 1)
    assert len(expected) > 5
    assert any(np.frombuffer(found[0]).min() < 0 for found in expected.values())
    for order, chunk_events, per_branch in ((listed, 7, 5), (mixed, 1000, 2), (mixed, 11, 1)):
        assert contents(tmp_path, order, chunk_events, per_branch) == expected
