"""run.cfg: one file that is a run, as a user writes it and as every run leaves it in its folder.

Sections group the parameters for readers and mean nothing else; a section with the name of a task holds options of that
task alone; what a run was made of (the variant of each stage) stands in a section for each dataset.
"""

from collections.abc import Iterator, Mapping
from configparser import ConfigParser
from configparser import Error as ConfigParserError
from dataclasses import dataclass, field
from pathlib import Path

from edm.wording import did_you_mean
from targets.documents.ini_lines import line_numbers
from targets.errors import ConfigurationError

__all__ = ["GROUPS", "NAME", "Option", "RunFile", "load", "to_text"]

NAME = "run.cfg"
"""The file's name in the folder of a run."""

GROUPS = ("run", "sources", "selection", "parameters", "cluster")
"""The sections that hold parameters."""

_VARIANTS = "variants of "
_TASK = "task"


@dataclass(frozen=True)
class Option:
    """A parameter's value, as text, and the section and line where it stands."""

    value: str
    section: str = "parameters"
    line: int = 0


@dataclass(frozen=True)
class RunFile:
    """What a run is.

    Attributes:
        task: The task that was asked for, or is to be run.
        options: Parameters by name.
        of_tasks: Options of one task alone, by task.
        variants: For each dataset, the folder of each stage's variant.
        path: Where it was read.
    """

    task: str
    options: Mapping[str, Option] = field(default_factory=dict)
    of_tasks: Mapping[str, Mapping[str, Option]] = field(default_factory=dict)
    variants: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    path: Path | None = None

    def where(self, option: Option) -> str:
        """Return file and line of an option, for messages."""
        return f"{self.path}:{option.line}"


def load(path: Path, tasks: frozenset[str] = frozenset()) -> RunFile:
    """Read a run.cfg.

    Args:
        path: The file.
        tasks: Tasks that may have a section of their own; none by default, and then any name is taken for a task's.

    Returns:
        What it says.

    Raises:
        ConfigurationError: When it cannot be read, has no INI format, or has an unknown section.
    """
    parser, lines = _parse(path)
    options: dict[str, Option] = {}
    of_tasks: dict[str, dict[str, Option]] = {}
    variants: dict[str, dict[str, str]] = {}
    for section in parser.sections():
        if section.startswith(_VARIANTS):
            variants[section.removeprefix(_VARIANTS)] = dict(parser.items(section))
            continue
        stands = {
            key.replace("-", "_"): Option(" ".join(value.split()), section, lines.get((section, key), 0))
            for key, value in parser.items(section)
        }
        if section in GROUPS:
            options |= _without_twins(path, options, stands)
        elif not tasks or section in tasks:
            of_tasks[section] = stands
        else:
            sections = [*GROUPS, *sorted(tasks)]
            msg = f"{path}: there is no section [{section}]{did_you_mean(section, sections)}; use {', '.join(GROUPS)}"
            raise ConfigurationError(msg)
    task = options.pop(_TASK, Option("MakeReport")).value
    return RunFile(task, options, of_tasks, variants, path)


def _parse(path: Path) -> tuple[ConfigParser, dict[tuple[str, str], int]]:
    """Read the sections of a file, and the line of each key."""
    parser = ConfigParser(interpolation=None, default_section="")
    parser.optionxform = str  # type: ignore[assignment,method-assign] # keys as written
    try:
        parser.read_string(text := path.read_text(encoding="utf-8"), source=str(path))
    except OSError as error:
        msg = f"{path}: cannot be read ({error.strerror}); name the run.cfg of a run, or one of your own"
        raise ConfigurationError(msg) from error
    except (ConfigParserError, UnicodeDecodeError) as error:
        msg = f"{path}: {' '.join(str(error).split())}; write sections as [run] and keys as name = value"
        raise ConfigurationError(msg) from error
    return parser, line_numbers(text)


def to_text(run: RunFile, comment: str) -> str:
    """Write a run.cfg.

    Args:
        run: What it says.
        comment: What stands above it, one line or more.

    Returns:
        The file's content.
    """
    return "".join(f"{line}\n" for line in _written(run, comment))


def _written(run: RunFile, comment: str) -> Iterator[str]:
    yield from (f"# {line}" for line in comment.splitlines())
    for group in GROUPS:
        options = {name: option for name, option in run.options.items() if option.section == group}
        if options or group == GROUPS[0]:
            yield from ("", f"[{group}]", *([f"{_TASK} = {run.task}"] if group == GROUPS[0] else []))
            yield from (f"{name} = {option.value}" for name, option in options.items())
    for task, own in run.of_tasks.items():
        yield from ("", f"[{task}]", *(f"{name} = {option.value}" for name, option in own.items()))
    for dataset, stages in run.variants.items():
        yield from ("", f"[{_VARIANTS}{dataset}]", *(f"{stage} = {variant}" for stage, variant in stages.items()))


def _without_twins(path: Path, options: Mapping[str, Option], more: Mapping[str, Option]) -> Mapping[str, Option]:
    for name in options.keys() & more.keys():
        msg = f"{path}:{more[name].line}: {name} stands in [{options[name].section}] too; remove one of the two"
        raise ConfigurationError(msg)
    return more
