"""The job manager of Slurm, with commands that answer as Slurm's do; tests/runs has a real Slurm."""

import getpass
import shlex
import sys

import pytest
from law.config import Config

from submit.slurm import SlurmJobManager


@pytest.fixture
def commands(configure, tmp_path):
    """A function that lets a command of Slurm answer with text, an error and an exit status."""

    def answer(name, out="", err="", code=0):
        text = f"import sys; print({out!r}); print({err!r}, file=sys.stderr); sys.exit({code})"
        (tmp_path / f"{name}.py").write_text(text)
        configure(**{f"slurm_cmd_{name}": shlex.join([sys.executable, str(tmp_path / f"{name}.py")])})

    return answer


def test_without_accounting_only_squeue_is_asked(commands):
    commands("squeue", f"JOBID STATE PARTITION NAME USER REASON\n7 RUNNING tests a {getpass.getuser()} None")
    commands("sacct", err="Slurm accounting storage is disabled", code=1)
    states = SlurmJobManager().query(["7", "8"])
    assert states["8"]["status"] == "failed"
    assert "not found" in states["8"]["error"]
    assert Config.instance().get("job", "slurm_cmd_sacct") == "true"


def test_another_error_of_accounting_is_raised(commands):
    commands("squeue", "JOBID STATE")
    commands("sacct", err="sacct: error: no database", code=1)
    with pytest.raises(Exception, match="no database"):
        SlurmJobManager().query(["7"])


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
    with pytest.raises(Exception, match="Unable to contact slurm"):
        SlurmJobManager().cancel(["7"])


def test_the_newest_job_of_a_name_is_found(commands):
    commands("squeue", "7 a_1\n12 a_1\n8 b_2\n9_4 c_3\n 10 d e\n")
    assert SlurmJobManager().find(["a_1", "c_3", "d e", "z"]) == {"a_1": 12, "d e": 10}


def test_a_squeue_that_fails_is_named_with_its_error(commands, configure):
    commands("squeue", err="slurm_load_jobs error: Unable to contact", code=1)
    with pytest.raises(RuntimeError, match="Unable to contact"):
        SlurmJobManager().find(["a"])
    configure(slurm_cmd_squeue="/no/squeue")
    with pytest.raises(RuntimeError, match="/no/squeue"):
        SlurmJobManager().find(["a"])
