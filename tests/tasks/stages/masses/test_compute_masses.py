"""ComputeMasses and ExportArrays: final states of all events, arrays end to end, plain .npy files."""

import numpy as np

from tests.oracle.outputs import read_masses
from tests.support.toy_files import EVENTS


def exported(run):
    """Read the exported arrays, by final state and combination."""
    (folder,) = run.products("exported_arrays")
    return {str(path.relative_to(folder).with_suffix("")): np.load(path) for path in folder.rglob("*.npy")}


def test_exported_arrays_are_the_masses_one_file_a_name(run):
    run(task="ExportArrays")
    arrays = exported(run)
    masses = read_masses(run.out)
    assert set(arrays) == set(masses)
    assert all(array.dtype == np.float32 for array in arrays.values())
    assert {name: sorted(array.tolist()) for name, array in arrays.items()} == {
        name: sorted(values) for name, values in masses.items()
    }
    (record,) = run.records("ExportArrays")
    assert record["arrays"] == len(arrays)
    assert record["masses"] == sum(map(len, arrays.values()))
    assert run(task="ExportArrays").started == []


def test_exported_arrays_do_not_depend_on_the_groups(run):
    run(task="ExportArrays")
    arrays = exported(run)
    run(task="ExportArrays", files_per_branch=2, run_name="other", chunk_events=50)
    run.name = "other"
    assert {name: array.tolist() for name, array in exported(run).items()} == {
        name: array.tolist() for name, array in arrays.items()
    }


def test_every_event_has_a_final_state(run):
    run(task="ComputeMasses")
    for record in run.records("ComputeMasses"):
        assert sum(record["final_states"].values()) == record["events"] == EVENTS
        assert set(record["final_states"]) == {f"{e}e_{m}m" for e in range(3) for m in range(3)}


def test_other_combinations_use_the_parsed_data_again(run):
    run(task="ComputeMasses")
    before = run.state()
    run(task="ComputeMasses", objects_to_calculate="j", max_particles_in_combination=2)
    assert run.made_since(before) == {"im_arrays": 3}
    states = [set(record["final_states"]) for record in run.records("ComputeMasses")]
    assert states.count({"0j", "1j", "2j", "3j"}) == 3
