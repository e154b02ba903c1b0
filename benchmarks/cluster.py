"""How long a run takes on a real Slurm, with a job for each stage and branch, and with a job for each chain of stages.

    python -m benchmarks.cluster [BRANCHES]

There are 40 branches by default: files of toy collisions of uneven size (the largest has 20 times the events of the
smallest). It needs root and Debian's Slurm, as tests/runs/test_slurm.py does; Slurm has one node with as many slots as
there are cores. All histograms must be the same.
"""

import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks.scale import RUN
from tests.support.runs import clean_environment, histograms
from tests.support.slurm_engine import missing, slurm
from tests.support.toy_files import toy_file

PROJECT = Path(__file__).resolve().parents[1]
EVENTS = 2_000


def main() -> None:
    """Run the same files in both ways and compare."""
    if reason := missing():
        raise SystemExit(reason)
    branches = int(sys.argv[1]) if sys.argv[1:] else 40
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        for seed, scale in enumerate(np.geomspace(1, 20, branches)):
            toy_file(folder / "in" / f"f{seed:03}.root", seed, int(EVENTS * scale))
        with slurm(folder / "slurm") as environment:
            found = [run(folder, mode, environment) for mode in ("single", "chains")]
        assert found[0] == found[1], "the histograms differ"


def run(folder: Path, mode: str, environment: dict[str, str]) -> dict[str, tuple[float, float, bytes]]:
    """Run the main job, print jobs and time, and return the histograms."""
    options = ["--input-files", folder / "in" / "*.root", "--base-output-dir", folder / mode, "--selection", "none"]
    options += ["--local-scheduler", "--workflow", "slurm"]
    command = [sys.executable, "-c", RUN, mode, "MakeHistograms", *options]
    environment = clean_environment() | environment | {"LAW_CONFIG_FILE": str(PROJECT / "law.cfg")}
    environment |= {"LAW_HOME": str(folder / "law"), "PYTHONPATH": str(PROJECT)}
    started = time.perf_counter()
    words = [str(word) for word in command]
    done = subprocess.run(words, env=environment, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stdout + done.stderr)
    jobs = sum(map(int, re.findall(r"^submitted (\d+) slurm job", done.stdout, re.MULTILINE)))
    print(f"{mode:8} {jobs:5} jobs {time.perf_counter() - started:7.1f} s wall on {os.cpu_count()} cores", flush=True)
    (path,) = (folder / mode).glob("*/histograms/*/histograms.root")
    return histograms(path)


if __name__ == "__main__":
    main()
