"""ROOT files from outside: opening them, listing their trees, and saying clearly what is wrong with one."""

import gc
import queue
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any, NamedTuple

import awkward as ak
import uproot
from uproot.reading import ReadOnlyKey
from uproot.source.chunk import Source
from uproot.source.cursor import Cursor

from edm.records.fetching import FetchDecision
from targets.errors import ConfigurationError, FileFormatError, UnreadableFileError
from targets.network import xrootd
from targets.network.http_source import HttpSource
from targets.network.read_plan import PlannedRange, ReadPlan
from targets.network.retry import RetryPolicy, Traffic
from targets.network.uris import choose_address
from targets.rootio import key_lists
from targets.rootio.flat_arrays import ShapeError
from targets.rootio.local_source import FileSource, check_start
from targets.rootio.rntuple import descriptions
from targets.rootio.rntuple.field_reader import FieldReader
from targets.rootio.rntuple.fields import Fields
from targets.rootio.ttree import branch_lists
from targets.rootio.ttree.branch_reader import BranchReader

__all__ = ["Tree", "Trees", "open_trees", "unreadable"]

_NOT_READ = {
    "TChain": "a list of names of other files, without events of its own: give those files",
    "TNtuple": "one number an event, where lists are needed",
    "TNtupleD": "one number an event, where lists are needed",
}
"""Classes of trees that are not read, and what they are (source: ROOT's class reference)."""


class Tree(NamedTuple):
    """A TTree or RNTuple of an open file.

    Attributes:
        tree: uproot's object.
        branches: Short name of every branch and its full path; a sub-branch is known by its own name too.
        num_entries: Entries in it.
    """

    tree: Any
    branches: dict[str, str]
    num_entries: int

    def array(self, name: str, start: int | None = None, stop: int | None = None) -> ak.Array:
        """Read a branch of any type by uproot, which takes its time.

        Args:
            name: A name of ``branches``.
            start: First entry; the first of all by default.
            stop: The entry after the last; to the end by default.

        Returns:
            Shape (n_entries, ...), as uproot gives it.
        """
        path = self.branches[name]
        if isinstance(self.tree, uproot.TTree):
            return branch_lists.branch(self.tree, path).array(entry_start=start, entry_stop=stop)
        with descriptions.read_by_uproot(self.tree):
            return self.tree[path].array(entry_start=start, entry_stop=stop)

    def reader(self) -> BranchReader | FieldReader:
        """Make what reads its branches."""
        return BranchReader(self.tree) if isinstance(self.tree, uproot.TTree) else FieldReader(self.tree)


class Trees(Mapping[str, Tree]):
    """The TTrees and RNTuples of an open file, by name; each is read when it is asked for.

    Attributes:
        size: Size of the file in bytes.
        bytes_behind: Bytes after the end that the header states.
        is_remote: Whether it is read over a network.
        uuid: The identifier that each file gets when it is written.
    """

    def __init__(self, uri: str, file: Any, keys: Mapping[str, str]) -> None:
        """List trees; none of them is read yet.

        Args:
            uri: Where the file is.
            file: uproot's file.
            keys: Name of each tree and its key, which has the cycle behind.
        """
        _check_class(uri, file, list(keys.values()))
        self._source: Any = file.file.source
        self.size = int(self._source.num_bytes)
        self.uuid = bytes(file.file.fUUID)
        self.is_remote = not isinstance(self._source, FileSource)
        self.bytes_behind = max(self.size - int(file.file.fEND), 0)
        self._uri, self._file, self._keys = uri, file, keys
        self._read: dict[str, Tree] = {}

    def __getitem__(self, name: str) -> Tree:
        if name not in self._read:
            key = self._keys[name]
            _check_class(self._uri, self._file, [key])
            try:
                with _uncollected():
                    self._read[name] = _tree(self._file[key], self._file.key(key).fObjlen)
            except ShapeError as error:
                msg = f"{self._uri}: its tree {name} is not read: {error}"
                raise FileFormatError(msg) from error
            except Exception as error:  # what uproot raises depends on where the damage is
                raise unreadable(self._uri, f"its tree {name} cannot be read", error) from error
        return self._read[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._keys)

    def __len__(self) -> int:
        return len(self._keys)

    def read_ahead(self, ranges: Sequence[PlannedRange], budget: int) -> None:
        """Begin to read what will be asked for, where that takes time: over a network.

        Args:
            ranges: The ranges of bytes, as the readers of trees plan them.
            budget: Bytes that may be there before they are asked for.
        """
        if isinstance(self._source, (HttpSource, xrootd.RootSource)):
            self._source.follow(ReadPlan(ranges), budget)

    def decision(self, ranges: Sequence[PlannedRange]) -> FetchDecision | None:
        """Compare reading ranges of bytes with a download; None where there is nothing to compare, or to measure."""
        return self._source.decision(ReadPlan(ranges)) if isinstance(self._source, HttpSource) else None

    def traffic(self) -> Traffic:
        """Return bytes and requests so far, over the network or from the disk."""
        traffic = self._source.traffic
        return Traffic(traffic.received, traffic.requests)


@contextmanager
def open_trees(uri: str, policy: RetryPolicy | None = None, size: int | None = None) -> Iterator[Trees]:
    """Open a ROOT file.

    Over http(s) and root:// only those bytes are read that are needed; an address of CERN's public storage is read
    over https where the package xrootd is missing.

    Args:
        uri: Path or URL.
        policy: How to read over a network; None for the defaults.
        size: Size in bytes that a file on the network must have; None when it is not known.

    Yields:
        The TTrees and RNTuples by name (``folder/name`` below a folder), the newest cycle of each; none for an empty
        skim. A tree that is damaged is an error when it is asked for.

    Raises:
        UnreadableFileError: When it is absent, truncated, damaged or not ROOT, or cannot be fetched.
        RangesUnsupportedError: When its server sends whole files only.
        FileFormatError: When it has no tree of a class that is read, but a TChain, as an example.
        RefusedError: When its server does not give it, or its root:// address needs the package xrootd.
        ConfigurationError: When connections cannot be counted on this machine.
    """
    address = choose_address(uri)
    scheme = address.partition("://")[0] if "://" in address else ""
    handler = {"http": HttpSource, "https": HttpSource, "root": xrootd.RootSource}.get(scheme, FileSource)
    try:
        if handler is FileSource:
            check_start(address)
        file = _open(address, handler, policy=policy or RetryPolicy(), size=size)
    except ConfigurationError:  # this machine is in the way, not the file
        raise
    except Exception as error:  # what uproot raises depends on where the damage is
        raise unreadable(uri, "cannot be opened as a ROOT file", error) from error
    with file:
        try:
            keys = _keys(file)
        except Exception as error:  # as above
            raise unreadable(uri, "its list of trees cannot be read", error) from error
        yield Trees(uri, file, keys)


def _open(address: str, handler: type[Source], **options: Any) -> Any:
    """Open a file, or close its source: uproot leaves it open, with its threads, where the file is damaged."""
    with ExitStack() as sources:
        how = {"handler": handler, "custom_classes": branch_lists.classes(), "sources": sources}
        file = uproot.open({address: None}, **how, **options)
        sources.pop_all()
    return file


def unreadable(uri: str, what: str, error: Exception) -> UnreadableFileError | FileFormatError:
    """Say what is wrong with a file.

    Args:
        uri: The file.
        what: What could not be done.
        error: What the library raised.

    Returns:
        The error to raise, with the remedy: an error that says it all already keeps its words and kind.
    """
    if isinstance(error, UnreadableFileError):
        return type(error)(*error.args)
    if isinstance(error, FileFormatError):  # a healthy file
        return FileFormatError(f"{uri}: {error}")
    reason = str(error).strip().split("\n")[0]
    remedy = "it is truncated, damaged or not a ROOT file: fetch it again, or compare its checksum with the portal's"
    if isinstance(error, FileNotFoundError):
        remedy = "check the path"
    elif isinstance(error, PermissionError):
        remedy = "check its permissions"
    elif "XRootD error" in reason or isinstance(error, TimeoutError):
        remedy = "check the network and the address, and try again later"
    return UnreadableFileError(f"{uri}: {what} ({type(error).__name__}: {reason}); {remedy}")


@contextmanager
def _uncollected() -> Iterator[None]:
    """Leave garbage alone: a wide tree is a million objects, none of them garbage, and looking costs a third more."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _keys(file: Any) -> dict[str, str]:
    """Find the newest cycle of each tree."""
    key_lists.check_lists(file)
    listed = dict(file.iterclassnames())
    trees = [key for key, kind in listed.items() if kind in {"TTree", *_NOT_READ} or "RNTuple" in kind]
    newest = {_split(key)[0]: key for key in sorted(trees, key=lambda key: _split(key)[1])}
    if not newest and {"TTree", "ROOT::RNTuple"} & set(file.file.streamers):
        msg = "it describes the classes of trees, but lists no tree"
        raise ValueError(msg)
    if any(_split(key)[1] != 1 for key in listed):  # of any class: that, too, may be what is damaged
        _compare_keys(file, [file.key(key) for key in listed if key in trees or key in file])
    return newest


def _check_class(uri: str, file: Any, keys: list[str]) -> None:
    """Refuse what is not read, by its name, when there is nothing else."""
    kinds = [file.key(key).fClassName for key in keys]
    if keys and all(kind in _NOT_READ for kind in kinds):
        msg = f"{uri}: {_split(keys[0])[0]} is a {kinds[0]}, which is not read: {_NOT_READ[kinds[0]]}"
        raise FileFormatError(msg)


def _split(key: str) -> tuple[str, int]:
    name, _, cycle = key.rpartition(";")
    return name, abs(int(cycle))  # ROOT keeps it below 0 where the object must not be purged


def _compare_keys(file: Any, listed: list[Any]) -> None:
    """Compare keys of the list, which has no checksum, with those in front of the objects.

    Where the newest key of a tree is damaged, an older cycle, which has fewer events, must not be taken for the tree.
    """
    ranges = [(key.fSeekKey, key.fSeekKey + key.fKeylen) for key in listed]
    for key, chunk in zip(listed, file.file.source.chunks(ranges, queue.Queue()), strict=True):
        stored = ReadOnlyKey(chunk, Cursor(key.fSeekKey), {}, file.file, file, read_strings=True)
        are_folders = {stored.fClassName, key.fClassName} <= key_lists.CLASSES_OF_FOLDERS
        differs = any(getattr(stored, name) != getattr(key, name) for name in ("fObjlen", "fCycle", "fName"))
        if differs or (stored.fClassName != key.fClassName and not are_folders):
            msg = f"{key.name()} is listed as an object at byte {key.fSeekKey}, where {stored.name()} is"
            raise ValueError(msg)


def _tree(tree: Any, n_bytes: int) -> Tree:
    if not isinstance(tree, uproot.TTree):
        descriptions.check_description(tree)
    elif tree.num_bytes != n_bytes:  # once uproot has met other damage, it takes zeros for a tree without entries
        msg = f"it says that it has {tree.num_bytes} bytes, and its key {n_bytes}"
        raise ValueError(msg)
    return Tree(tree, _branches(tree), int(tree.num_entries))  # of an RNTuple, this reads header and footer


def _branches(tree: Any) -> dict[str, str]:
    if not isinstance(tree, uproot.TTree):
        return {path: path for path in Fields(tree.field_records).places}
    paths = branch_lists.paths(tree)
    return {path.rsplit("/", 1)[-1]: path for path in reversed(paths)} | {path: path for path in paths}
