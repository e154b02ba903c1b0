"""JSON documents that tasks write, whole or not at all."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

from targets.documents.json_checksums import sealed, unsealed
from targets.errors import FileFormatError, UnreadableFileError
from targets.storage.atomic import replacing

__all__ = ["Json", "dump_json", "load_json"]

Json: TypeAlias = str | int | float | bool | Sequence["Json"] | Mapping[str, "Json"] | None
"""What JSON can hold; of numbers, those that are finite."""

_REMAKE = "delete it: the next run remakes it"


def load_json(path: Path, remedy: str = _REMAKE) -> Any:
    """Read a JSON document.

    Args:
        path: The file.
        remedy: What to do when it is damaged.

    Returns:
        Dictionaries, lists, strings, numbers, booleans or None; without its checksum.

    Raises:
        UnreadableFileError: When there is no such file, or it may not be read.
        FileFormatError: When it is not JSON, or has changed since it was written.
    """
    try:
        return unsealed(json.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        gone = isinstance(error, FileNotFoundError) and remedy == _REMAKE
        hint = "rerun the same command: it makes what is missing" if gone else remedy
        msg = f"{path}: cannot be read ({error.strerror}); {hint}"
        raise UnreadableFileError(msg) from error
    except (ValueError, RecursionError) as error:
        msg = f"{path}: damaged ({error}); {remedy}"
        raise FileFormatError(msg) from error


def dump_json(path: Path, document: Any) -> None:
    """Write a JSON document, whole or not at all.

    Args:
        path: The file; an older one is replaced. The same document always gives the same bytes.
        document: Dictionaries, lists, strings, finite numbers, booleans and None; a dictionary gets a checksum.

    Raises:
        ValueError: For a number that is not finite: JSON has none.
        TypeError: For anything else that JSON does not know.
        OSError: From the file system; the older file is then as it was.
    """
    whole = sealed(document) if isinstance(document, dict) else document
    text = json.dumps(whole, indent=2, ensure_ascii=False, allow_nan=False)
    with replacing(path) as temporary:  # half a surrogate pair, which JSON takes and UTF-8 does not, goes as \ud800
        temporary.write_text(text + "\n", encoding="utf-8", errors="backslashreplace")
