"""The work of MakeDemo: toy events into files of two real formats."""

from pathlib import Path

from physics import demo
from targets import atomic
from targets.demo import write_nanoaod, write_physlite

__all__ = ["write"]


def write(folder: Path) -> None:
    """Write the demo data, the folder whole or not at all.

    Args:
        folder: The folder to make; every other file is PHYSLITE (MeV), the others NanoAOD (GeV).
    """
    events_per_part = demo.EVENTS // demo.PARTS
    with atomic.replacing_folder(folder) as temporary:
        for part in range(demo.PARTS):
            writer, name = (write_physlite, "physlite") if part % 2 else (write_nanoaod, "nanoaod")
            writer(temporary / f"demo_{part}_{name}.root", demo.generate(part), first_event=part * events_per_part)
