"""Lists of pages of an RNTuple against their checksums: uproot trusts them, and fewer events would come."""

import pytest
import uproot

from targets.errors import UnreadableFileError
from targets.products import parsed_data
from targets.rootio.files import open_trees
from tests.support.rootfiles_made import as_objects, events


@pytest.fixture
def path(tmp_path):
    drawn = events(300)
    with parsed_data.writing(tmp_path / "p.root", "rntuple") as writer:
        writer.add(
            as_objects({kind: drawn[kind] for kind in "emjgt"}), {name: drawn[name] for name in parsed_data.NUMBERS}
        )
    return tmp_path / "p.root"


def lists_of_pages(path):
    with uproot.open(path) as file:
        return [record.page_list_link.locator for record in file[parsed_data.NAME].footer.cluster_group_records]


def test_every_wrong_bit_in_a_list_of_pages_is_found(path):
    data = path.read_bytes()
    (place,) = lists_of_pages(path)
    for position in range(place.offset, place.offset + place.num_bytes, 7):
        damaged = bytearray(data)
        damaged[position] ^= 1 << position % 8
        path.write_bytes(damaged)
        with pytest.raises(UnreadableFileError, match=r"p\.root: parsed data cannot be read"):
            list(parsed_data.read(path, 1000))


def test_the_reason_is_named(path):
    data = bytearray(path.read_bytes())
    (place,) = lists_of_pages(path)
    data[place.offset + place.num_bytes - 1] ^= 1
    path.write_bytes(data)
    with open_trees(str(path)) as trees, pytest.raises(UnreadableFileError, match="checksum of the list of pages"):
        trees[parsed_data.NAME]
