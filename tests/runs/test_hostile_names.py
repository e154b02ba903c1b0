"""Names from outside are data: none leaves the run directory or the cache, reaches a shell, or moves the cursor."""

import contextlib
import json
import re
import shutil

import numpy as np
import pytest
import uproot

from targets.catalogue.atlas_releases import release_files
from targets.catalogue.cern_records import record_files
from targets.documents.json import dump_json, load_json
from targets.errors import ConfigurationError, PortalError
from targets.network import download_cache
from tasks.cli import messages
from tests.support import faults
from tests.support.portals import AtlasCatalogue, Records, dataset, index, portal, record_file
from tests.support.runs import Runs
from tests.support.toy_files import EVENTS, toy_file

__all__ = ["portal"]

RELEASE = "2025e-13tev-beta"
NAMES = {
    "up": "../../pwned",
    "encoded up": "%2e%2e/%2e%2e/pwned",
    "twice encoded up": "%252e%252e/pwned",
    "backslash": "..\\..\\pwned",
    "absolute": "/etc/pwned",
    "nul": "pwned\x00",
    "line": "pwned\nINFO: all is well",
    "escape": "\x1b[2J\x1b[31mpwned",
    "c1 escape": "\x9b31mpwned",
    "shell": "$(touch pwned)`touch pwned`;touch pwned",
    "html": "<script>alert('pwned')</script>",
    "long": "pwned" * 100_000,
    "right to left": "\u202epwned",
    "fullwidth dots": "．．/．．/pwned",
    "surrogate": "\ud800pwned",
    "all at once": "..%2f$(touch pwned);\x1b[31m<script>\n",
    "brackets": "{0.__class__}%s%(x)s*[!a]?",
}
FAILED = (4, 30)

SOME = ("up", "all at once")  # for whole runs, which take their time
some_names = pytest.mark.parametrize("name", [NAMES[name] for name in SOME], ids=SOME)


@pytest.fixture
def toys(tmp_path):
    (tmp_path / "in").mkdir()
    return toy_file(tmp_path / "in" / "good.root", seed=0)


@pytest.fixture
def run(tmp_path, toys, monkeypatch):
    """Runs that start in a folder of their own, so that nothing is written beside it unseen."""
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return Runs(tmp_path, None)


@pytest.fixture
def web(toys):
    """A web server that gives one good file, whatever it is asked for."""

    def good(handler):
        handler.path = "/good.root"
        faults.answer(handler)

    with faults.serving() as server:
        server.host("good.root", toys.read_bytes())
        server.always = good
        yield server


def stays_inside(run, **parameters):
    """Run a task: right or a sentence, nothing outside the folders named, nothing raw in the terminal."""
    before = {path for path in run.folder.rglob("*") if run.out.parent not in path.parents}
    end = run.attempt(base_output_dir=run.out.parent, download_dir=run.out.parent / "cache", **parameters)
    assert end.status in (0, *FAILED), end.text
    after = {path for path in run.folder.rglob("*") if run.out.parent not in path.parents}
    assert after - before <= {run.out.parent}
    made = [path.relative_to(run.folder) for path in run.out.parent.rglob("*")] if run.out.parent.exists() else []
    assert all(str(path).isascii() and str(path).isprintable() for path in made)
    assert {path.parts[1] for path in made if len(path.parts) > 1} <= {"r", "cache"}
    assert "Traceback" not in end.text
    assert all(letter.isprintable() or letter in "\n\t" for letter in end.text)
    return end


def record_with(field, name, url):
    """A record of one file with a hostile name somewhere."""
    entry = record_file(f"{url}/a.root", checksum=None) | {"size": None}
    if field == "uri":
        name = f"{url}/{name}.root"
    listed = entry if field == "index key" else entry | {field: name}
    return {"index_files": [index(name if field == "index key" else "i", [entry | {"size": 0}]) | {"files": [listed]}]}


def release_with(field, name, url):
    """A release's dataset with a hostile name somewhere."""
    entry = dataset("data", {"noskim": [f"{url}/{name if field == 'uri' else 'a'}.root"]}, RELEASE)
    if field == "skim":
        entry["skims"] = [{"skim_type": name, "file_list": [f"{url}/b.root"]}]
    elif field == "release":
        entry["release"]["name"] = name
    elif field != "uri":
        entry[field] = name
    return entry


def is_harmless(files):
    """Check what a run would make of a list: names of files and text in the terminal."""
    for file in files:
        assert file.uri.isprintable()
        assert ".." not in file.uri.split("/")
        assert re.fullmatch(r"[\w.+-]+", file.dataset, re.ASCII)
        assert re.fullmatch(r"[0-9a-f]{16}-[\w.-]*", download_cache._name(file.uri), re.ASCII)
        assert len(download_cache._name(file.uri)) < 100


@pytest.mark.parametrize("field", ["uri", "key", "index key", "checksum", "availability"])
def test_a_list_of_a_record(portal, field):
    for name in NAMES.values():
        portal.answer = Records({7: record_with(field, name, portal.url)})
        with contextlib.suppress(PortalError, ConfigurationError):
            is_harmless(record_files([7]).files)


@pytest.mark.parametrize("field", ["uri", "dataset_number", "physics_short", "skim", "release"])
def test_a_list_of_a_release(portal, field):
    for name in NAMES.values():
        portal.answer = AtlasCatalogue({RELEASE: [release_with(field, name, portal.url)]})
        with contextlib.suppress(PortalError, ConfigurationError):
            is_harmless(release_files(RELEASE).files)


@some_names
@pytest.mark.parametrize("field", ["uri", "key"])
def test_a_run_over_a_record(run, portal, web, name, field):
    portal.answer = Records({7: record_with(field, name, web.url)})
    given = {"input_files": None, "specific_record_ids": 7, "fetch": "download"}
    end = stays_inside(run, task="ParseFile", read_attempts=1, network_attempts=1, **given)
    assert field == "uri" or end.status == 0, end.text
    if end.status == 0:
        assert [record["events"]["read"] for record in run.records("ParseFile")] == [EVENTS]


@some_names
@pytest.mark.parametrize("field", ["uri", "physics_short", "skim"])
def test_a_run_over_a_release(run, portal, web, name, field):
    portal.answer = AtlasCatalogue({RELEASE: [release_with(field, name, web.url)]})
    given = {"input_files": None, "release_years": RELEASE, "fetch": "download", "schema": "cms-nanoaod"}
    end = stays_inside(run, task="Plan", **given)
    assert field != "physics_short" or end.status == 0, end.text


@some_names
@pytest.mark.parametrize("option", ["run_name", "output_filename", "skim", "release_years", "dataset_ids", "schema"])
def test_the_command_line(run, portal, name, option):
    portal.answer = AtlasCatalogue({RELEASE: [dataset("data", {"noskim": ["http://127.0.0.1:1/a.root"]}, RELEASE)]})
    given = {"input_files": None, "release_years": RELEASE} | {option: name}
    assert stays_inside(run, task="Plan", **given).status in FAILED


@pytest.mark.parametrize("option", ["release_years", "schema", "input_files"])
@pytest.mark.parametrize("name", ["long", "line", "surrogate"])
def test_a_word_that_breaks_its_reader(run, option, name):
    end = stays_inside(run, task="Plan", **{"release_years": "demo", option: NAMES[name]})
    assert end.status in FAILED


def test_a_text_for_the_terminal():
    assert messages.printable("a\nb\x1b[2J\t\x9b\ud800\u202eü") == "a\nb\\x1b[2J\\t\\x9b\\ud800\\u202eü"


SPOILT = ["null", '{"files": [3], "notes": []}', "[" * 100_000]


@pytest.mark.parametrize("content", ["../../pwned", *SPOILT], ids=lambda content: repr(content[:30]))
def test_a_list_of_files_that_somebody_changed_is_made_anew(run, toys, content):
    run.input_files = str(toys)
    run(task="FetchMetadata")
    (path,) = run.out.glob("metadata/*/metadata_cache.json")
    good = path.read_text()
    hostile = json.loads(good)
    hostile["files"][0]["dataset"] = content
    path.write_text(content if content in SPOILT else json.dumps(hostile))
    end = stays_inside(run, task="ParseFile", input_files=toys)
    assert end.status == 0, end.text
    assert path.read_text() == good


@pytest.mark.parametrize("name", [NAMES[name] for name in ("up", "shell", "html", "brackets")])
def test_trees_and_branches_inside_a_file(run, name):
    path = run.folder / "in" / "hostile.root"
    with uproot.recreate(path) as file:
        file.mktree("Events", {name: "f4", "Muon_pt": "f4"}, title=name)
        file["Events"].extend({name: np.ones(3, np.float32), "Muon_pt": np.ones(3, np.float32)})
        file.mktree(name.replace("/", "_"), {"x": "f4"})
    end = stays_inside(run, task="ParseFile", input_files=path, read_attempts=1)
    assert end.status in FAILED


@pytest.mark.parametrize("name", [NAMES[name] for name in ("backslash", "line", "escape", "shell", "brackets")])
def test_a_file_of_the_users_own(run, toys, name):
    shutil.copy(toys, run.folder / "in" / f"{name}.root")
    end = stays_inside(run, task="ParseFile", input_files=f"{run.folder}/in/*.root")
    assert end.status == (0 if name.isprintable() else 4), end.text


def test_a_document_keeps_what_is_no_text(tmp_path):
    """Half a surrogate pair, as a name in a file system can have, is no UTF-8."""
    dump_json(tmp_path / "x.json", {"skim": "\udcff"})
    assert load_json(tmp_path / "x.json") == {"skim": "\udcff"}
