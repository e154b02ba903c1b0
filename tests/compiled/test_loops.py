"""The cache of compiled loops: kept where it can be, remade when it is damaged, never in the way of a run."""

import importlib.util
import os
import resource
import shutil
import sys
import tempfile

import numba
import numpy as np
import pytest

from compiled import loops
from tests.support.runs import PROJECT

SOURCE = """
from compiled.loops import compiled

@compiled(nogil=True)
def add(numbers):
    total = 0
    for number in numbers:
        total += number
    return total
"""


@pytest.fixture
def code(tmp_path, monkeypatch):
    """A folder with a module that holds a compiled loop, and a place for temporary files."""
    (folder := tmp_path / "code").mkdir()
    (folder / "loop.py").write_text(SOURCE)
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    monkeypatch.setattr(numba.config, "CACHE_DIR", "")
    monkeypatch.setenv("HOME", "/dev/null")
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.chdir(tmp_path)
    loops._warn_once.cache_clear()
    return folder


@pytest.fixture
def read_only(code):
    """The same as in a read-only installation; root may write everywhere, but not below a file."""
    (code / "__pycache__").write_text("")
    return code


def load(code):
    """Import the module as a new process would."""
    specification = importlib.util.spec_from_file_location("loop", code / "loop.py")
    module = importlib.util.module_from_spec(specification)
    exec(compile((code / "loop.py").read_text(), code / "loop.py", "exec"), vars(module))
    return module.add


def call(code, *kinds):
    """Call the loop as a new process would, and give hits and misses of the cache."""
    return counted(load(code), *kinds)


def counted(add, *kinds):
    for kind in kinds or ["int64"]:
        assert add(np.arange(5, dtype=kind)) == 10
    return sum(add._cache_hits.values()), sum(add._cache_misses.values())


def kept(folder):
    return sorted(folder.rglob("*.nbc"))


def test_a_second_process_compiles_nothing(code):
    assert call(code) == (0, 1)
    assert call(code) == (1, 0)
    assert [path.parent.name for path in kept(code)] == ["__pycache__"]


def test_changed_sources_are_compiled_anew(code):
    call(code)
    (code / "loop.py").write_text(SOURCE.replace("total = 0", "total = 0 * 1"))
    assert call(code) == (0, 1)
    assert len(kept(code)) == 1


DAMAGES = {
    "empty": lambda content: b"",
    "truncated": lambda content: content[: len(content) // 2],
    "short": lambda content: content[:20],
    "longer": lambda content: content + b"\0",
    "zeros": lambda content: bytes(len(content)),
    "garbage": lambda content: np.random.default_rng(1).bytes(len(content)),
    "one bit": lambda content: content[:-2000] + bytes([content[-2000] ^ 1]) + content[-1999:],
    "zeros at the end": lambda content: content[:-4096] + bytes(4096),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_file_is_remade(code, damage):
    call(code)
    (path,) = kept(code)
    content = path.read_bytes()
    path.write_bytes(damage(content))
    assert call(code) == (0, 1)
    assert call(code) == (1, 0)
    assert not list(code.rglob("*.tmp"))


def test_the_file_of_other_types_is_not_taken_for_ones_own(code):
    call(code, "int64", "float32")
    first, second = kept(code)
    shutil.copy2(first, second)
    assert call(code, "int64", "float32") == (1, 1)
    assert call(code, "int64", "float32") == (2, 0)


def test_processes_that_compile_at_once_keep_their_own(code):
    # numba numbers its files: the second would have overwritten the first, which then stood for both
    one, other = load(code), load(code)
    assert (counted(one, "int64"), counted(other, "float32")) == ((0, 1), (0, 1))
    assert len(kept(code)) == 2
    assert call(code, "int64", "float32") == (2, 0)


def test_what_cannot_be_read_or_replaced_is_compiled_each_time(code):
    call(code)
    (path,) = kept(code)
    path.unlink()
    path.mkdir()
    (path / "in the way").write_text("")
    for _ in range(2):
        assert call(code) == (0, 1)
    assert not list(code.rglob("*.tmp"))


def test_a_disk_that_gets_full_leaves_nothing_behind(code):
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, limits[1]))
    try:
        assert call(code) == (0, 1)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert list((code / "__pycache__").iterdir()) == []
    assert call(code) == (0, 1)
    assert call(code) == (1, 0)


def test_the_home_is_next(read_only, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert call(read_only) == (0, 1)
    assert kept(tmp_path / ".cache")


@pytest.mark.parametrize("home", ["/dev/null", "~"])
def test_then_comes_a_private_folder_of_temporary_files(read_only, tmp_path, monkeypatch, caplog, home):
    monkeypatch.setenv("HOME", home)
    assert call(read_only) == (0, 1)
    assert call(read_only) == (1, 0)
    assert not (tmp_path / "~").exists()
    (folder,) = (tmp_path / "tmp").iterdir()
    assert folder.stat().st_mode & 0o777 == 0o700
    assert len(kept(folder)) == 1
    assert caplog.messages == []


def other_user(folder, target):
    folder.mkdir(mode=0o700)
    os.chown(folder, 12345, 12345)


def link(folder, target):
    target.mkdir(mode=0o700)
    folder.symlink_to(target)


UNSAFE = {
    "open to others": lambda folder, _: folder.mkdir() or folder.chmod(0o777),
    "a link": link,
    "a file": lambda folder, _: folder.write_text(""),
    "replaceable": lambda folder, _: folder.parent.chmod(0o777),
    "of another user": other_user,
}


@pytest.mark.parametrize("plant", UNSAFE.values(), ids=UNSAFE)
def test_a_temporary_folder_that_others_may_write_to_is_not_used(read_only, tmp_path, plant, caplog, monkeypatch):
    if plant is other_user and os.getuid() != 0:
        pytest.skip("only root can give a folder to another user")
    plant(tmp_path / "tmp" / f".numba-cache-{os.getuid()}", tmp_path / "elsewhere")
    assert call(read_only) == (0, 1)
    assert call(read_only) == (0, 1)
    (message,) = caplog.messages
    assert message.endswith("each process compiles them anew: name one in NUMBA_CACHE_DIR")
    assert kept(tmp_path) == []
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(tmp_path / "named"))
    assert call(read_only) == (0, 1)
    assert call(read_only) == (1, 0)


def test_without_any_folder_a_loop_is_compiled(read_only, monkeypatch, caplog):
    monkeypatch.setattr(tempfile, "tempdir", "/dev/null")
    call(read_only)
    (message,) = caplog.messages
    assert message.startswith("no folder for compiled loops can be written")


def test_loops_that_numba_leaves_to_python_work(code, monkeypatch):
    monkeypatch.setattr(numba.config, "DISABLE_JIT", True)
    assert load(code)(range(5)) == 10
    assert kept(code) == []


CALLER = """
from compiled.loops import compiled
from inner import add

@compiled(nogil=True)
def add_twice(numbers):
    return 2 * add(numbers)
"""


def test_a_loop_is_compiled_anew_when_one_that_it_imports_changed(code, monkeypatch):
    def call_twice():
        monkeypatch.delitem(sys.modules, "inner", raising=False)
        importlib.invalidate_caches()
        scope = {}
        exec(compile(CALLER, code / "caller.py", "exec"), scope)
        return scope["add_twice"](np.arange(5)), sum(scope["add_twice"]._cache_hits.values())

    monkeypatch.syspath_prepend(code)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    (code / "caller.py").write_text(CALLER)
    (code / "inner.py").write_text(SOURCE)
    assert call_twice() == (20, 0)
    assert call_twice() == (20, 1)
    (code / "inner.py").write_text(SOURCE.replace("total = 0", "total = 1"))
    assert call_twice() == (22, 0)


def test_all_loops_are_compiled_this_way():
    sources = [path for room in ("physics", "targets", "tasks") for path in (PROJECT / room).rglob("*.py")]
    assert not [path for path in sources if "njit" in path.read_text()]
