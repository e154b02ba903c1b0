"""The lines quoted from a job's log, as law's job script writes it, and the message of an incomplete run."""

import pytest

from submit.jobs.job_logs import Account, describe_missing, read_last_lines

SUMMARY = """
===== Luigi Execution Summary =====

Scheduled 2 tasks of which:
* 1 failed:
    - 1 ParseFile(...)

This progress looks :( because there were failed tasks

===== Luigi Execution Summary =====

task exit code: 30
22/11/2026 19:10:55.902414084 (UTC)
execution of task branch 0 failed (exit code 30), stop job

-- hook law_hook_job_failed 60 30 ------------------------------------------------------------------

"""
END = """-- stageout ----------------------------------------------------------------------------------------

stageout file empty, skip

-- end ---------------------------------------------------------------------------------------------

job exit code : 60
"""
HEAD = """law remote job script
=====================
22/11/2026 19:10:52.128708448 (UTC)
"""
WORKER = "ERROR: [pid 4411] Worker Worker(salt=1, workers=1, host=vm) failed    ParseFile(branch=0, run_name=r)\n"
INFORMED = "INFO: Informed scheduler that task   ParseFile_1   has status   FAILED\nINFO: \n"
OTHER_BRANCH = "-- branch 1, although branch 0 failed\nINFO: Done scheduling tasks\ntask exit code: 0\n\n"

RUNNING = "-- hook law_hook_job_running ----\n\nfunction 'law_hook_job_running' does not exist, skip\n\n"
IMPORT = """Traceback (most recent call last):
  File "/venv/bin/law", line 4, in <module>
ModuleNotFoundError: No module named 'numpy'
"""

LOGS = {
    "a sentence of ours": (
        HEAD + WORKER + "1 of 1 files cannot be read:\n  f0.root: truncated\n" + INFORMED + SUMMARY + END,
        ["1 of 1 files cannot be read:", "  f0.root: truncated"],
    ),
    "other branches after it": (
        HEAD + WORKER + "1 of 1 files cannot be read:\n  f0.root\n" + INFORMED + SUMMARY + OTHER_BRANCH + END,
        ["1 of 1 files cannot be read:", "  f0.root"],
    ),
    "a long sentence: its beginning": (
        HEAD + WORKER + "many\n" + "".join(f"  f{number}.root\n" for number in range(30)) + INFORMED + SUMMARY,
        ["many", *(f"  f{number}.root" for number in range(11))],
    ),
    "a traceback: its end": (
        WORKER + "Traceback (most recent):\n" + "  line\n" * 30 + "ValueError: 7\n" + INFORMED + SUMMARY + END,
        ["  line"] * 11 + ["ValueError: 7"],
    ),
    "an error before luigi": (
        HEAD + "-- execute attempt 1\nerror: law.cfg:3: no such key\ntask exit code: 40\n" + END,
        ["error: law.cfg:3: no such key"],
    ),
    "a bootstrap that fails": (
        HEAD + "bootstrap.sh: there is no law on n7\nbootstrap file failed (exit code 1), stop job\n\n" + END,
        [*HEAD.splitlines(), "bootstrap.sh: there is no law on n7", "bootstrap file failed (exit code 1), stop job"],
    ),
    "cut off by a kill": (
        HEAD + "".join(f"INFO: {number}\n" for number in range(20)) + "slurmstepd: error: exceeded memory limit\n",
        [*(f"INFO: {number}" for number in range(9, 20)), "slurmstepd: error: exceeded memory limit"],
    ),
    "killed by its walltime, after a branch that succeeded": (
        HEAD + RUNNING + "-- run task branch 0 ----\n\nINFO: Done\ntask exit code: 0\n\n-- run task branch 1 ----\n\n"
        "cmd: law run\n\n-- execute attempt 1\n=>> PBS: job killed: walltime 62 exceeded limit 60\n",
        [
            "-- run task branch 1 ----",
            "cmd: law run",
            "-- execute attempt 1",
            "=>> PBS: job killed: walltime 62 exceeded limit 60",
        ],
    ),
    "an import error before luigi": (
        HEAD
        + RUNNING
        + "-- run task branch 0 ----\n\ncmd: law run\n\n-- dependency tree\n"
        + IMPORT
        + "dependency tree for task branch 0 failed (exit code 1), stop job\n\n-- hook law_hook_job_failed 50 1 --\n\n"
        + OTHER_BRANCH
        + END,
        [*IMPORT.splitlines(), "dependency tree for task branch 0 failed (exit code 1), stop job"],
    ),
    "a worker's word alone": (WORKER + INFORMED, [WORKER.strip()]),
    "nothing": ("", []),
    "no text": ("\0\ufffd", ["\0\ufffd"]),
}


@pytest.mark.parametrize("name", LOGS)
def test_last_lines(tmp_path, name):
    text, words = LOGS[name]
    (tmp_path / "job.log").write_text(text)
    assert read_last_lines(tmp_path / "job.log") == words


def test_no_log(tmp_path):
    assert read_last_lines(tmp_path / "job.log") == []


def test_of_a_huge_log_the_end_is_read(tmp_path):
    (tmp_path / "job.log").write_text("ERROR: early\n" + "x" * 200_000 + "\nERROR: late\n")
    assert read_last_lines(tmp_path / "job.log") == ["ERROR: late"]


PARSING = Account("ParseFile", "pbs", 9, {})


def test_stages_of_a_chain_and_a_walltime_are_named():
    account = Account("CountMasses, with ParseFile and ComputeMasses", "slurm", 9, {0: "ParseFile", 1: "CountMasses"})
    jobs = [job([0, 1], extra={"exceeded_walltime": True}, error="exceeded its walltime", code=None)]
    head, line, remedy, _ = describe_missing(account, [0, 1], jobs, None).splitlines()
    assert head.startswith("CountMasses, with ParseFile and ComputeMasses: 2 of 9 branches have no output")
    assert line == "branch 0,1 (ParseFile, CountMasses): job 1.s: exceeded its walltime; log: none"
    assert "exceeded its walltime needs more of it (--slurm-walltime)" in remedy
    assert "--files-per-branch" in remedy


def job(branches, log=None, **more):
    return {"job_id": "1.s", "branches": branches, "status": "failed", "code": 60, "error": "exit status 60",
            "extra": {"log": log}} | more  # fmt: skip


def test_the_message_names_branches_jobs_and_logs(tmp_path):
    (tmp_path / "a.log").write_text("ERROR: no\n")
    jobs = [job([0, 1], str(tmp_path / "a.log")), job([4], str(tmp_path / "b.log"), error=None, status=None, code=None)]
    jobs += [job([number], job_id=None, error="refused:\nno such queue") for number in (2, 7)]
    assert describe_missing(PARSING, [0, 2, 4, 5, 6, 7], jobs, OSError("qstat: down")).splitlines() == [
        "ParseFile: 6 of 9 branches have no output (the others are done, and stay done):",
        f"branch 0: job 1.s: exit status 60, code 60; log: {tmp_path}/a.log",
        "    ERROR: no",
        "branch 4: job 1.s: submitted; log: none",
        "branch 2,7: refused:",
        "    no such queue",
        "branch 5,6: not submitted",
        "Polling ended with: qstat: down",
        "Fix the cause and rerun the same command; it polls the jobs that still run and submits what is missing.",
    ]


def test_ten_logs_are_quoted_and_none_of_a_job_that_still_runs(tmp_path):
    (tmp_path / "a.log").write_text("ERROR: no\n")
    jobs = [job([number], str(tmp_path / "a.log")) for number in range(20)]
    jobs.insert(0, job([20], str(tmp_path / "a.log"), status="running", error=None, code=None))
    text = describe_missing(PARSING, list(range(21)), jobs, None)
    assert text.count("ERROR: no") == 10
    assert "branch 20: job 1.s: running; log: " in text
    assert text.count("\nbranch ") == 21


def test_the_message_of_a_complete_run_names_the_error():
    text = describe_missing(PARSING, [], [], OSError("disk full"))
    assert text.startswith("ParseFile: all branches have their output, but polling the jobs ended with an error:\n")
    assert "disk full" in text
