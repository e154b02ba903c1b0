"""Masses of a branch in one file: three members, stored as they are, and nothing else is taken for them."""

import io
import zipfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as st_numpy

from edm.spectra import SpectrumKey
from targets.errors import UnreadableFileError
from targets.products import mass_arrays
from targets.products.mass_arrays import MassWriter
from tests.support.damage import refusals
from tests.support.rootfiles_made import size_limit

REMEDY = "; delete it: the next run remakes it"


def float32(*values):
    return np.array(values, dtype=np.float32)


def write(path, parts):
    writer = MassWriter()
    for name, values in parts:
        writer.add(SpectrumKey.parse(name), values)
    writer.write(path)
    return path


def read(path):
    return {str(key): values.tolist() for key, values in mass_arrays.read(path)}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "branch.npz"


@pytest.fixture
def written(path):
    return write(path, [("2e_0m/e0e1", float32(91.25, 88.5)), ("0e_2m/m0m1", float32(3.0)), ("2e_0m/e0", float32())])


def test_what_is_written_comes_back_in_alphabetical_order(written):
    read_back = list(mass_arrays.read(written))
    assert [(str(key), values.tolist()) for key, values in read_back] == [
        ("0e_2m/m0m1", [3.0]),
        ("2e_0m/e0", []),
        ("2e_0m/e0e1", [91.25, 88.5]),
    ]
    assert {values.dtype for _, values in read_back} == {np.dtype(np.float32)}


def test_very_many_masses_of_a_name_come_in_parts(monkeypatch, path):
    monkeypatch.setattr(mass_arrays, "_PART_MASSES", 3)
    write(path, [("1e/e0", float32(*range(7))), ("1m/m0", float32(7, 8, 9)), ("1j/j0", float32())])
    parts = [(str(key), values.tolist()) for key, values in mass_arrays.read(path)]
    assert parts == [
        *(("1e/e0", part) for part in ([0, 1, 2], [3, 4, 5], [6])),
        *(("1j/j0", []), ("1m/m0", [7, 8, 9])),
    ]


def test_a_file_has_three_members_with_their_types(written):
    with np.load(written) as archive:
        members = {name: archive[name] for name in archive.files}
    assert {name: (array.dtype.kind, array.dtype.itemsize) for name, array in members.items() if name != "names"} == {
        "masses": ("f", 4),
        "offsets": ("i", 8),
    }
    assert members["masses"].tolist() == [3.0, 91.25, 88.5]
    assert members["offsets"].tolist() == [0, 1, 1, 3]
    assert members["names"].dtype.kind == "U"
    assert members["names"].tolist() == ["0e_2m/m0m1", "2e_0m/e0", "2e_0m/e0e1"]


def test_members_are_stored_and_not_compressed(written):
    with zipfile.ZipFile(written) as archive:
        assert {entry.filename: entry.compress_type for entry in archive.infolist()} == dict.fromkeys(
            ("masses.npy", "offsets.npy", "names.npy"), zipfile.ZIP_STORED
        )


def test_parts_of_a_name_follow_each_other(path):
    write(path, [("a/x", float32(1, 2)), ("b/x", float32(9)), ("a/x", float32()), ("a/x", float32(3))])
    assert read(path) == {"a/x": [1.0, 2.0, 3.0], "b/x": [9.0]}


def test_entries_are_counted(path):
    writer = MassWriter()
    assert writer.entries == 0
    for name, values in (("a/x", float32(1, 2)), ("b/x", float32()), ("a/x", float32(3))):
        writer.add(SpectrumKey.parse(name), values)
    assert writer.entries == 3


def test_no_masses_are_a_file_without_names(path):
    write(path, [])
    assert read(path) == {}
    with np.load(path) as archive:
        assert {name: (archive[name].dtype.kind, archive[name].tolist()) for name in archive.files} == {
            "masses": ("f", []),
            "offsets": ("i", [0]),
            "names": ("U", []),
        }


def test_the_same_masses_give_the_same_bytes(tmp_path):
    """Zip files carry a date; one of now would give other bytes on every run."""
    parts = [("a/x", float32(1)), ("b/x", float32(2))]
    assert write(tmp_path / "1.npz", parts).read_bytes() == write(tmp_path / "2.npz", parts[::-1]).read_bytes()


@settings(max_examples=50, deadline=None)
@given(
    st.dictionaries(
        st.from_regex(r"[0-4]e_[0-4]m(_[0-4]j)?/(e0)?(m[0-3])?j0(/main|/outliers)?", fullmatch=True),
        st_numpy.arrays(np.float32, st.integers(0, 5), elements=st.floats(0, 1e6, width=32)),
        max_size=8,
    )
)
def test_any_names_and_masses_come_back(tmp_path_factory, parts):
    path = write(tmp_path_factory.mktemp("masses") / "branch.npz", parts.items())
    assert read(path) == {name: values.tolist() for name, values in parts.items()}


def test_a_full_disk_leaves_the_older_file(written):
    before = written.read_bytes()
    with pytest.raises(OSError, match="File too large"), size_limit(20_000):
        write(written, [("a/x", np.ones(100_000, dtype=np.float32))])
    assert written.read_bytes() == before
    assert [file.name for file in written.parent.iterdir()] == ["branch.npz"]


def test_an_absent_file_is_an_error(path):
    with pytest.raises(
        UnreadableFileError, match=rf"branch\.npz: cannot be read as masses \(FileNotFoundError.*{REMEDY}"
    ):
        read(path)


class Harmful:
    """What runs code when it is unpickled."""

    def __reduce__(self):
        return pytest.fail, ("a pickle was opened",)


@pytest.mark.parametrize("member", ["masses", "names"])
def test_pickled_objects_are_not_opened(path, member):
    content = {"masses": float32(1), "offsets": np.array([0, 1]), "names": np.array(["a/x"])}
    content[member] = np.array([Harmful()], dtype=object)
    np.savez(path, **content)
    with pytest.raises(UnreadableFileError, match=rf"cannot be read as masses \(ValueError: .*{REMEDY}"):
        read(path)


def npy():
    buffer = io.BytesIO()
    np.save(buffer, np.arange(3))
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "EOFError"),
        (b"text, and no archive", "ValueError"),
        (b"PK\x03\x04 and then nothing", "BadZipFile"),
        (npy(), "TypeError"),
    ],
    ids=["empty", "text", "zip", "npy"],
)
def test_what_is_no_archive_is_an_error(path, content, reason):
    path.write_bytes(content)
    with pytest.raises(UnreadableFileError, match=rf"cannot be read as masses \({reason}: .*{REMEDY}"):
        read(path)


def test_an_archive_without_a_member_is_an_error(path):
    np.savez(path, masses=float32(1), offsets=np.array([0, 1]))
    with pytest.raises(UnreadableFileError, match=rf"\(KeyError: .*names.*{REMEDY}"):
        read(path)


def test_every_damage_is_an_error_or_harmless(written):
    """Zip archives have a checksum for each member."""
    data = written.read_bytes()
    expected, refused = read(written), 0
    for position in range(len(data)):
        damaged = bytearray(data)
        damaged[position] ^= 1 << position % 8
        written.write_bytes(damaged)
        try:
            assert read(written) == expected
        except UnreadableFileError:
            refused += 1
    assert refused > len(data) // 2


def test_every_truncation_is_an_error(written):
    data = written.read_bytes()
    for length in range(0, len(data), 7):
        written.write_bytes(data[:length])
        with pytest.raises(UnreadableFileError, match=REMEDY):
            read(written)


def test_exported_masses_are_plain_arrays_of_all_sources(tmp_path):
    one = write(tmp_path / "1.npz", [("2e_0m/e0e1", float32(1, 2)), ("0e_2m/m0m1", float32(7))])
    other = write(tmp_path / "2.npz", [("2e_0m/e0e1", float32(3)), ("3e_0m/e0e1e2", float32())])
    folder = tmp_path / "exported"
    entries = {str(key): number for key, number in mass_arrays.export(folder, [one, other]).items()}
    assert entries == {
        "0e_2m/m0m1": 1,
        "2e_0m/e0e1": 3,
        "3e_0m/e0e1e2": 0,
    }
    assert sorted(str(file.relative_to(folder)) for file in folder.rglob("*.npy")) == [
        f"{name}.npy" for name in entries
    ]
    array = np.load(folder / "2e_0m" / "e0e1.npy", allow_pickle=False)
    assert array.tolist() == [1.0, 2.0, 3.0]  # in the order of the sources
    assert array.dtype == np.float32
    assert np.load(folder / "3e_0m" / "e0e1e2.npy").shape == (0,)


def test_an_export_replaces_the_older_one(tmp_path, written):
    folder = tmp_path / "exported"
    (folder / "4e_0m").mkdir(parents=True)
    (folder / "4e_0m" / "stale.npy").write_text("old")
    mass_arrays.export(folder, [written])
    assert not (folder / "4e_0m").exists()
    assert sorted(path.name for path in folder.iterdir()) == ["0e_2m", "2e_0m"]


def test_masses_that_wait_on_the_disk_give_the_same_bytes(tmp_path, monkeypatch):
    parts = [(f"{i % 3}e_0m/e0", np.arange(i, i + 40, dtype=np.float32)) for i in range(30)]
    in_memory = write(tmp_path / "1.npz", parts)
    monkeypatch.setattr(mass_arrays, "_SPILLED_BYTES", 1000)
    writer = MassWriter(tmp_path / "spool")
    for name, values in parts:
        writer.add(SpectrumKey.parse(name), values)
        assert writer._held <= 1000
    writer.write(tmp_path / "2.npz")
    assert (tmp_path / "2.npz").read_bytes() == in_memory.read_bytes()
    assert list((tmp_path / "spool").iterdir()) == []


def test_a_file_is_what_numpy_itself_would_write(tmp_path):
    """So that np.load reads it wherever numpy is."""
    parts = {"a/x": float32(1, 2), "b/x": float32(3)}
    members = {"masses": float32(1, 2, 3), "offsets": np.array([0, 2, 3]), "names": np.array(["a/x", "b/x"])}
    np.savez(tmp_path / "numpy.npz", **members)
    assert write(tmp_path / "ours.npz", parts.items()).read_bytes() == (tmp_path / "numpy.npz").read_bytes()


def test_an_export_of_nothing_is_an_empty_folder(tmp_path):
    assert mass_arrays.export(tmp_path / "exported", []) == {}
    assert list((tmp_path / "exported").iterdir()) == []


def test_an_export_that_fails_leaves_the_older_one(tmp_path, written):
    folder = tmp_path / "exported"
    mass_arrays.export(folder, [written])
    (tmp_path / "bad.npz").write_text("damaged")
    with pytest.raises(UnreadableFileError, match=rf"bad\.npz: cannot be read as masses.*{REMEDY}"):
        mass_arrays.export(folder, [written, tmp_path / "bad.npz"])
    assert (folder / "2e_0m" / "e0e1.npy").exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bad.npz", "branch.npz", "exported"]


def test_no_changed_byte_gives_other_masses(written):
    said = list(refusals(written, written.read_bytes(), read(written), read, step=1))
    assert len(said) > 500
    assert all(text.endswith(REMEDY) for text in said)
