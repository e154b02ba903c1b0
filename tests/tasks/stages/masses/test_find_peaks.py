"""FindPeaks: one table of cuts a dataset, which other stages ask it for."""

import tasks
from tests.support.runs import QUICK


def test_the_table_of_cuts_of_a_dataset_is_what_was_recorded_of_it(run):
    run(task="FindPeaks")
    given = {"run_name": run.name, "base_output_dir": str(run.out.parent), "input_files": (run.input_files,)}
    known = dict(tasks.FindPeaks.get_params())
    options = {name: known[name].parse(str(value)) for name, value in QUICK.items() if name in known}
    table = tasks.FindPeaks(**given | options).table("files")
    (record,) = run.records("FindPeaks")
    assert 0 < len(table.cuts) == record["combinations"]
    assert set(table.final_states) == set(record["final_states"])
