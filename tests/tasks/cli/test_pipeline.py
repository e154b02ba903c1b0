"""The command pipeline: each command is a luigi command line, and run.cfg is checked before anything is done."""

import pytest

from targets.errors import ConfigurationError
from tasks import OTHERS, STAGES
from tasks.cli import pipeline

TASKS = frozenset((*STAGES, *OTHERS))


def arguments(command, *words):
    return pipeline.arguments(command, words, TASKS)


def configured(tmp_path, text):
    (path := tmp_path / "run.cfg").write_text(text, encoding="utf-8")
    return str(path)


def test_a_command_is_a_task():
    assert arguments("report", "--run-name", "r") == [
        *("--module", "tasks", "MakeReport", "--local-scheduler", "--run-name", "r")
    ]
    assert arguments("FindPeaks")[2] == "FindPeaks"
    assert all(arguments(name)[2] in TASKS for name in pipeline.COMMANDS if name != "run")


def test_the_demo_has_its_sources():
    assert {"--release-years=demo", "--run-name=demo"} <= set(arguments("demo"))
    assert "--run-name=demo" not in arguments("demo", "--run-name", "other")


def test_a_dry_run_is_a_plan():
    assert arguments("histograms", "--dry-run", "--skim", "4lep")[2:] == ["Plan", "--local-scheduler", "--skim", "4lep"]


def test_a_scheduler_that_is_named_is_used():
    assert "--local-scheduler" not in arguments("report", "--scheduler-host", "localhost")


def test_a_run_file_gives_options_that_the_command_line_overrides(tmp_path):
    text = "[run]\ntask = MakePlots\nrun_name = x\n[parameters]\nplot_formats = png\nbin_width_gev = 5\n"
    path = configured(tmp_path, text + "[ParseFile]\nworkflow = pbs\n")
    words = arguments("run", path, "--bin-width-gev", "20")
    assert words[2] == "MakePlots"
    assert {"--run-name=x", "--plot-formats=png", "--ParseFile-workflow=pbs"} <= set(words)
    assert "--bin-width-gev=5" not in words
    assert words[-2:] == ["--bin-width-gev", "20"]
    assert "--plot-formats=png" not in arguments("histograms", path)  # which it has no use for


def test_files_beside_a_run_file_are_found_from_anywhere(tmp_path):
    (tmp_path / "settings").mkdir()
    (tmp_path / "settings" / "my.yaml").touch()
    path = configured(tmp_path, "[selection]\nselection = settings/my.yaml\ngood_runs = atlas-2015-25ns,other/x.xml\n")
    words = arguments("run", path)
    assert f"--selection={tmp_path}/settings/my.yaml" in words
    assert "--good-runs=atlas-2015-25ns,other/x.xml" in words


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[run]\ntask = MakeReprt\n", r"run\.cfg: task = MakeReprt: there is no such task; did you mean 'MakeReport'"),
        ("[parameters]\nbin_widht_gev = 5\n", r"run\.cfg:2: \[parameters\] has no key 'bin_widht_gev'; did you mean"),
        ("[parameters]\nbin_width_gev = wide\n", r"run\.cfg:2: \[parameters\] bin_width_gev = 'wide' is not valid"),
        ("[ParseFile]\nworkflw = pbs\n", r"run\.cfg:2: \[ParseFile\] has no key 'workflw'; did you mean 'workflow'"),
        ("[Parsefile]\nworkflow = pbs\n", r"there is no section \[Parsefile\]; did you mean 'ParseFile'"),
    ],
)
def test_mistakes_in_a_run_file_are_named(tmp_path, text, message):
    with pytest.raises(ConfigurationError, match=message):
        arguments("run", configured(tmp_path, text))


def test_unknown_commands_and_missing_files_are_named():
    with pytest.raises(ConfigurationError, match=r"there is no command 'repot'; did you mean 'report'\?"):
        arguments("repot")
    with pytest.raises(ConfigurationError, match=r"pipeline run needs a run\.cfg"):
        arguments("run")


def test_help_and_errors_end_the_process(capsys):
    with pytest.raises(SystemExit, match="0"):
        pipeline.main([], ())
    text = capsys.readouterr().out
    assert all(f"  {name} " in text for name in (*pipeline.COMMANDS, "compare"))
    with pytest.raises(SystemExit, match="error: pipeline compare needs two runs"):
        pipeline.main(["compare", "runs/a"], ())
