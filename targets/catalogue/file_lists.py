"""The list of a run's input files as it stands in ``metadata_cache.json``, and what portals answered."""

import re
from pathlib import Path
from typing import Any

from targets.catalogue.input_files import Catalogue, InputFile
from targets.documents.json import load_json
from targets.errors import FileFormatError

__all__ = ["NAME", "read", "to_document"]

NAME = "metadata_cache.json"
"""The file's name."""

_DATASET = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]*")


def to_document(catalogue: Catalogue) -> dict[str, Any]:
    """Write a list in a form that JSON can hold.

    Args:
        catalogue: The list.

    Returns:
        Its notes, files, files on tape and, where a catalogue has them, samples.
    """
    listed = {"files": catalogue.files, "unavailable": catalogue.unavailable}
    files = {name: [file.as_dict() for file in files] for name, files in listed.items()}
    return {"notes": catalogue.notes} | files | ({"samples": dict(catalogue.samples)} if catalogue.samples else {})


def read(path: Path) -> Catalogue:
    """Read a list.

    Args:
        path: The file.

    Returns:
        The list.

    Raises:
        UnreadableFileError: When there is no such file, or it may not be read.
        FileFormatError: When it is damaged, or no list of this project.
    """
    document = load_json(path)
    try:
        files, unavailable = (
            [InputFile.from_dict(file) for file in listed]
            for listed in (document["files"], document.get("unavailable", ()))  # lists of older versions have none
        )
        if strange := {file.dataset for file in files if not _DATASET.fullmatch(file.dataset)}:
            msg = f"the dataset name {min(strange)!r} cannot be part of a file name"
            raise FileFormatError(msg)
        samples = {dataset: dict(values) for dataset, values in document.get("samples", {}).items()}
        return Catalogue(files, list(map(str, document["notes"])), tuple(unavailable), samples)
    except (FileFormatError, KeyError, TypeError, ValueError, AttributeError) as error:
        msg = f"{path}: not a file list of this project ({error}); delete it: the next run remakes it"
        raise FileFormatError(msg) from error
