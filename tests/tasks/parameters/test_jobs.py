"""The parameters of branches and jobs: a bad value is a sentence at the start, wherever it stands."""

import luigi
import pytest
from law.parameter import NO_FLOAT, NO_INT, NO_STR

import tasks
from tasks.cli.configuration import Line, problems
from tasks.parameters import jobs

UNHANDLED, TASK_FAILED = 4, 30
DECLARED = {
    name: one
    for mixin in (jobs.BranchParameters, jobs.PollingParameters, jobs.JobParameters)
    for name, one in vars(mixin).items()
    if isinstance(one, luigi.Parameter)
}

BAD = {
    "retries": [("-1", "it must be 0 or more"), ("x", "it is not a whole number")],
    "tasks_per_job": [("0", "it must be 1 or more"), ("-1", "it must be 1 or more"), ("1.5", "not a whole number")],
    "parallel_jobs": [("-3", "it must be -1 or more")],
    "submission_threads": [("0", "it must be 1 or more")],
    "poll_fails": [("-1", "it must be 0 or more")],
    "job_workers": [("0", "it must be 1 or more")],
    "poll_interval": [
        ("0", "it must be above 0"),
        ("-1m", "= '-1m': it must be above 0"),
        ("soon", "write 90m, 1.5h"),
    ],
    "walltime": [("0", "it must be above 0"), ("-2", "it must be above 0"), ("inf", "a finite time is needed")],
    "pbs_walltime": [("xx", "this is no time: write 90m"), ("4h30", "'4h, 30m'"), ("0", "it must be above 0")],
    "pbs_memory": [
        ("2", "write a whole number and b, kb, mb, gb or tb, as 2gb"),
        ("lots", "as 2gb"),
        ("2.5gb", "as 2gb"),
        ("0gb", "gb"),
    ],
    "pbs_ncpus": [("0", "it must be 1 or more")],
    "pbs_queue": [("a b", "it must be one word"), ("-l", "does not begin with a dash")],
    "pbs_account": [("a\tb", "it must be one word")],
    "slurm_partition": [("a b", "it must be one word"), ("--wrap=x", "does not begin with a dash")],
    "slurm_walltime": [("xx", "this is no time: write 90m")],
    "slurm_memory": [("2", "write a whole number and b, kb, mb, gb or tb, as 2gb")],
    "slurm_ncpus": [("0", "it must be 1 or more")],
    "slurm_account": [("a b", "it must be one word")],
    "htcondor_walltime": [("xx", "this is no time: write 90m")],
    "htcondor_memory": [("2", "write a whole number and b, kb, mb, gb or tb, as 2gb")],
    "htcondor_ncpus": [("0", "it must be 1 or more")],
    "htcondor_account": [("a b", "it must be one word")],
    "htcondor_pool": [("a b", "it must be one word")],
    "htcondor_scheduler": [(" a", "it must be one word")],
    "no_poll": [("perhaps", "it must be True or False")],
    "cancel_jobs": [("perhaps", "it must be True or False")],
    "shuffle_jobs": [("2", "it must be True or False")],
    "ignore_submission": [("2", "it must be True or False")],
    "transfer_logs": [("2", "it must be True or False")],
    "clear_logs": [("2", "it must be True or False")],
    "branch": [("-2", "it must be -1 or more"), ("all", "it is not a whole number")],
    "branches": [
        ("abc", "write numbers of branches and ranges, as 0:5,7"),
        ("1:2:3", "write numbers of branches and ranges"),
        ("3:1", "a range is empty"),
        (":0", "a range is empty"),
        ("-4", "branches are counted from 0"),
    ],
    "acceptance": [("-1", "it must be 0 or more"), ("most", "it is not a number")],
    "tolerance": [("nan", "it must be a finite number")],
}
VALUES = [(name, value, reason) for name, told in BAD.items() for value, reason in told]

LEGAL = [
    ("parallel_jobs", "-1", NO_INT),
    ("parallel_jobs", "0", 0),
    ("poll_fails", "0", 0),
    ("retries", "0", 0),
    ("walltime", "-1", NO_FLOAT),
    ("pbs_walltime", "-01:00:00", NO_FLOAT),
    ("pbs_walltime", "", NO_FLOAT),
    ("pbs_walltime", "4h, 30m", 4.5),
    ("poll_interval", "0.5s", 0.5 / 60),
    ("poll_interval", "2", 2),
    ("pbs_memory", "3 GB", "3gb"),
    ("pbs_memory", NO_STR, NO_STR),
    ("pbs_queue", "long@server", "long@server"),
    ("slurm_partition", "a,b", "a,b"),
    ("htcondor_scheduler", "", ""),
    ("branch", "-1", -1),
    ("branches", "0:5,7", ((0, 5), (7,))),
    ("branches", ":2,4:", ((None, 2), (4, None))),
    ("branches", "", ()),
    ("cancel_jobs", "true", True),
    ("tolerance", "3", 3),
]


def test_every_parameter_is_looked_at():
    assert set(BAD) == set(DECLARED)


@pytest.mark.parametrize(("name", "value", "reason"), VALUES)
def test_a_bad_value_on_the_command_line_is_told_at_the_start(run, name, value, reason):
    end = run.attempt(f"--{name.replace('_', '-')}={value}", task="ParseFile")
    assert end.status == UNHANDLED
    assert f"{name} = " in end.text
    assert reason in end.text
    assert f"{name}: {DECLARED[name].description}" in end.text
    assert "Traceback" not in end.text
    assert not run.out.exists()


@pytest.mark.parametrize(("name", "value", "reason"), VALUES)
def test_a_bad_value_in_luigi_cfg_is_told_with_its_line(name, value, reason):
    sections = {"ParseFile": dict(tasks.ParseFile.get_params())}
    (problem,) = problems([Line("luigi.cfg:2", "ParseFile", name, value)], sections, set())
    assert problem.startswith(f"luigi.cfg:2: [ParseFile] {name} = {value!r} is not valid: {name} = ")
    assert reason in problem


@pytest.mark.parametrize(("name", "text", "value"), LEGAL)
def test_what_law_has_a_meaning_for_stays_legal(name, text, value):
    parameter = getattr(tasks.ParseFile, name)
    assert parameter.normalize(parameter.parse(text)) == value
    assert parameter.normalize(parameter.parse(parameter.serialize(value))) == value


def test_a_bad_value_in_python_is_refused_too():
    with pytest.raises(ValueError, match=r"pbs_memory = '2': write a whole number and b, kb, mb, gb or tb, as 2gb\."):
        tasks.ParseFile(release_years=("demo",), pbs_memory="2")


@pytest.mark.parametrize("task", ["FetchMetadata", "ParseFile"])
@pytest.mark.parametrize(
    ("option", "value", "reason"),
    [
        (
            "remove_output",
            "0,x",
            "its second word must be one of i (asks for each), a (all), d (only",
        ),
        ("remove_output", "0,a,False,1", "it takes at most 3 words"),
        ("fetch_output", "0,x", "its second word must be one of i "),
        ("remove_output", "x,a", "'x' is neither a number of stages nor the name of a task"),
        ("remove_output", "ParseFile|Nothing,d", "'Nothing' is neither"),
    ],
)
def test_what_law_cannot_do_with_outputs_is_told(run, task, option, value, reason):
    end = run.attempt(f"--{option.replace('_', '-')}", value, task=task)
    assert end.status == UNHANDLED
    assert f"{option} = {value!r}: {reason}" in end.text
    assert "Traceback" not in end.text


@pytest.mark.parametrize(
    ("option", "said"), [("--branch=99", "branch = 99"), ("--branches=7:9,20", "branches = 7:9,20")]
)
@pytest.mark.parametrize("known", [False, True])
def test_branches_that_there_are_not_are_refused(run, known, option, said):
    if known:
        run(task="FetchMetadata")
    end = run.attempt(option, task="ParseFile")
    assert end.status == (UNHANDLED if known else TASK_FAILED)
    assert f"{said}: for these files ParseFile has branches 0 to 2; choose among them" in end.text
    assert "Traceback" not in end.text
    assert not run.products("parsed_data")


def test_the_stages_above_are_not_run_for_a_branch_that_there_is_not(run):
    run(task="FetchMetadata")
    end = run.attempt("--branch=1", task="MakeHistograms")
    assert end.status == UNHANDLED
    assert "branch = 1: for these files MakeHistograms has only branch 0" in end.text
    assert not run.products("parsed_data")


def test_a_range_may_go_beyond_the_last_branch(run):
    run("--branches=1:9", task="ParseFile")
    assert len(run.products("parsed_data")) == 2
