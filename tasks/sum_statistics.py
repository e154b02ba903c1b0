"""The sum of the statistics of branches: what happened to every event and object of a dataset."""

from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from physics.cutflow import Cutflow
from targets import documents
from targets.errors import FileFormatError, UnreadableFileError

__all__ = ["of_branches"]


def of_branches(logs: Mapping[str, Iterable[Path]]) -> dict[str, Any]:
    """Sum the statistics of branches.

    Args:
        logs: The statistics files of the branches by stage: ParseFile, ComputeMasses, RemovePeaks.

    Returns:
        ``events`` read, written and left out, ``failures``, ``cutflow``, ``final_states`` (events by final state),
        ``masses`` made, in main and in outliers, ``seconds`` and branches by stage, and ``missing_statistics``: how
        many branches have none (somebody deleted them).
    """
    found = {stage: [_load(path) for path in paths] for stage, paths in logs.items()}
    kept = {stage: [one for one in ones if one is not None] for stage, ones in found.items()}
    parsed, computed, removed = kept["ParseFile"], kept["ComputeMasses"], kept["RemovePeaks"]
    cutflow = Cutflow()
    for one in parsed:
        cutflow = cutflow.add(Cutflow.from_dict(one["cutflow"]))
    return {
        "events": {name: sum(one["events"][name] for one in parsed) for name in ("read", "written")}
        | {"few_objects": _total(one["events"]["few_objects"] for one in parsed)},
        "failures": [failure for one in parsed for failure in one["failures"]],
        "cutflow": cutflow.as_dict(),
        "final_states": _total(one["final_states"] for one in computed),
        "masses": _total({key: one[key] for key in ("masses", "main", "outliers")} for one in removed),
        "branches": {stage: len(ones) for stage, ones in kept.items()},
        "branch_seconds": {stage: round(sum(one["seconds"] for one in ones), 3) for stage, ones in kept.items()},
        "missing_statistics": sum(one is None for ones in found.values() for one in ones),
    }


def _load(path: Path) -> dict[str, Any] | None:
    try:
        document: dict[str, Any] = documents.load_json(path)
    except (UnreadableFileError, FileFormatError):  # logs may be deleted at any time; the sum says how many are gone
        return None
    return document


def _total(parts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    total: Counter[str] = Counter()
    for part in parts:
        total.update(part)
    return dict(sorted(total.items(), key=lambda item: (-item[1], item[0])))
