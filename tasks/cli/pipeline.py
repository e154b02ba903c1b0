"""The command ``pipeline``: one word for each task, and run.cfg in place of options.

Thin: every command becomes a luigi command line. ``luigi --module tasks`` and ``law run`` stay as they are.
"""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from luigi.cmdline import luigi_run
from luigi.configuration import get_config
from luigi.task_register import Register

from edm.wording import did_you_mean
from results.comparison import compare
from targets.documents import run_file
from targets.documents.run_file import Option, RunFile
from targets.errors import ConfigurationError
from tasks.cli import command_line, configuration, messages

__all__ = ["COMMANDS", "Command", "arguments", "main", "overview"]


class Command(NamedTuple):
    """A command: the task that it runs, what it sets, and what it does."""

    task: str
    about: str
    options: Mapping[str, str] = {}


COMMANDS = {
    "demo": Command("MakeReport", "run everything on built-in toy data", {"release_years": "demo", "run_name": "demo"}),
    "run": Command("", "run what a run.cfg says: pipeline run run.cfg"),
    "plan": Command("Plan", "say what a run would read, store and do; writes nothing"),
    "histograms": Command("MakeHistograms", "make the histograms"),
    "plots": Command("MakePlots", "draw the figures"),
    "scan": Command("PlotScan", "scan the histograms for narrow excesses, and draw what was found"),
    "report": Command("MakeReport", "make the report, one HTML page of the run"),
    "summary": Command("Summary", "print the statistics of a run, finished or not"),
    "runs": Command("ListRuns", "list the runs and luminosity blocks that were read, and which are good"),
    "duplicates": Command("FindDuplicates", "look for events that were read twice"),
    "arrays": Command("ExportArrays", "write the masses as .npy files"),
    "inject": Command("InjectSignal", "add a signal to a histogram"),
    "bumpnet": Command("ExportBumpNet", "write the histograms that BumpNet takes, as it reads them"),
}
"""The commands that run a task, by name."""

_DRY_RUN = "--dry-run"
_SCHEDULERS = ("--local-scheduler", "--scheduler-host", "--scheduler-port", "--scheduler-url")


def main(words: Sequence[str], tasks: Sequence[str]) -> None:
    """Run the command line.

    Args:
        words: What stands behind ``pipeline``.
        tasks: Names of all tasks.

    Raises:
        SystemExit: Always, with luigi's return code: 0 when everything is done.
    """
    command, *rest = list(words) or ["--help"]
    if command in ("-h", "--help", "help"):
        sys.stdout.write(overview())
        raise SystemExit(0)
    try:
        if command == "compare":
            raise SystemExit(_compare(rest))
        luigi_run(arguments(command, rest, frozenset(tasks)))
    except ConfigurationError as error:
        msg = f"error: {messages.printable(str(error))}"
        raise SystemExit(msg) from error


def overview() -> str:
    """Return the text of ``pipeline --help``."""
    lines = ["usage: pipeline COMMAND [run.cfg] [options]   (pipeline COMMAND --help lists the options)", ""]
    abouts = {name: command.about for name, command in COMMANDS.items()}
    abouts["compare"] = "say what differs between two runs: pipeline compare runs/a runs/b"
    lines += [f"  {name:12} {about}" for name, about in abouts.items()]
    lines += [
        "",
        "Every command first makes what it needs and is not there yet. --dry-run says what it would do. run.cfg holds",
        "sources, selection, parameters and cluster settings; options on the command line win over it. Every run",
        "leaves its run.cfg in its folder, and `pipeline run` makes the same run of it again. Any task's name is a",
        "command too: pipeline FindPeaks ...",
    ]
    return "".join(f"{line}\n" for line in lines)


def arguments(command: str, words: Sequence[str], tasks: frozenset[str]) -> list[str]:
    """Translate a command into luigi's command line.

    Args:
        command: Its name, or the name of a task.
        words: What stands behind it: perhaps the path of a run.cfg first, then options.
        tasks: Names of all tasks.

    Returns:
        The arguments of ``luigi``.

    Raises:
        ConfigurationError: For an unknown command, and for a run.cfg with an unknown key or a bad value, before
            anything is asked of the network.
    """
    if command not in COMMANDS and command not in tasks:
        names = [*COMMANDS, "compare", *sorted(tasks)]
        msg = f"there is no command {command!r}{did_you_mean(command, names)}; pipeline --help lists them"
        raise ConfigurationError(msg)
    chosen = COMMANDS.get(command) or Command(command, "")
    words = list(words)
    described = RunFile(chosen.task or "MakeReport")
    if words and not words[0].startswith("-"):
        described = run_file.load(Path(words.pop(0)), tasks)
        _check(described, tasks)
    elif not chosen.task and "--help" not in words:
        msg = f"pipeline {command} needs a run.cfg: pipeline {command} run.cfg"
        raise ConfigurationError(msg)
    task = "Plan" if _DRY_RUN in words else chosen.task or described.task
    words = [word for word in words if word != _DRY_RUN]
    given = {word.split("=")[0] for word in words}
    return [
        *("--module", "tasks", task),
        *([] if _has_scheduler(given) else ["--local-scheduler"]),
        *_options(described, chosen.options, task, given),
        *words,
    ]


def _options(described: RunFile, chosen: Mapping[str, str], task: str, given: set[str]) -> list[str]:
    """Return what run.cfg and the command set of a task, as options; those on the command line win."""
    texts = {name: _text(described, option) for name, option in described.options.items()} | dict(chosen)
    taken = {name for name, _ in Register.get_task_cls(task).get_params()}
    options = {command_line.option(name): text for name, text in texts.items() if name in taken}
    for stage, own in described.of_tasks.items():
        of_stage = stage if stage != task else ""
        options |= {command_line.option(name, of_stage): option.value for name, option in own.items()}
    return [f"{option}={text}" for option, text in options.items() if option not in given]


def _check(described: RunFile, tasks: frozenset[str]) -> None:
    """Refuse an unknown task, unknown keys and bad values, each with its line."""
    if described.task not in tasks:
        msg = f"{described.path}: task = {described.task}: there is no such task{did_you_mean(described.task, tasks)}"
        raise ConfigurationError(msg)
    for task, options in ((described.task, described.options), *described.of_tasks.items()):
        parameters = dict(Register.get_task_cls(task).get_params())
        lines = [
            configuration.Line(described.where(option), option.section, name, option.value)
            for name, option in options.items()
        ]
        sections = {line.section: parameters for line in lines}
        mistakes = list(configuration.problems(lines, sections, set()))
        if mistakes:
            raise ConfigurationError("\n".join(mistakes))


def _text(described: RunFile, option: Option) -> str:
    """Return a value in which relative paths that lie beside run.cfg are absolute."""
    folder = described.path.parent if described.path else Path()
    items = option.value.split(",")
    return ",".join(
        str((folder / item.strip()).resolve()) if "/" in item and (folder / item.strip()).is_file() else item
        for item in items
    )


def _has_scheduler(given: set[str]) -> bool:
    config = get_config()
    named = any(config.has_option("core", key) for key in ("default-scheduler-host", "default_scheduler_host"))
    return named or bool(given & set(_SCHEDULERS))


def _compare(words: Sequence[str]) -> int:
    if len(words) != 2:
        msg = "pipeline compare needs two runs: pipeline compare runs/a runs/b"
        raise ConfigurationError(msg)
    differences = compare(Path(words[0]), Path(words[1]))
    sys.stdout.write("".join(f"{line}\n" for line in differences))
    return 0
