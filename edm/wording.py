"""Words for sentences: plurals, and the nearest name of a misspelt one."""

from collections.abc import Iterable
from difflib import get_close_matches

__all__ = ["amount", "did_you_mean", "nearest"]


def amount(number: int, noun: str) -> str:
    """Return number and noun, in the plural unless there is just one: `1 file`, `2 files`, `0 files`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


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
