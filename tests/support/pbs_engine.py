"""A stub of a PBS server for tests: qsub, qstat and qdel that really run the jobs, and faults that can be switched on.

    from tests.support.pbs_engine import engine  # a pytest fixture, a function that starts engines

    def test_something(engine, tmp_path):
        pbs = engine("openpbs", history=False)
        subprocess.run([...], env={**os.environ, **pbs.environment})
        assert len(pbs.submissions()) == 3

Jobs start in a foreign home folder with a bare environment, as PBS starts them. All that an engine starts ends with the
test, also when the test is killed.
"""

import contextlib
import json
import os
import shlex
import signal
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import law
import pytest

__all__ = ["Engine", "engine"]

_STUB = Path(__file__).with_name("pbs_stub.py")
_LONGEST_S = 60


@dataclass
class Engine:
    """A server whose state stands in a folder.

    Attributes:
        folder: Of its state.
        dialect: `openpbs`, `torque`, or `slurm`: its wrappers, which tell no exit status and print errors to stdout.
        history: Whether finished jobs stay known.
        slots: How many jobs run at a time.
        environment: Variables with which law uses this engine.
    """

    folder: Path
    dialect: str = "openpbs"
    history: bool = True
    slots: int = 4
    environment: dict[str, str] = field(init=False)

    def __post_init__(self):
        for name in ("jobs", "spool", "home", "faults"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        settings = {"dialect": self.dialect, "history": self.history, "slots": self.slots, "owner": os.getpid()}
        (self.folder / "settings.json").write_text(json.dumps(settings))
        self.environment = {
            f"LAW__job__pbs_cmd_{name}": shlex.join([sys.executable, "-S", "-E", str(_STUB), name, str(self.folder)])
            for name in ("qsub", "qstat", "qdel")
        }

    def use(self, monkeypatch):
        """Let law use this engine in this process too."""
        for key, words in self.environment.items():
            monkeypatch.setenv(key, words)
            section, name = key.removeprefix("LAW__").split("__")
            monkeypatch.setitem(law.config.Config.instance()._sections[section], name, words)

    def jobs(self):
        """Return all jobs, with `number`, `name`, `state`, `exit`, `log`, `script`, `queue`, `account`, `resources`."""
        paths = sorted((self.folder / "jobs").glob("*.json"), key=lambda path: int(path.stem))
        return [json.loads(path.read_text()) for path in paths]

    def submissions(self):
        """Return the jobs that qsub accepted, in order, as they were then."""
        path = self.folder / "submissions.jsonl"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.is_file() else []

    def turned_away(self):
        """Return the commands that came while the server was down."""
        path = self.folder / "turned_away"
        return path.read_text().split() if path.is_file() else []

    def running(self):
        """Return the numbers of the running jobs."""
        return [job["number"] for job in self.jobs() if job["state"] == "R"]

    def wait(self, condition, what="it"):
        """Wait until `condition(jobs)` holds, but not for ever."""
        end = time.monotonic() + _LONGEST_S
        while not condition(self.jobs()):
            assert time.monotonic() < end, f"{what} did not happen: {self.jobs()}"
            time.sleep(0.02)

    def kill(self, number, exit_status=None):
        """Kill a running job by SIGKILL; `exit_status` is what PBS says then, where given (-29 for its walltime)."""
        job = self.jobs()[number - 1]
        if exit_status is not None:
            path = self.folder / "jobs" / f"{number}.json"
            path.with_suffix(".new").write_text(json.dumps({**job, "forced": exit_status}))
            path.with_suffix(".new").replace(path)
        os.killpg(job["pid"], signal.SIGKILL)

    def switch(self, fault, text=""):
        """Switch a fault on: see the methods below for those with a name."""
        (self.folder / "faults" / fault).write_text(text)

    def well(self):
        """Switch all faults off."""
        for path in (self.folder / "faults").iterdir():
            path.unlink()

    def down(self):
        """The server cannot be reached."""
        self.switch("down")

    def up(self):
        """The server can be reached."""
        (self.folder / "faults" / "down").unlink(missing_ok=True)

    def hang(self):
        """No command answers."""
        self.switch("hang")

    def refuse(self, text, code=170):
        """Let qsub refuse every job."""
        self.switch("refuse", f"{code}\n{text}")

    def answer(self, command, text, code=0):
        """A command says this, whatever it is asked, and does nothing."""
        self.switch(f"answer-{command}", f"{code}\n{text}")

    def pause(self):
        """No queued job starts."""
        self.switch("paused")

    def resume(self):
        """Queued jobs start again."""
        (self.folder / "faults" / "paused").unlink(missing_ok=True)

    def forget_finished(self):
        """Jobs that have ended are not known any more, from now on."""
        self.switch("forget-finished")

    def close(self):
        """End everything that was started."""
        self.switch("closed")
        for job in self.jobs():
            for pid in (job["runner"], job["pid"]):
                if pid:
                    with contextlib.suppress(ProcessLookupError, PermissionError):
                        os.killpg(pid, signal.SIGKILL)


@pytest.fixture
def engine(tmp_path):
    """A function that starts an engine in a folder of the test's own."""
    started = []

    def start(dialect="openpbs", history=True, slots=4):
        started.append(Engine(tmp_path / f"pbs{len(started)}", dialect, history, slots))
        return started[-1]

    yield start
    for server in started:
        server.close()
