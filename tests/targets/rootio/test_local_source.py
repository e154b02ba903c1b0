"""Files of this machine: exactly the bytes asked for, or an error."""

import queue

import pytest

from targets.rootio.local_source import FileSource, read_groups


@pytest.fixture
def path(tmp_path):
    file = tmp_path / "f"
    file.write_bytes(bytes(range(100)))
    return file


def test_ranges_come_in_the_order_asked_for(path):
    with FileSource(str(path)) as source:
        assert source.num_bytes == 100
        assert [bytes(data) for data in source.read([(5, 7), (0, 2), (99, 100), (3, 3)]).views()] == [
            b"\5\6",
            b"\0\1",
            b"c",
            b"",
        ]
        done = queue.Queue()
        chunks = source.chunks([(5, 7), (0, 2)], done)
        assert [bytes(chunk.raw_data) for chunk in chunks] == [b"\5\6", b"\0\1"]
        assert {done.get(timeout=1), done.get(timeout=1)} == set(chunks)
        assert source.chunk(98, 200).future.result() == b"bc"  # uproot asks beyond the end of small files
        assert (source.traffic.received, source.traffic.requests) == (11, 3)


def test_chunks_keep_their_bytes(path):
    with FileSource(str(path)) as source:
        (chunk,) = source.chunks([(0, 3)], queue.Queue())
        source.read([(50, 90)])
        assert bytes(chunk.raw_data) == b"\0\1\2"


@pytest.mark.parametrize("where", [(90, 101), (-1, 5), (8, 5), (10**12, 10**12 + 5)])
def test_what_cannot_be_in_the_file_is_refused(path, where):
    with (
        FileSource(str(path)) as source,
        pytest.raises(OSError, match="has 100 bytes, but its list of contents points"),
    ):
        source.read([(0, 5), where])


def test_a_file_that_is_cut_short_while_it_is_read(path):
    with FileSource(str(path)) as source:
        path.write_bytes(bytes(50))
        with pytest.raises(OSError, match="the file had 100 bytes, and was cut short while it was read"):
            source.read([(0, 5), (45, 60)])


def test_a_closed_file_is_not_read(path):
    source = FileSource(str(path))
    assert not source.closed
    with source:
        pass
    assert source.closed
    with source:
        pass  # twice does no harm
    with pytest.raises(OSError, match="the file was closed"):
        source.read([(0, 5)])


def test_an_absent_file(tmp_path):
    with pytest.raises(FileNotFoundError):
        FileSource(str(tmp_path / "nowhere"))


def test_groups_are_read_one_after_the_other_into_the_same_memory(path):
    with FileSource(str(path)) as source:
        groups = read_groups(source, [[(5, 7), (0, 2)], [], [(99, 100)]])
        first = next(groups).views()
        assert [bytes(data) for data in first] == [b"\5\6", b"\0\1"]
        assert [list(map(bytes, group.views())) for group in groups] == [[], [b"c"]]
        assert bytes(first[0])[:1] == b"c"


class _Remote:
    """A source as one over a network: it counts its requests."""

    def __init__(self, source):
        self.source, self.requests = source, []

    def chunks(self, ranges, notifications):
        self.requests.append(list(ranges))
        return self.source.chunks(ranges, notifications)


def test_over_a_network_all_groups_are_one_request(path):
    with FileSource(str(path)) as source:
        remote = _Remote(source)
        groups = read_groups(remote, [[(5, 7), (0, 2)], [], [(99, 100)]])
        assert [list(map(bytes, group.views())) for group in groups] == [[b"\5\6", b"\0\1"], [], [b"c"]]
        assert remote.requests == [[(5, 7), (0, 2), (99, 100)]]
        assert [group.views() for group in read_groups(remote, [[], []])] == [[], []]
        assert len(remote.requests) == 1
