"""Files that exist whole or not at all: what a reader may see while a writer works or fails."""

import errno
import os
from pathlib import Path

import pytest

from targets.storage.atomic import name, remove_folder, replacing, replacing_folder, unnamed, write_text


@pytest.fixture
def umask():
    """Set the umask of this process, and set it back."""
    before = os.umask(0o022)
    yield os.umask
    os.umask(before)


@pytest.fixture
def flushed(monkeypatch):
    """List what is forced to disk, each with the answer to whether the result had its name by then."""
    seen = []

    def watch(path):
        def fsync(handle):
            seen.append((Path(f"/proc/self/fd/{handle}").readlink(), path.exists()))

        monkeypatch.setattr(os, "fsync", fsync)
        return seen

    return watch


class InterruptionError(BaseException):
    """As KeyboardInterrupt, no Exception: what `except Exception` lets through."""


def write_half(path):
    path.write_text("half")
    raise InterruptionError


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_file_gets_its_name_when_it_is_complete(tmp_path):
    path = tmp_path / "new" / "folders" / "result.npz"
    with replacing(path) as temporary:
        assert (temporary.parent, temporary.suffix) == (path.parent, ".npz")
        temporary.write_text("first half, ")
        assert not path.exists()
        with temporary.open("a") as file:
            file.write("second half")
        assert not path.exists()
    assert path.read_text() == "first half, second half"
    assert names(path.parent) == ["result.npz"]


def test_an_older_file_stays_until_the_new_one_is_complete(tmp_path):
    path = tmp_path / "result.json"
    path.write_text("old")
    with replacing(path) as temporary:
        temporary.write_text("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new"


def test_a_file_is_on_disk_before_it_is_renamed_and_its_folder_after(tmp_path, flushed):
    path = tmp_path / "result.json"
    seen = flushed(path)
    with replacing(path) as temporary:
        temporary.write_text("whole")
    assert seen == [(temporary, False), (tmp_path, True)]


def test_every_file_of_a_folder_is_on_disk_before_it_is_renamed(tmp_path, flushed):
    path = tmp_path / "arrays"
    seen = flushed(path)
    with replacing_folder(path) as temporary:
        (temporary / "2e_0m").mkdir()
        (temporary / "2e_0m" / "e0e1.npy").write_text("masses")
    assert (temporary / "2e_0m" / "e0e1.npy", False) in seen
    assert seen[-1] == (tmp_path, True)


def test_an_exception_leaves_nothing(tmp_path):
    path = tmp_path / "result.root"
    with pytest.raises(InterruptionError), replacing(path) as temporary:
        write_half(temporary)
    assert names(tmp_path) == []


def test_an_exception_leaves_the_older_file(tmp_path):
    path = tmp_path / "result.root"
    path.write_text("old")
    with pytest.raises(InterruptionError), replacing(path) as temporary:
        write_half(temporary)
    assert names(tmp_path) == ["result.root"]
    assert path.read_text() == "old"


def test_a_block_that_writes_nothing_is_an_error(tmp_path):
    path = tmp_path / "result.root"
    path.write_text("old")
    with pytest.raises(FileNotFoundError, match=r"result\.root"), replacing(path):
        pass
    assert path.read_text() == "old"


@pytest.mark.parametrize("step", ["fsync", "open"])
def test_a_full_disk_leaves_nothing_new(tmp_path, monkeypatch, step):
    path = tmp_path / "result.root"
    path.write_text("old")

    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, step, full)
    with pytest.raises(OSError, match="No space left on device"), replacing(path) as temporary:
        temporary.write_text("whole")
    monkeypatch.undo()
    assert names(tmp_path) == ["result.root"]
    assert path.read_text() == "old"


def test_a_rename_that_fails_leaves_the_older_file(tmp_path, monkeypatch):
    path = tmp_path / "result.root"
    path.write_text("old")

    def refuse(*_):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(PermissionError, match="Permission denied"), replacing(path) as temporary:
        temporary.write_text("new")
    assert names(tmp_path) == ["result.root"]
    assert path.read_text() == "old"


def test_a_file_in_the_place_of_a_folder_is_an_error(tmp_path):
    (tmp_path / "runs").write_text("no folder")
    with pytest.raises(OSError, match="runs"), replacing(tmp_path / "runs" / "result.root"):
        pytest.fail("there is no folder to write in")


@pytest.mark.parametrize(("mask", "file_mode", "folder_mode"), [(0o022, 0o644, 0o755), (0o027, 0o640, 0o750)])
def test_modes_follow_the_umask(tmp_path, umask, mask, file_mode, folder_mode):
    umask(mask)
    path = tmp_path / "run" / "result.txt"
    with replacing(path) as temporary:
        temporary.write_text("whole")
    with replacing_folder(tmp_path / "run" / "arrays") as folder:
        (folder / "one.npy").write_text("whole")
    modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.rglob("*")}
    assert modes == {"run": folder_mode, "result.txt": file_mode, "arrays": folder_mode, "one.npy": file_mode}


def test_two_writers_of_one_file_do_not_meet(tmp_path):
    path = tmp_path / "result.txt"
    with replacing(path) as one:
        with replacing(path) as other:
            assert one != other
            one.write_text("one")
            other.write_text("other")
        assert path.read_text() == "other"
    assert path.read_text() == "one"


def test_a_temporary_file_of_a_temporary_file_has_no_longer_name(tmp_path):
    path = tmp_path / ("x" * 150 + ".root")
    with unnamed(path) as temporary, unnamed(temporary) as deeper:
        assert len(deeper.name) == len(temporary.name)
        assert deeper != temporary
        assert deeper.name.endswith(path.name)


def test_what_gets_no_name_is_removed(tmp_path):
    with unnamed(tmp_path / "file.bin") as file, unnamed(tmp_path / "folder") as folder, unnamed(tmp_path / "nothing"):
        file.write_text("part")
        folder.mkdir()
        (folder / "inside").write_text("part")
    assert names(tmp_path) == []


def test_what_gets_its_name_stays(tmp_path):
    with unnamed(tmp_path / "part.bin") as temporary:
        temporary.write_text("whole")
        name(temporary, tmp_path / "part.bin")
    assert (tmp_path / "part.bin").read_text() == "whole"
    assert names(tmp_path) == ["part.bin"]


def test_a_folder_gets_its_name_when_it_is_complete(tmp_path):
    path = tmp_path / "arrays"
    with replacing_folder(path) as temporary:
        assert list(temporary.iterdir()) == []
        (temporary / "deep").mkdir()
        (temporary / "deep" / "one.npy").write_text("1")
        assert not path.exists()
    assert [str(file.relative_to(path)) for file in sorted(path.rglob("*"))] == ["deep", "deep/one.npy"]
    assert names(tmp_path) == ["arrays"]


def test_an_older_folder_is_replaced_whole(tmp_path):
    path = tmp_path / "arrays"
    path.mkdir()
    (path / "stale.npy").write_text("old")
    with replacing_folder(path) as temporary:
        (temporary / "new.npy").write_text("new")
        assert names(path) == ["stale.npy"]
    assert names(path) == ["new.npy"]


def test_an_exception_leaves_the_older_folder(tmp_path):
    path = tmp_path / "arrays"
    path.mkdir()
    (path / "old.npy").write_text("old")
    with pytest.raises(InterruptionError), replacing_folder(path) as temporary:
        write_half(temporary / "new.npy")
    assert names(tmp_path) == ["arrays"]
    assert names(path) == ["old.npy"]


def test_a_text_is_written_whole_or_not_at_all(tmp_path, monkeypatch):
    path = tmp_path / "new" / "data.json"
    write_text(path, "first")
    assert path.read_text() == "first"

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_text(path, "second")
    assert path.read_text() == "first"


@pytest.mark.parametrize("failing", [1, 2])
def test_a_rename_that_fails_leaves_the_older_folder(tmp_path, monkeypatch, failing):
    path = tmp_path / "arrays"
    path.mkdir()
    (path / "old.npy").write_text("old")
    renamed, rename = [], Path.rename

    def refuse(source, target):
        renamed.append(target)
        if len(renamed) == failing:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        return rename(source, target)

    monkeypatch.setattr(Path, "rename", refuse)
    with pytest.raises(PermissionError, match="Permission denied"), replacing_folder(path) as temporary:
        (temporary / "new.npy").write_text("new")
    assert names(tmp_path) == ["arrays"]
    assert names(path) == ["old.npy"]


def test_two_writers_of_one_folder_both_end_well(tmp_path, monkeypatch):
    """Between the two renames of one, the other gives the name to its own folder."""
    path = tmp_path / "arrays"
    path.mkdir()
    rename, raced = Path.rename, []

    def race(source, target):
        result = rename(source, target)
        if source == path and not raced:
            raced.append(True)
            path.mkdir()
            (path / "other.npy").write_text("other")
        return result

    monkeypatch.setattr(Path, "rename", race)
    with replacing_folder(path) as temporary:
        (temporary / "one.npy").write_text("one")
    assert names(tmp_path) == ["arrays"]
    assert names(path) == ["one.npy"]


def test_a_folder_loses_its_name_before_it_is_removed(tmp_path, monkeypatch):
    path = tmp_path / "arrays"
    path.mkdir()
    (path / "one.npy").write_text("one")

    def interrupt(*_):
        raise InterruptionError

    monkeypatch.setattr("shutil.rmtree", interrupt)
    with pytest.raises(InterruptionError):
        remove_folder(path)
    monkeypatch.undo()
    (left,) = names(tmp_path)
    assert left.startswith(".")
    assert "@was@" not in left, "what is half removed never gets its name back"
    remove_folder(path)  # it is not there any more


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
def test_what_cannot_be_written_names_its_file(tmp_path, code):
    """A failing write() knows no name."""
    path = tmp_path / "result.root"
    with pytest.raises(OSError, match=os.strerror(code)) as caught, replacing(path):
        raise OSError(code, os.strerror(code))
    assert caught.value.filename == str(path)
