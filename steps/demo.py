"""The work of MakeDemo: toy events into files of two real formats."""

from collections.abc import Callable
from pathlib import Path

from physics.toys import collisions
from targets.events.toy_files import write_nanoaod, write_physlite
from targets.storage import atomic

__all__ = ["names", "write"]


def names() -> list[str]:
    """Return the names of the files, in their order."""
    return [f"demo_{part}_{'physlite' if part % 2 else 'nanoaod'}.root" for part in range(collisions.PARTS)]


def write(folder: Path, progress: Callable[[float], None]) -> None:
    """Write the demo data, the folder whole or not at all.

    Args:
        folder: The folder to make; every other file is PHYSLITE (MeV), the others NanoAOD (GeV).
        progress: Is told after each file how far this is, in per cent.
    """
    events_per_part = collisions.EVENTS // collisions.PARTS
    with atomic.replacing_folder(folder) as temporary:
        for part, name in enumerate(names()):
            writer = write_physlite if part % 2 else write_nanoaod
            writer(temporary / name, collisions.generate(part), first_event=part * events_per_part)
            progress(100 * (part + 1) / collisions.PARTS)
