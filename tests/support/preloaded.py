"""luigi and law in forks of one process that has everything loaded, so that a test can run many commands.

    with Preloaded(folder, environment) as preloaded:
        subprocess.run(["luigi", ...], env={"PATH": f"{preloaded.bin}:...", ...})

The commands in `bin` hand their words, folder, environment and files over a socket, and end as the fork ends. Where the
folder they are started in has a luigi.cfg of its own, which is read on loading, they load everything anew.
"""

import array
import contextlib
import importlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

from physics.toys import collisions

__all__ = ["Preloaded", "draw_nothing"]

_PROJECT = Path(__file__).resolve().parents[2]
_COMMANDS = ("luigi", "law", "pipeline")
_LOADED = ("parse", "masses", "peaks", "histograms", "output.figures", "report.report")
_DEMO_PARTS = 2  # files of the demo data, which has eight
_FILES = 3
_LONGEST_S = 60
_CLIENT = """#!{python} -SE
import array, json, os, socket, sys
name = os.path.basename(sys.argv[0])
if os.path.isfile("luigi.cfg") and not os.path.islink("luigi.cfg"):
    os.execv({scripts!r} + "/" + name, [name, *sys.argv[1:]])
server = socket.socket(socket.AF_UNIX)
server.connect({socket!r})
words = json.dumps([name, sys.argv[1:], os.getcwd(), dict(os.environ)]).encode()
server.sendmsg([len(words).to_bytes(4, "big")], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [0, 1, 2]))])
server.sendall(words)
status = server.recv(1)
sys.exit(status[0] if status else 70)
"""


class Preloaded:
    """The process, for as long as the block lasts.

    Attributes:
        bin: The folder of the commands.
    """

    def __init__(self, folder: Path, environment: dict[str, str]):
        self.bin = folder / "bin"
        self._socket = str(folder / "socket")
        self._environment = environment

    def __enter__(self):
        self.bin.mkdir(parents=True)
        scripts = str(Path(sys.executable).parent)
        for name in _COMMANDS:
            path = self.bin / name
            path.write_text(_CLIENT.format(python=sys.executable, scripts=scripts, socket=self._socket))
            path.chmod(0o755)
        command = [sys.executable, "-m", "tests.support.preloaded", self._socket]
        self._process = subprocess.Popen(command, cwd=_PROJECT, env=self._environment)
        end = time.monotonic() + _LONGEST_S
        while not Path(self._socket).exists():
            assert time.monotonic() < end, "nothing was loaded"
            assert self._process.poll() is None, "the process that loads everything has failed"
            time.sleep(0.02)
        return self

    def __exit__(self, *_):
        self._process.terminate()
        self._process.wait()


def _warm_up(folder):
    """Make a small run, so that compiled functions and fonts are loaded too."""
    from tests.support.runs import Runs
    from tests.support.toy_files import toy_file

    runs = Runs(folder, str(toy_file(folder / "toy.root", 0)))
    runs(task="MakePlots", selection="default", plot_formats="png", plotted_final_states=1)


def draw_nothing(replace=setattr):
    """Save a pixel in place of every figure: other tests look at the figures.

    Args:
        replace: Sets an attribute; pytest's monkeypatch.setattr does so for one test.
    """
    from matplotlib.figure import Figure
    from PIL import Image

    replace(Figure, "draw_without_rendering", lambda _figure: None)
    replace(Figure, "savefig", lambda _figure, path, format=None: Image.new("L", (1, 1)).save(path, format))


def _serve(path):
    """Answer every connection with a fork; a fork keeps its connection, which its end closes."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(f"{path}.new")
        server.listen(16)
        Path(f"{path}.new").rename(path)
        while True:
            connection, _ = server.accept()
            if os.fork() == 0:
                server.close()
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                _answer(connection)
            connection.close()


def _answer(connection):
    status = 70
    try:
        name, arguments, folder, environment = _receive(connection)
        os.environ.clear()
        os.environ.update(environment)
        os.chdir(folder)
        sys.argv = [name, *arguments]
        status = _run(name)
    except BaseException:
        sys.excepthook(*sys.exc_info())
        status = 1  # as Python ends
    finally:
        with contextlib.suppress(OSError, ValueError):
            sys.stdout.flush()
            sys.stderr.flush()
        connection.sendall(bytes([status]))
        os._exit(status)


def _receive(connection):
    numbers = array.array("i")
    head, found, _, _ = connection.recvmsg(4, socket.CMSG_SPACE(_FILES * numbers.itemsize))
    numbers.frombytes(found[0][2])
    for target, number in enumerate(numbers):
        os.dup2(number, target)
        os.close(number)
    text = b""
    while len(text) < int.from_bytes(head, "big"):
        text += connection.recv(65536)
    return json.loads(text)


def _run(name):
    commands = {"luigi": lambda: luigi_run(sys.argv[1:]), "law": law_run, "pipeline": pipeline_run}
    try:
        status = commands[name]()
    except SystemExit as end:
        if isinstance(end.code, str):
            sys.stderr.write(f"{end.code}\n")
        status = end.code if isinstance(end.code, int) or end.code is None else 1
    return int(status or 0) & 255


if __name__ == "__main__":
    from law.cli import run as law_run
    from luigi.cmdline import luigi_run

    socket_path, sys.argv = sys.argv[1], ["luigi"]  # tasks looks at it: forks are command lines
    from tasks.__main__ import main as pipeline_run

    for module in ("tasks", *(f"steps.{step}" for step in _LOADED)):
        importlib.import_module(module)
    collisions.PARTS = _DEMO_PARTS
    if not os.environ.get("DOCS_PICTURES"):
        draw_nothing()
    _warm_up(Path(socket_path).parent)
    _serve(socket_path)
