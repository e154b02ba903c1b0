"""The work of MakeDemo: toy events into files of two real formats."""

from collections.abc import Callable
from pathlib import Path

from physics.toys import collisions
from physics.toys.event_flags import generate_flags
from targets.events.toy_files import write_nanoaod, write_physlite
from targets.events.toy_flags import CHAINS, PATHS
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
            objects = collisions.generate(part)
            n_events = objects["e"].n_events
            if part % 2:
                flags = generate_flags(part, "ATLAS", n_events, len(CHAINS))
                writer = write_physlite
            else:
                flags = generate_flags(part, "CMS", n_events, len(PATHS))
                writer = write_nanoaod
            writer(temporary / name, objects, part * events_per_part, flags._asdict())
            progress(100 * (part + 1) / collisions.PARTS)
