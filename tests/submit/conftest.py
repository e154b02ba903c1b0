"""Fixtures of the tests of batch systems."""

import pytest
from law.config import Config

from tests.support.pbs_engine import engine
from tests.support.pbs_workflow import proxy

__all__ = ["configure", "engine", "proxy"]


@pytest.fixture
def configure(monkeypatch):
    """A function that sets keys of [job] of law.cfg for this test."""

    def set_keys(**keys):
        for key, value in keys.items():
            monkeypatch.setitem(Config.instance()._sections["job"], key, str(value))

    return set_keys
