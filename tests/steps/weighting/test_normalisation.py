"""What weights are summed in and multiplied with, from records of files alone."""

from dataclasses import replace

import pytest

from edm.records.branch_records import ParsedFiles
from edm.records.cutflow import Cutflow
from edm.records.samples import FileWeights, SampleNumbers
from edm.records.statistics import EventCounts, Failure, FileRecord
from physics.errors import EventLevelError
from steps.weighting.normalisation import SampleSources, describe_doubts, describe_normalisation, find_unit, normalise

G = {"entries": 4, "sum_of_generator_weights": 12.0, "in_units": {"-19": 12 * 2**19}}
UNIT = 2.0**-19


def branches(*of_branches, failures=()):
    """Make the records of branches, one file each; the last has failures."""
    files = [FileRecord(f"{n}.root", "2024r-pp", {}, weights=weights) for n, weights in enumerate(of_branches)]
    failed = tuple(Failure(uri, "truncated") for uri in failures)
    counts = EventCounts(read=0, written=0, few_objects={})
    records = [ParsedFiles(events=counts, cutflow=Cutflow(), files=(file,), failures=()) for file in files]
    return [*records[:-1], replace(records[-1], failures=failed)]


def sources(given=None, catalogue=None, whole=True, luminosity_fb=1.0):
    catalogue = catalogue or SampleNumbers(cross_section_pb=2.0)
    return SampleSources("s", given or SampleNumbers(), catalogue, whole, luminosity_fb)


def test_the_unit_is_that_of_the_first_file_with_events():
    assert find_unit(branches(None, FileWeights()), SampleNumbers()) is None
    paths = branches(FileWeights(**G), FileWeights(entries=1, sum_of_generator_weights=1e9))
    assert find_unit(paths, SampleNumbers()) == UNIT
    assert find_unit(paths, SampleNumbers(sum_of_weights=64.0, n_events=2.0)) == 2.0**-15


def test_the_unit_of_files_that_say_what_was_generated():
    paths = branches(FileWeights(**G, sum_of_weights=80.0, n_events=10.0))
    assert find_unit(paths, SampleNumbers(sum_of_weights=1.0, n_events=1.0)) == 2.0**-17


def test_sums_of_files_that_were_read_add_up():
    found = normalise(branches(*3 * [FileWeights(**G)]), UNIT, sources())
    assert (found.sum_of_weights, found.sum_from) == (36.0, "the events that were read")
    assert found.factor == 2.0 * 1000 / 36


def test_sums_of_the_trees_runs_add_up_and_those_of_whole_samples_do_not():
    paths = branches(*(FileWeights(**G, sum_of_weights=total) for total in (5.0, 7.0)))
    assert normalise(paths, UNIT, sources()).sum_of_weights == 12.0
    whole = branches(*2 * [FileWeights(**G, sum_of_weights=12.0, of_whole_sample=True)])
    assert normalise(whole, UNIT, sources()).sum_of_weights == 12.0
    assert "only some files" in normalise(whole, UNIT, sources(whole=False)).note


def test_the_catalogue_counts_for_skimmed_files_when_all_are_read():
    paths = branches(FileWeights(**G, skimmed=True))
    catalogue = SampleNumbers(2.0, 1.5, 0.5, 100.0)
    found = normalise(paths, UNIT, sources(catalogue=catalogue))
    assert (found.sum_of_weights, found.k_factor, found.filter_efficiency) == (100.0, 1.5, 0.5)
    partly = normalise(paths, UNIT, sources(catalogue=catalogue, whole=False))
    assert partly.sum_of_weights == 12.0
    assert "contents are too large" in partly.note
    assert any("too large" in sentence for sentence in describe_doubts({"s": partly}))


def test_the_user_overrides_and_k_belongs_to_the_file_that_has_a_cross_section():
    paths = branches(FileWeights(**G, cross_section_pb=3.0))
    catalogue = SampleNumbers(2.0, 1.5)
    found = normalise(paths, UNIT, sources(catalogue=catalogue))
    assert (found.cross_section_pb, found.k_factor) == (3.0, 1.0)
    given = normalise(paths, UNIT, sources(SampleNumbers(4.0, sum_of_weights=-8.0), catalogue))
    assert (given.cross_section_pb, given.sum_of_weights, given.sum_from) == (4.0, -8.0, "the user")


@pytest.mark.parametrize(
    ("weights", "failures", "known", "message"),
    [
        ([FileWeights(**G, problem="no branch x")], (), sources(), "s: no branch x"),
        ([FileWeights(**G, missing_sum="no tree Runs")], (), sources(), "s: no tree Runs"),
        (
            [FileWeights(**G, sample=1), FileWeights(**G, sample=2)],
            (),
            sources(),
            "s has files of the samples 1, 2: a dataset is one sample",
        ),
        (
            [FileWeights(**G, sum_of_weights=1.0, of_whole_sample=True)],
            ("b.root",),
            sources(),
            "1 of its files cannot be read, and the sum of weights is that of the whole sample",
        ),
        ([FileWeights(**G)], (), sources(catalogue=SampleNumbers(k_factor=1.0)), "say its cross section: give cross_"),
        (
            [FileWeights(entries=1, in_units={"3": 1})],
            (),
            sources(),
            "mean weights of its files are too different to be summed in the unit",
        ),
    ],
)
def test_what_cannot_be_normalised_is_said(weights, failures, known, message):
    with pytest.raises(EventLevelError, match=message):
        normalise(branches(*weights, failures=failures), UNIT, known)


def test_samples_that_are_added_up_take_one_sentence_and_one_for_each_doubt():
    first = normalise(branches(FileWeights(**G)), UNIT, sources())
    second = normalise(branches(FileWeights(**G, skimmed=True)), UNIT, sources(luminosity_fb=2.0))
    (sentence,), (doubt,) = (
        describe({"a": first, "b": second}) for describe in (describe_normalisation, describe_doubts)
    )
    assert sentence == "2 samples, normalised to 1 and 2/fb, are added up: a, b"
    assert doubt.startswith("b: the sum of weights is that of the events that were read")
