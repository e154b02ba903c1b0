"""Input files that the user names: paths and globs of this machine, addresses on the network, and lists of these."""

import os
import re
import stat
from collections.abc import Iterator, Sequence
from glob import glob, has_magic
from itertools import islice
from pathlib import Path

from edm.wording import amount, nearest
from targets.catalogue.input_files import Catalogue, InputFile, check_data_type, unique
from targets.errors import ConfigurationError, UnreadableFileError
from targets.network.uris import SCHEMES, is_root_file, uncached, uri_problem

__all__ = ["DATASET", "LIST_MARK", "local_files"]

DATASET = "files"
"""The dataset of all files that the user names."""

LIST_MARK = "@"
"""What stands before the path of a list of files."""

_LARGEST_LIST_BYTES = 64 * 2**20  # a release of 70,611 files takes 10 MB
_NAMES_LOOKED_AT = 10_000  # of a folder, for the nearest name: comparing is slow


def local_files(patterns: Sequence[str], data_type: str = "data") -> Catalogue:
    """List the files that the user names.

    Args:
        patterns: Paths, globs (`*`, `?`, `[…]`, and `**` for all folders below), http(s):// or root:// addresses, and
            `@` with the path of a list of these: one a line, paths relative to the list's folder, `#` at the start of a
            line or after a blank begins a comment. `~` is the user's home. A path that exists is never taken for a
            glob. Addresses are not looked at; a cache of fsspec before one, as `simplecache::`, is left out.
        data_type: What the files hold, `data` or `mc`.

    Returns:
        The files in the order given, those of one glob sorted by path; absolute paths, with size (bytes) and time of
        change; a file that is named twice, also by a symbolic link, is there once, with a note. No patterns give an
        empty list.

    Raises:
        ConfigurationError: When a pattern is empty, matches nothing, is a folder or not a plain file, or is an address
            of another protocol; when a name holds characters that cannot be printed; when a list cannot be read or
            names nothing; when data_type is unknown. The message names a list and its line.
        UnreadableFileError: When the file system refuses to tell about a file.
    """
    check_data_type(data_type)
    files: list[InputFile] = []
    cached = 0
    for where, pattern in _named(patterns):
        if "://" in pattern:
            address = uncached(pattern)
            cached += address != pattern
            files.append(_address(where, address, data_type))
        else:
            for path, status in _plain_files(where, pattern):
                size, changed = status.st_size, status.st_mtime_ns
                files.append(InputFile(str(path), size, None, changed, None, None, DATASET, data_type))
    kept, repeated = unique(files)
    notes = [f"input_files: {amount(repeated, 'file')} named twice, read once"] if repeated else []
    if cached:
        notes.append(f"input_files: {amount(cached, 'file')} without fsspec's cache; see --fetch and --download-dir")
    return Catalogue(kept, notes)


def _named(patterns: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield what the user names, lists opened, each with where it stands."""
    for pattern in map(str.strip, patterns):
        if pattern.startswith(LIST_MARK):
            yield from _listed(pattern[len(LIST_MARK) :].strip())
        else:
            yield _PARAMETER, pattern


_PARAMETER = "input_files"


def _listed(name: str) -> Iterator[tuple[str, str]]:
    """Yield the lines of a list of files: paths absolute, each with list and line."""
    path = _absolute(name)
    lines = _text(path).splitlines()
    names = [(number, _COMMENT.sub("", line).strip()) for number, line in enumerate(lines, start=1)]
    if not any(text for _, text in names):
        msg = f"{_PARAMETER}: the list {path} names no file: write one path, glob or address a line"
        raise ConfigurationError(msg)
    for number, text in names:
        where = f"{_PARAMETER}: {path}:{number}"
        if text.startswith(LIST_MARK):
            msg = f"{where}: {text!r} would be a list in a list: give both to input_files, separated by a comma"
            raise ConfigurationError(msg)
        if text:
            yield where, text if "://" in text else str(path.parent / os.path.expanduser(text))  # noqa: PTH111 (as below)


_COMMENT = re.compile(r"(?:^|\s)#.*")


def _text(path: Path) -> str:
    """Return the text of a list of files."""
    try:
        if not path.is_file():
            msg = f"{_PARAMETER}: {LIST_MARK}{path} is not a file: give the path of a list of files, one a line"
            raise ConfigurationError(msg)
        if path.stat().st_size > _LARGEST_LIST_BYTES:
            msg = f"{_PARAMETER}: {LIST_MARK}{path} has more than {_LARGEST_LIST_BYTES} bytes: that is no list of files"
            raise ConfigurationError(msg)
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        msg = f"{_PARAMETER}: {LIST_MARK}{path} is not a text in UTF-8: a list has one name a line; leave out the "
        raise ConfigurationError(msg + f"{LIST_MARK} to read the file itself") from error
    except OSError as error:
        msg = f"{_PARAMETER}: the list {path} cannot be read ({error.strerror}): check its name and permissions"
        raise UnreadableFileError(msg) from error


def _absolute(name: str) -> Path:
    return Path(os.path.normpath(Path(os.path.expanduser(name)).absolute()))  # noqa: PTH111 (Path fails on ~x)


def _address(where: str, uri: str, data_type: str) -> InputFile:
    if problem := uri_problem(uri):
        msg = f"{where}: {uri!r} {problem}: give a path, or an address that starts with {'://, '.join(SCHEMES)}://"
        raise ConfigurationError(msg)
    words = uri.split()
    if any("://" in word for word in words[1:]) or any(map(is_root_file, words[:-1])):
        msg = f"{where}: {uri!r} is more than one name: {_COMMAS}"
        raise ConfigurationError(msg)
    return InputFile(uri, None, None, None, None, None, DATASET, data_type)


_COMMAS = "write commas between names, not blanks (and quotation marks around all of them)"


def _plain_files(where: str, pattern: str) -> Iterator[tuple[Path, os.stat_result]]:
    """Yield the plain files that *pattern* names, absolute and sorted, with what the file system knows of them."""
    if not pattern or not pattern.isprintable():
        what = "holds characters that cannot be printed" if pattern else "is no name"
        msg = f"{where}: {pattern!r} {what}: give paths, globs or addresses, separated by commas"
        raise ConfigurationError(msg)
    absolute = _absolute(pattern)
    if (status := _status(where, absolute)) is not None:
        yield _plain(where, absolute, status), status
        return
    # glob.glob, not Path.glob: it leaves out hidden files, as every shell does.
    matches = sorted(glob(str(absolute), recursive=True)) if has_magic(str(absolute)) else []  # noqa: PTH207
    statuses = [(Path(match), _status(where, Path(match))) for match in matches]
    files = [(path, status) for path, status in statuses if status is not None and not stat.S_ISDIR(status.st_mode)]
    if not files:
        msg = f"{where}: {_nothing(pattern, absolute, folders=len(matches))}"
        raise ConfigurationError(msg)
    for path, status in files:
        yield _plain(where, path, status), status


def _plain(where: str, path: Path, status: os.stat_result) -> Path:
    """Return *path* when it is a plain file with a printable name."""
    if stat.S_ISDIR(status.st_mode):
        msg = f"{where}: {path} is a folder: give its files, as '{path}/*.root'"
        raise ConfigurationError(msg)
    if not stat.S_ISREG(status.st_mode):
        msg = f"{where}: {path} is neither a file nor a folder but a device or pipe: give a ROOT file"
        raise ConfigurationError(msg)
    if not str(path).isprintable():
        msg = f"{where}: the name {str(path)!r} holds characters that cannot be printed: rename the file"
        raise ConfigurationError(msg)
    return path


def _status(where: str, path: Path) -> os.stat_result | None:
    """Return what the file system knows of *path*; None when there is nothing."""
    try:
        return path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        msg = f"{where}: {path} cannot be looked at ({error.strerror}): check its name and permissions"
        raise UnreadableFileError(msg) from error


def _nothing(pattern: str, absolute: Path, folders: int) -> str:
    """Say that *pattern* matches no file, where it was looked for, and what is there instead."""
    if folders:
        return f"{pattern!r} matches {amount(folders, 'folder')} but no file: try '{pattern}/*.root'"
    if len(pattern.split()) > 1 and any(map(is_root_file, pattern.split()[:-1])):
        return f"{pattern!r} matches no file: {_COMMAS}"
    folder, wanted = Path(absolute.anchor), absolute.name
    for part in absolute.parts[1:]:
        if has_magic(part) and (folder / part).exists():
            literal = str(absolute).replace(str(folder / part), str(folder / part.replace("[", "[[]")), 1)
            return (
                f"{pattern!r} matches no file: beside other wildcards, the brackets of {str(folder / part)!r} stand "
                f"for one of the characters between them; write '[[]' for a bracket itself, as {literal!r}"
            )
        if has_magic(part) or not (folder / part).is_dir():
            wanted = part
            break
        folder /= part
    try:
        with os.scandir(folder) as entries:
            present = sorted(entry.name for entry in islice(entries, _NAMES_LOOKED_AT))
    except OSError as error:
        return f"{pattern!r} matches no file: the folder {folder} cannot be read ({error.strerror})"
    names = present if wanted.startswith(".") else [name for name in present if not name.startswith(".")]
    name = nearest(wanted, names, cutoff=0.4)
    nothing = "only hidden files are there" if present else "that folder is empty"
    listing = f"nothing of a similar name is there, the first is {names[0]!r}" if names else nothing
    listing = f"the nearest name there is {name!r}" if name else listing
    return f"{pattern!r} matches no file: looked for {wanted!r} in {folder}; {listing}"
