"""The tests stand where their source does: who looks for the tests of a file, or for the file of a test, finds them.

Whole runs of several stages have no file of their own and stand in tests/runs; tests/oracle holds an independent
computation of the same results, tests/laws what holds of all files, and tests/support what tests share.
"""

from pathlib import Path

import pytest

from tests.support.runs import PROJECT

ROOMS = ("compiled", "edm", "physics", "plots", "targets", "steps", "results", "tasks", "submit")
WITHOUT_SOURCE = ("laws", "oracle", "runs", "support")
SMALL_LINES = 60
"""Files of at most this many lines may be tested with what uses them."""

TESTED_ELSEWHERE = {
    "targets/documents/yaml_lines.py": "a part of the reading of YAML: seen in documents/test_models.py",
    "targets/products/event_columns.py": "a part of parsed data, tested with them in products/test_parsed_data.py",
}
"""Longer files without a test file of their own, and the reason. The list may only shrink."""


def files_below(folder: Path, *, without: tuple[str, ...] = ()) -> dict[str, int]:
    """Count the lines of every file by its path; packages' empty files, caches and some folders do not count."""
    paths = (path for path in sorted(folder.rglob("*")) if path.is_file() and path.suffix != ".pyc")
    names = {str(path.relative_to(folder)): path for path in paths if path.name != "__init__.py"}
    return {name: path.read_bytes().count(b"\n") for name, path in names.items() if name.split("/")[0] not in without}


def without_test(sources: dict[str, int], tests: dict[str, int], exceptions: dict[str, str]) -> list[str]:
    """List the longer source files whose test file is absent and that are no exception, and exceptions of no use."""
    absent = {
        source
        for source, lines in sources.items()
        if lines > SMALL_LINES and str(Path(source).with_name(f"test_{Path(source).name}")) not in tests
    }
    return sorted(absent ^ set(exceptions))


def without_source(tests: dict[str, int], sources: dict[str, int]) -> list[str]:
    """List the test files beside which, in the mirror, no source has the name, or the beginning of the name."""
    stems = [f"{Path(source).with_suffix('')}_".lower() for source in sources]
    mirrored = {test: f"{Path(test).with_name(Path(test).stem.removeprefix('test_'))}_" for test in tests}
    return [
        test
        for test, name in mirrored.items()
        if Path(test).name.startswith("test_") and not any(name.startswith(stem) for stem in stems)
    ]


SOURCES = {f"{room}/{name}": lines for room in ROOMS for name, lines in files_below(PROJECT / room).items()}
OTHERS = {
    f"{folder}/{name}": lines
    for folder in ("docker", "schemas", "scripts", "selections")
    for name, lines in files_below(PROJECT / folder).items()
}
TESTS = files_below(PROJECT / "tests", without=WITHOUT_SOURCE)


def test_every_longer_file_has_its_test_file():
    python = {name: lines for name, lines in SOURCES.items() if name.endswith(".py")}
    assert without_test(python, TESTS, TESTED_ELSEWHERE) == []


def test_every_test_file_has_its_source():
    assert without_source(TESTS, SOURCES | OTHERS) == []


@pytest.mark.parametrize(
    ("lines", "exceptions", "absent"),
    [(60, {}, []), (61, {}, ["a/b.py"]), (61, {"a/b.py": "why"}, []), (60, {"a/b.py": "why"}, ["a/b.py"])],
)
def test_an_absent_test_file_and_a_needless_exception_are_found(lines, exceptions, absent):
    assert without_test({"a/b.py": lines, "a/c.py": 99}, {"a/test_c.py": 1, "test_b.py": 1}, exceptions) == absent


def test_a_test_file_without_a_source_is_found():
    sources = {"a/b.py": 1, "a/Dockerfile": 1, "a/page.html": 1}
    stray = ["a/test_bc.py", "test_b.py", "c/test_b.py"]
    tests = ["a/test_b.py", "a/test_b_fuzz.py", "a/test_dockerfile.py", "a/test_page.py", "a/conftest.py", *stray]
    assert without_source(dict.fromkeys(tests, 1), sources) == stray
