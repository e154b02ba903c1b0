"""What the graph itself costs at the size of a whole release: 70,611 files, empty jobs, 100 to 2,000 branches.

    python benchmarks/scale.py [BRANCHES ...]

A stand-in PBS accepts jobs, makes their (empty) outputs and says that they have finished; all that is measured is this
project, luigi and law: CPU time and peak memory of the submitting process and of the commands that it starts.
"""

import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

FILES = 70_611
STAGE = "ParseFile"

QSUB = """\
#!/bin/sh
# the job's number stands in its name, and its output in the line of this number
name=$(sed -n 's/^#PBS -N //p' "$1")
number=$(echo "$name" | cut -d_ -f2)
sed -n "${number}p" {outputs} | xargs touch
echo "$number.standin"
"""

QSTAT = """\
#!/bin/sh
[ "$1" = --version ] && { echo 'pbs_version = 23.06.06'; exit; }
for word; do
    case $word in *.standin) printf 'Job Id: %s\\n    job_state = F\\n    Exit_status = 0\\n\\n' "$word" ;; esac
done
"""

LIST = """\
import sys
from pathlib import Path
import tasks
from targets.catalogue.input_files import InputFile
from targets.documents.json import dump_json
fetch = tasks.FetchMetadata(base_output_dir=sys.argv[1], release_years=("2024r-pp",))
uri = "https://opendata.cern.ch/eos/opendata/atlas/rucio/data16_13TeV/DAOD_PHYSLITE.{:08d}.pool.root.1"
files = [
    InputFile(uri.format(i), 10**9, f"adler32:{i:08x}", None, "2024r-pp", None, "2024r-pp_data", "data")
    for i in range(int(sys.argv[2]))
]
dump_json(fetch.path(), {"notes": [], "files": [file.as_dict() for file in files]})
"""

OUTPUTS = """\
import sys
from pathlib import Path
import tasks
options = {"base_output_dir": sys.argv[1], "release_years": ("2024r-pp",), "files_per_branch": int(sys.argv[2])}
stage = getattr(tasks, sys.argv[4])(**options)
paths = [stage.product(branch) for branch in stage.get_branch_map().values()]
paths[0].parent.mkdir(parents=True, exist_ok=True)
Path(sys.argv[3]).write_text("".join(f"{path}\\n" for path in paths))
"""


def main() -> None:
    """Measure every step for each number of branches."""
    print(f"{'branches':>8}  {'step':30} {'CPU s':>7} {'wall s':>7} {'MB':>5}")
    for branches in [int(word) for word in sys.argv[1:]] or [100, 1000, 2000]:
        with tempfile.TemporaryDirectory() as folder:
            measure(Path(folder), branches)


def measure(folder: Path, branches: int) -> None:
    """Plan, submit, run again when all is done, and when ten outputs are missing."""
    runs, outputs = folder / "runs", folder / "outputs.txt"
    per_branch = -(-FILES // branches)
    python("list", LIST, runs, FILES)
    python("outputs", OUTPUTS, runs, per_branch, outputs, STAGE)
    for name, text in (("qsub", QSUB.replace("{outputs}", str(outputs))), ("qstat", QSTAT), ("qdel", "#!/bin/sh\n")):
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)
    law = Path(sys.executable).with_name("law")
    options = ["--local-scheduler", "--release-years", "2024r-pp", "--base-output-dir", runs]
    options += ["--files-per-branch", per_branch]
    job = [law, "run", f"tasks.{STAGE}", *options, "--workflow", "pbs", "--poll-interval", "1s"]
    report(
        branches, "plan (ends for want of space)", [law, "run", "tasks.Plan", *options], folder, allowed="cannot start"
    )
    report(branches, "submit and poll all", job, folder)
    report(branches, "run again, all done", job, folder)
    paths = outputs.read_text().split()
    lost = paths[:: len(paths) // 10][:10]
    for path in lost:
        Path(path).unlink()
    outputs.write_text("\n".join([*paths, *lost, ""]))  # the numbers of jobs go on
    report(branches, "run again, ten missing", job, folder)
    absent = [path for path in paths if not Path(path).exists()]
    assert not absent, absent


def report(branches: int, step: str, command: list[object], folder: Path, allowed: str = "\0") -> None:
    """Run a command and print what it cost; it may fail when it says what is allowed."""
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    environment = os.environ | {f"LAW__job__pbs_cmd_{name}": str(folder / name) for name in ("qsub", "qstat", "qdel")}
    environment |= {"LAW_HOME": str(folder / "law"), "LAW_CONFIG_FILE": str(Path(__file__).parents[1] / "law.cfg")}
    words = ["/usr/bin/env", *map(str, command)]
    process = subprocess.Popen(words, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=folder)
    said = process.stdout.read().decode() if process.stdout else ""
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = status
    wall = time.perf_counter() - started
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(f"{branches:8}  {step:30} {cpu:7.1f} {wall:7.1f} {usage.ru_maxrss / 1024:5.0f}", flush=True)
    if status and allowed not in said:
        raise SystemExit(said)


def python(what: str, code: str, *words: object) -> None:
    """Run a piece of Python in a process of its own, so that this one stays small."""
    done = subprocess.run([sys.executable, "-c", code, *map(str, words)], capture_output=True, text=True, check=False)
    if done.returncode:
        msg = f"{what}: {done.stderr}"
        raise SystemExit(msg)


if __name__ == "__main__":
    main()
