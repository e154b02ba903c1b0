"""The statistics of a branch that are read again: whole, or named with the way to remake them."""

import json
import re
import shutil

import pytest

from edm.records.branch_records import RESULTS, CountedMasses
from steps import branch_statistics
from targets.errors import FileFormatError, UnreadableFileError


def change(path, old, new):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


@pytest.mark.parametrize("stage", ["ParseFile", "ComputeMasses", "RemovePeaks"])
@pytest.mark.parametrize("damage", ["another number", "another shape", "a list", "half"])
def test_changed_statistics_are_named(drawn, tmp_path, stage, damage):
    made = sorted((drawn.out / "logs" / stage).glob("*/*.json"))[0]
    log = shutil.copy2(made, tmp_path / made.name)
    assert branch_statistics.read(log, RESULTS[stage]).results.stage == stage
    match damage:
        case "another number":
            change(log, '"seconds": ', '"seconds": 1')
        case "another shape":
            log.write_text(json.dumps({"stage": stage, "seconds": 1.0, "peak_memory_mb": 3, "events": {}}))
        case "a list":
            log.write_text("[1, 2]")
        case "half":
            log.write_bytes(log.read_bytes()[:50])
    remedy = f"delete it and the product of {stage} of the same name ({log.stem}): the next run remakes both"
    with pytest.raises(FileFormatError, match=f"^{re.escape(str(log))}: .*{re.escape(remedy)}"):
        branch_statistics.load(log, RESULTS[stage])


def test_statistics_of_another_stage_are_refused(tmp_path):
    path = tmp_path / "a.json"
    path.write_text(json.dumps({"stage": "FindPeaks", "seconds": 1.0, "peak_memory_mb": 3}))
    with pytest.raises(FileFormatError, match=r"a\.json: not statistics as CountMasses .* \(they are those of F"):
        branch_statistics.load(path, CountedMasses)
    assert branch_statistics.load(tmp_path / "b.json", CountedMasses) is None


def test_statistics_that_are_not_there_are_named(tmp_path):
    with pytest.raises(UnreadableFileError, match=r"c\.json: cannot be read .*the product of CountMasses"):
        branch_statistics.read(tmp_path / "c.json", CountedMasses)
