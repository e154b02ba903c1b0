"""What is on the command line: parameters of the requested task, and of stages upstream."""

from collections.abc import Iterable
from typing import Any

from luigi.cmdline_parser import CmdlineParser
from luigi.task_register import Register

from targets.errors import ConfigurationError

__all__ = ["check", "is_given", "is_own", "is_present", "is_root", "of_any", "of_root", "of_task", "option"]


def option(name: str, stage: str = "") -> str:
    """Return the option of a parameter, as ``--files-per-branch``; of one stage alone, as ``--ParseFile-workflow``."""
    return (f"--{stage}-" if stage else "--") + name.replace("_", "-")


def is_present() -> bool:
    """Tell whether luigi or law read a command line.

    Returns:
        Whether they did; False in scripts and notebooks.
    """
    return CmdlineParser.get_instance() is not None


def is_given(name: str) -> bool:
    """Tell whether a parameter of the task that was asked for stands on the command line.

    Args:
        name: The parameter's name.

    Returns:
        Whether it does; True where there is no command line and Python code sets what it wants.
    """
    return CmdlineParser.get_instance() is None or of_root(name) is not None


def is_own(task: str, name: str) -> bool:
    """Tell whether a parameter stands on the command line for one stage that is not the task asked for.

    Args:
        task: The stage's name.
        name: The parameter's name.

    Returns:
        Whether there is an option as ``--ParseFile-workflow``.
    """
    parser = CmdlineParser.get_instance()
    if parser is None or task == parser.known_args.root_task:
        return False
    return _value(parser, f"{task}_{name}") is not None


def is_root(task: str) -> bool:
    """Tell whether a task is the one that the command line asks for.

    Args:
        task: The task's name.

    Returns:
        Whether it is; False where there is no command line.
    """
    parser = CmdlineParser.get_instance()
    return parser is not None and task == parser.known_args.root_task


def of_root(name: str) -> str | None:
    """Return what the command line says of a parameter of the task that was asked for.

    Args:
        name: The parameter's name.

    Returns:
        The text; None when it says nothing.
    """
    parser = CmdlineParser.get_instance()
    if parser is None:
        return None
    values = [_value(parser, option) for option in (name, f"{parser.known_args.root_task}_{name}")]
    return next((value for value in values if value is not None), None)


def of_task(task: str, names: Iterable[str]) -> dict[str, str]:
    """Return what the command line says for one stage that is not the task asked for.

    Args:
        task: The stage's name.
        names: Names of parameters.

    Returns:
        The texts by name, as of ``--ParseFile-workflow``; none where there is no command line.
    """
    parser = CmdlineParser.get_instance()
    if parser is None or task == parser.known_args.root_task:
        return {}
    return {name: str(text) for name in names if (text := _value(parser, f"{task}_{name}")) is not None}


def of_any(name: str) -> set[str]:
    """Return the values that the command line has for a parameter of the requested task and of stages upstream.

    Args:
        name: The parameter's name.

    Returns:
        The texts; none where there is no command line.
    """
    parser = CmdlineParser.get_instance()
    given = vars(parser.known_args).items() if parser else ()
    return {value for key, value in given if value is not None and (key == name or key.endswith(f"_{name}"))}


def check(free: Iterable[str]) -> None:
    """Refuse parameters of other stages that would be ignored: one command line configures the whole chain.

    Args:
        free: The parameters that a stage above may have of its own, as how its jobs run.

    Raises:
        ConfigurationError: For an option as ``--ParseFile-selection`` where MakeHistograms is asked for.
    """
    parser = CmdlineParser.get_instance()
    if parser is None:
        return
    root, allowed = parser.known_args.root_task, set(free)
    for task, parameter in _ours():
        if task != root and parameter not in allowed and _value(parser, f"{task}_{parameter}") is not None:
            of_stage, of_all = option(parameter, task), option(parameter)
            msg = f"{of_stage} has no effect on {root}: use {of_all}, which counts for all its stages"
            raise ConfigurationError(msg)


def _ours() -> list[tuple[str, str]]:
    names = [(task, parameter) for task, _, parameter, _ in Register.get_all_params()]
    tasks = dict.fromkeys(task for task, _ in names)  # luigi goes through its whole register for each look-up
    own_tasks = {task for task in tasks if Register.get_task_cls(task).__module__.startswith("tasks.")}
    return [(task, parameter) for task, parameter in names if task in own_tasks]


def _value(parser: Any, name: str) -> Any:
    return getattr(parser.known_args, name, None)
