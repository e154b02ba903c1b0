"""The branches of a TTree: their names at once, each of them parsed only when it is asked for.

PHYSLITE has 1,500 branches, of which some twenty are needed, and uproot takes 0.3 ms to parse one. Here the names are
picked out of the bytes; the branches themselves are uproot's. A list that is not laid out as known here is parsed
whole, by uproot.
"""

import re
from bisect import bisect_right
from collections.abc import Sequence
from struct import Struct
from struct import error as StructError  # noqa: N812  (struct gives its exception no name of its own)
from typing import Any, NamedTuple

import uproot
from uproot.behaviors.TTree import TTree
from uproot.const import kByteCountMask, kClassMask, kMapOffset, kNewClassTag
from uproot.deserialization import read_object_any
from uproot.interpretation.identify import UnknownInterpretation
from uproot.models.TObjArray import Model_TObjArray
from uproot.source.cursor import Cursor

from targets.errors import FileFormatError

__all__ = ["BranchList", "branch", "classes", "interpretation_of", "paths"]

_SIZE_AND_TAG = Struct(">II")  # of an object: bytes that follow the first word, and its class
_SIZE_AND_VERSION = Struct(">IH")  # of a part of an object
_OBJECT = Struct(">HII")  # TObject: version, identifier, bits
_REFERENCED = 1 << 4  # a bit of TObject: two more bytes follow
_LONG_NAME = 255  # a length that does not fit in a byte stands in the next four
_WORD = Struct(">I")
_VERSIONS = range(11, 14)  # of TBranch
_IO_FEATURES_SINCE = 13
_NUMBERS_BEFORE, _NUMBERS_BEHIND = 24, 44  # bytes around fIOFeatures: five numbers and seven


class _UnknownListError(Exception):
    """Bytes of a layout that is parsed by uproot, not here."""


class _Item(NamedTuple):
    """A branch in the bytes: where it begins and ends, its name, and those below it."""

    begin: int
    end: int
    name: str
    below: list["_Item"]


class BranchList(Model_TObjArray):  # type: ignore[misc]
    """uproot's TObjArray, which puts off the parsing of a tree's branches.

    Attributes:
        places: Path of each branch whose parsing was put off, with slashes between names, and its place among its
            siblings on each level; nothing when the list was parsed whole.
    """

    @property
    def encoded_classname(self) -> str:
        """The class by uproot's name for it, from which uproot takes that in C++."""
        return str(Model_TObjArray.__name__)

    def read_members(self, chunk: Any, cursor: Any, context: Any, file: Any) -> None:
        """Read the list, as uproot calls it.

        Args:
            chunk: Bytes of the file, or of the decompressed tree.
            cursor: Where the list begins in them.
            context: uproot's notes on what it is reading.
            file: The file.
        """
        self.places: dict[str, tuple[int, ...]] = {}
        if isinstance(self.parent, TTree) and not self.parent.has_member("fBranches"):
            try:
                self._items = _Scan(chunk, cursor, self._cursor.index + (self.num_bytes or 0)).items()
            except (_UnknownListError, StructError, ValueError, IndexError):
                self._items = []
            _place(self._items, "", (), self.places)
        if not self.places:
            super().read_members(chunk, cursor, context, file)
            return
        self._data: list[Any] = []
        self._parsed: dict[int, Any] = {}
        self._reading = (chunk, dict(context), file, cursor.origin, _References(self._resolve))
        cursor.move_to(self._items[-1].end)

    def at(self, place: Sequence[int]) -> Any:
        """Parse a branch.

        Args:
            place: Its place.

        Returns:
            uproot's TBranch.

        Raises:
            ValueError: When it is damaged.
        """
        branch = self._top(place[0])
        for number in place[1:]:
            branch = branch.member("fBranches")[number]
        return branch

    def _top(self, number: int) -> Any:
        if number not in self._parsed:
            self._parsed[number] = None  # so that a reference within it does not parse it again
            chunk, context, file, origin, references = self._reading
            item = self._items[number]
            cursor = Cursor(item.begin, origin=origin, refs=references)
            branch = read_object_any(chunk, cursor, dict(context), file, self._file, self._parent)
            if cursor.index != item.end or branch.member("fName") != item.name:
                msg = f"branch {item.name} is not what the list of branches says"
                raise ValueError(msg)
            branch._index = number  # uproot would parse all branches to find its place
            self._parsed[number] = branch
        return self._parsed[number]

    def _resolve(self, displacement: int) -> None:
        """Parse the branch that holds something to which another one refers."""
        index = displacement + self._reading[3]
        number = bisect_right(self._items, index, key=lambda item: item.begin) - 1
        if number >= 0 and index < self._items[number].end:
            self._top(number)


class _References(dict[int, Any]):
    """Objects and classes by their position, to which later ones refer; what is not parsed yet is parsed then."""

    def __init__(self, resolve: Any) -> None:
        super().__init__()
        self._resolve = resolve

    def __contains__(self, key: object) -> bool:
        if not super().__contains__(key) and isinstance(key, int):
            self._resolve(key - kMapOffset)
        return super().__contains__(key)


class _Scan:
    """Picks names out of the bytes of a list of branches."""

    def __init__(self, chunk: Any, cursor: Any, end: int) -> None:
        if end <= cursor.index:
            raise _UnknownListError
        self._start = int(cursor.index)
        self._data = bytes(chunk.get(cursor.index, end, cursor, {}))
        self._origin = cursor.origin
        self._classes: dict[int, str] = {}

    def items(self) -> list[_Item]:
        """Return the branches of the tree."""
        items, at = self._items(0)
        if at != len(self._data):
            raise _UnknownListError
        return items

    def _items(self, at: int) -> tuple[list[_Item], int]:
        """List the branches of an array, from its TObject on; return the place after it, too."""
        _, at = self._name(at)
        (number,), at, items = _WORD.unpack_from(self._data, at), at + 2 * _WORD.size, []
        for _ in range(number):
            items.append(self._item(at))
            at = items[-1].end - self._start
        return items, at

    def _item(self, at: int) -> _Item:
        size, tag = _SIZE_AND_TAG.unpack_from(self._data, at)
        begin, end = at, at + _WORD.size + self._size(size)
        at += _SIZE_AND_TAG.size
        if tag == kNewClassTag:
            stop = self._data.index(0, at)
            tag = kClassMask | (begin + _WORD.size + self._start - self._origin + kMapOffset)
            self._classes[tag] = self._data[at:stop].decode()
            at = stop + 1
        kind = self._classes.get(tag)
        if kind == "TBranchElement":  # a TBranch, with more behind it
            at += _SIZE_AND_VERSION.size
        elif kind != "TBranch":
            raise _UnknownListError
        name, below = self._branch(at)
        return _Item(begin + self._start, end + self._start, name, below)

    def _branch(self, at: int) -> tuple[str, list[_Item]]:
        _, version = _SIZE_AND_VERSION.unpack_from(self._data, at)
        if version not in _VERSIONS:
            raise _UnknownListError
        at += _SIZE_AND_VERSION.size
        name, _ = self._name(at + _SIZE_AND_VERSION.size)
        at = self._after(self._after(at))  # TNamed, TAttFill
        at += _NUMBERS_BEFORE
        at = (self._after(at) if version >= _IO_FEATURES_SINCE else at) + _NUMBERS_BEHIND
        return name, self._items(at + _SIZE_AND_VERSION.size)[0]

    def _name(self, at: int) -> tuple[str, int]:
        """Return the name that follows a TObject, and the place after it."""
        _, _, bits = _OBJECT.unpack_from(self._data, at)
        at += _OBJECT.size + (2 if bits & _REFERENCED else 0)
        length, at = self._data[at], at + 1
        if length == _LONG_NAME:
            (length,), at = _WORD.unpack_from(self._data, at), at + _WORD.size
        return self._data[at : at + length].decode(errors="surrogateescape"), at + length

    def _after(self, at: int) -> int:
        return at + _WORD.size + self._size(*_WORD.unpack_from(self._data, at))

    @staticmethod
    def _size(word: int) -> int:
        if not word & kByteCountMask or word == kNewClassTag:
            raise _UnknownListError
        return int(word & ~kByteCountMask)


def classes() -> dict[str, Any]:
    """Return the classes with which uproot opens a file so that branches are parsed when they are asked for.

    Each file gets its own: uproot keeps the classes that it makes from a file's description, and those of a damaged
    file would then be used for all files that the process opens after it.

    Returns:
        uproot's own, but for that of lists; to be given to ``uproot.open`` as ``custom_classes``.
    """
    own = {name: _separate(cls) for name, cls in uproot.classes.items() if hasattr(cls, "known_versions")}
    return {**uproot.classes, **own, "TObjArray": BranchList}


def _separate(cls: Any) -> Any:
    return type(cls.__name__, (cls,), {"known_versions": dict(cls.known_versions), "__module__": cls.__module__})


def paths(tree: Any) -> list[str]:
    """List the branches of a tree.

    Args:
        tree: uproot's TTree.

    Returns:
        Path of every branch, with slashes between the names, parents before those below them.
    """
    return list(_places(tree)) or list(tree.keys(recursive=True))


def branch(tree: Any, path: str) -> Any:
    """Find a branch of a tree.

    Args:
        tree: uproot's TTree.
        path: Its path, from :func:`paths`.

    Returns:
        uproot's TBranch.

    Raises:
        KeyError: When there is none.
        ValueError: When it is damaged.
    """
    places = _places(tree)
    return tree.member("fBranches").at(places[path]) if places else tree[path]


def _places(tree: Any) -> dict[str, tuple[int, ...]]:
    listed = tree.member("fBranches")
    return listed.places if isinstance(listed, BranchList) else {}


def _place(items: list[_Item], above: str, place: tuple[int, ...], places: dict[str, tuple[int, ...]]) -> None:
    """List paths and places; of two branches of one name the first counts, as in uproot."""
    for number, item in enumerate(items):
        places.setdefault(above + item.name, (*place, number))
        _place(item.below, f"{above}{item.name}/", (*place, number), places)


def interpretation_of(branch: Any) -> Any:
    """Ask uproot for the type of a branch.

    Args:
        branch: uproot's TBranch.

    Returns:
        uproot's interpretation.

    Raises:
        FileFormatError: When uproot cannot read it, or only pretends that it can; the message names the type.
    """
    interpretation = branch.interpretation
    if isinstance(interpretation, UnknownInterpretation):
        msg = f"{branch.name} is of a type that is not read ({interpretation.reason}); name another branch"
        raise FileFormatError(msg)
    if pretended := re.search(r"AsFIXME\('(\w+)", repr(interpretation)):
        name = branch.member("fClassName") if branch.top_level else branch.streamer.typename
        msg = f"{branch.name} is of type {name}: {pretended[1]} is not read there; name another branch"
        raise FileFormatError(msg)
    return interpretation
