"""What stands on the command line counts, or is refused: never ignored."""

import sys

import law
import pytest
from luigi.cmdline_parser import CmdlineParser

import tasks
from tasks.cli import command_line


@pytest.mark.parametrize("option", ["--ParseFile-selection", "--FetchMetadata-run-name", "--FindPeaks-max-mass-gev"])
def test_an_option_of_another_stage_that_would_be_ignored_is_refused(run, option):
    end = run.attempt(option, "5")
    assert end.status != 0
    _, _stage, *words = option.split("-")[1:]
    assert f"{option} has no effect on MakeHistograms: use --{'-'.join(words)}, which counts for all" in end.text


def test_options_of_the_task_itself_may_have_its_name(run, three):
    run("--MakeHistograms-bin-width-gev", "10")
    assert run.histograms() == three


def test_how_jobs_run_may_differ_between_stages(run):
    run("--ParseFile-tasks-per-job", "3", "--ParseFile-retries", "1", task="ComputeMasses")


def test_without_a_command_line_everything_is_given():
    assert command_line.is_given("retries")
    stage = tasks.ComputeMasses(input_files=(), release_years=("demo",), retries=7, pbs_queue="long")
    parse = tasks.ParseFile.req(stage)
    assert (parse.retries, parse.pbs_queue) == (7, "long")


@pytest.mark.parametrize(
    ("options", "workflows"),
    [
        ([], ("local", "local", "local")),
        (["--workflow", "pbs"], ("pbs", "pbs", "pbs")),
        (["--ComputeMasses-workflow", "pbs"], ("local", "pbs", "local")),
        (["--ParseFile-workflow", "slurm"], ("local", "local", "slurm")),
        (["--workflow", "slurm", "--ComputeMasses-workflow", "pbs"], ("slurm", "pbs", "slurm")),
    ],
)
def test_a_stage_alone_may_run_elsewhere(options, workflows, monkeypatch):
    command = ["--module", "tasks", "CountMasses", "--release-years", "demo", *options]
    monkeypatch.setattr(sys, "argv", ["luigi", *command])
    for name in ("_full_parser", "_root_task_parser", "_global_cmdline_args", "_global_cmdline_values"):
        monkeypatch.setattr(law.parser, name, None)  # what law remembers of the first command line
    with CmdlineParser.global_instance(command) as parser:
        counting = parser.get_task_obj()
        masses = counting.upstream_task(tasks.ComputeMasses)
        found = counting.workflow, masses.workflow, masses.upstream_task(tasks.ParseFile).workflow
    assert found == workflows
