"""Which tree of a file holds its events; none does where no event passed, and the file is an empty skim."""

from collections.abc import Mapping

from targets.errors import FileFormatError
from targets.events.schemas import Schema, recognise
from targets.rootio.files import Tree

__all__ = ["BYTES_BEHIND", "NO_EVENTS", "NO_TREE", "find"]

NO_TREE = "no tree at all (taken for an empty skim)"
NO_EVENTS = "no tree of events, only metadata or trees without entries (taken for an empty skim)"
BYTES_BEHIND = (
    "bytes behind the end that the header gives (its writer was killed after a save: what came later is lost)"
)
"""What is noted of a file, after 'it has': the words that statistics and messages share."""

_METADATA = frozenset(("Runs", "LuminosityBlocks", "MetaData", "ParameterSets", "MetaDataHdr", "MetaDataHdrForm"))
# source: of the first four CMSSW's NanoAODOutputModule (PhysicsTools/NanoAOD/plugins); of the others, and of MetaData
# too, files of PHYSLITE as Athena writes them


def find(uri: str, trees: Mapping[str, Tree], schemas: list[Schema]) -> tuple[Schema, Tree] | None:
    """Find the tree of events of a file.

    Args:
        uri: The file, for the message.
        trees: Its trees by name; those that no schema names are not looked at, if one that a schema names is.
        schemas: The schemas to choose from.

    Returns:
        The schema and its tree; None for an empty skim: each tree holds metadata, by its name, or has no entries, or
        there is none, so that no event is lost.

    Raises:
        UnreadableFileError: When a tree is damaged.
        FileFormatError: When no schema fits, and trees have entries.
    """
    read = {tree for schema in schemas for tree in schema.trees}  # of the others the names are enough
    listed = {name: trees[name].branches if name in read else () for name in trees}
    try:
        schema, name = recognise(uri, listed, schemas)
    except FileFormatError:
        if all(name in _METADATA or not trees[name].num_entries for name in trees):
            return None
        raise
    return schema, trees[name]
