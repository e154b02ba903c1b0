"""What all tests share."""

import os
from pathlib import Path

import pytest

REAL_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


def pytest_collection_modifyitems(items):
    """Skip tests of real files where those are absent; CI must have them."""
    real = [item for item in items if item.get_closest_marker("realdata")]
    if not real or REAL_DATA.is_dir():
        return
    reason = f"{len(real)} tests read real open data from {REAL_DATA}, which is absent"
    if os.environ.get("CI"):
        msg = f"{reason}; CI must provide it"
        raise pytest.UsageError(msg)
    for item in real:
        item.add_marker(pytest.mark.skip(reason=reason))
