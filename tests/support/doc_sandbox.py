"""A folder that looks like the project's, and portals on loopback with small files: where the pages' blocks are run."""

import contextlib
import io
import json
import os
import re
import subprocess
import zlib
from pathlib import Path

import awkward as ak
import numpy as np
from PIL import Image

from tests.conftest import REAL_DATA
from tests.support import faults, portals
from tests.support.doc_pages import PROJECT, Block
from tests.support.pbs_engine import Engine
from tests.support.preloaded import Preloaded
from tests.support.rootfiles_made import write_branches
from tests.support.runs import clean_environment
from tests.support.toy_files import toy_file

__all__ = ["CMS_FILES", "Sandbox", "atlas_file", "keep_pictures", "matches", "world"]

CMS_FILES = (
    REAL_DATA / "cms-nanoaod" / "Run2012B_SingleMu_1000.root",
    REAL_DATA / "edge" / "Run2012BC_DoubleMuParked_Muons_1000evts_rntuple_v1-0-0-0.root",
)
"""Real files, of which a page fits the Z peak; where they are not, its test is skipped."""

_LONGEST_S = 300
_RECORDS = (30522, 30555)
_SAMPLES = ("361106", "410000")
_SKIMS = ("2lep", "4lep")
_CONFIGURATION = """
[FetchMetadata]
threads = 1

[FindPeaks]
min_events_per_fs = 10
"""
"""The toys are thousands of times smaller than what they stand for, so the threshold is lower."""

_DRAW_LESS = """
[MakePlots]
plotted_final_states = 1
plot_formats = png
"""
_COLOURS = 32


@contextlib.contextmanager
def world(folder: Path, atlas_data: list[Path]):
    """Run portals, a file server, a PBS engine and a preloaded process until the block ends; give the environment.

    Args:
        folder: For what they need.
        atlas_data: What the release 2020e-13tev has in all its skims.
    """
    with contextlib.ExitStack() as stack:
        files = stack.enter_context(faults.serving())
        release = _release(files, atlas_data, folder)
        atlas = stack.enter_context(portals.serving(portals.Portal(portals.AtlasCatalogue({"2020e-13tev": release}))))
        cern = stack.enter_context(portals.serving(portals.Portal(portals.Records(_records(files, folder)))))
        pbs = Engine(folder / "pbs")
        stack.callback(pbs.close)
        (folder / "luigi.cfg").write_text(_CONFIGURATION + ("" if os.environ.get("DOCS_PICTURES") else _DRAW_LESS))
        (folder / "temporary").mkdir()
        environment = clean_environment() | pbs.environment
        environment |= {"ATLAS_API_BASE_URL": atlas.url, "CERN_OPENDATA_BASE_URL": cern.url}
        environment |= {"LUIGI_CONFIG_PATH": str(folder / "luigi.cfg"), "LAW_CONFIG_FILE": str(PROJECT / "law.cfg")}
        environment |= {"LAW_HOME": str(folder / "law"), "TMPDIR": str(folder / "temporary"), "COLUMNS": "100"}
        environment |= {"PYTHONPATH": str(PROJECT)}
        preloaded = stack.enter_context(Preloaded(folder / "preloaded", environment))
        environment |= {"PATH": f"{preloaded.bin}:{environment['PATH']}", "PIPELINE_BIN": str(preloaded.bin)}
        subprocess.run(["law", "index"], cwd=folder, env=environment, stdout=subprocess.DEVNULL, check=True)
        yield environment


def _release(files, atlas_data, folder):
    listed = {"data": list(atlas_data)}
    for seed, number in enumerate(_SAMPLES):
        listed[number] = [atlas_file(folder / f"mc_{number}.root", seed, **_simulated(int(number), seed))]
    urls = {key: [files.host(path.name, path.read_bytes()) for path in paths] for key, paths in listed.items()}
    return [
        portals.dataset(key, {"noskim": hosted, **dict.fromkeys(_SKIMS, hosted)}, "2020e-13tev")
        for key, hosted in urls.items()
    ]


def _simulated(number, seed, events=1500):
    """Give what simulation has beside collisions; weights of both signs."""
    random = np.random.default_rng(seed)
    weights = {"mcWeight": random.choice([-1, 1, 1, 1], events) * random.uniform(50, 150, events)}
    weights |= {
        f"scaleFactor_{name}": random.uniform(0.9, 1.1, events) for name in ("PILEUP", "ELE", "MUON", "LepTRIGGER")
    }
    sample = {"SumWeights": np.full(events, 4e6 * (seed + 1)), "XSection": np.full(events, 1.5)}
    columns = {name: values.astype(np.float32) for name, values in (weights | sample).items()}
    return columns | {"channelNumber": np.full(events, number, np.int32)}


def _records(files, folder):
    listed = {}
    for record in _RECORDS:
        toy = toy_file(folder / f"{record}.root", record, 1500, first_event=record * 1500)  # no event stands in both
        content = toy.read_bytes()
        url = files.host(toy.name, content)
        listed[record] = {"files": [portals.record_file(url, len(content), f"adler32:{zlib.adler32(content):08x}")]}
    return listed


def atlas_file(path: Path, seed: int, events: int = 1500, **more: np.ndarray) -> Path:
    """Write events as the release 2020e-13tev has them (MeV), with what the default selection looks at, and more."""
    random = np.random.default_rng(seed)
    columns = {"runNumber": np.full(events, 358031, np.int32), "eventNumber": np.arange(events)} | more
    for name, most in {"lep": 3, "jet": 2, "photon": 1, "tau": 0}.items():
        counts = random.integers(1 if name == "lep" else 0, most, events, endpoint=True)
        for branch, values in _columns(random, name, int(counts.sum())).items():
            columns[f"{name}_{branch}"] = ak.unflatten(ak.Array(values), counts)
    path.parent.mkdir(parents=True, exist_ok=True)
    return Path(write_branches(path, "mini", columns))


def _columns(random, name, total):
    zeros, passes = np.zeros(total, np.float32), np.ones(total, np.int32)
    pt, eta = 25_000 + random.exponential(30_000, total), random.uniform(-1.3, 1.3, total)
    kinematic = {"pt": pt, "eta": eta, "phi": random.uniform(-3.14, 3.14, total), "E": pt * np.cosh(eta)}
    columns = {branch: values.astype(np.float32) for branch, values in kinematic.items()}
    isolation = {"isTightID": passes, "ptcone30": zeros, "etcone20": zeros}
    charge = random.choice([-1, 1], total).astype(np.int32)
    more = {
        "lep": isolation | {"charge": charge, "type": random.choice([11, 13], total).astype(np.uint32)},
        "jet": {"jvt": np.ones(total, np.float32), "MV2c10": random.uniform(-1, 1, total).astype(np.float32)},
        "photon": isolation,
        "tau": {"charge": charge, "isTightID": passes},
    }
    return columns | more[name]


class Sandbox:
    """A folder that looks like the project's.

    Attributes:
        folder: The folder.
    """

    def __init__(self, folder: Path, environment: dict[str, str]):
        self.folder = folder
        self._environment = environment
        self._names: dict[str, object] = {"__name__": "__main__"}
        folder.mkdir(parents=True)
        for path in PROJECT.iterdir():
            if not path.name.startswith(".") and path.name not in ("runs", "data"):
                (folder / path.name).symlink_to(path)
        (folder / ".venv").mkdir()  # else submit/bootstrap.sh would install the project
        (folder / ".venv" / "bin").symlink_to(environment["PIPELINE_BIN"])
        for seed in range(3):
            toy_file(folder / "data" / f"toy_{seed}.root", seed, 1000)
        (folder / "data" / "cms").mkdir()
        for path in CMS_FILES:
            (folder / "data" / "cms" / path.name).symlink_to(path)

    def run(self, block: Block, instead: dict[str, str]) -> str:
        """Run a block, or make the file that it is; give what it says.

        Args:
            block: The block.
            instead: What is run in place of some commands.
        """
        if name := block.file_name():
            (self.folder / name).unlink(missing_ok=True)
            (self.folder / name).write_text(block.text)
            return ""
        return self._python(block.text) if block.language == "python" else self._shell(block, instead)

    def _shell(self, block, instead):
        commands = [instead.get(command, command) for command in block.commands()]
        done = subprocess.run(
            ["bash", "-c", "set -e -o pipefail\n" + "\n".join(commands)],
            cwd=self.folder,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=_LONGEST_S,
            check=False,
        )
        fails = "# fails" in block.text
        assert (done.returncode != 0) == fails, f"line {block.line}: status {done.returncode}\n{done.stdout}"
        return done.stdout

    def _python(self, text):
        said = io.StringIO()
        with contextlib.chdir(self.folder), contextlib.redirect_stdout(said):
            exec(compile(text, "<block>", "exec"), self._names)
        return said.getvalue()


def matches(shown: str, said: str) -> list[str]:
    """Give the lines that a page shows and that were not said, in this order; `…` stands for anything.

    Args:
        shown: What the page shows.
        said: What was said.
    """
    lines = [_plain(line) for line in said.splitlines()]
    absent = []
    for line in shown.splitlines():
        pattern = re.compile(".*".join(re.escape(part) for part in _plain(line).split("…")))
        found = next((number for number, one in enumerate(lines) if pattern.fullmatch(one)), None)
        if found is None:
            absent.append(line)
        else:
            lines = lines[found + 1 :]
    return absent


def _plain(line):
    return " ".join(re.sub(r"\b[0-9a-f]{8}(?:[0-9a-f]{8})?\b", "…", line).split()) if line else ""


def keep_pictures(plots: Path, folder: Path) -> None:
    """Copy figures of the first analysis, with few colours; those of the run that removed resonances as `…_removed`.

    Args:
        plots: The folder of the figures' variants.
        folder: Where they go.
    """
    for path in plots.glob("*/parameters.json"):
        removed = json.loads(path.read_text())["CountMasses"]["known_resonances"] != "none"
        for name in (
            ("mass_2e_0m_e0e1",) if removed else ("cutflow", "final_states", "mass_2e_0m_e0e1", "mass_0e_2m_m0m1")
        ):
            (figure,) = path.parent.glob(f"*/{name}.png")
            image = Image.open(figure).convert("RGB").quantize(_COLOURS)
            image.save(folder / f"{name}{'_removed' if removed else ''}.png", optimize=True)
