"""Input files that the user names: paths and globs of this machine, and addresses on the network, taken as given."""

import os
import stat
from collections.abc import Iterator, Sequence
from glob import glob, has_magic
from itertools import islice
from pathlib import Path

from edm.wording import amount, nearest
from targets.catalogue.input_files import Catalogue, InputFile, check_data_type, unique
from targets.errors import ConfigurationError, UnreadableFileError
from targets.network.uris import SCHEMES, uri_problem

__all__ = ["DATASET", "local_files"]

DATASET = "files"
"""The dataset of all files that the user names."""

_NAMES_LOOKED_AT = 10_000  # of a folder, for the nearest name: comparing is slow


def local_files(patterns: Sequence[str], data_type: str = "data") -> Catalogue:
    """List the files that the user names.

    Args:
        patterns: Paths, globs (`*`, `?`, `[…]`, and `**` for all folders below) and http(s):// or root:// addresses.
            `~` is the user's home. A path that exists is never taken for a glob. Addresses are not looked at.
        data_type: What the files hold, `data` or `mc`.

    Returns:
        The files in the order given, those of one glob sorted by path; absolute paths, with size (bytes) and time of
        change; a file that is named twice is there once, with a note. No patterns give an empty list.

    Raises:
        ConfigurationError: When a pattern is empty, matches nothing, is a folder or not a plain file, or is an address
            of another protocol; when a name holds characters that cannot be printed; when data_type is unknown.
        UnreadableFileError: When the file system refuses to tell about a file.
    """
    check_data_type(data_type)
    files: list[InputFile] = []
    for pattern in patterns:
        if "://" in pattern:
            files.append(_address(pattern.strip(), data_type))
        else:
            for path, found in _plain_files(pattern.strip()):
                size, changed = found.st_size, found.st_mtime_ns
                files.append(InputFile(str(path), size, None, changed, None, None, DATASET, data_type))
    kept, repeated = unique(files)
    notes = [f"input_files: {amount(repeated, 'file')} named twice, read once"] if repeated else []
    return Catalogue(kept, notes)


def _address(uri: str, data_type: str) -> InputFile:
    if problem := uri_problem(uri):
        msg = f"input_files: {uri!r} {problem}: give a path, or an address that starts with {'://, '.join(SCHEMES)}://"
        raise ConfigurationError(msg)
    return InputFile(uri, None, None, None, None, None, DATASET, data_type)


def _plain_files(pattern: str) -> Iterator[tuple[Path, os.stat_result]]:
    """Yield the plain files that *pattern* names, absolute and sorted, with what the file system knows of them."""
    if not pattern or not pattern.isprintable():
        what = "holds characters that cannot be printed" if pattern else "is no name"
        msg = f"input_files: {pattern!r} {what}: give paths, globs or addresses, separated by commas"
        raise ConfigurationError(msg)
    absolute = Path(os.path.normpath(Path(os.path.expanduser(pattern)).absolute()))  # noqa: PTH111 (Path fails on ~x)
    if (found := _status(absolute)) is not None:
        yield _plain(absolute, found), found
        return
    # glob.glob, not Path.glob: it leaves out hidden files, as every shell does.
    matches = sorted(glob(str(absolute), recursive=True)) if has_magic(str(absolute)) else []  # noqa: PTH207
    statuses = [(Path(match), _status(Path(match))) for match in matches]
    files = [(path, found) for path, found in statuses if found is not None and not stat.S_ISDIR(found.st_mode)]
    if not files:
        raise ConfigurationError(_nothing(pattern, absolute, folders=len(matches)))
    for path, found in files:
        yield _plain(path, found), found


def _plain(path: Path, found: os.stat_result) -> Path:
    """Return *path* when it is a plain file with a printable name."""
    if stat.S_ISDIR(found.st_mode):
        msg = f"input_files: {path} is a folder: give its files, as '{path}/*.root'"
        raise ConfigurationError(msg)
    if not stat.S_ISREG(found.st_mode):
        msg = f"input_files: {path} is neither a file nor a folder but a device or pipe: give a ROOT file"
        raise ConfigurationError(msg)
    if not str(path).isprintable():
        msg = f"input_files: the name {str(path)!r} holds characters that cannot be printed: rename the file"
        raise ConfigurationError(msg)
    return path


def _status(path: Path) -> os.stat_result | None:
    """Return what the file system knows of *path*; None when there is nothing."""
    try:
        return path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        msg = f"input_files: {path} cannot be looked at ({error.strerror}): check its name and permissions"
        raise UnreadableFileError(msg) from error


def _similar_to_none(names: Sequence[str]) -> str:
    return f"nothing of a similar name is there, the first is {names[0]!r}" if names else "that folder is empty"


def _nothing(pattern: str, absolute: Path, folders: int) -> str:
    """Say that *pattern* matches no file, where it was looked for, and what is there instead."""
    if folders:
        return f"input_files: {pattern!r} matches {amount(folders, 'folder')} but no file: try '{pattern}/*.root'"
    folder, wanted = Path(absolute.anchor), absolute.name
    for part in absolute.parts[1:]:
        if has_magic(part) or not (folder / part).is_dir():
            wanted = part
            break
        folder /= part
    try:
        with os.scandir(folder) as entries:
            names = sorted(entry.name for entry in islice(entries, _NAMES_LOOKED_AT))
    except OSError as error:
        return f"input_files: {pattern!r} matches no file: the folder {folder} cannot be read ({error.strerror})"
    name = nearest(wanted, names, cutoff=0.4)
    listing = f"the nearest name there is {name!r}" if name else _similar_to_none(names)
    return f"input_files: {pattern!r} matches no file: looked for {wanted!r} in {folder}; {listing}"
