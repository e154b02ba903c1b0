"""The masses of a branch, with and without copies of events."""

from dataclasses import replace

import numpy as np
import pytest

from edm.objects import Objects
from edm.records.documents import to_document
from physics.combinations import Rules
from steps import branch_statistics, masses
from steps.masses import MassOptions
from targets.products import mass_arrays, parsed_data
from targets.products.event_columns import COLUMNS, NUMBERS
from tests.edm.records.test_branch_records import EVENTS, PARSED

RULES = Rules(2, 4, 0, 4)


@pytest.fixture
def source(tmp_path):
    """Parsed data of six events with two electrons each, at rest against each other with masses 20, 40, 60, ... GeV."""
    numbers = {name: np.arange(6).astype(dtype) for name, dtype in NUMBERS.items()}
    pt = np.repeat(np.arange(1, 7) * 10.0, 2)
    columns = {"pt": pt, "eta": np.zeros(12), "phi": np.tile([0.0, np.pi], 6), "mass": np.zeros(12)}
    electrons = Objects(np.arange(7) * 2, {name: column.astype(np.float32) for name, column in columns.items()})
    objects = dict.fromkeys(COLUMNS, Objects.none(6)) | {"e": electrons}
    path = tmp_path / "p.root"
    record = replace(PARSED, events=replace(EVENTS, written=6))
    document = to_document(record)
    with parsed_data.writing(path, "rntuple") as writer:
        writer.add(objects, numbers)
        writer.note({name: part for name, part in document.items() if name != "kinematics"})
    assert branch_statistics.of_parsed_data(path).events.written == 6
    return path


@pytest.mark.parametrize("chunk_events", [1, 4, 100])
@pytest.mark.parametrize("copies", [[], [0, 5], [0, 1, 2, 3, 4, 5]])
def test_copies_are_in_no_mass_and_no_final_state(source, tmp_path, chunk_events, copies):
    entries = np.array(copies, dtype=np.int64)
    options = MassOptions(("e", "m"), RULES, chunk_events=chunk_events, copies=entries)
    results = masses.compute(source, tmp_path / "m.npz", options)
    kept = [20.0 * (entry + 1) for entry in range(6) if entry not in copies]
    written = [mass for _, values in mass_arrays.read(tmp_path / "m.npz") for mass in values.tolist()]
    assert written == pytest.approx(kept, rel=1e-5)
    few = EVENTS.few_objects["1e"]
    assert results.final_states == {
        state: number for state, number in {"2e_0m": len(kept), "1e_0m": few}.items() if number
    }
    assert (results.events, results.masses, results.left_out) == (len(kept) + few, len(kept), len(copies))
