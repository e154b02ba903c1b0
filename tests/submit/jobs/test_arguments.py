"""Names and arguments of jobs, as PBS gets them; tests/tasks/framework/test_cluster.py has the others."""

import base64
import shlex
from pathlib import Path


def test_a_name_is_the_same_for_the_same_attempt_alone(proxy):
    names = [proxy().format_job_name(1, [0, 1]) for _ in range(2)]
    assert names[0] == names[1]
    assert names[0].startswith("Cube_1_")
    different = [proxy(word="w").format_job_name(1, [0, 1]), proxy().format_job_name(1, [0])]
    (again := proxy()).job_data.attempts[1] = 1
    assert len({names[0], *different, again.format_job_name(1, [0, 1])}) == 4


def test_a_run_and_a_variant_are_part_of_the_name(proxy, monkeypatch):
    name = proxy().format_job_name(1, [0])
    monkeypatch.setattr("tests.support.pbs_workflow.Cube.pbs_output_postfix", lambda _task: "abc")
    variant = proxy().format_job_name(1, [0])
    monkeypatch.setattr("tests.support.pbs_workflow.Cube.pbs_job_label", lambda _task: "big")
    assert variant.startswith("Cube_1_")
    assert variant != name
    assert proxy().format_job_name(1, [0]) == f"big_{variant}"


def test_a_job_runs_its_branches_with_significant_arguments_alone(proxy):
    job_file = proxy(word="naïve", pbs_queue="long").create_job_file(1, [2, 3])
    words = shlex.split(Path(job_file["job"]).read_text().splitlines()[-1])
    position = words.index("Cube")
    decoded = [base64.b64decode(word).decode() for word in words[position + 1 : position + 3]]
    assert "--word=naïve" in shlex.split(decoded[0])
    assert "pbs-queue" not in decoded[0]
    assert decoded[1] == "2 3"
