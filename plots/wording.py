"""Words of figures: final states and combinations as people say them, beside the names that files have."""

import re
from collections.abc import Iterator
from itertools import groupby

from edm.kinds import NAMES
from edm.spectra import SpectrumKey

__all__ = ["describe_combination", "describe_final_state", "describe_spectrum", "plural"]

_SIGNS = {"e": "e", "m": "µ", "t": "τ", "Z": "Z"}
"""Kinds that physicists write as a sign, also in the plural."""
_CHARGES = {"OS": "opposite charges", "SS": "same charge"}
_MISSING = "missing transverse momentum"
_NUMBERS = ("", "leading", "two leading", "three leading", "four leading")
_ORDINALS = ("leading", "2nd", "3rd")
_COUNT = re.compile(r"(\d+)([A-Za-z])")
_RANK = re.compile(r"([A-Za-z])(\d+)")


def plural(kind: str) -> str:
    """Return the name of a kind of objects in the plural, as the title of an axis: ``Electrons``."""
    return f"{NAMES.get(kind, kind)}s".capitalize()


def describe_final_state(final_state: str, max_multiplicity: int = 0) -> str:
    """Say what the events of a final state have.

    Args:
        final_state: A label such as ``1e_1m_0j_0g``.
        max_multiplicity: Objects of a kind in the top bucket, of which there may be more; 0 for no limit.

    Returns:
        As ``e + µ, no jets``: which kinds there are, and that there is no jet; other kinds that are not there go
        without saying.
    """
    *_, charge = final_state.split("_")
    counts = {kind: int(number) for number, kind in _COUNT.findall(final_state)}
    objects = [_objects(kind, number, max_multiplicity) for kind, number in counts.items() if number]
    parts = [" + ".join(objects)] if objects else ["no objects"]
    parts += ["no jets"] if objects and counts.get("j") == 0 and not counts.get("b") else []
    return ", ".join([*parts, *([_CHARGES[charge]] if charge in _CHARGES else [])])


def describe_combination(combination: str) -> str:
    """Say which objects enter a mass.

    Args:
        combination: A name such as ``e0e1j0``, with ``MET+`` before it where missing momentum takes part.

    Returns:
        As ``two leading e and leading jet``; ranks that do not begin with the leading one are named, as ``2nd jet``.
    """
    parts = list(_windows(combination))
    parts += [_MISSING] if combination.startswith("MET") else []
    return " and ".join(parts) if len(parts) < 3 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def describe_spectrum(key: SpectrumKey, max_multiplicity: int = 0) -> str:
    """Say what a mass distribution is of: in words, and by the names that files have.

    Args:
        key: The final state and the combination.
        max_multiplicity: Objects of a kind in the top bucket, of which there may be more; 0 for no limit.

    Returns:
        As ``e + µ, no jets: mass of leading e and leading µ   (e0m0 in 1e_1m_0j_0g)``.
    """
    state, combination = key.final_state, key.combination
    words = f"{describe_final_state(state, max_multiplicity)}: mass of {describe_combination(combination)}"
    return f"{words}   ({combination} in {state})"


def _objects(kind: str, number: int, max_multiplicity: int) -> str:
    """Write some objects of a kind, as ``e``, ``2 e``, ``3 jets``, ``4+ jets``."""
    more = "+" if max_multiplicity and number == max_multiplicity else ""
    name = _SIGNS.get(kind) or NAMES.get(kind, kind) + "s" * (number > 1 or bool(more))
    return name if number == 1 and not more else f"{number}{more} {name}"


def _windows(combination: str) -> Iterator[str]:
    ranks = [(kind, int(rank)) for kind, rank in _RANK.findall(combination)]
    for kind, group in groupby(ranks, key=lambda pair: pair[0]):
        window = [rank for _, rank in group]
        name = _SIGNS.get(kind) or NAMES.get(kind, kind) + "s" * (len(window) > 1)
        if window[0] == 0 and len(window) < len(_NUMBERS):
            yield f"{_NUMBERS[len(window)]} {name}"
        else:
            yield f"{' and '.join(map(_ordinal, window))} {name}"


def _ordinal(rank: int) -> str:
    return _ORDINALS[rank] if rank < len(_ORDINALS) else f"{rank + 1}th"
