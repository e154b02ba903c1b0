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
from tests.support.rootfiles_made import events
drawn = events(1000)
with parsed_data.writing(Path(sys.argv[1]), "{}") as writer:
    writer.add({{kind: drawn[kind] for kind in "emjgt"}}, drawn)
    writer.flush()
    pause()
"""
WRITE_MASSES = """
from targets.products.mass_arrays import MassWriter
writer = MassWriter()
writer.add("2e_0m/e0e1", np.ones(100_000, dtype=np.float32))
np.lib.format.write_array = pause
writer.write(Path(sys.argv[1]))
"""
EXPORT_MASSES = """
from targets.products import mass_arrays
source = Path(sys.argv[1]).with_name("source.npz")
writer = mass_arrays.MassWriter()
writer.add("2e_0m/e0e1", np.ones(100, dtype=np.float32))
writer.add("2e_0m/e0e2", np.ones(100, dtype=np.float32))
writer.write(source)
begin = mass_arrays._begin
def begin_one(*arguments):
    begin(*arguments)
    pause()
mass_arrays._begin = begin_one
mass_arrays.export(Path(sys.argv[1]), [source])
"""
WRITE_HISTOGRAMS = """
from physics.binning import Histogram
from targets.products import histograms
counts = np.ones(30, dtype=np.int64)
class Slow(dict):
    def items(self):
        for number, item in enumerate(super().items()):
            if number == 2:
                pause()
            yield item
made = Slow({{f"h{{n}}": Histogram(start_gev=0.0, width_gev=10.0, counts=counts, trimmed=0) for n in range(3)}})
histograms.{}(Path(sys.argv[1]), made, dict.fromkeys(made, "title"))
"""
REAL_WRITERS = {
    "rntuple.root": WRITE_PARSED.format("rntuple"),
    "ttree.root": WRITE_PARSED.format("ttree"),
    "masses.npz": WRITE_MASSES,
    "exported": EXPORT_MASSES,
    "histograms.root": WRITE_HISTOGRAMS.format("write_file"),
    "histograms": WRITE_HISTOGRAMS.format("write_folder"),
}


def leftover(folder, host, pid):
    path = folder / f".{host}@{pid}@0123abcd@result.root"
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
