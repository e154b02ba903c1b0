"""The report as a file: whole, the same each time, and with nothing in it that a name could break."""

import base64
import hashlib
import html
import json
import re
import tomllib
import zlib
from pathlib import Path

import numpy as np
import pytest

from targets.errors import FileFormatError
from targets.report import document as report
from tests.support.reports import PNG, document, histogram

ROOT = Path(__file__).resolve().parents[3]
PAGE = ROOT / "targets" / "report" / "page"


@pytest.fixture
def path(tmp_path):
    return tmp_path / "run" / "report.html"


def written(path, **sections):
    report.write(path, document(**sections))
    return path.read_text(encoding="utf-8")


def test_the_document_can_be_read_back_as_the_docstring_says(path):
    text = re.search(r'id="data">([^<]*)<', written(path)).group(1)
    found = json.loads(zlib.decompress(base64.b64decode(text)))
    expected = document()
    assert found["histograms"][0]["counts"] == [50, 30, 20]
    assert base64.b64decode(found["figures"][0]["png"]) == PNG
    simple = expected.keys() - {"histograms", "figures", "failures", "stages"}
    assert {name: found[name] for name in simple} == {name: expected[name] for name in simple}
    assert found["failures"] == [{"uri": "bad.root", "reason": "bad.root: truncated"}]
    assert [(stage["stage"], stage["branches"], stage["masses"]) for stage in found["stages"]] == [
        *(("ParseFile", 2, None), ("FindPeaks", 1, 7000)),
    ]
    assert found["histograms"][0]["cut"]["below"] == 100


def test_the_same_document_gives_the_same_bytes(path, tmp_path):
    assert written(path) == written(tmp_path / "again.html")


def test_the_policy_names_exactly_the_script_and_the_style(path):
    text = written(path)
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', text)[1]
    parts = {name: re.search(rf"<{name}>(.*?)</{name}>", text, re.DOTALL)[1] for name in ("script", "style")}
    digests = {name: base64.b64encode(hashlib.sha256(part.encode()).digest()) for name, part in parts.items()}
    named = {name: f"'sha256-{digest.decode()}'" for name, digest in digests.items()}
    assert policy == (
        f"default-src 'none'; script-src {named['script']}; style-src {named['style']}; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def test_nothing_is_named_that_lies_elsewhere(path):
    text = written(path)
    assert re.findall(r'(?:src|href|action)="(?!#|data:)([^"]*)"', text) == []
    assert re.findall(r"@import|url\((?!#)", text) == []


HOSTILE = "</script><script>alert(1)</script>{{script}}\"'&<b>"


def test_a_hostile_title_is_escaped_and_other_names_do_not_appear_at_all(path):
    plain = written(path)
    text = written(path, title=HOSTILE, histograms=[histogram("e0e1", [1], HOSTILE)])
    assert text.count(html.escape(HOSTILE)) == 2
    assert len(re.findall("<script", text)) == len(re.findall("<script", plain)) == 2
    assert "alert(1)</script>" not in text


def test_a_title_that_is_no_unicode_can_be_written(path):
    assert "<title>run ?</title>" in written(path, title="run \udcff")


@pytest.mark.parametrize("value", [np.int64(3), np.float32(0.5), np.array([1, 2]), np.array([], dtype=np.int64)])
def test_numbers_of_numpy_are_numbers(path, value):
    text = re.search(r'id="data">([^<]*)<', written(path, run={"value": value})).group(1)
    assert json.loads(zlib.decompress(base64.b64decode(text)))["run"]["value"] == value.tolist()


@pytest.mark.parametrize("value", [float("nan"), np.float64("inf"), np.array([np.nan])])
def test_what_json_has_no_number_for_is_refused(path, value):
    with pytest.raises(FileFormatError, match=r"report.html: the report is not written.*(Out of range|JSON compliant)"):
        report.write(path, document(run={"value": value}))
    assert not path.exists()


def test_an_object_is_refused(path):
    with pytest.raises(FileFormatError, match=r"cannot be JSON: .* is a PosixPath"):
        report.write(path, document(run={"path": Path("x")}))


def test_a_section_that_is_missing_or_unknown_is_named(path):
    wrong = document(histogramms=[])
    del wrong["histograms"]
    with pytest.raises(FileFormatError, match="these sections are missing or unknown: histogramms, histograms"):
        report.write(path, wrong)
    assert not path.exists()


def test_ten_thousand_histograms_are_embedded_compactly(path):
    random = np.random.default_rng(1)
    many = [histogram(f"e0j{n}", random.poisson(2000 * np.exp(-np.arange(60) / 8)).tolist()) for n in range(10_000)]
    plain = len(json.dumps([one | {"counts": one["counts"].tolist(), "cut": vars(one["cut"])} for one in many]))
    assert len(written(path, histograms=many)) < plain / 3


def test_every_file_of_the_page_is_used_and_installed(path):
    text = written(path)
    for file in PAGE.rglob("*.[cj]s*"):
        assert file.read_text(encoding="utf-8") in text, file
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert settings["tool"]["setuptools"]["package-data"]["targets.report"] == ["page/*", "page/*/*"]


@pytest.mark.parametrize("file", sorted(PAGE.rglob("*.*")), ids=lambda path: path.name)
def test_the_house_rules_hold_for_the_page(file):
    lines = file.read_text(encoding="utf-8").splitlines()
    assert len(lines) <= 300
    assert max(map(len, lines)) <= 120
    assert not re.search(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function", "\n".join(lines)
    )
