"""A real XRootD server on loopback, of Debian's package xrootd-server."""

import importlib.util
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.faults import closed_port

__all__ = ["Served", "missing", "serving"]

LONGEST_START_S = 30

_ADLER32 = """#!{python}
import pathlib, sys, zlib
print(f"{{zlib.adler32(pathlib.Path(sys.argv[1]).read_bytes()):08x}} {{sys.argv[1]}}")
"""


@dataclass
class Served:
    """What the server serves: the files of a folder."""

    folder: Path
    port: int

    def host(self, name: str, content: bytes) -> str:
        """Add a file and return its address."""
        path = self.folder / name
        path.write_bytes(content)
        path.chmod(0o644)
        return f"root://127.0.0.1:{self.port}/{path}"


def missing() -> str:
    """Say what a server needs and this machine lacks; nothing when it lacks nothing."""
    lacks = [] if shutil.which("xrootd") else ["the server (apt-get install xrootd-server)"]
    lacks += [] if importlib.util.find_spec("XRootD") else ["the package xrootd (pip install '.[xrootd]')"]
    return " and ".join(lacks)


@contextmanager
def serving() -> Iterator[Served]:
    """Run a server until the block ends, as nobody where the tests are run by root: it refuses to be root."""
    folder = Path(tempfile.mkdtemp(prefix="xrd"))  # a short name: it makes sockets in it
    try:
        data, admin = folder / "data", folder / "admin"
        for each in (data, admin):
            each.mkdir()
        served = Served(data, closed_port())
        settings = {
            "all.export": data,
            "all.adminpath": admin,
            "all.pidpath": admin,
            "xrd.port": served.port,
            "xrd.network": "nodnr",
            "xrootd.chksum": f"adler32 {_summing(folder / 'adler32')}",
        }
        (folder / "xrootd.cfg").write_text("".join(f"{key} {value}\n" for key, value in settings.items()))
        command = ["xrootd", "-c", str(folder / "xrootd.cfg"), "-l", str(admin / "log")]
        if os.getuid() == 0:
            command += ["-R", "nobody"]
            for path in (folder, data, admin):
                path.chmod(0o755)
            shutil.chown(data, "nobody")
            shutil.chown(admin, "nobody")
        process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            _wait(process, served.port, admin)
            yield served
        finally:
            process.kill()
            process.wait()
    finally:
        shutil.rmtree(folder)


def _summing(path: Path) -> Path:
    """Write the command that gives checksums; Debian has its own, xrdadler32, in another package than the server."""
    python = shutil.which("python3", path=os.defpath) or os.path.realpath(
        sys.executable
    )  # nobody must be able to run it
    path.write_text(_ADLER32.format(python=python))
    path.chmod(0o755)
    return path


def _wait(process: subprocess.Popen[bytes], port: int, admin: Path) -> None:
    deadline = time.monotonic() + LONGEST_START_S
    while process.poll() is None and time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    logs = "\n".join(path.read_text(errors="replace") for path in admin.rglob("log*") if path.is_file())
    raise AssertionError(logs or "xrootd does not start")
