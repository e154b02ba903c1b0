"""Lists of input files: what is written is read back, and what is no list is refused by name."""

import pytest

from targets.catalogue import file_lists
from targets.catalogue.input_files import Catalogue, InputFile
from targets.documents.json import dump_json
from targets.errors import FileFormatError, UnreadableFileError

FILE = InputFile("/data/a.root", 10, None, 1, None, None, "files", "data")


def test_a_list_is_read_back_as_it_was_written(tmp_path):
    samples = {"2024r-pp_mc_1": {"cross_section_pb": 1.0}}
    listed = Catalogue([FILE], ["a note"], (InputFile("/data/b.root", *[None] * 5, "files", "mc"),), samples)
    dump_json(tmp_path / file_lists.NAME, file_lists.to_document(listed))
    assert file_lists.read(tmp_path / file_lists.NAME) == listed


@pytest.mark.parametrize("change", [{"dataset": "../x"}, {"size": "ten"}, {"uri": "relative.root"}])
def test_what_is_no_list_is_refused(tmp_path, change):
    document = file_lists.to_document(Catalogue([FILE], []))
    document["files"][0] |= change
    dump_json(path := tmp_path / "list.json", document)
    with pytest.raises(FileFormatError, match=r"list\.json: not a file list of this project .*delete it"):
        file_lists.read(path)


def test_a_list_that_is_not_there(tmp_path):
    with pytest.raises(UnreadableFileError, match="cannot be read"):
        file_lists.read(tmp_path / "none.json")
