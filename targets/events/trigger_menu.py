"""The trigger menus of a PHYSLITE file, from its tree ``MetaData``, and the key that names each event's menu."""

from typing import Any

import numpy as np
import numpy.typing as npt

from targets.errors import FileFormatError
from targets.events.spellings import spelt

__all__ = ["read_menu_keys", "read_menus"]

# Read off PHYSLITE files of release 24; the RNTuple form has the same fields.
_TREE, _KEYS, _PAYLOADS = "MetaData", "TriggerMenuJson_HLTAux.key", "TriggerMenuJson_HLTAux.payload"
_EVENT_KEY, _MEMBER = "TrigConfKeys", "m_smk"


def read_menus(file: Any, uri: str) -> dict[int, str]:
    """Read the menus of a file.

    Args:
        file: The file, as uproot opens it.
        uri: Its address, for the message.

    Returns:
        Key -> the menu in JSON; none for a file without menus, as simulation.

    Raises:
        FileFormatError: When a menu has no key, or two menus have the same.
    """
    if _TREE not in file.keys(cycle=False):
        return {}
    tree = file[_TREE]
    names = {spelt(name): name for name in tree.keys()}  # noqa: SIM118 - a tree is no mapping
    if _KEYS not in names or _PAYLOADS not in names:
        return {}
    keys = [key for entry in tree[names[_KEYS]].array().tolist() for key in entry]
    payloads = [payload for entry in tree[names[_PAYLOADS]].array().tolist() for payload in entry]
    if len(keys) != len(payloads):
        msg = f"{uri}: tree {_TREE} has {len(payloads)} trigger menus and {len(keys)} keys: fetch the file again"
        raise FileFormatError(msg)
    menus: dict[int, str] = {}
    for key, payload in zip(keys, payloads, strict=True):
        if menus.setdefault(int(key), payload) != payload:
            msg = f"{uri}: tree {_TREE} has two different trigger menus with the key {key}: use --triggers none"
            raise FileFormatError(msg)
    return menus


def read_menu_keys(tree: Any, start: int | None = None, stop: int | None = None) -> npt.NDArray[np.int64] | None:
    """Read the key of each event's menu.

    Args:
        tree: The tree of events, as uproot gives it.
        start: First entry; from the beginning when it is left out.
        stop: The entry after the last; to the end when it is left out.

    Returns:
        Keys (dimensionless), shape (n_events,); None for a tree without them.
    """
    if _EVENT_KEY not in tree.keys(recursive=False):
        return None
    return np.asarray(tree[_EVENT_KEY].array(entry_start=start, entry_stop=stop)[_MEMBER], dtype=np.int64)
