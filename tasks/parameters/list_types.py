"""Parameters that are lists: comma-separated on the command line, tuples in Python."""

import re
from collections.abc import Callable, Iterable, Sequence
from numbers import Real
from pathlib import Path
from typing import Any

import law
import luigi
from luigi.task_register import Register

from targets.catalogue.local_files import LIST_MARK
from tasks.parameters.types import Checked, absolute

__all__ = ["FileList", "Handling", "ListNames", "Names", "Numbers"]

_URL = re.compile(r"^(?:[a-z][a-z0-9+.-]*::)*[a-z][a-z0-9+.-]*://", re.IGNORECASE)  # fsspec joins several by ::
_MODES = {"i": "asks for each", "a": "all", "d": "only lists"}  # of law


class _Listed(Checked, law.CSVParameter):
    """A list."""

    def normalize(self, value: Any) -> Any:
        """Take tuples and lists: of a text that Python code gives, the letters would be taken."""
        if not isinstance(value, list | tuple):
            is_text = isinstance(value, str | Path)
            items = tuple(self.items(self.parse(str(value)))) if is_text else (value,) * (value is not None)
            raise self.refusal(value, f"in Python a list is a tuple: write {self._attribute_name}={items!r}")
        return super().normalize(tuple(self.items(value)))

    def items(self, value: Sequence[Any]) -> Iterable[Any]:
        """Return the items as they are kept."""
        return value


class Names(_Listed):
    """A comma-separated list of words; blanks around them do not count."""

    def __init__(self, check: Callable[[Sequence[str]], Any] | None = None, **kwargs: Any) -> None:
        self._checker = check
        super().__init__(**kwargs)

    def items(self, value: Sequence[Any]) -> Iterable[str]:
        """Strip blanks; leave out what is empty."""
        for item in value:
            if not isinstance(item, str | Path):
                raise self.refusal(value, f"{item!r} is no text")
            if text := str(item).strip():
                yield text

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
        return tuple(absolute(item) if "/" in item or "." in item else item for item in super().normalize(value))

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


class Numbers(_Listed):
    """A comma-separated list of numbers above 0."""

    def __init__(self, kind: type[int] | type[float], **kwargs: Any) -> None:
        self._kind: Any = kind
        super().__init__(inst=_Item(kind), **kwargs)

    def items(self, value: Sequence[Any]) -> Iterable[float]:
        """Make integers or floats of all: both would name variants, as 10 and 10.0."""
        for item in value:
            if isinstance(item, bool) or not isinstance(item, Real):
                raise self.refusal(value, f"{item!r} is no number")
            if not 0 < float(item) < float("inf"):
                raise self.refusal(self.serialize(value), "each must be above 0")
            if self._kind(item) != item:
                raise self.refusal(value, f"{item!r} is no whole number")
            yield self._kind(item)

    def check(self, value: Sequence[float]) -> None:
        """Refuse a number twice."""
        if len(set(value)) < len(value):
            raise self.refusal(self.serialize(value), "each may appear only once")


class FileList(Names):
    """Files, globs, URLs and lists of them; paths are made absolute, because jobs start elsewhere."""

    def normalize(self, value: Any) -> tuple[str, ...]:
        """Expand ~ and make paths absolute, those of lists too; URLs stay as they are."""
        return tuple(self._item(item) for item in super().normalize(value))

    @staticmethod
    def _item(item: str) -> str:
        if item.startswith(LIST_MARK):
            return LIST_MARK + absolute(item[len(LIST_MARK) :].strip())
        return item if _URL.match(item) else absolute(item)


class Handling(_Listed):
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
