"""The statistics of one branch, as they are read again: what each stage records, and that it is all there."""

from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from physics.errors import PhysicsError
from physics.selection.cutflow import Cutflow
from targets.documents.json import load_json
from targets.errors import FileFormatError

__all__ = ["load"]


class _Common(BaseModel):
    """What every stage records; what a stage adds later is allowed everywhere."""

    model_config = ConfigDict(extra="allow", strict=True)

    stage: str
    seconds: float
    peak_memory_mb: float
    bytes_written: int | None = None
    bytes_read: int | None = None


class _Events(BaseModel):
    read: int
    written: int
    few_objects: dict[str, int]


class _Failure(BaseModel):
    uri: str
    reason: str


class _File(BaseModel):
    uri: str
    format_name: str | None = Field(alias="schema")
    unassigned_objects: dict[str, int]


class _Parsed(_Common):
    events: _Events
    cutflow: dict[str, list[dict[str, Any]]]
    failures: list[_Failure]
    files: list[_File]


class _Computed(_Common):
    events: int
    masses: int
    final_states: dict[str, int]


class _Removed(_Common):
    masses: int
    main: int
    outliers: int


_OF_STAGE: dict[str, type[_Common]] = {"ParseFile": _Parsed, "ComputeMasses": _Computed, "RemovePeaks": _Removed}


def load(path: Path, stage: str) -> dict[str, Any] | None:
    """Read the statistics of a branch.

    Args:
        path: The file.
        stage: The stage that wrote it.

    Returns:
        What was recorded; None where there is no such file: logs may be deleted at any time.

    Raises:
        UnreadableFileError: When it may not be read.
        FileFormatError: When it is damaged, or not what the stage records.
    """
    if not path.exists():
        return None
    remedy = f"delete it and the product of {stage} of the same name ({path.stem}): the next run remakes both"
    document = load_json(path, remedy)
    try:
        record = _OF_STAGE.get(stage, _Common).model_validate(document)
        if record.stage != stage:
            msg = f"they are those of {record.stage}"
            raise FileFormatError(msg)
        if stage == "ParseFile":
            Cutflow.from_dict(document["cutflow"])
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"])) or "the whole"
        raise _strange(path, stage, f"{where}: {first['msg'].lower()}", remedy) from error
    except (FileFormatError, PhysicsError, LookupError, TypeError, ValueError, AttributeError) as error:
        reason = f"{error} is missing" if isinstance(error, KeyError) else str(error)
        raise _strange(path, stage, reason, remedy) from error
    found: dict[str, Any] = document
    return found


def _strange(path: Path, stage: str, reason: str, remedy: str) -> FileFormatError:
    return FileFormatError(f"{path}: not statistics as {stage} writes them ({reason}); {remedy}")
