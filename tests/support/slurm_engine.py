"""A real Slurm on loopback, with its sbatch and squeue and, through Debian's slurm-wlm-torque, qsub, qstat and qdel.

It needs root and Debian's slurmctld, slurmd, slurm-client and slurm-wlm-torque; daemons run in the foreground, in a
folder of the test's own, and end with it.
"""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

__all__ = ["missing", "slurm"]

_COMMANDS = ("slurmctld", "slurmd", "sbatch", "squeue", "scancel", "qsub", "qstat", "qdel")
_PATIENCE_S = 30.0

_CONFIGURATION = """\
ClusterName=tests
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={controller}
SlurmdPort={daemon}
SlurmUser=root
SlurmdUser=root
AuthType=auth/none
CredType=cred/none
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
CommunicationParameters=NoInAddrAny,NoCtldInAddrAny
MpiDefault=none
ReturnToService=2
SchedulerParameters=batch_sched_delay=0,sched_interval=1
MinJobAge=300
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
NodeName={host} NodeAddr=127.0.0.1 CPUs={cpus} State=UNKNOWN
PartitionName=tests Nodes={host} Default=YES MaxTime=INFINITE State=UP OverSubscribe=FORCE:4
"""


def missing() -> str | None:
    """Say what this machine lacks for a Slurm; None when it has all."""
    absent = [command for command in _COMMANDS if shutil.which(command) is None]
    if absent:
        return f"{', '.join(absent)} not found: apt install slurmctld slurmd slurm-client slurm-wlm-torque"
    return None if os.geteuid() == 0 else "Slurm's daemons need root here"


@contextmanager
def slurm(folder: Path) -> Iterator[dict[str, str]]:
    """Run a Slurm of one node.

    Args:
        folder: An empty folder for its state and logs.

    Yields:
        The environment variables that lead the commands to it.
    """
    for name in ("state", "spool"):
        (folder / name).mkdir(parents=True)
    configuration = folder / "slurm.conf"
    ports = _free_ports(2)
    configuration.write_text(
        _CONFIGURATION.format(
            host=socket.gethostname().split(".")[0],
            controller=ports[0],
            daemon=ports[1],
            folder=folder,
            cpus=os.cpu_count(),
        )
    )
    environment = {"SLURM_CONF": str(configuration)}
    daemons = [_start(["slurmctld", "-D", "-i"], folder, environment)]
    try:
        daemons.append(_start(["slurmd", "-D"], folder, environment))
        _wait_until_idle(folder, environment)
        yield environment
    finally:
        with suppress(subprocess.SubprocessError):
            subprocess.run(["scancel", "--user=root"], env=os.environ | environment, timeout=10, check=False)
            time.sleep(0.5)
        for daemon in reversed(daemons):
            daemon.terminate()
        for daemon in daemons:
            try:
                daemon.wait(10)
            except subprocess.TimeoutExpired:
                daemon.kill()
                daemon.wait()


def _start(command: list[str], folder: Path, environment: dict[str, str]) -> subprocess.Popen[bytes]:
    with (folder / f"{command[0]}.out").open("wb") as out:
        return subprocess.Popen(command, env=os.environ | environment, stdout=out, stderr=subprocess.STDOUT)


def _wait_until_idle(folder: Path, environment: dict[str, str]) -> None:
    end = time.monotonic() + _PATIENCE_S
    while time.monotonic() < end:
        answer = subprocess.run(
            ["sinfo", "--noheader", "--format=%T"],
            env=os.environ | environment,
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
        )
        if answer.stdout.strip() == "idle":
            return
        time.sleep(0.2)
    logs = "\n".join(path.read_text()[-2000:] for path in folder.glob("*.[lo][ou][gt]"))
    msg = f"Slurm does not start: {answer.stdout}{answer.stderr}\n{logs}"
    raise AssertionError(msg)


def _free_ports(number: int) -> list[int]:
    sockets = [socket.socket() for _ in range(number)]
    try:
        for free in sockets:
            free.bind(("127.0.0.1", 0))
        return [free.getsockname()[1] for free in sockets]
    finally:
        for free in sockets:
            free.close()
