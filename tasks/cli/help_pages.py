"""``--help`` of our tasks on one screen or two, and hints for misspelt options.

luigi lists every parameter twice and begins with a screen of usage; ``--help-all`` still shows all of that.
"""

import argparse
import functools
import shutil
import sys
import textwrap
from collections.abc import Iterable, Sequence
from typing import Any, NoReturn

import luigi
from luigi.cmdline_parser import CmdlineParser
from luigi.parameter import ParameterVisibility
from luigi.task_register import Register

from edm.wording import nearest
from tasks.cli import command_line
from tasks.parameters.jobs import JobParameters
from tasks.parameters.scan import EveryParameter

__all__ = ["install", "overview", "page"]

_NAME_WIDTH = 34
_WIDEST = 120
_USAGE = "luigi --module tasks TASK [options], or law run TASK [options]; TASK --help lists the options"
_OF_LAW = {
    "workflow": "where branches run: local, pbs, slurm or htcondor; --ParseFile-workflow for one stage; default: local",
    "branch": "run only this branch; default: all",
    "branches": "run only these branches, as 0:5,7; default: all",
    "print_status": "print what is done, of this many stages upstream, and run nothing; =-1 for all",
    "print_deps": "print what the task requires, of this many stages upstream, and run nothing; =-1 for all",
    "remove_output": "remove results, of N stages upstream too (=-1,a for all): 0,a removes, 0,i asks, 0,d only lists",
}
_OF_LUIGI = {
    "--local-scheduler": "run without luigid",
    "--scheduler-host VALUE": "host of luigid, to watch the run in a browser (--scheduler-port, default: 8082)",
    "--workers VALUE": "stages that run at once; default: 1",
    "--help-all": "all options of luigi and law",
}


def install(stages: Sequence[str], others: Sequence[str]) -> None:
    """Let luigi's command line show our pages for our tasks, and name the nearest option of a misspelt one.

    Args:
        stages: Names of the stages, in the order of the graph.
        others: Names of the other tasks.
    """
    if getattr(CmdlineParser, "_pages", False):
        return
    CmdlineParser._pages = True
    build, leave = CmdlineParser._build_parser, CmdlineParser._possibly_exit_with_help

    @functools.cache
    def built(_: tuple[str, ...], root_task: str | None, help_all: bool) -> argparse.ArgumentParser:
        parser: argparse.ArgumentParser = build(root_task, help_all)
        parser.usage = _USAGE
        parser.error = functools.partial(_refuse, parser, root_task, stages)  # type: ignore[method-assign]
        return parser

    def building(root_task: str | None = None, help_all: bool = False) -> argparse.ArgumentParser:
        """Build the parser of a set of tasks once: luigi does six times, which takes half a second."""
        return built(tuple(Register.task_names()), root_task, help_all)

    def leaving(parser: argparse.ArgumentParser, options: Any) -> None:
        task = options.root_task
        if options.core_help and not options.core_help_all and (task is None or _is_ours(task)):
            text = page(Register.get_task_cls(task), [*stages, *others]) if task else overview([*stages, *others])
            sys.stdout.write(f"{text}\n")
            parser.exit(0)
        leave(parser, options)

    CmdlineParser._build_parser, CmdlineParser._possibly_exit_with_help = staticmethod(building), staticmethod(leaving)


def overview(names: Sequence[str]) -> str:
    """List tasks.

    Args:
        names: Their names.

    Returns:
        The text: how to start a task, and what each does.
    """
    lines = [f"usage: {_USAGE}", "", "A task first makes whatever it needs that does not exist yet."]
    for name in names:
        lines += _line(name, _sentence(Register.get_task_cls(name)))
    return "\n".join(lines)


def page(task: Any, stages: Sequence[str]) -> str:
    """Describe a task and its parameters.

    Args:
        task: The task's class.
        stages: Names of the stages, in the order of the graph, and of other tasks behind them.

    Returns:
        The text: what the task does, and its parameters in groups, each with what luigi.cfg says where that differs.
    """
    family, first_stages = task.get_task_family(), _first_stages(stages)
    described = {
        name: parameter
        for name, parameter in task.get_params()
        if parameter.description and parameter.visibility == ParameterVisibility.PUBLIC
    }
    lines = [f"{family}: {_sentence(task)}", "", f"  luigi --module tasks {family} --local-scheduler [options]"]
    lines += [f"  law run {family} --local-scheduler [options]", ""]
    lines += _filled(
        "In brackets: the first stage that runs again when the value changes. Options without brackets choose files "
        "or change where and how fast a run works, but no result.",
        "",
    )
    for group in EveryParameter.__mro__[-2::-1]:  # the most basic first, without object
        names = [name for name in vars(group) if name in described] if issubclass(task, group) else []
        lines += ["", _sentence(group)] if names else []
        lines += [line for name in names for line in _entry(family, name, described[name], first_stages.get(name))]
    if "workflow" in described:
        lines += ["", "Jobs on a cluster (README: On a cluster)."]
        names = [name for name in vars(JobParameters) if name in described]
        lines += [line for name in names for line in _entry(family, name, described[name], None)]
    lines += ["", "Options of law and luigi."]
    for name, text in _OF_LAW.items():
        lines += _line(_option(name, described[name]), text) if name in described else []
    for option, text in _OF_LUIGI.items():
        lines += _line(option, text)
    return "\n".join(lines)


def _first_stages(names: Sequence[str]) -> dict[str, str]:
    """Return the first stage whose results each parameter changes."""
    first_stages: dict[str, str] = {}
    for name in reversed(names):
        stage = Register.get_task_cls(name)
        first_stages |= dict.fromkeys((*stage.variant_parameters, *stage.described_parameters), name)
    return first_stages


def _entry(family: str, name: str, parameter: Any, stage: str | None) -> list[str]:
    text = parameter.description + (f" [{stage}]" if stage else "") + _configured(family, name, parameter)
    return _line(_option(name, parameter), text)


def _option(name: str, parameter: Any) -> str:
    return f"{command_line.option(name)} {'True|False' if isinstance(parameter, luigi.BoolParameter) else 'VALUE'}"


def _line(option: str, text: str) -> list[str]:
    lines = _filled(text, " " * _NAME_WIDTH)
    if len(option) + 3 < _NAME_WIDTH:
        return [f"  {option}".ljust(_NAME_WIDTH) + lines[0].lstrip(), *lines[1:]]
    return [f"  {option}", *lines]


def _configured(family: str, name: str, parameter: Any) -> str:
    """Say what the configuration sets where that is not the default."""
    value, default = parameter.task_value(family, name), parameter._default
    text = parameter.serialize(parameter.normalize(value))
    return f" (now: {text})" if text != parameter.serialize(parameter.normalize(default)) else ""


def _is_ours(name: str | None) -> bool:
    return bool(name) and name in Register.task_names() and Register.get_task_cls(name).__module__.startswith("tasks.")


def _sentence(documented: Any) -> str:
    return " ".join((documented.__doc__ or "").strip().split("\n\n")[0].split())


def _filled(text: str, indent: str) -> list[str]:
    width = min(shutil.get_terminal_size((100, 40)).columns, _WIDEST)
    return textwrap.wrap(
        text, width, initial_indent=indent, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )


def _refuse(parser: argparse.ArgumentParser, task: str | None, stages: Sequence[str], message: str) -> NoReturn:
    options = [option for action in parser._actions for option in action.option_strings]
    unknown = message.split(": ", 1)[-1] if "unrecognized" in message else ""
    hints = [hint for word in unknown.split() if (hint := _hint(word.split("=")[0], task, stages, options))]
    hint = "; ".join(["", *dict.fromkeys(hints)])
    if unknown and not hints and not unknown.startswith("-"):
        hint = "; separate the items of a list by commas, and put a glob in quotes: 'data/*.root'"
    parser.exit(2, f"error: {message}{hint} (--help lists the options)\n")


def _hint(option: str, task: str | None, stages: Sequence[str], options: Iterable[str]) -> str:
    """Say what an unknown option may stand for: one that the task takes, or the same of another task."""
    if not option.startswith("--"):
        return ""
    if takers := [stage for stage in stages if f"--{stage}{option[1:]}" in options]:
        return f"{task} has no {option}, but {takers[0]} does" if task else ""
    own = getattr(Register.get_task_cls(task), "prefer_params_cli", ()) if _is_ours(task) else ()
    of_stages = {command_line.option(name, stage) for stage in stages for name in own}
    taken = [name for name in options if name[2:3].islower() or name in of_stages]  # others are refused, or luigi's
    name = nearest(option, taken, cutoff=0.75)
    return f"did you mean {name}?" if name else ""
