"""The lists of keys of a ROOT file, which have no checksum: what uproot does not look at before it believes them.

A list that is damaged may lack every key; the file must not be taken for an empty skim then.
"""

import re
from struct import Struct
from typing import Any

from uproot.reading import ReadOnlyKey
from uproot.source.cursor import Cursor

__all__ = ["CLASSES_OF_FOLDERS", "check_lists"]

CLASSES_OF_FOLDERS = frozenset(("TDirectory", "TDirectoryFile"))
"""Names of one class: before ROOT 5.30 lists give the newer one, and the folders themselves the older."""

_OWNER = re.compile(r"|(\w+::)*T\w*(File|Directory)")  # a folder, a file of any protocol; RNTuple's own writer: nothing
_NUMBER_BYTES = 4  # of keys, in front of them
_SHOWN = 40  # characters of a name, which may be any bytes
_KEY = Struct(">ihiIhh")  # bytes of the record, version, bytes when decompressed, time, bytes of the key, cycle
_VERSIONS = {*range(1, 5), *range(1001, 1005)}  # of keys; from 1000 on with longer addresses


def check_lists(folder: Any) -> None:
    """Compare the list of keys of a folder, and of those below it, with the record that it stands in.

    Args:
        folder: uproot's file or folder.

    Raises:
        ValueError: When a list is damaged, or there is none at all, as in a file whose writer died.
    """
    place = folder.fSeekKeys
    if not place:
        msg = "its writer died before it closed the file"
        raise ValueError(msg)
    source, size = folder.file.source, folder.fNbytesKeys
    chunk, cursor = source.chunk(place, min(place + size, source.num_bytes)), Cursor(place)
    record = ReadOnlyKey(chunk, cursor, {}, folder.file, folder, read_strings=True)
    keys = [folder.key(key) for key in folder.iterkeys(recursive=False)]
    end = cursor.index + _NUMBER_BYTES + sum(key.fKeylen for key in keys)
    announced = record.fSeekKey, record.fNbytes, record.fKeylen + record.fObjlen
    is_whole = announced == (place, size, size) and end <= place + size
    if not is_whole or _is_key(bytes(chunk.raw_data)[end - place :]) or not _OWNER.fullmatch(record.fClassName):
        msg = (
            f"at byte {place}, where a list of {len(keys)} keys in {size} bytes should be, is something else: a record "
            f"of {record.fNbytes} bytes of the class {record.fClassName[:_SHOWN]!r}"
        )
        raise ValueError(msg)
    for key in keys:
        if key.fClassName in CLASSES_OF_FOLDERS:
            check_lists(folder[f"{key.fName};{key.fCycle}"])


def _is_key(data: bytes) -> bool:
    """Tell whether bytes behind the last key are one more; uproot leaves space there, which may hold anything."""
    if len(data) < _KEY.size:
        return False
    _, version, _, _, n_bytes, _ = _KEY.unpack_from(data)
    return version in _VERSIONS and _KEY.size < n_bytes <= len(data)
