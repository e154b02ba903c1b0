"""Trigger decisions of PHYSLITE: which bit of an event's words belongs to which chain, and what matched objects say.

The menu that was running is named by a key of the event; its JSON says which chain has which counter, and the chain
has fired if the bit of that number is set.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from edm.jagged import Jagged
from edm.wording import first_few
from physics.errors import EventLevelError, PhysicsError

__all__ = ["Menus", "counters_of", "decisions", "match_branch"]

Menus = Mapping[int, Mapping[str, int]]
"""Key of a menu -> chain -> its counter, the number of its bit."""

_BITS = 32  # of a word: efPassedPhysics is a vector of uint32
_COUNTER = re.compile("[0-9]{1,9}")
_SHOWN = 3


def counters_of(payload: str) -> dict[str, int]:
    """Read the counters of a menu.

    Args:
        payload: A menu in JSON, as ``TriggerMenuJson_HLTAux.payload`` has it.

    Returns:
        Chain -> counter (dimensionless).

    Raises:
        PhysicsError: When the text is no menu.
    """
    try:
        chains = json.loads(payload)["chains"]
        entries = chains.items() if isinstance(chains, dict) else [(chain["name"], chain) for chain in chains]
        written = {name: chain["counter"] for name, chain in entries}
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        msg = f"a trigger menu is no JSON with chains and their counters ({type(error).__name__}: {error})"
        raise PhysicsError(msg) from error
    counters = {}
    for name, counter in written.items():
        if type(counter) not in (int, str) or not _COUNTER.fullmatch(str(counter)):
            msg = f"a trigger menu gives the chain {name} the counter {counter!r}, which is not the number of a bit"
            raise PhysicsError(msg)
        counters[name] = int(counter)  # release 24 writes "counter": "389"
    return counters


def decisions(
    words: Jagged, keys: npt.NDArray[Any], menus: Menus, chains: tuple[str, ...]
) -> dict[str, npt.NDArray[np.bool_]]:
    """Tell which chains fired in which events.

    Args:
        words: The bits of each event, words of 32 (no unit), shape (n_events, var); bits beyond the last are not set.
        keys: The key of each event's menu (dimensionless), shape (n_events,).
        menus: The menus of the file.
        chains: The chains that are asked for.

    Returns:
        Per chain that one of the menus has, which events fired it, shape (n_events,): not fired where an event's menu
        lacks it.

    Raises:
        EventLevelError: When an event's key has no menu.
    """
    event_keys, of_event = np.unique(keys.astype(np.int64), return_inverse=True)
    unknown = [key for key in event_keys.tolist() if key not in menus]
    if unknown:
        raise EventLevelError(_no_menu(unknown, menus))
    fired = {}
    for chain in chains:
        if any(chain in menu for menu in menus.values()):
            bits = np.array([menus[key].get(chain, -1) for key in event_keys.tolist()], dtype=np.int64)
            fired[chain] = _are_set(words, bits[of_event])
    return fired


def _are_set(words: Jagged, bits: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Look one bit of every event up; -1 is no bit."""
    index = bits // _BITS
    inside = (bits >= 0) & (index < words.counts)
    fired = np.zeros(len(words), dtype=np.bool_)
    word = words.values[words.offsets[:-1][inside] + index[inside]].astype(np.int64)
    fired[inside] = (word >> (bits[inside] % _BITS)) & 1
    return fired


def _no_menu(unknown: list[int], menus: Menus) -> str:
    named = first_few(unknown, _SHOWN, count_others=True)
    present = ", ".join(map(str, sorted(menus)[:_SHOWN])) or "none"
    return (
        f"no trigger menu has the key {named} of the file's events (TriggerMenuJson_HLTAux in tree MetaData has the "
        f"keys {present}): is the file whole? --triggers none takes its events without asking"
    )


def match_branch(chain: str) -> str:
    """Name the branch of the objects that made a chain fire.

    Args:
        chain: The chain, with ``HLT_``.

    Returns:
        The branch; not empty in an event means that the chain fired.
    """
    return f"AnalysisTrigMatch_{chain}AuxDyn.TrigMatchedObjects"
