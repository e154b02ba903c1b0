"""The trigger menus of a PHYSLITE file, from its tree ``MetaData``, and the key that names each event's menu."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from targets.errors import FileFormatError
from targets.events.spellings import spelt
from targets.rootio.files import Tree

__all__ = ["EVENT_KEY_BRANCH", "MENU_KEY", "read_menu_keys", "read_menus"]

# Read off PHYSLITE files of release 24; the RNTuple form has the same fields.
_TREE, _KEYS, _PAYLOADS = "MetaData", "TriggerMenuJson_HLTAux.key", "TriggerMenuJson_HLTAux.payload"
_MEMBER = "m_smk"

EVENT_KEY_BRANCH = "TrigConfKeys"
"""The branch of the keys of events, a structure."""

MENU_KEY = f"{EVENT_KEY_BRANCH}.{_MEMBER}"
"""Its member that names the menu, as selections spell it."""


def read_menus(trees: Mapping[str, Tree], uri: str) -> dict[int, str]:
    """Read the menus of a file.

    Args:
        trees: The trees of the file.
        uri: Its address, for the message.

    Returns:
        Key -> the menu in JSON; none for a file without menus, as simulation.

    Raises:
        FileFormatError: When a menu has no key, or two menus have the same.
    """
    if _TREE not in trees:
        return {}
    tree = trees[_TREE]
    names = {spelt(name): name for name in tree.branches}
    if _KEYS not in names or _PAYLOADS not in names:
        return {}
    keys = [key for entry in tree.array(names[_KEYS]).tolist() for key in entry]
    payloads = [payload for entry in tree.array(names[_PAYLOADS]).tolist() for payload in entry]
    if len(keys) != len(payloads):
        msg = f"{uri}: tree {_TREE} has {len(payloads)} trigger menus and {len(keys)} keys: fetch the file again"
        raise FileFormatError(msg)
    menus: dict[int, str] = {}
    for key, payload in zip(keys, payloads, strict=True):
        if menus.setdefault(int(key), payload) != payload:
            msg = f"{uri}: tree {_TREE} has two different trigger menus with the key {key}: use --triggers none"
            raise FileFormatError(msg)
    return menus


def read_menu_keys(tree: Tree, start: int | None = None, stop: int | None = None) -> npt.NDArray[np.int64]:
    """Read the key of each event's menu.

    Args:
        tree: The tree of events, which has :data:`EVENT_KEY_BRANCH`.
        start: First entry; from the beginning when it is left out.
        stop: The entry after the last; to the end when it is left out.

    Returns:
        Keys (dimensionless), shape (n_events,).
    """
    return np.asarray(tree.array(EVENT_KEY_BRANCH, start, stop)[_MEMBER], dtype=np.int64)
