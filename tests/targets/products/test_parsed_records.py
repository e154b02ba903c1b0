"""The record of parsed data that are not kept: statistics, and event numbers where they are wanted."""

import numpy as np
import pytest

from edm.objects import Objects
from targets.errors import UnreadableFileError
from targets.products import event_keys, parsed_data, parsed_records
from targets.products.event_columns import COLUMNS, NUMBERS, Events


def events(first, n_events):
    numbers = {name: np.arange(first, first + n_events).astype(dtype) for name, dtype in NUMBERS.items()}
    return Events.of(dict.fromkeys(COLUMNS, Objects.none(n_events)), numbers)


@pytest.mark.parametrize("cluster", [3, 10**6])
def test_numbers_come_back_in_their_order(tmp_path, monkeypatch, cluster):
    monkeypatch.setattr(parsed_records, "_CLUSTER_EVENTS", cluster)
    with parsed_records.writing(tmp_path / "r.root", with_numbers=True) as writer:
        for first in range(0, 10, 2):
            writer.append(events(first, 2))
        writer.note({"a": 1})
        assert writer.written == 10
    assert parsed_data.statistics(tmp_path / "r.root") == {"a": 1}
    assert event_keys.has_event_numbers(tmp_path / "r.root")
    (numbers,) = event_keys.read_event_numbers(tmp_path / "r.root", 100)
    for column in numbers[1:]:
        assert column.tolist() == list(range(10))


def test_without_numbers_there_are_statistics_alone(tmp_path):
    with parsed_records.writing(tmp_path / "r.root", with_numbers=False) as writer:
        writer.append(events(0, 5))
        writer.note({"b": [2]})
    assert parsed_data.statistics(tmp_path / "r.root") == {"b": [2]}
    assert not event_keys.has_event_numbers(tmp_path / "r.root")
    with pytest.raises(UnreadableFileError, match=r"r\.root: its event numbers cannot be read"):
        list(event_keys.read_event_numbers(tmp_path / "r.root", 100))


def test_a_record_is_whole_or_not_there(tmp_path):
    def break_off():
        with parsed_records.writing(tmp_path / "r.root", with_numbers=True) as writer:
            writer.append(events(0, 5))
            writer.note({"c": 1 / 0})

    with pytest.raises(ZeroDivisionError):
        break_off()
    assert list(tmp_path.iterdir()) == []
