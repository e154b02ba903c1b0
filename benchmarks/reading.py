"""Reading of TTrees against its physical limit. Prints one line a file: name, ratio, goal, ok or short.

usage: python benchmarks/reading.py [--quick]     --quick: a fifth of the events, three runs

The limit is the CPU time of one core to decompress the baskets of the branches that ParseFile reads (with the selection
none, where nothing else is said), one after the other, with the fastest decoder. The ratio is the CPU time of reading
them as arrays over that, with the tree open and its list of contents parsed: the median of alternating runs. uproot's
ratio, without its cache of arrays, stands beside.

NanoAOD-like files are made here, with 20,000 events a basket, and random numbers in the branches that the default
selection asks for, with as many significant bits as real files of CMS have (11 to 24); PHYSLITE with small baskets is
the file in ../shared/data/bench, where that exists. Lines without a goal are for information.
"""

import lzma
import sys
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

import awkward as ak
import cramjam
import deflate
import numpy as np
import uproot
import zstandard
from goals import Goals, cpu_seconds, median_ratio

from physics.selection.selection import Selection
from targets.documents import models
from targets.events import schemas
from targets.events.reader import EventFile, open_events
from targets.rootio.ttree import branch_lists
from targets.rootio.ttree.branch_reader import BranchReader

REAL = Path(__file__).resolve().parents[2] / "shared" / "data" / "bench"
DEFAULT, NONE = (
    models.load_model(Path(__file__).parents[1] / "selections" / f"{name}.yaml", Selection)
    for name in ("default", "none")
)
OBJECTS = {"Electron": 0.6, "Muon": 1.2, "Jet": 6.0, "Photon": 0.8, "Tau": 0.5}  # in an event, on average
BASKET_EVENTS = 20_000
ZSTD = zstandard.ZstdDecompressor()


class Case(NamedTuple):
    """A file to read, the ratio that is wanted of it, and for what selection its branches are read."""

    name: str
    path: Path
    goal: float | None
    selection: Selection = NONE


def nanoaod(path: Path, compression: Any, events: int, basket_events: int) -> Path:
    """Write a NanoAOD-like file and return its path."""
    rng = np.random.default_rng(1)
    with uproot.recreate(path, compression=compression) as file:
        tree = None
        for _ in range(0, events, basket_events):
            columns = made_columns(rng, basket_events)
            tree = tree or file.mktree("Events", {name: type_of(array) for name, array in columns.items()})
            tree.extend(columns)
    return path


def type_of(array: Any) -> Any:
    """Return the type of a branch."""
    return array.type.content if isinstance(array, ak.Array) else array.dtype


def made_columns(rng: np.random.Generator, n: int) -> dict[str, Any]:
    """Make the branches of events."""
    columns: dict[str, Any] = {}
    for kind, mean in OBJECTS.items():
        counts = rng.poisson(mean, n)
        total = int(counts.sum())
        pt = rng.exponential(25, total) + 5
        pt = pt[np.lexsort((-pt, np.repeat(np.arange(n), counts)))].astype(np.float32)
        numbers = {
            "pt": _rounded(pt, 10) if kind == "Jet" else pt,
            "eta": _rounded(rng.normal(0, 1.5, total), 12),
            "phi": _rounded(rng.uniform(-np.pi, np.pi, total), 12),
            "mass": _rounded(rng.exponential(8, total), 10),
        }
        if kind in ("Electron", "Muon", "Tau"):
            numbers["charge"] = rng.choice(np.array([-1, 1], np.int32), total)
        numbers |= _quality(rng, kind, total)
        columns |= {f"{kind}_{name}": ak.unflatten(array, counts) for name, array in numbers.items()}
    event = np.sort(rng.integers(0, 3 * n, n)).astype(np.uint64)
    block = (np.arange(n) // 500).astype(np.uint32)
    return columns | {"run": np.full(n, 1, np.uint32), "luminosityBlock": block, "event": event}


def _quality(rng: np.random.Generator, kind: str, total: int) -> dict[str, Any]:
    """Make what the default selection asks of each kind; as many pass as in ../shared/data/cms-nanoaod/nano_dy.root."""
    isolation = rng.exponential(0.1, total).astype(np.float32)
    score = _rounded(rng.beta(0.5, 0.5, total), 10)
    made: dict[str, dict[str, Any]] = {
        "Electron": {
            "cutBased": rng.choice(np.arange(5, dtype=np.int32), total, p=(0.4, 0.1, 0.07, 0.07, 0.36)),
            "pfRelIso03_all": isolation,
        },
        "Muon": {"mediumId": rng.random(total) < 0.94, "pfRelIso04_all": isolation},
        "Jet": {"jetId": rng.choice(np.array([0, 6], np.int32), total, p=(0.05, 0.95)), "btagDeepFlavB": score},
        "Photon": {
            "mvaID_WP90": rng.random(total) < 0.68,
            "electronVeto": rng.random(total) < 0.39,
            "pfRelIso03_all": isolation,
        },
        "Tau": {"rawDeepTau2017v2p1VSjet": score},
    }
    return made[kind]


def _rounded(numbers: Any, bits: int) -> Any:
    """Keep some bits behind the first, as NanoAOD does."""
    mask = np.uint32(0xFFFFFFFF << (23 - bits) & 0xFFFFFFFF)
    return (numbers.astype(np.float32).view(np.uint32) & mask).view(np.float32)


def wanted(file: EventFile, selection: Selection = NONE) -> list[str]:
    """Return the paths of the branches that ParseFile reads with a selection."""
    columns = selection.columns(file.schema.name) if file.schema else {}
    names = {branch for by_column in file._wanted(columns).values() for branch in by_column.values()}
    names |= {branch for branch in file._numbers.values() if branch}
    return sorted(file._branches[name] for name in names)


def blocks(tree: Any, paths: list[str]) -> list[tuple[bytes, memoryview, int]]:
    """Return codec, compressed bytes and uncompressed size of each basket."""
    found = []
    for branch in (branch_lists.branch(tree, path) for path in paths):
        for number in range(branch.num_baskets - len(branch.embedded_baskets)):
            start = int(branch.member("fBasketSeek")[number])
            raw = memoryview(
                bytes(tree.file.source.chunk(start, start + int(branch.member("fBasketBytes")[number])).raw_data)
            )
            size, key = int.from_bytes(raw[6:10], "big"), int.from_bytes(raw[14:16], "big")
            if len(raw) - key != size:
                found.append((bytes(raw[key : key + 2]), raw[key + 9 :], size))
    return found


def decompress(baskets: list[tuple[bytes, memoryview, int]]) -> None:
    """Decompress all baskets, and nothing else."""
    for codec, data, size in baskets:
        if codec == b"ZL":
            deflate.zlib_decompress(data, size)
        elif codec == b"ZS":
            ZSTD.decompress(data, max_output_size=size)
        elif codec == b"XZ":
            lzma.decompress(data)
        else:
            cramjam.lz4.decompress_block(data[8:], output_len=size)


def ratios(case: Case, runs: int) -> tuple[float, float]:
    """Return our ratio and uproot's for one file."""
    with open_events(str(case.path), schemas.load("")) as file, uproot.open({case.path: None}) as theirs:
        if file._tree is None:
            return 0.0, 0.0
        tree, paths, n = file._tree._tree, wanted(file, case.selection), file.num_entries
        baskets, uproots = blocks(tree, paths), theirs[tree.name]
        work = {
            "limit": lambda: decompress(baskets),
            "ours": lambda: BranchReader(tree).arrays(paths, 0, n),
            "uproot": lambda: uproots.arrays(filter_name=paths, array_cache=None),
        }
        taken = cpu_seconds(work, runs)
    return median_ratio(taken["ours"], taken["limit"]), median_ratio(taken["uproot"], taken["limit"])


def cases(folder: Path, events: int) -> list[Case]:
    """Make the files."""
    made = [
        ("NanoAOD ZLIB", uproot.ZLIB(1), events, BASKET_EVENTS, 1.3),
        ("NanoAOD ZSTD", uproot.ZSTD(5), events, BASKET_EVENTS, 1.3),
        ("NanoAOD LZMA", uproot.LZMA(4), max(events // 5, BASKET_EVENTS), BASKET_EVENTS, 1.1),
        ("NanoAOD LZ4", uproot.LZ4(4), events, BASKET_EVENTS, None),
        ("NanoAOD ZLIB, 5,000 events a basket", uproot.ZLIB(1), events, 5000, None),
    ]
    found = [Case(name, nanoaod(folder / f"{i}.root", *how), goal) for i, (name, *how, goal) in enumerate(made)]
    found.append(Case("PHYSLITE, small baskets", REAL / "amp_physlite_Zee_x20.root", 2.5))
    found.append(Case("PHYSLITE, default selection", REAL / "amp_physlite_Zee_x20.root", None, DEFAULT))
    found.append(Case("NanoAOD ZLIB, 1,000 events a basket", REAL / "amp_cms_Run2012B_x200.root", None))
    return [case for case in found if case.path.exists()]


def main() -> int:
    """Print the lines; return 1 when a goal is missed."""
    quick, goals = "--quick" in sys.argv, Goals()
    with tempfile.TemporaryDirectory() as folder:
        for case in cases(Path(folder), BASKET_EVENTS * (1 if quick else 5)):
            ours, theirs = ratios(case, 3 if quick else 9)
            name, note = f"reading: {case.name}", f"uproot {theirs:.2f}"
            goals.without(name, ours, note) if case.goal is None else goals.at_most(name, ours, case.goal, note)
    return int(goals.short)


if __name__ == "__main__":
    sys.exit(main())
