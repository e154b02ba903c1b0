"""Writers that are killed: no half result, and what they leave behind is told from what living ones write."""

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from targets.storage import atomic
from targets.storage.atomic import replacing, sweep

PROJECT = Path(__file__).resolve().parents[3]
WEEK_S = 7 * 24 * 3600


@pytest.fixture
def paused():
    """Start writers, other processes that say `ready` in the middle of their work; kill what is left of them."""
    started = []

    def start(code, *arguments):
        command = [sys.executable, "-c", code, *map(str, arguments)]
        writer = subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True)
        started.append(writer)
        assert writer.stdout.readline() == "ready\n"
        return writer

    yield start
    for writer in started:
        with suppress(ProcessLookupError):
            writer.kill()
        writer.wait()
        writer.stdout.close()


WRITE_FILE = """
import sys, time
from pathlib import Path
from targets.storage.atomic import replacing
with replacing(Path(sys.argv[1])) as temporary, temporary.open("w") as file:
    file.write("half of it")
    file.flush()
    print("ready", flush=True)
    time.sleep(600)
"""
WRITE_FOLDER = """
import sys, time
from pathlib import Path
from targets.storage.atomic import replacing_folder
with replacing_folder(Path(sys.argv[1])) as temporary:
    (temporary / "deep").mkdir()
    (temporary / "deep" / "first.npy").write_text("one of two")
    print("ready", flush=True)
    time.sleep(600)
"""


PAUSE = """
import sys, time
from pathlib import Path
import numpy as np
def pause(*_, **__):
    print("ready", flush=True)
    time.sleep(600)
"""
WRITE_PARSED = """
from targets.products import parsed_data
from tests.support.rootfiles_made import as_objects, events
drawn = events(1000)
with parsed_data.writing(Path(sys.argv[1]), "{}") as writer:
    writer.add(as_objects({{kind: drawn[kind] for kind in "emjgt"}}), drawn)
    writer.flush()
    pause()
"""
WRITE_MASSES = """
from edm.spectra import SpectrumKey
from targets.products.mass_arrays import MassWriter
writer = MassWriter()
writer.add(SpectrumKey("2e_0m", "e0e1"), np.ones(100_000, dtype=np.float32))
np.lib.format.write_array = pause
writer.write(Path(sys.argv[1]))
"""
EXPORT_MASSES = """
from edm.spectra import SpectrumKey
from targets.products import mass_arrays
source = Path(sys.argv[1]).with_name("source.npz")
writer = mass_arrays.MassWriter()
writer.add(SpectrumKey("2e_0m", "e0e1"), np.ones(100, dtype=np.float32))
writer.add(SpectrumKey("2e_0m", "e0e2"), np.ones(100, dtype=np.float32))
writer.write(source)
begin = mass_arrays._begin
def begin_one(*arguments):
    begin(*arguments)
    pause()
mass_arrays._begin = begin_one
mass_arrays.export(Path(sys.argv[1]), [source])
"""
WRITE_HISTOGRAM_FILE = """
import os
from physics.binning import Histogram
from targets.products import histograms
counts = np.ones(30, dtype=np.int64)
made = {f"h{n}": Histogram(start_gev=0.0, width_gev=10.0, counts=counts, trimmed=0) for n in range(3)}
os.replace = pause  # the file is written at once
histograms.write_file(Path(sys.argv[1]), made, dict.fromkeys(made, "title"))
"""
WRITE_HISTOGRAM_FOLDER = """
from physics.binning import Histogram
from targets.products import histograms
counts = np.ones(30, dtype=np.int64)
class Slow(dict):
    def items(self):
        for number, item in enumerate(super().items()):
            if number == 2:
                pause()
            yield item
made = Slow({f"h{n}": Histogram(start_gev=0.0, width_gev=10.0, counts=counts, trimmed=0) for n in range(3)})
histograms.write_folder(Path(sys.argv[1]), made, dict.fromkeys(made, "title"))
"""
REAL_WRITERS = {
    "rntuple.root": WRITE_PARSED.format("rntuple"),
    "ttree.root": WRITE_PARSED.format("ttree"),
    "masses.npz": WRITE_MASSES,
    "exported": EXPORT_MASSES,
    "histograms.root": WRITE_HISTOGRAM_FILE,
    "histograms": WRITE_HISTOGRAM_FOLDER,
}


def leftover(folder, host, pid, place=None):
    path = folder / f".{host}@{pid}@{atomic._place() if place is None else place}0123abcd@result.root"
    path.write_text("half")
    return path


def names(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("code", [WRITE_FILE, WRITE_FOLDER])
def test_a_killed_writer_leaves_no_half_result_and_is_swept_up(tmp_path, paused, code):
    path = tmp_path / "result"
    writer = paused(code, path)
    (half,) = names(tmp_path)
    assert sweep(tmp_path) == []  # its writer lives
    writer.send_signal(signal.SIGKILL)
    writer.wait()
    assert names(tmp_path) == [half]  # no result, only what was written under the temporary name
    assert sweep(tmp_path) == [half]
    assert names(tmp_path) == []


@pytest.mark.parametrize("result", REAL_WRITERS)
def test_a_killed_writer_of_each_format_leaves_nothing_that_a_stage_would_read(tmp_path, paused, result):
    writer = paused(PAUSE + REAL_WRITERS[result], tmp_path / result)
    writer.send_signal(signal.SIGKILL)
    writer.wait()
    assert not (tmp_path / result).exists()
    (half,) = sweep(tmp_path)
    assert half.endswith(f"@{result}")
    assert [path for path in names(tmp_path) if path != "source.npz"] == []


def test_a_killed_writer_leaves_the_older_result(tmp_path, paused):
    path = tmp_path / "result"
    path.write_text("old")
    writer = paused(WRITE_FILE, path)
    writer.send_signal(signal.SIGKILL)
    writer.wait()
    assert path.read_text() == "old"
    assert len(sweep(tmp_path)) == 1
    assert names(tmp_path) == ["result"]


def test_a_dead_writer_that_nobody_waited_for_counts_as_dead(tmp_path, paused):
    writer = paused(WRITE_FILE, tmp_path / "result")
    writer.send_signal(signal.SIGKILL)
    state = Path(f"/proc/{writer.pid}/stat")
    deadline = time.monotonic() + 30
    while state.read_text().rpartition(")")[2].split()[0] != "Z":
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert len(sweep(tmp_path)) == 1


def test_what_a_living_process_writes_is_not_swept_up(tmp_path):
    with replacing(tmp_path / "result.txt") as temporary:
        temporary.write_text("half")
        old = time.time() - 2 * WEEK_S
        os.utime(temporary, (old, old))
        assert sweep(tmp_path) == []
        assert temporary.exists()


def test_leftovers_of_other_hosts_go_after_a_week(tmp_path):
    fresh, old = leftover(tmp_path, "node17", 1), leftover(tmp_path, "node18", os.getpid())
    for path, age_s in ((fresh, WEEK_S - 3600), (old, WEEK_S + 3600)):
        os.utime(path, (time.time() - age_s,) * 2)
    assert sweep(tmp_path) == [old.name]
    assert names(tmp_path) == [fresh.name]


def test_a_writer_in_another_container_of_the_same_host_name_is_not_swept_up(tmp_path):
    """Its process number says nothing here: only its age does."""
    here, pid = socket.gethostname(), ended_process()
    fresh, old = leftover(tmp_path, here, pid, place="01234567"), leftover(tmp_path, here, pid, place="89abcdef")
    before = leftover(tmp_path, here, pid, place="")  # as versions before wrote it
    os.utime(old, (time.time() - WEEK_S - 3600,) * 2)
    assert sweep(tmp_path) == [old.name]
    assert names(tmp_path) == sorted([fresh.name, before.name])


@pytest.mark.skipif(
    subprocess.run(["unshare", "--pid", "--fork", "true"], capture_output=True, check=False).returncode != 0,
    reason="no right to make a PID namespace",
)
def test_a_process_in_another_pid_namespace_sweeps_nothing_that_lives(tmp_path, paused):
    paused(WRITE_FILE, tmp_path / "result")
    (half,) = names(tmp_path)
    code = (
        "import sys; from pathlib import Path; from targets.storage.atomic import sweep; "
        "print(sweep(Path(sys.argv[1])))"
    )
    command = ["unshare", "--pid", "--fork", "--mount-proc", sys.executable, "-c", code, str(tmp_path)]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
    assert names(tmp_path) == [half]


def test_a_process_of_somebody_else_lives(tmp_path, monkeypatch):
    path = leftover(tmp_path, socket.gethostname(), 1)

    def forbid(*_):
        raise PermissionError

    monkeypatch.setattr(os, "kill", forbid)
    assert sweep(tmp_path) == []
    assert path.exists()


REPLACE_FOLDER = """
import shutil, sys, time
from pathlib import Path
from targets.storage.atomic import replacing_folder
path, point = Path(sys.argv[1]), sys.argv[2]
calls = []
def reach(name):
    if point == name:
        print("ready", flush=True)
        time.sleep(600)
def watched(name, act):
    def acting(*arguments, **options):
        calls.append(name)
        number = calls.count(name)
        reach(f"before {name} {number}")
        result = act(*arguments, **options)
        reach(f"after {name} {number}")
        return result
    return acting
def remove_one(folder, **_):
    next(Path(folder).iterdir()).unlink()
Path.rename = watched("rename", Path.rename)
shutil.rmtree = watched("removal", remove_one)
with replacing_folder(path) as temporary:
    for number in range(5):
        (temporary / f"{number}.png").write_text("new")
        reach(f"file {number}")
"""
OLD, NEW = (
    dict.fromkeys((f"{number}.png" for number in range(3)), "old"),
    dict.fromkeys((f"{number}.png" for number in range(5)), "new"),
)
POINTS = {
    "file 2": (OLD, OLD),
    "before rename 1": (OLD, OLD),
    "after rename 1": (None, OLD),
    "before rename 2": (None, OLD),
    "after rename 2": (NEW, NEW),
    "before removal 1": (NEW, NEW),
    "after removal 1": (NEW, NEW),
}
"""Where the writer of a folder is killed, what has the folder's name then, and what after the next run has swept."""


def held(folder):
    return {path.name: path.read_text() for path in folder.iterdir()} if folder.exists() else None


@pytest.mark.parametrize("point", POINTS)
def test_a_folder_is_whole_wherever_its_writer_is_killed(tmp_path, paused, point):
    path = tmp_path / "plots"
    path.mkdir()
    for name, text in OLD.items():
        (path / name).write_text(text)
    writer = paused(REPLACE_FOLDER, path, point)
    assert sweep(tmp_path) == []  # it lives
    writer.kill()
    writer.wait()
    assert held(path) == POINTS[point][0]
    assert len(sweep(tmp_path)) in (1, 2)
    assert held(path) == POINTS[point][1]
    assert names(tmp_path) == ["plots"]


def test_a_renamed_folder_comes_back_from_elsewhere_after_a_minute(tmp_path, monkeypatch):
    retired = tmp_path / f".{socket.gethostname()}@1@0123456789abcdef@was@plots"
    retired.mkdir()
    assert sweep(tmp_path) == []  # its writer may be about to name the new one
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 61)
    assert sweep(tmp_path) == [retired.name]
    assert names(tmp_path) == ["plots"]


def test_what_is_no_leftover_stays(tmp_path):
    pid = ended_process()
    (tmp_path / "below").mkdir()
    below = leftover(tmp_path / "below", socket.gethostname(), pid)
    mine = [".someone@home", ".gitignore", f"host@{pid}@0123abcd@result.root", "result.root"]
    for file in mine:
        (tmp_path / file).write_text("not ours")
    gone = leftover(tmp_path, socket.gethostname(), pid)
    assert sweep(tmp_path) == [gone.name]
    assert names(tmp_path) == sorted([*mine, "below"])
    assert below.exists()


def test_a_leftover_that_vanishes_meanwhile_is_no_error(tmp_path):
    vanished = tmp_path / ".node17@1@0123abcd@result.root"
    vanished.symlink_to(tmp_path / "nowhere")  # listed, but not there to be looked at
    assert sweep(tmp_path) == []


def test_a_folder_that_is_not_there_has_nothing_to_sweep(tmp_path):
    assert sweep(tmp_path / "not yet") == []


def ended_process():
    done = subprocess.Popen([sys.executable, "-c", ""])
    done.wait()
    return done.pid
