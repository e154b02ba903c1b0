"""Parameters of simulation: what the user says of samples is looked up, and bad files are refused before a run."""

import pytest

import tasks
from edm.records.samples import SampleNumbers
from targets.errors import ConfigurationError


@pytest.fixture
def task(tmp_path):
    """Make a task whose cross sections stand in a file."""

    def made(text, **parameters):
        path = tmp_path / "xs.yaml"
        path.write_text(text, encoding="utf-8")
        (tmp_path / "a.root").touch()
        return tasks.ParseFile(input_files=(str(tmp_path / "a.root"),), cross_sections=str(path), **parameters)

    return made


def test_numbers_of_a_sample_by_its_number_or_name(task):
    made = task("410470: {cross_section_pb: 729.77, source: s}\nfiles: {sum_of_weights: 3, source: s}\n")
    assert made.given_numbers("410470") == SampleNumbers(cross_section_pb=729.77)
    assert made.given_numbers("files") == SampleNumbers(sum_of_weights=3.0)
    assert made.given_numbers("1") == SampleNumbers()
    assert made.weight_options("files").sum_given
    assert not made.weight_options("1").sum_given


def test_without_weights_nothing_is_asked(task):
    assert task("files: {source: s}\n", mc_weights=False).weight_options("files") is None


def test_a_bad_file_is_refused_at_once(task):
    with pytest.raises(ConfigurationError, match=r"xs\.yaml:1: files: unknown key 'xsec'"):
        task("files: {xsec: 1, source: s}\n")
