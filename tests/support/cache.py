"""A file to download, and a look at the cache."""

import hashlib
import random
import zlib
from pathlib import Path

import pytest

from targets.network.download_cache import fetch
from targets.network.retry import RetryPolicy, Traffic
from targets.network.transfer import RemoteFile
from tests.support.faults import QUICK

BODY = random.Random(3).randbytes(300_000)
LENGTH = len(BODY)
ADLER32 = f"adler32:{zlib.adler32(BODY):08x}"
SHA1 = f"sha1:{hashlib.sha1(BODY).hexdigest()}"


@pytest.fixture
def uri(web):
    """The address of the file."""
    return web.host("folder/x.root", BODY)


@pytest.fixture
def folder(tmp_path):
    """The folder of the cache, which is not there yet."""
    return tmp_path / "cache"


def described(uri: str, size: int | None = LENGTH, checksum: str | None = ADLER32) -> RemoteFile:
    """Describe a file as a catalogue does."""
    return RemoteFile(uri, size, checksum)


def get(file: RemoteFile, folder: Path, policy: RetryPolicy = QUICK) -> tuple[Path, Traffic]:
    """Fetch a file, check that it is complete while it is held, and return its path and what it cost."""
    with fetch(file, folder, policy) as got:
        assert got.path.read_bytes() == BODY
        assert got.path.parent == folder
        return got.path, got.traffic


def kinds(folder: Path) -> list[str]:
    """List what kinds of files are in the cache: the suffixes that we give, or "whole"."""
    ours = (".part", ".origin", ".lock")
    return sorted(path.suffix if path.suffix in ours else "whole" for path in folder.iterdir())
