"""Words for sentences: plurals, the first of many names, and the nearest name of a misspelt one."""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches

__all__ = ["amount", "did_you_mean", "first_few", "nearest"]


def amount(number: int, noun: str) -> str:
    """Return number and noun, in the plural unless there is just one: `1 file`, `2 files`, `0 files`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def first_few(names: Sequence[object], number: int = 3, count_others: bool = False) -> str:
    """Write the first few of many names.

    Args:
        names: All of them.
        number: How many are written at most.
        count_others: Whether it is said how many more there are.

    Returns:
        As ``a, b, c``; where there are more, as ``a, b, c, …`` or ``a, b, c and 2 more``.
    """
    more = len(names) - number
    end = "" if more <= 0 else f" and {more} more" if count_others else ", …"
    return ", ".join(map(str, names[:number])) + end


def nearest(word: str, options: Iterable[str], cutoff: float = 0.6) -> str | None:
    """Return the name that a misspelt word most likely stands for.

    Args:
        word: The word.
        options: The valid names.
        cutoff: How alike they must be, from 0 to 1 (the ratio of difflib).

    Returns:
        The most similar name; None when none is similar.
    """
    matches = get_close_matches(word, list(options), n=1, cutoff=cutoff)
    return matches[0] if matches else None


def did_you_mean(word: str, options: Iterable[str]) -> str:
    """Suggest what a misspelt word may stand for.

    Args:
        word: The word.
        options: The valid names.

    Returns:
        ``; did you mean 'word'?`` with the most similar one, empty when none is similar.
    """
    name = nearest(word, options)
    return f"; did you mean {name!r}?" if name else ""
