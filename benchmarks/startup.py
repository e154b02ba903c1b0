"""Start-up. Prints one line a goal: name, CPU seconds, goal, ok or short.

usage: python benchmarks/startup.py [--quick]     --quick: three runs in place of seven

CPU seconds (user and system, medians) of processes that import luigi and all tasks, as every run does before anything
else. What the whole commands take stands beside: ``luigi --module tasks MakeHistograms --help``, and a run of the demo
in which all is done already.
"""

import os
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from goals import Goals

LUIGI = [
    sys.executable,
    "-c",
    "from luigi.cmdline import luigi_run; luigi_run()",
    "--module",
    "tasks",
    "MakeHistograms",
]


def seconds(command: list[str], runs: int, folder: str) -> float:
    """Run a command again and again; return the median of its CPU time in seconds."""
    taken = []
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[1])}
    for _ in range(runs):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(command, check=True, capture_output=True, cwd=folder, env=environment)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        taken.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return statistics.median(taken)


def main() -> int:
    """Print the lines; return 1 when a goal is missed."""
    runs, goals = 3 if "--quick" in sys.argv else 7, Goals()
    with tempfile.TemporaryDirectory() as folder:
        run = [
            *LUIGI,
            "--local-scheduler",
            "--release-years",
            "demo",
            "--base-output-dir",
            folder,
            "--run-name",
            "demo",
        ]
        seconds(run, 1, folder)
        imports = [sys.executable, "-c", "import luigi.cmdline, tasks"]
        goals.at_most("start: imports, CPU s", seconds(imports, runs, folder), 1)
        goals.at_most("start: --help, CPU s", seconds([*LUIGI, "--help"], runs, folder), 1)
        goals.without("start: a run with all done, CPU s", seconds(run, runs, folder))
        goals.without("start: Python alone, CPU s", seconds([sys.executable, "-c", ""], runs, folder))
    return int(goals.short)


if __name__ == "__main__":
    sys.exit(main())
