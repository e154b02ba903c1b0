"""ROOT files from outside: opening them, listing their trees, and saying clearly what is wrong with one."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import uproot

from targets.errors import UnreadableFileError

__all__ = ["Tree", "open_trees", "unreadable"]


class Tree(NamedTuple):
    """A TTree or RNTuple of an open file.

    Attributes:
        tree: uproot's object.
        branches: Short name of every branch and its full path; a sub-branch is known by its own name too.
    """

    tree: Any
    branches: dict[str, str]


@contextmanager
def open_trees(uri: str) -> Iterator[dict[str, Tree]]:
    """Open a ROOT file.

    Args:
        uri: Path or URL.

    Yields:
        The TTrees and RNTuples of its top level by name, the newest cycle of each; none for an empty skim.

    Raises:
        UnreadableFileError: When it is absent, truncated, damaged or not ROOT.
    """
    try:
        file = uproot.open(uri)
    except Exception as error:  # what uproot raises depends on where the damage is
        raise unreadable(uri, "cannot be opened as a ROOT file", error) from error
    with file:
        try:
            trees = _trees(file)
        except Exception as error:  # as above
            raise unreadable(uri, "its list of trees cannot be read", error) from error
        yield trees


def unreadable(uri: str, what: str, error: Exception) -> UnreadableFileError:
    """Say what is wrong with a file.

    Args:
        uri: The file.
        what: What could not be done.
        error: What the library raised.

    Returns:
        The error to raise, with the remedy.
    """
    reason = str(error).strip().split("\n")[0]
    remedy = "it is truncated, damaged or no ROOT file: fetch it again, or compare its checksum with the portal's"
    if isinstance(error, FileNotFoundError):
        remedy = "check the path"
    elif isinstance(error, PermissionError):
        remedy = "check who may read it"
    return UnreadableFileError(f"{uri}: {what} ({type(error).__name__}: {reason}); {remedy}")


def _trees(file: Any) -> dict[str, Tree]:
    classes = file.classnames().items()
    newest_last = sorted(classes, key=lambda item: int(item[0].split(";")[1]))
    keys = {key.split(";")[0]: key for key, kind in newest_last if kind.startswith("TTree") or "RNTuple" in kind}
    return {name: Tree(tree := file[key], _branches(tree)) for name, key in keys.items()}


def _branches(tree: Any) -> dict[str, str]:
    recursive = isinstance(tree, uproot.TTree)  # listing the sub-fields of a wide RNTuple takes seconds
    paths = tree.keys(recursive=recursive)
    return {path.rsplit("/", 1)[-1]: path for path in reversed(paths)} | {path: path for path in paths}
