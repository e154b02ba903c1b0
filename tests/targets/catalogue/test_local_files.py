"""Files that the user names: paths, globs, addresses."""

import os
import re
from pathlib import Path

import pytest

import targets.catalogue.local_files
from targets.catalogue.input_files import InputFile
from targets.catalogue.local_files import local_files
from targets.errors import ConfigurationError, UnreadableFileError


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with files, which is the working directory and the home."""
    for name in ("data_B.root", "data_A.root", "data_C.txt", "sub/deep/data_D.root", ".hidden.root", "odd[1].root"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode())
        os.utime(path, ns=(1, 1_700_000_000_123_456_789))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


def names(patterns):
    files, notes = local_files(patterns)
    assert notes == []
    return [os.path.relpath(file.uri) for file in files]


def test_a_path_is_kept_absolute_with_size_and_time(folder):
    files, notes = local_files(["data_A.root"], "mc")
    expected = InputFile(
        str(folder / "data_A.root"), 11, None, 1_700_000_000_123_456_789, None, None, dataset="files", data_type="mc"
    )
    assert files == [expected]
    assert notes == []
    assert local_files(["data_A.root"]).files[0].data_type == "data"


@pytest.mark.parametrize(
    ("patterns", "expected"),
    [
        (["data_?.root"], ["data_A.root", "data_B.root"]),
        (["*.root"], ["data_A.root", "data_B.root", "odd[1].root"]),
        (["**/data_*.root"], ["data_A.root", "data_B.root", "sub/deep/data_D.root"]),
        (["sub/**"], ["sub/deep/data_D.root"]),
        (["~/data_B.root", "~/data_A.root"], ["data_B.root", "data_A.root"]),
        (["odd[1].root"], ["odd[1].root"]),
        ([" data_B.root ", "sub/../data_A.root"], ["data_B.root", "data_A.root"]),
        (["data_C.txt"], ["data_C.txt"]),
        ([], []),
    ],
)
def test_paths_and_globs(folder, patterns, expected):
    assert names(patterns) == expected


def test_files_of_a_glob_are_sorted_whatever_the_file_system_says(folder, monkeypatch):
    found = [str(folder / name) for name in ("data_B.root", "sub/deep/data_D.root", "data_A.root")]
    monkeypatch.setattr(targets.catalogue.local_files, "glob", lambda *args, **more: found)
    assert names(["**/*.root"]) == ["data_A.root", "data_B.root", "sub/deep/data_D.root"]


def test_addresses_are_kept_as_given_and_not_looked_at(folder):
    uris = ["https://127.0.0.1:1/a.root", "http://host/b.root?x=1", "root://eospublic.cern.ch//eos/opendata/c.root"]
    files, notes = local_files(uris)
    assert files == [InputFile(uri, None, None, None, None, None, "files", "data") for uri in uris]
    assert notes == []


def test_a_file_named_twice_is_read_once_and_said_so(folder):
    patterns = ["data_B.root", "*_[AB].root", "./data_A.root", "root://eospublic.cern.ch//eos/c.root"]
    files, notes = local_files([*patterns, "https://opendata.cern.ch/eos/c.root"])
    assert [Path(file.uri).name for file in files] == ["data_B.root", "data_A.root", "c.root"]
    assert notes == ["input_files: 3 files named twice, read once"]


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        (
            "data_Q.root",
            "'data_Q.root' matches no file: looked for 'data_Q.root' in {0}; the nearest name there is 'da",
        ),
        (
            "data_*.rot",
            "'data_*.rot' matches no file: looked for 'data_*.rot' in {0}; the nearest name there is 'data_",
        ),
        ("subb/x.root", "'subb/x.root' matches no file: looked for 'subb' in {0}; the nearest name there is 'sub'"),
        (
            "sub/*/e*.root",
            "'sub/*/e*.root' matches no file: looked for '*' in {0}/sub; nothing of a similar name is there, the first",
        ),
        ("empty/*.root", "'empty/*.root' matches no file: looked for '*.root' in {0}/empty; that folder is empty"),
        ("data_A.root/x", "'data_A.root/x' matches no file: looked for 'data_A.root' in {0}; the nearest name"),
        ("sub", "{0}/sub is a folder: give its files, as '{0}/sub/*.root'"),
        ("su*", "'su*' matches 1 folder but no file: try 'su*/*.root'"),
        ("pipe", "{0}/pipe is neither a file nor a folder but a device or pipe: give a ROOT file"),
        ("", "'' is no name: give paths, globs or addresses, separated by commas"),
        ("  ", "'' is no name"),
        ("a\nb.root", r"'a\nb.root' holds characters that cannot be printed: give paths"),
        ("a\0b.root", r"'a\x00b.root' holds characters that cannot be printed: give paths"),
        (
            "file:///data_A.root",
            "'file:///data_A.root' is not an address of one of the protocols http, https, root: gi",
        ),
        ("s3://bucket/a.root", "'s3://bucket/a.root' is not an address of one of the protocols http, https, root: giv"),
        ("https://h/a/../b.root", "'https://h/a/../b.root' steps out of its folder by '..': give a path, or an addres"),
    ],
)
def test_what_cannot_be_a_file_is_said(folder, pattern, message):
    (folder / "empty").mkdir()
    os.mkfifo(folder / "pipe")
    with pytest.raises(ConfigurationError, match="^input_files: " + re.escape(message.format(folder))):
        local_files([pattern])


def test_a_name_that_cannot_be_printed_is_refused_when_a_glob_finds_it(folder):
    (folder / "evil\x1b[31m.root").touch()
    with pytest.raises(
        ConfigurationError, match=r"evil\\x1b\[31m.root' holds characters that cannot be printed: rename"
    ):
        local_files(["evil*"])


def test_a_file_that_cannot_be_looked_at_is_said(folder):
    name = "x" * 300 + ".root"  # longer than file systems allow
    with pytest.raises(UnreadableFileError, match=r"x.root cannot be looked at \(File name too long\): check its name"):
        local_files([name])


def test_a_folder_that_cannot_be_read_is_said(folder, monkeypatch):
    def refuse(path):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(targets.catalogue.local_files.os, "scandir", refuse)
    with pytest.raises(
        ConfigurationError, match=r"matches no file: the folder .* cannot be read \(Permission denied\)"
    ):
        local_files(["data_Q.root"])


def test_an_unknown_data_type_is_refused(folder):
    with pytest.raises(ConfigurationError, match="data_type is 'dta'"):
        local_files(["data_A.root"], "dta")


def test_a_changed_file_is_another_state(folder):
    before = local_files(["data_A.root"]).files
    (folder / "data_A.root").write_bytes(b"data_A.rooT")
    after = local_files(["data_A.root"]).files
    assert before[0].size == after[0].size
    assert before != after
