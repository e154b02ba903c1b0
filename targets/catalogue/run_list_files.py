"""Lists of good runs as experiments publish them: the XML of ATLAS and the JSON of CMS.

Nothing is fetched while parsing: ATLAS's files name a document type on a web server, which is not looked at.
"""

import hashlib
import json
import re
from pathlib import Path
from typing import Any, NoReturn
from xml.parsers import expat

from edm.run_lists import BLOCKS_OF_A_RUN, RunList
from targets.errors import ConfigurationError

__all__ = ["read_run_list"]

_Range = tuple[int, int, int]

_NEITHER = (
    "neither an ATLAS list of good runs (XML, <LumiRangeCollection>) nor one of CMS (JSON, "
    '{"run": [[first, last], ...]}): give another file, or --good-runs none'
)
_MAX_RUN = 2**31
_XML_ROOT = "LumiRangeCollection"


def read_run_list(path: Path) -> RunList:
    """Read a list of good runs, told by its content.

    Args:
        path: An XML file of ATLAS or a JSON file of CMS.

    Returns:
        The list, named by the path; its period is from the first to the last listed run, its luminosity unknown.

    Raises:
        ConfigurationError: When the file cannot be read, or is no such list; the message has file, line and remedy.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        msg = f"{path}: cannot be read ({error.strerror}): give the path of a list of good runs, or --good-runs none"
        raise ConfigurationError(msg) from error
    is_xml = content.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<")
    ranges = _AtlasFile(path).parse(content) if is_xml else _cms_ranges(path, content)
    if not ranges:
        msg = f"{path}: lists no run: no event would pass; give another file, or --good-runs none"
        raise ConfigurationError(msg)
    digest = hashlib.sha256(content).hexdigest()
    experiment = "ATLAS" if is_xml else "CMS"
    return RunList.made_of(ranges, name=str(path), experiment=experiment, source=path.name, sha256=digest)


class _AtlasFile:
    """The elements that matter, as they come: Run with a number, LBRange with Start and End."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._parser = expat.ParserCreate()
        self._ranges: list[_Range] = []
        self._depth, self._run, self._text = 0, None, None
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._add_text
        self._parser.EntityDeclHandler = self._refuse_entity

    def parse(self, content: bytes) -> list[_Range]:
        try:
            self._parser.Parse(content, True)
        except expat.ExpatError as error:
            what = expat.ErrorString(error.code)
            self._fail(f"not well-formed XML ({what}): fetch the file again", error.lineno)
        return self._ranges

    _run: int | None
    _text: str | None

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth == 1 and name != _XML_ROOT:
            self._fail(f"the document is a <{name}>, not a <{_XML_ROOT}>: {_NEITHER}")
        if name == "LumiBlockCollection":
            self._run = None
        elif name == "Run":
            self._text = ""
        elif name == "LBRange":
            self._add_range(attributes)

    def _end(self, name: str) -> None:
        self._depth -= 1
        if name == "Run":
            self._run = self._number("<Run>", self._text or "", _MAX_RUN)
            self._text = None

    def _add_text(self, text: str) -> None:
        if self._text is not None:
            self._text += text

    def _add_range(self, attributes: dict[str, str]) -> None:
        if self._run is None:
            self._fail("<LBRange> without a <Run> before it in its <LumiBlockCollection>: write the run first")
        for name in ("Start", "End"):
            if name not in attributes:
                self._fail(f"<LBRange> of run {self._run} has no {name}: write the first and the last good block")
        first, last = (self._number(f"{name} of <LBRange>", attributes[name]) for name in ("Start", "End"))
        if first > last:
            self._fail(f"run {self._run}: the range {first}-{last} ends before it starts: exchange the numbers")
        self._ranges.append((self._run, first, last))

    def _number(self, what: str, text: str, limit: int = BLOCKS_OF_A_RUN) -> int:
        if not re.fullmatch(r"\s*[0-9]{1,10}\s*", text) or int(text) >= limit:
            self._fail(f"{what} is {text[:60]!r}, not a whole number from 0 to {limit - 1}: correct it")
        return int(text)

    def _refuse_entity(self, name: str, *_: Any) -> NoReturn:
        self._fail(f"defines the entity {name!r}, which no list of good runs needs: {_NEITHER}")

    def _fail(self, what: str, line: int | None = None) -> NoReturn:
        msg = f"{self._path}:{line or self._parser.CurrentLineNumber}: {what}"
        raise ConfigurationError(msg)


def _cms_ranges(path: Path, content: bytes) -> list[_Range]:
    try:
        text = content.decode("utf-8-sig")
        pairs = json.loads(text, object_pairs_hook=list)
    except json.JSONDecodeError as error:
        msg = f"{path}:{error.lineno}: {error.msg}: {_NEITHER}"
        raise ConfigurationError(msg) from error
    except (UnicodeDecodeError, RecursionError) as error:
        msg = f"{path}: not a text in JSON ({type(error).__name__}): {_NEITHER}"
        raise ConfigurationError(msg) from error
    if not text.lstrip().startswith("{"):
        msg = f"{path}:1: not a JSON object: {_NEITHER}"
        raise ConfigurationError(msg)
    ranges: list[_Range] = []
    runs: set[int] = set()
    for name, blocks in pairs:
        where = f"{path}:{_line_of(text, name)}"
        run = _run_number(where, name)
        if run in runs:
            msg = f"{where}: run {run} is listed twice: unite its ranges in one entry"
            raise ConfigurationError(msg)
        runs.add(run)
        ranges += [(run, *_block_range(where, run, pair)) for pair in _as_list(where, run, blocks)]
    return ranges


def _run_number(where: str, name: str) -> int:
    if not re.fullmatch("[0-9]{1,10}", name) or int(name) >= _MAX_RUN:
        msg = f"{where}: {name[:60]!r} is not a run number: {_NEITHER}"
        raise ConfigurationError(msg)
    return int(name)


def _as_list(where: str, run: int, blocks: Any) -> list[Any]:
    if not isinstance(blocks, list):
        msg = f"{where}: run {run} has {blocks!r:.60} instead of a list of ranges: write [[first, last], ...]"
        raise ConfigurationError(msg)
    return blocks


def _block_range(where: str, run: int, pair: Any) -> tuple[int, int]:
    whole = isinstance(pair, list) and len(pair) == 2 and all(type(number) is int for number in pair)
    if not whole or not all(0 <= number < BLOCKS_OF_A_RUN for number in pair):
        msg = f"{where}: run {run} has the range {pair!r:.60}: write [first, last], two whole numbers from 0"
        raise ConfigurationError(msg)
    if pair[0] > pair[1]:
        msg = f"{where}: run {run}: the range {pair[0]}-{pair[1]} ends before it starts: exchange the numbers"
        raise ConfigurationError(msg)
    return pair[0], pair[1]


def _line_of(text: str, name: str) -> int:
    """Give the line on which a key stands: the last, as one that is there twice is the one complained about."""
    return text.count("\n", 0, max(text.rfind(json.dumps(name, ensure_ascii=False)), 0)) + 1
