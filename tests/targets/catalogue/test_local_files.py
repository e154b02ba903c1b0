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
    files, notes, *_ = local_files(patterns)
    assert notes == []
    return [os.path.relpath(file.uri) for file in files]


def test_a_path_is_kept_absolute_with_size_and_time(folder):
    files, notes, *_ = local_files(["data_A.root"], "mc")
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
    files, notes, *_ = local_files(uris)
    assert files == [InputFile(uri, None, None, None, None, None, "files", "data") for uri in uris]
    assert notes == []


def test_a_file_named_twice_is_read_once_and_said_so(folder):
    patterns = ["data_B.root", "*_[AB].root", "./data_A.root", "root://eospublic.cern.ch//eos/c.root"]
    files, notes, *_ = local_files([*patterns, "https://opendata.cern.ch/eos/c.root"])
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
        (
            "hid/*.rot",
            "'hid/*.rot' matches no file: looked for '*.rot' in {0}/hid; the nearest name there is 'x.root'",
        ),
        ("hid/.rot", "'hid/.rot' matches no file: looked for '.rot' in {0}/hid; the nearest name there is '.rota'"),
        ("hid/c/*", "'hid/c/*' matches no file: looked for '*' in {0}/hid/c; only hidden files are there"),
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
    (folder / "hid" / "c").mkdir(parents=True)
    for name in (".rota", "x.root", "c/.d"):
        (folder / "hid" / name).touch()
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


def test_a_link_and_its_target_are_one_file(folder):
    (folder / "link.root").symlink_to("data_A.root")
    (folder / "linked").symlink_to("sub/deep", target_is_directory=True)
    files, notes, *_ = local_files(["link.root", "data_*.root", "sub/deep/data_D.root", "linked/data_D.root"])
    assert [os.path.relpath(file.uri, folder) for file in files] == [
        "link.root",
        "data_B.root",
        "sub/deep/data_D.root",
    ]
    assert notes == ["input_files: 2 files named twice, read once"]


def test_a_cache_of_fsspec_before_an_address_is_left_out_and_said_so(folder):
    files, notes, *_ = local_files(["simplecache::https://h/a.root", "https://h/a.root", "filecache::root://h//b.root"])
    assert [file.uri for file in files] == ["https://h/a.root", "root://h//b.root"]
    assert notes == [
        "input_files: 1 file named twice, read once",
        "input_files: 2 files without fsspec's cache; see --fetch and --download-dir",
    ]


def test_other_chains_of_fsspec_are_refused(folder):
    with pytest.raises(ConfigurationError, match=r"zip::https://h/a.root' is not an address of one of the protocols"):
        local_files(["zip::https://h/a.root"])


def test_a_list_names_files_one_a_line(folder, monkeypatch):
    lines = [
        "\ufeff# all of them",
        "",
        "../data_B.root  # the second",
        "deep/*.root",
        "https://h/a#1.root",
        "~/odd[1].root",
    ]
    (folder / "sub" / "list.txt").write_text("\r\n".join(lines))
    monkeypatch.chdir("/")
    files, notes, *_ = local_files([f"@{folder}/sub/list.txt", f"{folder}/data_A.root"])
    expected = ["data_B.root", "sub/deep/data_D.root", "https://h/a#1.root", "odd[1].root", "data_A.root"]
    assert [file.uri.removeprefix(f"{folder}/") for file in files] == expected
    assert notes == []


def test_a_comma_in_a_list_is_part_of_a_name(folder):
    (folder / "a,b.root").touch()
    (folder / "list.txt").write_text("a,b.root\n")
    assert names(["@list.txt"]) == ["a,b.root"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"data_A.root\nnot_there.root\n", "{0}/list.txt:2: '{0}/not_there.root' matches no file: looked for"),
        (b"# nothing\n\n", "the list {0}/list.txt names no file: write one path, glob or address a line"),
        (b"\n@other.txt", "{0}/list.txt:2: '@other.txt' would be a list in a list: give both to input_files"),
        (b"root\0\0\xff\xfe", "@{0}/list.txt is not a text in UTF-8: a list has one name a line; leave out the @"),
        (b"s3://b/a.root", "{0}/list.txt:1: 's3://b/a.root' is not an address of one of the protocols"),
        (b"sub\n", "{0}/list.txt:1: {0}/sub is a folder: give its files"),
        (None, "@{0}/list.txt is not a file: give the path of a list of files, one a line"),
    ],
)
def test_what_is_wrong_with_a_list_is_said_with_its_line(folder, content, message):
    if content is not None:
        (folder / "list.txt").write_bytes(content)
    with pytest.raises(ConfigurationError, match="^input_files: " + re.escape(message.format(folder))):
        local_files(["@list.txt"])


def test_a_list_that_is_far_too_long_is_refused(folder):
    with (folder / "list.txt").open("wb") as file:
        file.truncate(65 * 2**20)
    with pytest.raises(ConfigurationError, match=r"list.txt has more than 67108864 bytes: that is no list of files"):
        local_files(["@list.txt"])


def test_a_list_that_may_not_be_read_is_said(folder, monkeypatch):
    (folder / "list.txt").touch()

    def refuse(*args, **more):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_text", refuse)
    with pytest.raises(UnreadableFileError, match=r"the list .*/list.txt cannot be read \(Permission denied\): check"):
        local_files(["@list.txt"])


@pytest.mark.parametrize(
    "pattern",
    ["data_A.root data_B.root", "data_A.root *.txt", "https://h/a.root https://h/b.root", "https://h/a https://h/b"],
)
def test_blanks_between_names_get_a_hint_about_commas(folder, pattern):
    with pytest.raises(ConfigurationError, match="write commas between names, not blanks"):
        local_files([pattern])


def test_a_name_with_a_blank_is_a_name(folder):
    (folder / "my data.root").touch()
    assert names(["my data.root", "my *.root"][:1]) == ["my data.root"]
    assert local_files(["https://h/my data.root"]).files[0].uri == "https://h/my data.root"


def test_a_folder_with_brackets_in_a_glob_gets_a_hint(folder):
    (folder / "run[12]").mkdir()
    (folder / "run[12]" / "a.root").touch()
    message = f"the brackets of '{folder}/run[12]' stand for one of the characters between them; write '[[]' for a "
    message += f"bracket itself, as '{folder}/run[[]12]/*.root'"
    with pytest.raises(ConfigurationError, match=re.escape(message)):
        local_files(["run[12]/*.root"])
    assert names(["run[[]12]/*.root"]) == ["run[12]/a.root"]
