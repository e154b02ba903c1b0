"""What squeue and sacct of Slurm 22.05 print, and what it means for a job."""

import pytest

from submit.slurm.squeue import parse_sacct, parse_squeue

SQUEUE = """3|CANCELLED|15|None|
1|COMPLETED|0|None|
2|FAILED|768|NonZeroExitCode|
5|FAILED|9|JobLaunchFailure|
4|RUNNING|0|None|
6|PENDING|0|Resources|
7|TIMEOUT|0|TimeLimit|
8|SUSPENDED|0|None|
9|NEW_STATE_OF_A_LATER_SLURM|0|None|
"""


def test_every_state_of_squeue():
    statuses = parse_squeue(SQUEUE)
    assert {job_id: (status["status"], status["code"], status["error"]) for job_id, status in statuses.items()} == {
        1: ("finished", 0, None),
        2: ("failed", 3, "failed, exit status 3"),
        3: ("failed", 0, "was cancelled, killed by signal 15"),
        4: ("running", None, None),
        5: ("failed", 0, "failed, killed by signal 9 (JobLaunchFailure)"),
        6: ("pending", None, None),
        7: ("failed", 0, "exceeded its walltime (TimeLimit)"),
        8: ("running", None, None),
        9: ("running", None, None),
    }
    assert statuses[7]["extra"] == {"exceeded_walltime": True}
    assert statuses[2]["extra"] == {}


def test_states_of_sacct():
    text = "7|TIMEOUT|0:0|None\n8|CANCELLED by 1000|0:15|None\n9|OUT_OF_MEMORY|0:125|None\n10|COMPLETED|0:0|None\n"
    statuses = parse_sacct(text)
    assert [statuses[job_id]["error"] for job_id in (7, 8, 9, 10)] == [
        "exceeded its walltime",
        "was cancelled, killed by signal 15",
        "used more memory than requested, killed by signal 125",
        None,
    ]


@pytest.mark.parametrize("text", ["", "\n", "JOBID|STATE|\n", "7_1|RUNNING|0|None|\n", "slurm_load_jobs error\n"])
def test_other_lines_are_no_jobs(text):
    assert parse_squeue(text) == parse_sacct(text) == {}
