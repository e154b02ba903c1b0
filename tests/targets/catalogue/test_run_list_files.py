"""Users' lists of good runs: the XML of ATLAS and the JSON of CMS."""

import socket

import pytest

from targets.catalogue.run_list_files import read_run_list
from targets.errors import ConfigurationError

HEAD = """<?xml version="1.0"?>
<!DOCTYPE LumiRangeCollection SYSTEM "http://atlas-runquery.cern.ch/LumiRangeCollection.dtd">
<LumiRangeCollection><NamedLumiRange><Name>mine</Name>
"""
TAIL = "</NamedLumiRange></LumiRangeCollection>"


def block(run, *ranges):
    rows = "".join(f'<LBRange Start="{first}" End="{last}"/>\n' for first, last in ranges)
    return f"<LumiBlockCollection>\n<Run>{run}</Run>\n{rows}</LumiBlockCollection>\n"


def xml(tmp_path, body, head=HEAD):
    path = tmp_path / "mine.xml"
    path.write_text(f"{head}{body}{TAIL}")
    return path


def test_an_atlas_file_is_read_without_a_network(tmp_path, monkeypatch):
    def refuse(*_, **__):
        msg = "the network was asked"
        raise AssertionError(msg)

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)
    path = xml(tmp_path, block(7, (5, 9)) + block(" 3 ", (1, 1), (3, 4)))
    run_list = read_run_list(path)
    assert run_list.ranges.tolist() == [[3, 1, 1], [3, 3, 4], [7, 5, 9]]
    assert (run_list.experiment, run_list.span, run_list.name) == ("ATLAS", (3, 7), str(path))
    assert len(run_list.sha256) == 64


def test_several_named_ranges_are_united(tmp_path):
    second = "</NamedLumiRange><NamedLumiRange>"
    assert read_run_list(xml(tmp_path, block(1, (1, 5)) + second + block(1, (4, 8)))).ranges.tolist() == [[1, 1, 8]]


@pytest.mark.parametrize(
    ("body", "line", "message"),
    [
        (block("x", (1, 2)), 5, r"<Run> is 'x', not a whole number from 0 to 2147483647: correct it"),
        (block(1, (1, "2a")), 6, r"End of <LBRange> is '2a', not a whole number"),
        (block(1, (-1, 2)), 6, r"Start of <LBRange> is '-1', not a whole number"),
        (block(1, (9, 2)), 6, r"run 1: the range 9-2 ends before it starts: exchange the numbers"),
        ('<LumiBlockCollection><LBRange Start="1" End="2"/></LumiBlockCollection>', 4, r"<LBRange> without a <Run>"),
        (block(1).replace("</Run>", '</Run><LBRange Start="1"/>'), 5, r"<LBRange> of run 1 has no End"),
        ("<LumiBlockCollection>", 4, r"not well-formed XML \(mismatched tag\): fetch the file again"),
    ],
)
def test_what_is_wrong_with_an_atlas_file_is_said_with_its_line(tmp_path, body, line, message):
    with pytest.raises(ConfigurationError, match=rf"mine\.xml:{line}: {message}"):
        read_run_list(xml(tmp_path, body))


def test_entities_are_refused(tmp_path):
    entities = '<?xml version="1.0"?>\n<!DOCTYPE LumiRangeCollection [\n<!ENTITY a "1"><!ENTITY b "&a;&a;">]>\n'
    head = f"{entities}<LumiRangeCollection><NamedLumiRange>"
    with pytest.raises(
        ConfigurationError, match=r"mine\.xml:3: defines the entity 'a', which no list of good runs needs"
    ):
        read_run_list(xml(tmp_path, block("&b;", (1, 2)), head))


def test_another_document_is_no_list(tmp_path):
    path = tmp_path / "page.xml"
    path.write_text("<html><body>login</body></html>")
    with pytest.raises(ConfigurationError, match=r"page\.xml:1: the document is a <html>, not a <LumiRangeCollection>"):
        read_run_list(path)


@pytest.mark.parametrize("body", ["", "<LumiBlockCollection><Run>1</Run></LumiBlockCollection>"])
def test_a_list_without_a_block_is_refused(tmp_path, body):
    with pytest.raises(ConfigurationError, match=r"mine\.xml: lists no run: no event would pass"):
        read_run_list(xml(tmp_path, body))


def test_a_cms_file_is_read(tmp_path):
    path = tmp_path / "mine.txt"
    path.write_text('{"9": [[1, 2], [5, 5]],\n "3": [[7, 7]]}')
    run_list = read_run_list(path)
    assert run_list.ranges.tolist() == [[3, 7, 7], [9, 1, 2], [9, 5, 5]]
    assert (run_list.experiment, run_list.span) == ("CMS", (3, 9))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"1": [[1, 2]],\n"x": [[1, 2]]}', r":2: 'x' is not a run number"),
        ('{"1": [[1, 2]],\n"2": [[3, 1]]}', r":2: run 2: the range 3-1 ends before it starts"),
        ('{"1": [[1, 2]],\n\n"2": [1, 2]}', r":3: run 2 has the range 1: write \[first, last\], two whole numbers"),
        ('{"1": [[1, true]]}', r":1: run 1 has the range \[1, True\]"),
        ('{"1": [[1, 2.5]]}', r":1: run 1 has the range \[1, 2\.5\]"),
        ('{"1": [[1, -2]]}', r":1: run 1 has the range"),
        ('{"1": 5}', r":1: run 1 has 5 instead of a list of ranges"),
        ('{"1": [[1, 2]],\n "1": [[3, 4]]}', r":2: run 1 is listed twice: unite its ranges"),
        ('{"1": [[1, 2]],', r":1: .*neither an ATLAS list of good runs"),
        ("[[1, 2]]", r":1: not a JSON object: neither an ATLAS list"),
        ("{}", r": lists no run: no event would pass; give another file, or --good-runs none"),
        ("", r":1: .*neither an ATLAS list"),
    ],
)
def test_what_is_wrong_with_a_cms_file_is_said_with_its_line(tmp_path, text, message):
    path = tmp_path / "mine.txt"
    path.write_text(text)
    with pytest.raises(ConfigurationError, match=rf"mine\.txt{message}"):
        read_run_list(path)


def test_binary_files_and_missing_ones_are_refused(tmp_path):
    (tmp_path / "a.root").write_bytes(b"root\x00\xff\xfe")
    with pytest.raises(
        ConfigurationError, match=r"a\.root: not a text in JSON \(UnicodeDecodeError\): neither an ATLAS"
    ):
        read_run_list(tmp_path / "a.root")
    with pytest.raises(
        ConfigurationError, match=r"b\.json: cannot be read \(No such file or directory\): give the path"
    ):
        read_run_list(tmp_path / "b.json")
