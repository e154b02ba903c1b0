"""What the event level costs of ParseFile, and whether files of which few events pass are slower. Prints a line a goal.

usage: python benchmarks/event_level.py [--quick]     --quick: 100,000 events, three runs

The work: ParseFile of NanoAOD-like files (see reading.py) with the default selection, and with the same selection
without its block `events`, which asks nothing of events; in turn, in this process, with everything imported. The files
have runs and luminosity blocks inside the list of CMS for 2016, the noise filters, vertices, and the 13 paths of 2016
that the selection asks for. The share is that of the difference; in the file of which few events pass, one in twenty
fired a path, and the objects of the others are neither selected nor written.
"""

import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import reading
import uproot
from goals import Goals, cpu_seconds, median_ratio

from physics.selection.selection import Selection
from physics.toys.event_flags import generate_flags
from steps import parse
from steps.read_options import ReadOptions
from targets.catalogue.input_files import InputFile
from targets.events import schemas
from targets.events.inputs import FetchOptions
from targets.events.toy_flags import PATHS, nanoaod_flags

EVENTS, QUICK = 200_000, 100_000
CHUNK_EVENTS, MEMORY_MB = 100_000, 2000
FEW = 0.05  # events that pass, of the file of which few do
SHARE, SLOWER = 0.15, 1.0


def write(path: Path, events: int, share: float) -> Path:
    """Write a NanoAOD-like file with flags; *share* of the events that fired a path do."""
    rng = np.random.default_rng(2)
    with uproot.recreate(path, compression=uproot.ZLIB(1)) as file:
        tree = None
        for part in range(events // reading.BASKET_EVENTS):
            flags = generate_flags(part, "CMS", reading.BASKET_EVENTS, len(PATHS))
            fired = np.where(rng.random(reading.BASKET_EVENTS) < share, flags.path, -1)
            columns = reading.made_columns(rng, reading.BASKET_EVENTS)
            columns |= nanoaod_flags(flags._replace(path=fired)._asdict())
            tree = tree or file.mktree("Events", {name: reading.type_of(array) for name, array in columns.items()})
            tree.extend(columns)
    return path


def work(file: Path, folder: Path, selection: Selection) -> Callable[[], Any]:
    """Give the work of ParseFile with a selection."""
    how = ReadOptions(
        *(schemas.load(""), selection, FetchOptions("auto", folder, keep=False)),
        *(CHUNK_EVENTS, MEMORY_MB),
        attempts=1,
        tolerated_failures=0,
    )
    source = InputFile(str(file), file.stat().st_size, None, None, None, None, "files", "data")
    return partial(parse.parse, [source], how, folder / "p.root", "rntuple")


def main() -> int:
    """Print the lines; return 1 when a goal is missed."""
    quick, goals = "--quick" in sys.argv, Goals()
    events = QUICK if quick else EVENTS
    without = reading.DEFAULT.model_copy(update={"events": None})
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for case, share in (("most", 1.0), ("few", FEW)):
            file = write(folder / f"{case}.root", events, share)
            both = {"with": work(file, folder, reading.DEFAULT), "without": work(file, folder, without)}
            passed = both["with"]().event_cutflow[-1].passed
            seconds = cpu_seconds(both, 3 if quick else 5)
            ratio = median_ratio(seconds["with"], seconds["without"])
            note = f"{passed:,} of {events:,} events pass"
            if case == "most":
                goals.at_most("event level: share of ParseFile", 1 - 1 / ratio, SHARE, note)
            else:
                goals.at_most("few events pass: ParseFile with over without", ratio, SLOWER, note)
    return int(goals.short)


if __name__ == "__main__":
    sys.exit(main())
