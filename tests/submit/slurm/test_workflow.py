"""What jobs of Slurm request; tests/tasks/framework/test_cluster.py has whole job files, tests/runs a real Slurm."""

import pytest

from submit.jobs.requests import JobRequest
from submit.slurm.workflow import format_options


@pytest.mark.parametrize(
    ("request_", "account", "options"),
    [
        (JobRequest(), None, []),
        (JobRequest(4, "2gb", 1.5), "atlas", [("time", "01:30:00"), ("mem", "2G"), ("cpus-per-task", "4")]),
        (JobRequest(memory="900b"), None, [("mem", "1K")]),
        (JobRequest(memory="900mb"), None, [("mem", "900M")]),
    ],
)
def test_options_of_sbatch(request_, account, options):
    assert format_options(request_, account) == [*options, *([("account", account)] if account else [])]
