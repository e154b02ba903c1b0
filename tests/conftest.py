"""What all tests share."""

import os
import sys
from importlib.metadata import distributions
from pathlib import Path
from sysconfig import get_path

import pytest

from tests.support.browsers import CHROMIUM, DRIVER

pytest_plugins = ["tests.support.run_fixtures"]

REAL_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"

_NEEDS = {  # by marker: what tests read or drive, and where it lies
    "realdata": ("read real open data", (REAL_DATA,)),
    "browser": ("drive a browser (Debian's packages chromium and chromium-driver)", (CHROMIUM, DRIVER)),
}

_TESTS = Path(__file__).resolve().parent
_LONGEST_FIRST = ("oracle", "runs", "laws", "tasks", "submit", "targets", "steps", "plots", "physics")  # folders


_MEMORY = Path("/dev/shm")
_MEMORY_BYTES = 4 * 10**9


def pytest_configure():
    """Keep temporary files in memory where there is enough, and refuse an outdated installation."""
    if _has_memory_for_files():
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(_MEMORY))
    _check_installation()


def _has_memory_for_files():
    """Tell whether temporary files fit into memory: on a disk, tests mostly wait for fsync."""
    if not os.access(_MEMORY, os.W_OK):
        return False
    status = os.statvfs(_MEMORY)
    return status.f_bavail * status.f_frsize > _MEMORY_BYTES and not status.f_flag & os.ST_NOEXEC


def _check_installation():
    """Ask for a new installation when packages came after it: commands started elsewhere would not find them."""
    packages = {path.parent.name for path in Path(__file__).resolve().parents[1].glob("*/__init__.py")}
    installed = distributions(name="atlas-open-data-pipeline", path=[get_path("purelib")])  # not *.egg-info here
    listed = [name for each in installed for name in (each.read_text("top_level.txt") or "").split()]
    if absent := sorted(packages - set(listed)) if listed else []:
        msg = f"{', '.join(absent)} came after this environment was made: run scripts/install {sys.executable}"
        raise pytest.UsageError(msg)


def pytest_collection_modifyitems(config, items):
    """Put long files first where several workers share them, or the last would work alone; skip what cannot run."""
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: _rank(item.path))
    _skip_without_needs(items)


def _rank(path):
    """Rank a test file by how long those of its folder take; the folders of quick ones come last."""
    folder = path.relative_to(_TESTS).parts[0]
    return _LONGEST_FIRST.index(folder) if folder in _LONGEST_FIRST else len(_LONGEST_FIRST)


def _skip_without_needs(items):
    """Skip tests whose real files or browser are absent; CI must have them."""
    for marker, (what, paths) in _NEEDS.items():
        marked = [item for item in items if item.get_closest_marker(marker)]
        absent = [str(path) for path in paths if not path.exists()]
        if not marked or not absent:
            continue
        reason = f"{len(marked)} tests {what}, and there is no {' and no '.join(absent)}"
        if os.environ.get("CI"):
            msg = f"{reason}; CI must provide it"
            raise pytest.UsageError(msg)
        for item in marked:
            item.add_marker(pytest.mark.skip(reason=reason))
