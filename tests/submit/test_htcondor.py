"""What jobs of HTCondor request; tests/tasks/framework/test_cluster.py has a whole submit description."""

from submit.htcondor import format_commands
from submit.jobs.requests import JobRequest


def test_commands_of_a_submit_description():
    assert format_commands(JobRequest(), None) == []
    assert format_commands(JobRequest(2, "1gb", 0.5), "atlas") == [
        ("allowed_job_duration", "1800"),
        ("+MaxRuntime", "1800"),
        ("request_memory", "1024MB"),
        ("request_cpus", "2"),
        ("accounting_group", "atlas"),
    ]
