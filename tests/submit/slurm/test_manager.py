"""The job manager of Slurm, with commands that answer as Slurm's do; tests/runs has a real Slurm."""

import shlex
import sys

import pytest

from submit.errors import CommandError, NoCommandError, RefusedJobError
from submit.slurm.manager import SlurmJobManager

UNKNOWN_PARTITION = """sbatch: error: invalid partition specified: nosuch
sbatch: error: Batch job submission failed: Invalid partition name specified
"""


@pytest.fixture
def commands(configure, tmp_path):
    """A function that lets a command of Slurm answer; it returns the file in which the command notes its arguments."""

    def answer(name, out="", err="", code=0):
        notes = tmp_path / f"{name}.txt"
        text = f"import os, sys; print(os.getcwd(), *sys.argv[1:], file=open({str(notes)!r}, 'a'))\n"
        text += f"print({out!r}); print({err!r}, file=sys.stderr); sys.exit({code})"
        (tmp_path / f"{name}.py").write_text(text)
        configure(**{f"slurm_cmd_{name}": shlex.join([sys.executable, str(tmp_path / f"{name}.py")])})
        return notes

    return answer


def test_a_job_is_submitted_from_its_own_directory(commands, tmp_path):
    asked = commands("sbatch", "welcome to the cluster\nSubmitted batch job 12")
    assert SlurmJobManager().submit(tmp_path / "a.sh", partition="long") == 12
    assert SlurmJobManager().submit(tmp_path / "a.sh") == 12
    assert asked.read_text() == f"{tmp_path} --partition long a.sh\n{tmp_path} a.sh\n"


def test_the_command_may_begin_with_an_assignment(configure, tmp_path):
    configure(slurm_cmd_sbatch="""A=7 exec sh -c 'echo Submitted batch job $A'""")
    assert SlurmJobManager().submit(tmp_path / "a.sh") == 7


def test_a_permanent_refusal_is_not_tried_again(commands, tmp_path):
    asked = commands("sbatch", err=UNKNOWN_PARTITION, code=1)
    with pytest.raises(RefusedJobError, match=r"a.sh was not submitted: sbatch ended with 1: .*nosuch"):
        SlurmJobManager().submit(tmp_path / "a.sh", retries=3)
    assert len(asked.read_text().splitlines()) == 1
    assert SlurmJobManager().submit(tmp_path / "a.sh", silent=True) is None


def test_another_refusal_is_tried_again(commands, tmp_path):
    asked = commands("sbatch", err="sbatch: error: Slurm temporarily unable to accept job, sleeping", code=1)
    with pytest.raises(CommandError, match="temporarily unable") as caught:
        SlurmJobManager().submit(tmp_path / "a.sh", retries=2, retry_delay=0)
    assert not isinstance(caught.value, RefusedJobError)
    assert len(asked.read_text().splitlines()) == 3


def test_without_sbatch_nothing_is_submitted(configure, tmp_path):
    configure(slurm_cmd_sbatch="/no/sbatch")
    with pytest.raises(NoCommandError, match="cannot run '/no/sbatch'"):
        SlurmJobManager().submit(tmp_path / "a.sh")


def test_without_accounting_only_squeue_is_asked(commands):
    commands("squeue", "7|RUNNING|0|None|")
    asked = commands("sacct", err="Slurm accounting storage is disabled", code=1)
    manager = SlurmJobManager()
    for _ in range(2):
        states = manager.query(["7", "8"])
    assert states["7"]["status"] == "running"
    assert states["8"]["extra"] == {"vanished": True}
    assert len(asked.read_text().splitlines()) == 1


def test_a_job_that_squeue_has_forgotten_is_looked_for_in_the_accounts(commands):
    commands("squeue", err="slurm_load_jobs error: Invalid job id specified", code=1)
    commands("sacct", "7|FAILED|3:0|None")
    assert SlurmJobManager().query(7)["error"] == "failed, exit status 3"


@pytest.mark.parametrize("command", ["squeue", "sacct"])
def test_another_error_changes_no_state(commands, command):
    commands("squeue")
    commands("sacct")
    commands(command, err=f"{command}: error: no database", code=1)
    with pytest.raises(CommandError, match=rf"cannot query 1 job\(s\): {command} ended with 1: .*no database"):
        SlurmJobManager().query(["7"])
    assert SlurmJobManager().query(["7"], silent=True) is None


@pytest.mark.parametrize(
    "err",
    [
        "scancel: error: Kill job error on job id 7: Invalid job id specified",
        "scancel: error: Kill job error on job id 7: Job/step already completing or completed",
    ],
)
def test_cancelling_jobs_that_have_ended_is_no_error(commands, err):
    commands("scancel", err=err, code=1)
    assert SlurmJobManager().cancel(["7"]) == {"7": None}
    assert SlurmJobManager().cancel("7") is None


def test_cancelling_without_a_server_is_an_error(commands):
    commands("scancel", err="scancel: error: Invalid job id specified\nscancel: error: Unable to contact slurm", code=1)
    with pytest.raises(CommandError, match=r"(?s)cannot cancel 1 job\(s\): scancel .*Unable to contact slurm"):
        SlurmJobManager().cancel(["7"])


def test_the_newest_job_of_a_name_is_found(commands):
    commands("squeue", "7 a_1\n12 a_1\n8 b_2\n9_4 c_3\n 10 d e\n")
    assert SlurmJobManager().find(["a_1", "c_3", "d e", "z"]) == {"a_1": 12, "d e": 10}


def test_a_squeue_that_fails_is_named_with_its_error(commands, configure):
    commands("squeue", err="slurm_load_jobs error: Unable to contact", code=1)
    with pytest.raises(CommandError, match=r"cannot list the jobs: squeue ended with 1: .*Unable to contact"):
        SlurmJobManager().find(["a"])
    configure(slurm_cmd_squeue="/no/squeue")
    with pytest.raises(CommandError, match="/no/squeue"):
        SlurmJobManager().find(["a"])
