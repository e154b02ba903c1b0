"""Which event is which in parsed data, and the list of copies."""

import numpy as np
import pytest

from edm.event_keys import EVENT_KEY
from edm.objects import Objects
from targets.errors import UnreadableFileError
from targets.products import parsed_data
from targets.products.event_columns import COLUMNS, NUMBERS
from targets.products.event_keys import read_copies, read_event_numbers, write_copies


@pytest.mark.parametrize("storage", parsed_data.FORMATS)
def test_numbers_are_those_that_were_written(tmp_path, storage):
    numbers = {name: np.arange(5, dtype=dtype) for name, dtype in NUMBERS.items()}
    numbers["event"] = np.array([2**64 - 7, 1, 2, 3, 2**63], dtype=np.uint64)
    numbers["luminosity_block"] += 10
    with parsed_data.writing(tmp_path / "p.root", storage) as writer:
        writer.add(dict.fromkeys(COLUMNS, Objects.none(5)), numbers)
        writer.note({})
    parts = list(read_event_numbers(tmp_path / "p.root", 2))
    assert [part.start for part in parts] == [0, 2, 4]
    for name, column in (("run", "run"), ("block", "luminosity_block"), ("event", "event")):
        assert np.concatenate([getattr(part, name) for part in parts]).tolist() == numbers[column].tolist()


def test_damaged_parsed_data_are_named(tmp_path):
    (tmp_path / "p.root").write_bytes(b"root" + bytes(500))
    with pytest.raises(UnreadableFileError, match=r"p.root: its event numbers cannot be read .* delete it"):
        list(read_event_numbers(tmp_path / "p.root", 2))


def rows(places):
    made = np.zeros(len(places), dtype=EVENT_KEY)
    made["file"], made["entry"] = places, np.arange(len(places)) * 10
    return made


def test_copies_are_read_by_the_places_of_files(tmp_path):
    write_copies(tmp_path / "c.npy", 5, [rows([0, 0, 3]), rows([4, 7])])
    for places, entries in {(0, 0): [0, 10], (1, 2): [], (3, 4): [20, 0], (5, 9): [10]}.items():
        assert read_copies(tmp_path / "c.npy", *places).tolist() == entries
    write_copies(tmp_path / "none.npy", 0, [])
    assert read_copies(tmp_path / "none.npy", 0, 9).tolist() == []


@pytest.mark.parametrize("content", [b"", b"\x93NUMPY", "array"])
def test_a_damaged_list_is_named(tmp_path, content):
    path = tmp_path / "c.npy"
    if content == "array":
        np.save(path, np.arange(3))
    else:
        path.write_bytes(content)
    with pytest.raises(UnreadableFileError, match=r"c.npy: cannot be read as a list of copies .* delete it"):
        read_copies(path, 0, 1)
