"""The sum of the statistics of branches: what happened to every event and object of a dataset or a run."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import reduce
from pathlib import Path
from typing import Any

from edm.wording import amount
from physics import object_counts
from physics.errors import PhysicsError
from physics.selection.cutflow import Cutflow
from steps import branch_statistics

__all__ = ["files_read", "notes", "of_branches", "of_stages"]

_AMONG_JETS = "b"
"""The kind whose objects are jets too."""

_Record = dict[str, Any]


def of_branches(logs: Mapping[str, Iterable[Path]]) -> _Record:
    """Sum the statistics of branches.

    Args:
        logs: The statistics files of the branches, by stage.

    Returns:
        ``events`` read, written and left out, ``failures``, ``cutflow``, ``objects`` selected by kind,
        ``kinematics`` of the selected objects (None where a branch was parsed before these were recorded),
        ``unassigned_objects`` (those of a shared collection that no kind takes, by the branch that tells the kinds),
        ``final_states`` (events by final state), ``file_notes`` (what was noted of files, with their addresses),
        ``masses`` made, in main and in outliers, ``stages`` (branches, seconds and bytes added up and the largest
        memory of each) and ``missing_statistics``: how many branches have none (they have not run, or somebody deleted
        them). Objects of kind b are among those of kind j.

    Raises:
        UnreadableFileError: When a file may not be read.
        FileFormatError: When one is damaged, or no statistics.
    """
    found = {stage: [branch_statistics.load(path, stage) for path in paths] for stage, paths in logs.items()}
    kept = _kept(found)
    parsed, computed, removed = (kept.get(stage, []) for stage in ("ParseFile", "ComputeMasses", "RemovePeaks"))
    rows = reduce(Cutflow.add, (Cutflow.from_dict(one["cutflow"]) for one in parsed), Cutflow()).as_dict()
    return {
        "events": {name: sum(one["events"][name] for one in parsed) for name in ("read", "written")}
        | {"few_objects": _total(one["events"]["few_objects"] for one in parsed)},
        "failures": [failure for one in parsed for failure in one["failures"]],
        "cutflow": rows,
        "objects": {kind: _left(entries) for kind, entries in rows.items()},
        "kinematics": _kinematics(parsed),
        "unassigned_objects": _total(file["unassigned_objects"] for one in parsed for file in one["files"]),
        "final_states": _total(one["final_states"] for one in computed),
        "formats": _total({file["schema"]: 1} for one in parsed for file in one["files"] if file["schema"]),
        "file_notes": _file_notes(parsed),
        "masses": _total({key: one[key] for key in ("masses", "main", "outliers")} for one in removed),
        "stages": {stage: _stage(ones) for stage, ones in kept.items()},
        "missing_statistics": sum(one is None for ones in found.values() for one in ones),
    }


def notes(record: Mapping[str, Any]) -> list[str]:
    """Say which objects were left out because no kind takes them, what was noted of files, and of which.

    Args:
        record: What :func:`of_branches` gave, or statistics that were made of it.

    Returns:
        A sentence for each note.
    """
    numbers = record.get("unassigned_objects", {})  # statistics of an older version have none
    parts = [f"{number:,} objects of {branch}" for branch, number in numbers.items()]
    left_out = "were left out: they have a value that no kind of the schema takes (where)"
    return [f"{' and '.join(parts)} {left_out}"] * bool(parts) + [
        f"{amount(len(uris), 'file')} {'has' if len(uris) == 1 else 'have'} {note}: {', '.join(uris)}"
        for note, uris in record.get("file_notes", {}).items()
    ]


def of_stages(logs: Mapping[str, Iterable[Path]]) -> dict[str, _Record]:
    """Sum what all stages have in common, for instance over several datasets.

    Args:
        logs: The statistics files of the branches, by stage; those that are not there do not count.

    Returns:
        By stage: ``branches``, ``seconds``, ``events``, ``objects`` selected, ``masses``, ``bytes_read``,
        ``bytes_written`` and ``failures`` added up, and the largest ``peak_memory_mb``; None for what it does not count
        or was not recorded.
    """
    found = {stage: [branch_statistics.load(path, stage) for path in paths] for stage, paths in logs.items()}
    return {stage: _stage(ones) for stage, ones in _kept(found).items()}


def files_read(logs: Iterable[Path]) -> dict[str, _Record]:
    """Give what ParseFile recorded of each file.

    Args:
        logs: Its statistics files; those that are not there do not count.

    Returns:
        By address: ``events``, ``bytes`` and ``bytes_read``, among others.
    """
    records = [branch_statistics.load(path, "ParseFile") for path in logs]
    return {file["uri"]: file for one in records if one is not None for file in one["files"]}


def _file_notes(parsed: Iterable[_Record]) -> dict[str, list[str]]:
    noted: dict[str, list[str]] = {}
    for file in (file for one in parsed for file in one["files"]):
        for note in file.get("notes", ()):
            noted.setdefault(note, []).append(file["uri"])
    return {note: sorted(noted[note]) for note in sorted(noted)}


def _kept(found: Mapping[str, list[_Record | None]]) -> dict[str, list[_Record]]:
    return {stage: [one for one in ones if one is not None] for stage, ones in found.items()}


def _stage(records: list[_Record]) -> _Record:
    """Sum what stages have in common; None for what no branch counts, or what some recorded and others did not."""
    return {
        "branches": len(records),
        "seconds": round(sum(one["seconds"] for one in records), 3),
        "events": _sum(_events(one) for one in records),
        "objects": _sum(_objects(one) for one in records),
        "masses": _sum(_number(one, "masses") for one in records),
        "bytes_read": _sum(one.get("bytes_read") for one in records),
        "bytes_written": _sum(one.get("bytes_written") for one in records),
        "peak_memory_mb": max((one["peak_memory_mb"] for one in records), default=None),
        "failures": sum(len(one["failures"]) for one in records if one["stage"] == "ParseFile"),
    }


def _events(record: _Record) -> int | None:
    """Give the events that a branch went through; what a stage repeats from those above it is not its own."""
    events = record.get("events")
    if isinstance(events, dict):
        return int(events["read"]) if record["stage"] == "ParseFile" else None
    return events


def _objects(record: _Record) -> int | None:
    """Give the objects that a branch selected; a b-jet counts once, with the jets."""
    if record["stage"] != "ParseFile":
        return None
    return sum(_left(entries) for kind, entries in record["cutflow"].items() if kind != _AMONG_JETS)


def _number(record: _Record, key: str) -> int | None:
    value = record.get(key)
    return value if isinstance(value, int) else None


def _sum(numbers: Iterable[int | None]) -> int | None:
    known = list(numbers)
    return None if not known or None in known else sum(number for number in known if number is not None)


def _left(entries: Sequence[Mapping[str, Any]]) -> int:
    """Give the objects that the last row leaves: "selected", and of b-jets "b_tag"."""
    return int(entries[-1]["objects"]) if entries else 0


def _kinematics(parsed: list[_Record]) -> _Record | None:
    if any("kinematics" not in one for one in parsed):
        return None
    total: object_counts.Kinematics = {}
    try:
        for one in parsed:
            total = object_counts.add(total, object_counts.from_dict(one["kinematics"]))
    except (PhysicsError, LookupError, TypeError, AttributeError, ValueError):  # as another version recorded them
        return None
    return object_counts.as_dict(total)


def _total(parts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    total: Counter[str] = Counter()
    for part in parts:
        total.update(part)
    return dict(sorted(total.items(), key=lambda item: (-item[1], item[0])))
