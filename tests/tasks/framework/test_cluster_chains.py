"""Chains: one job makes several stages of its branch. What is in a chain, what waits for it, and what its jobs do."""

import re

import pytest
from luigi.task_register import Register

import tasks
from tests.support.pbs_engine import engine
from tests.support.runs import LUIGI, finish
from tests.support.toy_files import truncate

__all__ = ["engine"]

STAGES = ["ParseFile", "ComputeMasses", "CountMasses", "FindPeaks", "RemovePeaks", "FillHistograms", "MakeHistograms"]


@pytest.fixture
def make(run):
    """A function that makes a task as Python code would."""
    Register.clear_instance_cache()

    def made(name, **parameters):
        values = {"base_output_dir": str(run.folder / "out"), "input_files": (run.input_files,), "workflow": "pbs"}
        return getattr(tasks, name)(**values | parameters)

    return made


def names(stages):
    return [stage.task_family for stage in stages]


def awaited(task):
    return set(names(task.deps())) - {"FetchMetadata"}


def test_stages_with_the_same_branches_are_one_chain(make):
    assert names(make("CountMasses").chain()) == STAGES[:3]
    assert names(make("FillHistograms").chain()) == ["ParseFile", "ComputeMasses", "RemovePeaks", "FillHistograms"]
    for name in ("ParseFile", "FindPeaks", "MakeHistograms", "MakePlots"):
        assert names(make(name).chain()) == [name]


def test_on_this_machine_and_in_a_job_chains_are_the_same(make):
    assert names(make("CountMasses", workflow="local").chain()) == STAGES[:3]
    assert awaited(make("FindPeaks", workflow="local")) == {"CountMasses"}
    assert names(make("CountMasses", branch=0).chain()) == STAGES[:3]
    assert awaited(make("CountMasses", branch=0)) == set()


def test_masses_that_are_not_kept_need_no_other_stages(make):
    assert names(make("CountMasses", keep_masses=False).chain()) == STAGES[:3]
    assert awaited(make("FindPeaks", keep_masses=False)) == {"CountMasses"}
    assert awaited(make("MakeHistograms", keep_masses=False)) == {"FindPeaks", "CountMasses"}
    assert set(make("CountMasses", keep_masses=False, branch=0).requires()) == {"ParseFile", "FetchMetadata"}


def test_a_workflow_waits_for_what_no_chain_makes_itself(make):
    assert awaited(make("CountMasses")) == set()
    assert awaited(make("FindPeaks")) == {"CountMasses"}
    assert awaited(make("FillHistograms")) == {"FindPeaks"}
    assert awaited(make("MakeHistograms")) == {"FillHistograms", "FindPeaks", "CountMasses"}
    assert awaited(make("MakePlots")) == {"MakeHistograms", "FillHistograms", "FindPeaks", "CountMasses"}
    assert awaited(make("ExportArrays")) == {"ComputeMasses"}
    assert set(make("CountMasses", branch=0).requires()) == {"ComputeMasses", "FetchMetadata"}


def test_cancelling_goes_through_all_stages(make):
    assert awaited(make("FindPeaks", cancel_jobs=True)) == {"CountMasses", "ComputeMasses"}


def test_weights_need_the_parsed_data_of_other_branches(make):
    simulation = {"data_type": "mc", "mc_weights": True}
    assert names(make("CountMasses", **simulation).chain()) == ["ComputeMasses", "CountMasses"]
    assert awaited(make("CountMasses", **simulation)) == {"ParseFile"}
    assert names(make("FillHistograms", **simulation).chain()) == ["ComputeMasses", "RemovePeaks", "FillHistograms"]
    assert awaited(make("FillHistograms", **simulation)) == {"ParseFile", "FindPeaks"}
    assert names(make("CountMasses", data_type="mc", mc_weights=False).chain()) == STAGES[:3]


def test_duplicates_are_looked_for_in_the_parsed_data_of_a_dataset(make):
    assert awaited(make("FindPeaks", duplicates="check")) == {"CountMasses", "FindDuplicates"}
    assert names(make("CountMasses", duplicates="check").chain()) == STAGES[:3]
    assert make("CountMasses", duplicates="check").priority > make("ParseFile").priority
    assert awaited(make("CountMasses", duplicates="remove")) == {"FindDuplicates"}
    assert awaited(make("FindDuplicates", duplicates="remove")) == {"ParseFile"}


def submit(run, pbs, *words, task="MakeHistograms", **more):
    """Run a task as jobs, in a process of its own: law remembers the first command line."""
    options = ("--workflow", "pbs", "--poll-interval", "0.2s", *words)
    command = [LUIGI, *run.arguments(*options, task=task, **more)]
    return finish(command, run.folder, **pbs.environment, LAW__job__outputs_grace="0s")


def submitted(pbs):
    """Count the jobs of each stage."""
    families = [job["name"].split("_")[1] for job in pbs.submissions()]
    return {family: families.count(family) for family in dict.fromkeys(families)}


def test_a_run_needs_two_jobs_a_branch_and_gives_the_same_histograms(run, engine, three):
    pbs = engine()
    done = submit(run, pbs, files_per_branch=2)
    assert done.status == 0, done.text
    assert submitted(pbs) == {"CountMasses": 2, "FindPeaks": 1, "FillHistograms": 2, "MakeHistograms": 1}
    assert run.histograms() == three
    assert "CountMasses, with ParseFile and ComputeMasses: jobs make 2 of 2 branches" in done.text
    assert "FillHistograms, with RemovePeaks: jobs make 2 of 2 branches" in done.text
    assert re.search(r"^CountMasses, with ParseFile and ComputeMasses: .*all: 2", done.text, re.MULTILINE)
    assert all(job["name"].startswith("r_") for job in pbs.submissions())
    assert run.leftovers() == []
    folder = run.out / "logs" / "jobs" / "CountMasses"
    assert [path.name for path in folder.rglob("*law_job*")] == ["law_job.sh"]  # one copy for all jobs


def test_law_shows_and_removes_all_stages(ready, capsys):
    shown = ready.attempt("--workflow", "pbs", "--print-status=-1")
    assert shown.status == 0
    printed = capsys.readouterr().out
    assert all(f"{stage}(" in printed for stage in STAGES)
    removed = ready.attempt("--workflow", "pbs", "--remove-output=-1,a")
    assert removed.status == 0, removed.text
    rooms = ("parsed_data", "im_arrays", "mass_counts", "peaks", "im_arrays_processed", "histogram_counts")
    assert [room for room in rooms if ready.products(room)] == []


def test_a_failure_names_the_stage_and_resources_are_the_largest(run, files, engine):
    pbs = engine()
    truncate(files[0])
    words = ["--retries", "0", "--tasks-per-job", "2", "--pbs-memory", "900mb", "--pbs-walltime", "1h"]
    words += ["--ParseFile-pbs-memory", "3gb", "--ComputeMasses-pbs-walltime", "2h"]
    failed = submit(run, pbs, *words, task="CountMasses")
    assert failed.status == 30
    assert "CountMasses, with ParseFile and ComputeMasses: 1 of 3 branches have no output" in failed.text
    assert re.search(r"^branch 0 \(ParseFile\): job \d+\.stub: exit status 60", failed.text, re.MULTILINE)
    assert f"    1 of 1 files cannot be read:\n      {files[0]}: " in failed.text
    assert {job["resources"] for job in pbs.submissions()} == {"select=1:ncpus=1:mem=3gb,walltime=02:00:00"}
    assert len(pbs.submissions()) == 2
    assert len(run.products("mass_counts")) == 2


def test_a_product_deleted_in_the_middle_is_made_by_the_job_that_needs_it(run, engine):
    run(task="CountMasses")
    masses, counts = run.products("im_arrays"), run.products("mass_counts")
    for path in (*masses[:2], counts[1]):
        path.unlink()
    pbs = engine()
    done = submit(run, pbs, task="CountMasses")
    assert done.status == 0, done.text
    assert submitted(pbs) == {"CountMasses": 1}
    assert run.products("mass_counts") == counts
    assert run.products("im_arrays") == masses[1:]  # nothing that was missing needs the other
    assert "CountMasses, with ComputeMasses: jobs make 1 of 3 branches" in done.text
