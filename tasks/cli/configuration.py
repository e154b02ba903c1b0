"""luigi.cfg and law.cfg: the user's settings over the project's, and no key that is silently ignored.

luigi ignores unknown keys, and a key of one task does not reach another. Here every key is checked against the
parameters, and a key of a stage counts for all stages after it.
"""

import os
from collections.abc import Iterable, Iterator, Mapping
from configparser import DEFAULTSECT, ConfigParser
from configparser import Error as ConfigParserError
from pathlib import Path
from typing import NamedTuple

try:  # they look at their configuration when they are imported
    import law
    import luigi
except (ConfigParserError, UnicodeDecodeError) as unreadable:
    message = f"error: the configuration is not valid:\n{unreadable} (a plain % is written %%)"
    raise SystemExit(message) from unreadable
from luigi import retcodes
from luigi.configuration import get_config
from luigi.task_register import Register

from edm.wording import did_you_mean
from targets.documents.ini_lines import line_numbers
from tasks.cli import messages

_RETCODES = retcodes.retcode.get_task_family()  # importing the module makes its section known

__all__ = ["LUIGI_DEFAULTS", "Line", "check", "hand_down", "load_defaults", "problems"]

LUIGI_DEFAULTS = Path(__file__).resolve().parents[1] / "luigi.cfg"
"""The project's luigi.cfg (a link in the source tree, so that an installed package has it too)."""

_FREE_SECTIONS = {"logging", "resources"}  # of luigi: any key may stand there
# keys of [core] that luigi reads without declaring them
_UNDECLARED = ("autoload_range", "no_configure_logging", "rpc_retry_attempts", "rpc_retry_wait", "rpc_log_retries")
_FREE_LAW_SECTIONS = {"logging", "modules", "bash_sandbox_env", "venv_sandbox_env"}
_BATCH_PREFIXES = ("htcondor_", "slurm_", "pbs_", "lsf_", "arc_", "glite_", "crab_")  # law's contribs define these


class Line(NamedTuple):
    """A key in a configuration file."""

    where: str
    section: str
    key: str
    value: str


def load_defaults() -> None:
    """Put the project's luigi.cfg below what luigi has read: keys that nobody set get the project's value.

    Raises:
        SystemExit: When a configuration file of the user cannot be read as one; with the file and the line.
    """
    defaults = ConfigParser(interpolation=None)
    defaults.read(LUIGI_DEFAULTS)
    try:
        config = get_config()
    except (ConfigParserError, UnicodeDecodeError) as error:  # luigi reads its files at the first look
        raise SystemExit(_invalid([str(error)])) from error
    for section in defaults.sections():
        for key, value in defaults.items(section):
            if not config.has_option(section, key):
                config.set(section, key, value)
    luigi.interface.core.ignore_unconsumed = set(_UNDECLARED)  # luigi reads them, and warns that nobody does


def hand_down(stages: Iterable[str]) -> None:
    """Let the keys of a stage's section count for the stages after it, unless those say otherwise.

    Args:
        stages: Names of the tasks, in the order of the graph.
    """
    config = get_config()
    sections: dict[str, str] = {}  # of each key, the last stage that has it
    for name in stages:
        for key, _ in Register.get_task_cls(name).get_params():
            if config.has_option(name, key):
                sections[key] = name
            elif key in sections:
                config.set(name, key, config.get(sections[key], key).replace("%", "%%"))


def check() -> None:
    """Stop with a sentence for every unknown key and bad value of luigi.cfg and law.cfg.

    Raises:
        SystemExit: When there is one; at import, so that nothing has been done yet.
    """
    mistakes = [
        problem for path in _luigi_files() for problem in problems(_lines(path), _luigi_sections(), _FREE_SECTIONS)
    ]
    mistakes += _missing_files()
    for path in _law_files():
        mistakes += _law_problems(list(_lines(path)))
    if mistakes := mistakes or list(_unresolved()):
        raise SystemExit(_invalid(mistakes))


def problems(
    lines: Iterable[Line], sections: Mapping[str, Mapping[str, luigi.Parameter]], free: set[str]
) -> Iterator[str]:
    """Find what is wrong with the lines of a luigi.cfg.

    Args:
        lines: Its keys.
        sections: The known sections, each with its parameters.
        free: Sections in which any key may stand.

    Yields:
        A sentence for each unknown section, unknown key or bad value, with file and line.
    """
    for where, section, key, value in lines:
        if section in free:
            continue
        if section == DEFAULTSECT:  # its keys would stand in all sections, those of luigi too
            yield f"{where}: [{section}] counts for no task; move {key} to the section of the first task that has it"
        elif section not in sections:
            yield f"{where}: there is no task or section [{section}]{did_you_mean(section, sections)}"
        elif key.replace("-", "_") not in sections[section]:
            yield f"{where}: [{section}] has no key {key!r}{did_you_mean(key, sections[section])}"
        else:
            try:
                parameter = sections[section][key.replace("-", "_")]
                parameter.normalize(parameter.parse(value))
            except Exception as error:  # luigi's parameters raise what they like
                yield f"{where}: [{section}] {key} = {value!r} is not valid: {error}"


def _invalid(mistakes: Iterable[str]) -> str:
    return messages.printable("\n".join(["error: the configuration is not valid:", *mistakes]))


def _unresolved() -> Iterator[str]:
    """Name values with a ``%`` or ``${NAME}`` that luigi cannot resolve; it would say so when it needs them."""
    config = get_config()
    for section in config.sections():
        try:
            config.items(section)
        except ConfigParserError as error:
            yield f"{error} (a plain % is written %%)"


def _luigi_sections() -> dict[str, dict[str, luigi.Parameter]]:
    sections: dict[str, dict[str, luigi.Parameter]] = {}
    for section, _, name, parameter in Register.get_all_params():
        sections.setdefault(section, {})[name] = parameter
    sections["core"] |= {name: luigi.Parameter() for name in _UNDECLARED}
    return sections


def _law_problems(lines: list[Line]) -> Iterator[str]:
    sections = {section: set(keys) for section, keys in law.config.Config._default_config.items()}
    for where, section, key, _ in lines:
        if section.startswith("luigi_"):
            yield f"{where}: [{section}] belongs in luigi.cfg, as [{section.removeprefix('luigi_')}]"
        elif section not in sections:
            if nearest := did_you_mean(section, sections):  # others may be file systems of the user's own
                yield f"{where}: there is no section [{section}]{nearest}"
        elif section not in _FREE_LAW_SECTIONS and key not in sections[section] and not key.startswith(_BATCH_PREFIXES):
            yield f"{where}: [{section}] has no key {key!r}{did_you_mean(key, sections[section])}"


def _luigi_files() -> list[Path]:
    paths = [Path(path).resolve() for path in get_config()._config_paths]
    return [path for path in dict.fromkeys([LUIGI_DEFAULTS.resolve(), *paths]) if path.is_file()]


def _law_files() -> list[Path]:
    named = os.environ.get("LAW_CONFIG_FILE")
    path = Path(os.path.expandvars(named)).expanduser() if named else Path("law.cfg")
    return [path.resolve()] if path.is_file() else []


def _missing_files() -> Iterator[str]:
    """Name configuration files that the environment names and that are not there: law and luigi pass over them."""
    for name in ("LAW_CONFIG_FILE", "LUIGI_CONFIG_PATH"):
        named = os.environ.get(name)
        if named and not os.path.isfile(os.path.expandvars(os.path.expanduser(named))):  # noqa: PTH111, PTH113 (any text)
            yield f"{name} = {named!r}: there is no such file; correct or unset this environment variable"


def _lines(path: Path) -> Iterator[Line]:
    """Read the keys of a configuration file, as luigi and law see them, with the line of each."""
    parser = ConfigParser(  # law lists modules without values
        interpolation=None, strict=False, allow_no_value=True, default_section=""
    )
    parser.optionxform = str  # type: ignore[assignment,method-assign] # keys as written
    try:
        parser.read_string(text := path.read_text(encoding="utf-8"), source=str(path))
    except (ConfigParserError, UnicodeDecodeError) as error:
        raise SystemExit(_invalid([f"{path}: {error}"])) from error
    except AttributeError as error:  # older Pythons stumble over it
        raise SystemExit(_invalid([f"{path}: an indented line continues a key that has no value"])) from error
    lines = line_numbers(text)
    for section in parser.sections():
        for key, value in parser.items(section):
            yield Line(f"{path}:{lines.get((section, key), 1)}", section, key, value or "")
