"""The statistics of one branch, as they are read again: what each stage records, and that it is all there."""

from pathlib import Path
from typing import TypeVar

from edm.errors import RecordError
from edm.records.branch_records import BranchRecord, ParsedFiles
from edm.records.documents import from_document
from edm.records.stage_results import StageResults
from targets.documents.json import load_json
from targets.errors import FileFormatError
from targets.products import parsed_data

__all__ = ["load", "of_parsed_data", "read"]

_Results = TypeVar("_Results", bound=StageResults)


def load(path: Path, kind: type[_Results]) -> BranchRecord[_Results] | None:
    """Read the statistics of a branch, where they are.

    Args:
        path: The file.
        kind: What the stage records that wrote it.

    Returns:
        What :func:`read` does; None where there is no such file: logs may be deleted at any time.
    """
    return read(path, kind) if path.exists() else None


def read(path: Path, kind: type[_Results]) -> BranchRecord[_Results]:
    """Read the statistics of a branch.

    Args:
        path: The file.
        kind: What the stage records that wrote it.

    Returns:
        What was recorded.

    Raises:
        UnreadableFileError: When it is not there, or may not be read.
        FileFormatError: When it is damaged, or not what the stage records.
    """
    remedy = f"delete it and the product of {kind.stage} of the same name ({path.stem}): the next run remakes both"
    document = load_json(path, remedy)
    try:
        return BranchRecord.from_document(kind, document)
    except RecordError as error:
        msg = f"{path}: not statistics as {kind.stage} writes them ({error}); {remedy}"
        raise FileFormatError(msg) from error


def of_parsed_data(path: Path) -> ParsedFiles:
    """Read the statistics that stand in a file of parsed data; without kinematics.

    Args:
        path: The file.

    Returns:
        What was recorded of the branch that made it.

    Raises:
        UnreadableFileError: When the file is not there or damaged.
        FileFormatError: When its statistics are not those of ParseFile.
    """
    try:
        return from_document(ParsedFiles, parsed_data.statistics(path))
    except RecordError as error:
        msg = f"{path}: not statistics as ParseFile writes them ({error}); delete it: the next run remakes it"
        raise FileFormatError(msg) from error
