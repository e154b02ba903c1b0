"""What the graph costs at the size of a whole release: 70,611 files, jobs that do nothing, 100 to 2,000 branches.

    python benchmarks/scale.py [BRANCHES ...]

A stand-in PBS accepts jobs, makes their (empty) outputs and says that they have finished; all that is measured is this
project, luigi and law: the jobs, CPU time and peak memory of the submitting process and of the commands that it starts.
The stages are those from ParseFile to FillHistograms, once with a job for each stage and branch ("single", as before
there were chains), once with a job for each chain of stages. In benchmarks/cluster.py the jobs do real work.
"""

import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

FILES = 70_611
STAGE = "FillHistograms"

QSUB = """\
#!/bin/sh
# family and number of the job stand in its name, and its outputs in the line of this number
name=$(sed -n 's/^#PBS -N //p' "$1")
rest=${name%_*}
number=${rest##*_}
family=${rest%_*}
family=${family##*_}
sed -n "${number}p" {folder}/outputs/$family | xargs touch
echo "$name" >>{folder}/submitted
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
chains = {
    "ParseFile": ["ParseFile"], "ComputeMasses": ["ComputeMasses"], "FindPeaks": ["FindPeaks"],
    "CountMasses": ["ParseFile", "ComputeMasses", "CountMasses"],
    "RemovePeaks": ["RemovePeaks"], "FillHistograms": ["RemovePeaks", "FillHistograms"],
}
folder = Path(sys.argv[3])
folder.mkdir()
for name, members in chains.items():
    paths = []
    for member in members:
        stage = getattr(tasks, member)(**options)
        paths.append([stage.product(branch) for branch in stage.get_branch_map().values()])
        paths[-1][0].parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text("".join(" ".join(map(str, line)) + "\\n" for line in zip(*paths)))
"""

# law's own command would do as well, but for the switch
RUN = """\
import sys
import tasks
from luigi.cmdline import luigi_run
from tasks.framework.cluster import ClusterWorkflow
if sys.argv[1] == "single":
    ClusterWorkflow.chain = lambda self: [self]
luigi_run(["--module", "tasks", *sys.argv[2:]])
"""


def main() -> None:
    """Measure every step for each number of branches."""
    print(f"{'branches':>8}  {'step':35} {'jobs':>6} {'CPU s':>7} {'wall s':>7} {'MB':>5}")
    for branches in [int(word) for word in sys.argv[1:]] or [100, 1000, 2000]:
        for mode in ("single", "chains"):
            with tempfile.TemporaryDirectory() as folder:
                measure(Path(folder), branches, mode)


def measure(folder: Path, branches: int, mode: str) -> None:
    """Plan, submit, run again when all is done, and when ten outputs are missing."""
    runs, outputs = folder / "runs", folder / "outputs"
    per_branch = -(-FILES // branches)
    python("list", LIST, runs, FILES)
    python("outputs", OUTPUTS, runs, per_branch, outputs)
    for name, text in (("qsub", QSUB.replace("{folder}", str(folder))), ("qstat", QSTAT), ("qdel", "#!/bin/sh\n")):
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)
    options = ["--local-scheduler", "--release-years", "2024r-pp", "--base-output-dir", runs]
    options += ["--files-per-branch", per_branch]
    job = [sys.executable, "-c", RUN, mode, STAGE, *options, "--workflow", "pbs", "--poll-interval", "1s"]
    if mode == "chains":
        plan = [sys.executable, "-c", RUN, mode, "Plan", *options]
        report(branches, "plan (ends for want of space)", plan, folder, allowed="cannot start")
    report(branches, f"{mode}: submit and poll all", job, folder)
    if mode == "single":
        return
    report(branches, "run again, all done", job, folder)
    lines = (outputs / STAGE).read_text().splitlines()
    lost = lines[:: len(lines) // 10][:10]
    for line in lost:
        Path(line.split()[-1]).unlink()
    (outputs / STAGE).write_text("\n".join([*lines, *lost, ""]))  # the numbers of jobs go on
    report(branches, "run again, ten missing", job, folder)
    absent = [line for line in lines if not Path(line.split()[-1]).exists()]
    assert not absent, absent


def report(branches: int, step: str, command: list[object], folder: Path, allowed: str = "\0") -> None:
    """Run a command and print what it cost; it may fail when it says what is allowed."""
    (folder / "submitted").write_text("")
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
    jobs = (folder / "submitted").read_text().count("\n")
    print(f"{branches:8}  {step:35} {jobs:6} {cpu:7.1f} {wall:7.1f} {usage.ru_maxrss / 1024:5.0f}", flush=True)
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
