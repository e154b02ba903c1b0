"""Weights of CMS's simulation: what was generated stands in the tree Runs, also of files of which no event is left."""

import numpy as np
import pytest
import uproot

from edm.records.samples import SampleNumbers
from physics.errors import EventLevelError
from physics.selection.selection import Selection
from steps import parse
from steps.read_options import ReadOptions
from steps.weighting.normalisation import SampleSources, find_unit, normalise
from steps.weighting.weigher import WeightOptions
from targets.catalogue.input_files import InputFile
from targets.events import event_branches, schemas
from targets.events.inputs import FetchOptions
from tests.support.rootfiles_made import events, write

TABLE = {"generator": "genWeight", "runs_tree": True, "source": "a test"}
SELECTION = Selection(name="w", description="Weights alone.", weights={"formats": {"cms-nanoaod": TABLE}})


@pytest.fixture
def run(tmp_path):
    """Parse files, each given by its weights and what its tree Runs says; None for no such tree."""

    def parsing(*files, given=False):
        listed = []
        for number, (weights, runs) in enumerate(files):
            path = tmp_path / f"{number}.root"
            write(path, "cms-nanoaod", events(len(weights)), genWeight=np.array(weights, dtype=np.float32))
            if runs is not None:
                sums, counts = map(np.array, zip(*runs, strict=True))
                with uproot.update(path) as file:
                    tree = file.mktree("Runs", {"genEventSumw": sums.dtype, "genEventCount": counts.dtype})
                    tree.extend({"genEventSumw": sums, "genEventCount": counts})
            listed.append(InputFile(str(path), None, None, None, None, None, "files", "mc"))
        fetch, weights = FetchOptions("auto", tmp_path / "cache", keep=False), WeightOptions(sum_given=given)
        options = ReadOptions(schemas.load(""), SELECTION, fetch, 2, 4000, 1, 0, weights=weights)
        return parse.parse(listed, options, tmp_path / "p.root", "rntuple")

    return parsing


def normalised(record):
    known = SampleSources("files", SampleNumbers(cross_section_pb=2.0), SampleNumbers(), True, 1.0)
    unit = find_unit([record], SampleNumbers())
    return unit, normalise([record], unit, known)


def test_a_file_of_which_no_event_is_left_counts_with_what_was_generated(run):
    record = run(([], [(40.0, 10)]), ([1.0, -1.0, 2.0], [(100.0, 50), (-8.0, 2)]))
    assert [file.weights.sum_of_weights for file in record.files] == [40.0, 92.0]
    assert [file.weights.entries for file in record.files] == [0, 3]
    unit, normalisation = normalised(record)
    assert unit == 2.0**-18  # of the first file of the list, 40 / 10
    assert (normalisation.sum_of_weights, normalisation.factor) == (132.0, 2000 / 132)


def test_the_tree_is_read_once_a_file(run, monkeypatch):
    read, times = event_branches.read_generator_sums, []
    monkeypatch.setattr(event_branches, "read_generator_sums", lambda *file: times.append(1) or read(*file))
    run(([1.0] * 5, [(5.0, 5)]), ([1.0] * 4, [(4.0, 4)]))
    assert len(times) == 2


@pytest.mark.parametrize("weights", [[1.0, 2.0], []])
def test_a_file_without_the_tree_needs_a_sum_of_the_user(run, weights):
    whole = ([4.0], [(8.0, 2)])
    message = r"1\.root: simulation without a tree Runs, .*: give sum_of_weights for the sample \(--cross-sections FILE"
    with pytest.raises(EventLevelError, match=message):
        run(whole, (weights, None))
    record = run(whole, (weights, None), given=True)
    known = SampleSources("files", SampleNumbers(2.0, sum_of_weights=16.0), SampleNumbers(), True, 1.0)
    assert normalise([record], 2.0**-18, known).sum_from == "the user"
