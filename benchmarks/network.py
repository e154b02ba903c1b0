"""Reading over a network, on an emulated line: streaming against what does not hide the latency; medians of three.

usage: python benchmarks/network.py [--quick] [--folder FOLDER]

The server is network_server.py on loopback, the files are made (1.2 GB in all, kept only in a FOLDER that is named),
and each reading is a process of its own (network_reading.py). --quick: 20 clusters alone, once.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import network_files
from goals import Goals

_HERE = Path(__file__).parent
_CONNECTIONS = 4
_LINES = [(round_trip, bandwidth) for round_trip in (1, 60, 150) for bandwidth in (1.25, 12.5, 125)]


class Line(NamedTuple):
    """An emulated line: round trip in milliseconds, megabytes (10⁶) a second of a connection, ranges a request."""

    round_trip_ms: float = 60
    megabytes_per_s: float = 12.5
    several: bool = True

    def ideal_s(self, n_bytes: float) -> float:
        """Return the least time in seconds: all connections busy, and five round trips."""
        return n_bytes / (_CONNECTIONS * self.megabytes_per_s * 1e6) + 5 * self.round_trip_ms / 1000


_USUAL = Line()


class Bench:
    """Reads files over lines, and remembers what it took."""

    def __init__(self, folder: Path, runs: int) -> None:
        self.folder, self.runs = folder, runs
        (folder / "temporary").mkdir(exist_ok=True)

    def read(self, way: str, name: str, line: Line = _USUAL, connections: int = _CONNECTIONS) -> dict[str, Any]:
        """Read a file in one way, and return the medians."""
        with self.serving(line) as address:
            where = str(self.folder / name) if way == "local" else f"{address}/{name}"
            taken = [self._finish(self.start(way, where, name, connections)) for _ in range(self.runs)]
        return {key: _median([each[key] for each in taken]) for key in taken[0]}

    def together(self, name: str, line: Line, processes: int) -> float:
        """Let several processes read a file at once, and return how many seconds all took."""
        with self.serving(line) as address:
            started = [self.start("stream", f"{address}/{name}", name, _CONNECTIONS) for _ in range(processes)]
            return max(self._finish(each)["seconds"] for each in started)

    def start(self, way: str, where: str, name: str, connections: int) -> subprocess.Popen[str]:
        """Start a process that reads a file."""
        release = network_files.FILES[name][0]
        small = network_files.make(self.folder, f"small-{release}.root")
        command = [sys.executable, str(_HERE / "network_reading.py"), way, where, release, str(connections), str(small)]
        environment = os.environ | {"TMPDIR": str(self.folder / "temporary")}
        return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)

    @contextmanager
    def serving(self, line: Line) -> Iterator[str]:
        """Run a server until the block ends; it ends with this process in any case."""
        several = "several" if line.several else "single"
        command = [sys.executable, str(_HERE / "network_server.py"), str(self.folder)]
        command += [str(line.round_trip_ms), str(line.megabytes_per_s), several]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
            assert server.stdin
            assert server.stdout
            try:
                yield f"http://127.0.0.1:{server.stdout.readline().strip()}"
            finally:
                server.stdin.close()

    @staticmethod
    def _finish(process: subprocess.Popen[str]) -> dict[str, Any]:
        output, _ = process.communicate()
        if process.returncode:
            msg = f"a reading failed with status {process.returncode}"
            raise RuntimeError(msg)
        taken: dict[str, Any] = json.loads(output)
        return taken


def _median(values: list[Any]) -> Any:
    return statistics.median(values) if isinstance(values[0], (int, float)) else values[0]


def _seconds(taken: dict[str, Any]) -> str:
    requests = "" if taken["requests"] is None else f", {taken['requests']:.0f} requests, {taken['bytes'] / 1e6:.1f} MB"
    return f"{taken['seconds']:.2f} s{requests}"


def speed(bench: Bench, goals: Goals, name: str, over_download: float) -> None:
    """Compare streaming with today's way, a download, uproot, and the ideal."""
    local, stream = bench.read("local", name), bench.read("stream", name)
    single, download = bench.read("single", name), bench.read("download", name)
    for way in (stream, single, download):
        assert way["digest"] == local["digest"], "other results"

    def ratio(label: str, other: dict[str, Any], goal: float) -> None:
        goals.at_most(
            f"{name}: {label}", stream["seconds"] / other["seconds"], goal, f"{_seconds(stream)}; {_seconds(other)}"
        )

    ratio("stream over one range at a time", single, 1 / 15)
    ratio("stream over download", download, over_download)
    if find_spec("aiohttp"):
        ratio("stream over uproot, up to 100 connections", bench.read("uproot", name), 1 / 8)
        ratio("stream over uproot, as many connections", bench.read("uproot-4", name), 1 / 8)
    else:
        goals.skipped(f"{name}: stream over uproot", "aiohttp is not installed (PEERS=1)")
    goals.at_most(f"{name}: wall over the ideal", stream["seconds"] / _USUAL.ideal_s(local["bytes"]), 3)
    n_ranges = single["requests"]
    most = 5 + n_ranges / 50 + local["bytes"] / 4e6
    goals.at_most(
        f"{name}: requests over the allowed", stream["requests"] / most, 1, f"{stream['requests']} of {most:.0f}"
    )
    most = 1.05 * local["bytes"] + 0.6e6
    goals.at_most(f"{name}: bytes over the allowed", stream["bytes"] / most, 1, f"{stream['bytes'] / 1e6:.2f} MB")
    more = (stream["memory"] - local["memory"]) / 1e6
    goals.at_most(f"{name}: memory over the local read (MB)", more, 60)
    without = bench.read("stream", name, Line(several=False))
    assert without["digest"] == local["digest"], "other results"
    fixed = bench.read("stream-32", name, Line(several=False))
    slow = single["seconds"]
    goals.at_most(f"{name}: without multipart, gap 32 KiB", fixed["seconds"] / slow, 1 / 3, _seconds(fixed))
    goals.at_most(
        f"{name}: the same, gap by round trip x bandwidth", without["seconds"] / slow, 1 / 7, _seconds(without)
    )


def fast_line(bench: Bench, goals: Goals, name: str) -> None:
    """Compare on a line without latency, where there is nothing to hide."""
    line = Line(1, 125)
    stream, single = bench.read("stream", name, line), bench.read("single", name, line)
    for what, goal in (("seconds", 1.1), ("cpu", 1)):
        note = f"{stream[what]:.2f} s; {single[what]:.2f} s"
        goals.at_most(f"{name}: {what} at 1 ms, 125 MB/s", stream[what] / single[what], goal, note)


def automatic(bench: Bench, goals: Goals, name: str) -> None:
    """Compare `auto` with the better of two ways on nine lines."""
    for line in (Line(*each) for each in _LINES):
        ways = {way: bench.read(way, name, line)["seconds"] for way in ("stream", "auto")}
        size = (bench.folder / name).stat().st_size
        download = size / (line.megabytes_per_s * 1e6)  # at least: too long to wait for on the slow lines
        if download < 2 * ways["stream"]:
            download = bench.read("download", name, line)["seconds"]
        best = min(ways["stream"], download)
        label = f"auto at {line.round_trip_ms:g} ms, {line.megabytes_per_s:g} MB/s"
        note = f"{ways['auto']:.2f} s; stream {ways['stream']:.2f} s, download {download:.2f} s"
        goals.at_most(label, ways["auto"] / best, 1.2, note)


def politeness(bench: Bench, goals: Goals, name: str) -> None:
    """Let three processes share four slots."""
    line, n_bytes = _USUAL, bench.read("stream", name)["bytes"]
    seconds = statistics.median(bench.together(name, line, 3) for _ in range(bench.runs))
    ideal = 3 * n_bytes / (_CONNECTIONS * line.megabytes_per_s * 1e6)
    goals.at_most(f"{name}: three processes, four slots", seconds / ideal, 2.5, f"{seconds:.2f} s; bytes {ideal:.2f} s")


def main() -> int:
    """Print a line a goal; return 1 when one is missed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="20 clusters alone, once")
    parser.add_argument("--folder", type=Path, help="where the files are made, or are already")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = (options.folder or Path(temporary)).resolve()
        folder.mkdir(parents=True, exist_ok=True)
        bench, goals = Bench(folder, 1 if options.quick else 3), Goals()
        names = [name for name in network_files.FILES if not name.startswith("small") and "-100" not in name]
        for name in ["physlite-20.root"] if options.quick else [*names, "physlite-100.root"]:
            network_files.make(folder, name)
        fast_line(bench, goals, "physlite-20.root")
        speed(bench, goals, "physlite-20.root", 1 / 5)
        politeness(bench, goals, "physlite-20.root")
        automatic(bench, goals, "physlite-20.root")
        if not options.quick:
            speed(bench, goals, "physlite-100.root", 1 / 10)
            others(bench, goals)
    return int(goals.short)


def others(bench: Bench, goals: Goals) -> None:
    """Print what the other formats take, for information."""
    for name in ("nanoaod.root", "ntuple.root"):
        local, stream, download = (bench.read(way, name) for way in ("local", "stream", "download"))
        assert stream["digest"] == download["digest"] == local["digest"], "other results"
        note = f"{_seconds(stream)}; {_seconds(download)}"
        goals.without(f"{name}: stream over download", stream["seconds"] / download["seconds"], note)


if __name__ == "__main__":
    sys.exit(main())
