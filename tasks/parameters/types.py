"""Parameters that check their values: each error names the parameter, the value and what it may be."""

import csv
import math
import os
import re
from collections.abc import Sequence
from numbers import Real
from pathlib import Path
from typing import Any

import luigi

from targets.errors import ConfigurationError

__all__ = ["Checked", "Choice", "Flag", "FolderPath", "Number", "PlainName", "Text", "Valued", "YamlName", "absolute"]

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

    def normalize(self, value: Any) -> Any:
        """Take text, and nothing else that Python code may give."""
        if not isinstance(value, str):
            raise self.refusal(value, "it must be text")
        return super().normalize(value)


class Number(Checked):
    """An integer or a floating-point number within limits."""

    def __init__(self, kind: type[int] | type[float], minimum: float | None = None, **kwargs: Any) -> None:
        self._kind: Any = kind
        self._minimum = minimum
        super().__init__(**kwargs)

    def parse(self, text: str) -> Any:
        """Read a number."""
        try:
            return self._kind(text)
        except ValueError as error:
            what = "a whole number" if self._kind is int else "a number"
            raise self.refusal(text, f"it is not {what}") from error

    def normalize(self, value: Any) -> Any:
        """Check a number, and make it an integer or a float: both would name variants, as 10 and 10.0."""
        if isinstance(value, bool) or not (isinstance(value, Real) and math.isfinite(float(value))):
            raise self.refusal(value, "it must be a finite number")
        if self._kind(value) != value:
            raise self.refusal(value, "it is not a whole number")
        return super().normalize(self._kind(value))

    def check(self, value: Any) -> None:
        """Refuse numbers below the minimum."""
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

    def normalize(self, value: Any) -> bool:
        """Take True or False; luigi would make nothing of all else, and say nothing."""
        return self.parse(value)


class Choice(Text):
    """One of a few words."""

    def __init__(self, choices: Sequence[str], **kwargs: Any) -> None:
        self.choices = tuple(choices)
        super().__init__(**kwargs)

    def check(self, value: str) -> None:
        """Refuse other words."""
        if value not in self.choices:
            raise self.refusal(value, f"it must be one of {', '.join(self.choices)}")


def _shown(default: Any) -> str:
    if isinstance(default, tuple):
        return ",".join(map(_shown, default)) or "none"
    return f"{default:.15g}" if isinstance(default, float) else str(default) or "none"


def absolute(text: str) -> str:
    """Return an absolute path: jobs start elsewhere.

    Args:
        text: A path, perhaps with ``~``.

    Raises:
        ConfigurationError: When it is none.
    """
    if "\0" in text:  # which no file system takes; luigi.cfg can hold it
        msg = f"the path {text!r} contains a null character, which no path can have: remove it"
        raise ConfigurationError(msg)
    return str(Path(os.path.expanduser(text)).absolute())  # noqa: PTH111 (Path fails on ~x)


class FolderPath(Text):
    """A folder or a file; made absolute, because jobs start elsewhere."""

    def normalize(self, value: Any) -> str:
        """Expand ~ and make the path absolute; empty stays empty."""
        path = super().normalize(str(value) if isinstance(value, Path) else value)
        return absolute(path) if path else ""


class YamlName(Text):
    """A built-in name, or the path of a YAML file (made absolute, because jobs start elsewhere)."""

    def normalize(self, value: Any) -> str:
        """Make paths absolute; names stay as they are."""
        value = super().normalize(str(value) if isinstance(value, Path) else value)
        is_path = "/" in value or value.endswith((".yaml", ".yml"))
        return absolute(value) if is_path else value


class PlainName(Text):
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
