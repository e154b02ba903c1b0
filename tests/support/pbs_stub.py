"""The commands of the stub of PBS: `pbs_stub.py qsub|qstat|qdel|run STATE …`.

Only the standard library, to start fast. All that it knows stands in the folder STATE: `settings.json`, `jobs/N.json`,
`spool/`, `submissions.jsonl`, and one file for each fault that is switched on. pbs_engine.py is the way to use it.
"""

# ruff: noqa: T201 # these are commands: they answer by printing

import fcntl
import json
import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

POLL_S = 0.02
MOST_CONNECTIONS = 25  # of one command; a real node has some 500 reserved ports
ENDED = {"openpbs": "F", "torque": "C", "slurm": "C"}


class Server:
    """The state of the stub."""

    def __init__(self, folder):
        self.folder = Path(folder)
        settings = json.loads((self.folder / "settings.json").read_text())
        self.dialect, self.history, self.slots = settings["dialect"], settings["history"], settings["slots"]
        self.owner = settings["owner"]

    @contextmanager
    def locked(self):
        with (self.folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def jobs(self):
        jobs = [json.loads(path.read_text()) for path in (self.folder / "jobs").glob("*.json")]
        return sorted(jobs, key=lambda job: job["number"])

    def job(self, job_id):
        path = self.folder / "jobs" / f"{job_id.partition('.')[0]}.json"
        return json.loads(path.read_text()) if path.is_file() else None

    def write(self, job):
        path = self.folder / "jobs" / f"{job['number']}.json"
        path.with_suffix(".new").write_text(json.dumps(job))
        path.with_suffix(".new").replace(path)

    def fault(self, name):
        path = self.folder / "faults" / name
        return path.read_text() if path.is_file() else None

    def full_id(self, job):
        return str(job["number"]) if self.dialect == "slurm" else f"{job['number']}.stub"

    def ended(self, job):
        return job["state"] == ENDED[self.dialect]


def say(server, text, code):
    """Print an error where the dialect prints it, and end."""
    print(text, file=sys.stdout if server.dialect == "slurm" else sys.stderr)
    raise SystemExit(code)


def trouble(server, command):
    """Behave as a server that is not well, if it is not."""
    if server.fault("hang") is not None:
        time.sleep(3600)
    if server.fault("down") is not None:
        with (server.folder / "turned_away").open("a") as file:
            file.write(f"{command}\n")
        if server.dialect == "slurm":
            say(server, "Problem loading jobs." if command == "qstat" else "Unable to contact slurm controller", 255)
        print("Connection refused", file=sys.stderr)
        say(server, f"{command}: cannot connect to server stub (errno=15010)", 255 if command == "qstat" else 162)
    if (answer := server.fault(f"answer-{command}")) is not None:
        code, _, text = answer.partition("\n")
        sys.stdout.write(text)
        raise SystemExit(int(code))


def options(words):
    """Return qsub's options of a list of words, and what is left."""
    given, rest, words = [], [], list(words)
    while words:
        word = words.pop(0)
        if word.startswith("-"):
            given.append((word, words.pop(0) if words else ""))
        else:
            rest.append(word)
    return given, rest


def qsub(server, words):
    trouble(server, "qsub")
    if (refusal := server.fault("refuse")) is not None:
        code, _, text = refusal.partition("\n")
        say(server, text, int(code))
    given, rest = options(words)
    script = Path(rest[-1]).absolute()
    text = script.read_text()
    directives = [
        line.removeprefix("#PBS ").split(maxsplit=1) for line in text.splitlines() if line.startswith("#PBS ")
    ]
    asked = [*((words[0], words[-1]) for words in directives), *given]
    with server.locked():
        number = 1 + max((job["number"] for job in server.jobs()), default=0)
        job = {
            "number": number, "state": "Q", "exit": None, "comment": "Not Running", "pid": None, "runner": None,
            "name": dict(asked).get("-N", script.name), "log": dict(asked).get("-o"), "script": str(script),
            "queue": dict(asked).get("-q", "workq"), "account": dict(asked).get("-A"), "folder": str(Path.cwd()),
            "resources": ",".join(value for option, value in asked if option == "-l"), "submitted": time.time(),
        }  # fmt: skip
        (server.folder / "spool" / f"{number}.sh").write_text(text)
        server.write(job)
        with (server.folder / "submissions.jsonl").open("a") as file:
            file.write(json.dumps(job) + "\n")
        runner = subprocess.Popen(
            [sys.executable, "-S", "-E", __file__, "run", str(server.folder), str(number)],
            start_new_session=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            cwd=server.folder / "home", env={"PATH": "/usr/bin:/bin"},
        )  # fmt: skip
        server.write({**job, "runner": runner.pid})
    if server.fault("accept-and-hang") is not None:
        time.sleep(3600)
    if (lost := server.fault("accept-and-fail")) is not None:
        code, _, text = lost.partition("\n")
        say(server, text, int(code))
    print(server.full_id(job))


def run(server, words):
    """Wait for a free slot, run the job, and write down how it ended."""
    if not (job := start(server, words[0])):
        return
    process, spool = job.pop("process"), Path(job.pop("spool"))
    limit = re.search(r"walltime=(\d+):(\d+):(\d+)", job["resources"])
    seconds = (
        sum(int(part) * scale for part, scale in zip(limit.groups(), (3600, 60, 1), strict=True)) if limit else None
    )
    try:
        code, comment = wait(server, process, seconds), "and finished"
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        code, comment = (-29 if server.dialect == "openpbs" else -11), "and exceeded resource walltime"
    else:
        if code:
            code, comment = (256 - code if code < 0 else code), "and failed"
    if job["log"]:
        shutil.copy(spool, job["log"])
    with server.locked():
        now = server.job(words[0])
        forced = now.get("forced")  # a walltime that a test declares to be over
        server.write({**now, "state": ENDED[server.dialect], "exit": forced if forced is not None else code,
                      "comment": f"Job run at Sun Nov 22 on (stub:ncpus=1) {comment}"})  # fmt: skip


def wait(server, process, seconds):
    """Wait for a job, for its walltime, or until the test that made the engine is gone without having closed it."""
    end = time.monotonic() + seconds if seconds else None
    while True:
        remaining_s = end - time.monotonic() if end else 1
        try:
            return process.wait(max(min(remaining_s, 1), 0))
        except subprocess.TimeoutExpired:
            if remaining_s <= 0 or not Path(f"/proc/{server.owner}").exists():
                raise


def start(server, number):
    while True:
        with server.locked():
            job = server.job(number)
            if job["state"] != "Q" or server.fault("closed") is not None or not Path(f"/proc/{server.owner}").exists():
                return None
            running = sum(queued["state"] == "R" for queued in server.jobs())
            if running < server.slots and server.fault("paused") is None:
                home = str(server.folder / "home")
                environment = {
                    "HOME": home,
                    "PATH": "/usr/local/bin:/usr/bin:/bin",
                    "SHELL": "/bin/bash",
                    "USER": user(),
                }
                if server.dialect != "slurm":
                    environment |= {"PBS_JOBID": server.full_id(job), "PBS_O_WORKDIR": job["folder"]}
                spool = server.folder / "spool" / f"{number}.OU"
                with spool.open("wb") as out:
                    process = subprocess.Popen(
                        ["/bin/bash", str(server.folder / "spool" / f"{number}.sh")], start_new_session=True,
                        stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT,
                        cwd=job["folder"] if server.dialect == "slurm" else home, env=environment,
                    )  # fmt: skip
                job |= {"state": "R", "pid": process.pid, "comment": "Job run at Sun Nov 22 on (stub:ncpus=1)"}
                server.write(job)
                return {**job, "process": process, "spool": str(spool)}
        time.sleep(POLL_S)


def user():
    return pwd.getpwuid(os.getuid()).pw_name


def block(server, job):
    """Return what qstat -f prints of a job: OpenPBS and Torque fold long lines, Slurm's wrapper indents with tabs."""
    finished = server.ended(job)
    attributes = {"Job_Name": job["name"], "Job_Owner": f"{user()}@{socket.gethostname()}", "job_state": job["state"],
                  "queue": job["queue"]}  # fmt: skip
    if server.dialect != "slurm":
        attributes |= {"server": "stub", "exec_host": "stub/0", "comment": job["comment"]}
        attributes["Variable_List"] = ",".join(f"PBS_O_THING{number}=a = b" for number in range(12))
        if finished and job["exit"] is not None:
            attributes["Exit_status" if server.dialect == "openpbs" else "exit_status"] = job["exit"]
        attributes["Submit_arguments"] = job["script"]
    lines = []
    for name, value in attributes.items():
        line = f"{name} = {value}"
        if server.dialect == "slurm":
            lines.append(f"\t{line}")
        else:
            lines.append("\n\t".join([f"    {line[:74]}", *re.findall(r".{1,71}", line[74:])]))
    header = f"Job Id:\t{job['number']}" if server.dialect == "slurm" else f"Job Id: {server.full_id(job)}"
    return "\n".join([header, *lines, "", ""])


def qstat(server, words):
    if "--version" in words:
        version(server)
    trouble(server, "qstat")
    history = "-x" in words and server.dialect == "openpbs"
    asked = [word for word in words if not word.startswith("-")]
    together = "-E" in words and server.dialect == "openpbs"  # one connection, and silence about unknown jobs
    if len(asked) > MOST_CONNECTIONS and not together:
        say(server, "pbs_iff: all reserved ports in use\nqstat: cannot connect to server stub (errno=15010)", 255)
    if history and not server.history:
        print(
            *(f"qstat: PBS is not configured to maintain job history {job_id}" for job_id in asked),
            sep="\n",
            file=sys.stderr,
        )
        return
    with server.locked():
        jobs = [server.job(job_id) for job_id in asked] if asked else server.jobs()
    code = 153 if server.dialect == "slurm" else 0
    forgotten = server.fault("forget-finished") is not None
    for job_id, job in zip(asked or [server.full_id(job) for job in jobs], jobs, strict=True):
        gone = job is None or (server.ended(job) and (forgotten or not server.history))
        if not gone and (history or not server.ended(job) or server.dialect != "openpbs"):
            print(block(server, job))
            code = 0 if server.dialect == "slurm" else code
        elif not asked or server.dialect == "slurm" or together:
            continue
        elif gone:
            code = 153
            print(f"qstat: Unknown Job Id {'' if server.dialect == 'openpbs' else 'Error '}{job_id}", file=sys.stderr)
        else:
            code = 35
            print(
                f"qstat: {job_id} Job has finished, use -x or -H to obtain historical job information", file=sys.stderr
            )
    raise SystemExit(code)


def version(server):
    if server.dialect == "openpbs":
        print("pbs_version = 23.06.06")
    elif server.dialect == "torque":
        print("Version: 6.1.2\nCommit: 661e092552de43a785c15d39a3634a541d86898e", file=sys.stderr)
    else:
        print("Unknown option: version\nUsage:\n    qstat [-f] [job_id...]", file=sys.stderr)
        raise SystemExit(2)
    raise SystemExit(0)


def qdel(server, words):
    trouble(server, "qdel")
    code = 0
    for job_id in words:
        with server.locked():
            job = server.job(job_id)
            if job and job["state"] == "Q":
                server.write({**job, "state": ENDED[server.dialect], "comment": f"{job['comment']} and terminated"})
                continue
        if job and not server.ended(job):
            os.killpg(job["pid"], signal.SIGTERM)
        elif server.dialect == "slurm":
            code += 1
        else:
            code = 35 if job else 153
            print(f"qdel: {f'Job has finished {job_id}' if job else f'Unknown Job Id {job_id}'}", file=sys.stderr)
    raise SystemExit(code)


if __name__ == "__main__":
    {"qsub": qsub, "qstat": qstat, "qdel": qdel, "run": run}[sys.argv[1]](Server(sys.argv[2]), sys.argv[3:])
