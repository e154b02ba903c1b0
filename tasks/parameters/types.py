"""Parameters that check their values: each error names the parameter, the value and what it may be."""

import csv
import os
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import law
import luigi
from luigi.task_register import Register

from targets.catalogue.local_files import LIST_MARK
from targets.errors import ConfigurationError

__all__ = [
    "Checked",
    "Choice",
    "FileList",
    "Flag",
    "FolderPath",
    "Handling",
    "ListNames",
    "Names",
    "Number",
    "Numbers",
    "PlainName",
    "Text",
    "Valued",
    "YamlName",
]

_URL = re.compile(r"^(?:[a-z][a-z0-9+.-]*::)*[a-z][a-z0-9+.-]*://", re.IGNORECASE)  # fsspec joins several by ::
_MODES = {"i": "asks for each", "a": "all", "d": "only lists"}  # of law
_PLAIN_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]*")


class Valued:
    """A parameter whose help text ends with its default, and which type checkers take for its value."""

    def __init__(self, *, default_text: str = "", **options: Any) -> None:
        """Describe the default.

        Args:
            default_text: What the help says of the default where its value does not speak for itself.
            options: luigi's, among them ``default`` and ``description``.
        """
        description = options.get("description")
        if description and "; default: " not in description:  # those of submit say it already
            options["description"] = f"{description}; default: {default_text or _shown(options['default'])}"
        super().__init__(**options)

    def __get__(self, instance: Any, owner: Any) -> Any:
        """Return the value, or the parameter itself on the class."""
        return super().__get__(instance, owner)  # type: ignore[misc] # luigi's parameters are descriptors


class Checked(Valued, luigi.Parameter):
    """A parameter whose bad values are named with the parameter, wherever they come from."""

    def parse(self, text: str) -> Any:
        """Read a value from the command line or a configuration file."""
        try:
            return super().parse(text)
        except ConfigurationError:
            raise
        except (ValueError, csv.Error) as error:
            raise self.refusal(text, str(error)) from error

    def normalize(self, value: Any) -> Any:
        """Check a value, wherever it comes from."""
        value = super().normalize(value)
        self.check(value)
        return value

    def check(self, value: Any) -> None:
        """Raise the refusal of a bad value; the default takes all."""

    def refusal(self, value: Any, reason: str) -> ConfigurationError:
        """Return the error for a bad value, with the reason."""
        return ConfigurationError(
            f"{self._attribute_name} = {value!r}: {reason}. {self._attribute_name}: {self.description}"
        )


class Text(Checked):
    """Any text."""


class Number(Checked):
    """An integer or a floating-point number within limits."""

    def __init__(self, kind: type[int] | type[float], minimum: float | None = None, **kwargs: Any) -> None:
        self._kind, self._minimum = kind, minimum
        super().__init__(**kwargs)

    def parse(self, text: str) -> Any:
        """Read a number."""
        try:
            return self._kind(text)
        except ValueError as error:
            what = "a whole number" if self._kind is int else "a number"
            raise self.refusal(text, f"it is not {what}") from error

    def check(self, value: Any) -> None:
        """Refuse numbers that are not finite or below the minimum."""
        if not (isinstance(value, int | float) and float("-inf") < value < float("inf")):
            raise self.refusal(value, "it must be a finite number")
        if self._minimum is not None and value < self._minimum:
            raise self.refusal(value, f"it must be {self._minimum:g} or more")


class Flag(Valued, luigi.BoolParameter):
    """True or False, said explicitly (``--flag False``) or by the flag alone."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(parsing=luigi.BoolParameter.EXPLICIT_PARSING, **kwargs)

    def parse(self, text: Any) -> bool:
        """Read True or False.

        Raises:
            ConfigurationError: For any other word.
        """
        if str(text).lower() not in ("true", "false"):
            name = self._attribute_name
            msg = f"{name} = {text!r}: it must be True or False. {name}: {self.description}"
            raise ConfigurationError(msg)
        return str(text).lower() == "true"


class Choice(Checked):
    """One of a few words."""

    def __init__(self, choices: Sequence[str], **kwargs: Any) -> None:
        self.choices = tuple(choices)
        super().__init__(**kwargs)

    def check(self, value: str) -> None:
        """Refuse other words."""
        if value not in self.choices:
            raise self.refusal(value, f"it must be one of {', '.join(self.choices)}")


class Names(Checked, law.CSVParameter):
    """A comma-separated list of words; blanks around them do not count."""

    def __init__(self, check: Callable[[Sequence[str]], Any] | None = None, **kwargs: Any) -> None:
        self._checker = check
        super().__init__(**kwargs)

    def normalize(self, value: Any) -> Any:
        """Strip blanks and check."""
        return super().normalize(tuple(item for item in (str(item).strip() for item in value) if item))

    def check(self, value: Sequence[str]) -> None:
        """Ask the checker, where there is one."""
        if self._checker:
            try:
                self._checker(value)
            except ValueError as error:
                raise self.refusal(",".join(value), str(error)) from error


class ListNames(Names):
    """Names and paths of files, comma-separated; paths are made absolute, because jobs start elsewhere."""

    def normalize(self, value: Any) -> Any:
        """Strip blanks and make paths absolute; what has neither a slash nor a dot is a name."""
        return tuple(_absolute(item) if "/" in item or "." in item else item for item in super().normalize(value))

    def check(self, value: Sequence[str]) -> None:
        """Refuse an empty list."""
        if not value:
            raise self.refusal(value, "it names nothing: write none for no list")
        super().check(value)


class _Item(luigi.Parameter):
    """A number in a list."""

    def __init__(self, kind: type[int] | type[float]) -> None:
        self._kind = kind
        super().__init__()

    def parse(self, text: str) -> Any:
        """Read a number.

        Raises:
            ValueError: When it is none; the list knows its own name, and says it.
        """
        try:
            return self._kind(text)
        except ValueError as error:
            what = "whole number" if self._kind is int else "number"
            msg = f"{text!r} is not a {what}: write {what}s separated by commas"
            raise ValueError(msg) from error


class Numbers(Checked, law.CSVParameter):
    """A comma-separated list of numbers above 0."""

    def __init__(self, kind: type[int] | type[float], **kwargs: Any) -> None:
        super().__init__(inst=_Item(kind), **kwargs)

    def check(self, value: Sequence[float]) -> None:
        """Refuse numbers that are not finite or not above 0, and a number twice."""
        if any(not 0 < item < float("inf") for item in value):
            raise self.refusal(self.serialize(value), "each must be above 0")
        if len(set(value)) < len(value):
            raise self.refusal(self.serialize(value), "each may appear only once")


def _shown(default: Any) -> str:
    if isinstance(default, tuple):
        return ",".join(map(_shown, default)) or "none"
    return f"{default:.15g}" if isinstance(default, float) else str(default) or "none"


def _absolute(text: str) -> str:
    if "\0" in text:  # which no file system takes; luigi.cfg can hold it
        msg = f"the path {text!r} contains a null character, which no path can have: remove it"
        raise ConfigurationError(msg)
    return str(Path(os.path.expanduser(text)).absolute())  # noqa: PTH111 (Path fails on ~x)


class FolderPath(Valued, luigi.Parameter):
    """A folder or a file; made absolute, because jobs start elsewhere."""

    def normalize(self, value: str) -> str:
        """Expand ~ and make the path absolute; empty stays empty."""
        return _absolute(value) if value else ""


class FileList(Checked, law.CSVParameter):
    """Files, globs, URLs and lists of them; paths are made absolute, because jobs start elsewhere."""

    def normalize(self, value: Any) -> tuple[str, ...]:
        """Expand ~ and make paths absolute, those of lists too; URLs stay as they are."""
        items = [str(item).strip() for item in super().normalize(value)]
        return tuple(self._item(item) for item in items if item)

    @staticmethod
    def _item(item: str) -> str:
        if item.startswith(LIST_MARK):
            return LIST_MARK + _absolute(item[len(LIST_MARK) :].strip())
        return item if _URL.match(item) else _absolute(item)


class YamlName(Valued, luigi.Parameter):
    """A built-in name, or the path of a YAML file (made absolute, because jobs start elsewhere)."""

    def normalize(self, value: str) -> str:
        """Make paths absolute; names stay as they are."""
        is_path = "/" in value or value.endswith((".yaml", ".yml"))
        return _absolute(value) if is_path else value


class PlainName(Checked):
    """A name that becomes part of a path: letters, digits, dots, dashes, plus signs and underscores."""

    def __init__(self, suffix: str = "", **kwargs: Any) -> None:
        self._suffix = suffix
        super().__init__(**kwargs)

    def check(self, value: str) -> None:
        """Refuse what could lead out of the run directory."""
        if not _PLAIN_NAME.fullmatch(value) or len(value) > 128:
            raise self.refusal(
                value, "it may contain letters, digits and . _ + - (at most 128), and must start with a letter or digit"
            )
        if not value.endswith(self._suffix) or value == self._suffix:
            raise self.refusal(value, f"it must end with {self._suffix}")


class Handling(Checked, law.CSVParameter):
    """What law is to do with outputs: down to which stage, whether it asks first, and more words of its own."""

    def __init__(self, words: int, **kwargs: Any) -> None:
        self._words = words
        super().__init__(**kwargs)

    def check(self, value: Sequence[str]) -> None:
        """Refuse depths and modes that law does not know (it would go down to the last stage), and too many words."""
        names = Register.task_names()
        for part in str(value[0]).split("|") if value else ():
            if not (part.lstrip("-").isdigit() or any(law.util.multi_match(name, part) for name in names)):
                raise self.refusal(
                    self.serialize(value), f"{part!r} is neither a number of stages nor the name of a task"
                )
        if len(value) > 1 and value[1] not in ("", *_MODES):
            modes = ", ".join(f"{letter} ({what})" for letter, what in _MODES.items())
            raise self.refusal(self.serialize(value), f"its second word must be one of {modes}, as in 0,a")
        if len(value) > self._words:
            raise self.refusal(self.serialize(value), f"it takes at most {self._words} words")
