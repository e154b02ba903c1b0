"""Which branch of a stage upstream belongs to a branch: the same where both are cut alike, else all of them."""

import pytest
from luigi.task_register import Register

import tasks
from targets.errors import ConfigurationError


@pytest.fixture
def make(run):
    """A function that makes a task as Python code would, of three files that are listed."""
    run(task="FetchMetadata")
    Register.clear_instance_cache()

    def made(name, **parameters):
        values = {"run_name": "r", "base_output_dir": str(run.folder / "out"), "input_files": (run.input_files,)}
        return getattr(tasks, name)(**values, **parameters)

    return made


@pytest.mark.parametrize(
    ("name", "branch", "upstream", "expected"),
    [
        ("CountMasses", 1, "ComputeMasses", 1),
        ("FillHistograms", 2, "RemovePeaks", 2),
        ("FillHistograms", 2, "ComputeMasses", 2),
        ("FillHistograms", 3, "RemovePeaks", 3),
        ("FillHistograms", 3, "ComputeMasses", -1),  # a branch of a combined dataset would come behind the listed ones
        ("FindPeaks", 0, "CountMasses", -1),
    ],
)
def test_stages_that_are_cut_alike_share_branches(make, name, branch, upstream, expected):
    assert make(name, branch=branch).upstream_task(getattr(tasks, upstream)).branch == expected


def test_chosen_branches_are_handed_on(make):
    assert make("CountMasses", branches=((0, 2),)).upstream_task(tasks.ComputeMasses).branches == ((0, 2),)
    assert make("FindPeaks", branches=((0, 1),)).upstream_task(tasks.CountMasses).branches == ()


def test_a_branch_that_does_not_exist_is_refused_with_those_that_do(make):
    with pytest.raises(ConfigurationError, match=r"branch = 3: for these files CountMasses has branches 0 to 2"):
        _ = make("CountMasses", branch=3).branch_data
