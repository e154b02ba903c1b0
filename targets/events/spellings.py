"""One spelling for the branches of PHYSLITE, which each of its forms writes in its own way.

A TTree has ``EventInfoAuxDyn.larFlags``, an RNTuple ``EventInfoAuxDyn:larFlags``, release 21 ``EventInfoAux.larFlags``
below a branch ``EventInfoAux.``; selections write the first.
"""

import re
from collections.abc import Iterable

__all__ = ["spellings", "spelt"]

_COLON = re.compile(r"^(\w+Aux(?:Dyn)?):\.?")  # RNTuple; static attributes have a colon and a dot
_STATIC = re.compile(r"^EventInfoAux\.")  # release 21; later ones have no static attributes of events


def spelt(branch: str) -> str:
    """Give the spelling that selections use.

    Args:
        branch: The branch, as a file calls it; with the branches that it stands below, as uproot lists it, or without.

    Returns:
        Its name with a dot after the container.
    """
    return _COLON.sub(r"\1.", branch.rpartition("/")[2])


def spellings(branches: Iterable[str]) -> dict[str, str]:
    """Map the spelling that selections use to that of a file.

    Args:
        branches: The branches of a file.

    Returns:
        Spelling of selections -> branch of the file. A static attribute of events (release 21) is found under the
        name of a dynamic one too, where the file has none of that name.
    """
    names = {spelt(branch): branch for branch in branches}
    static = {_STATIC.sub("EventInfoAuxDyn.", name): branch for name, branch in names.items() if _STATIC.match(name)}
    return static | names
