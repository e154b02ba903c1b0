"""Stand-ins on loopback for the two portals, answering as ../shared/FACTS.md tells, with faults on request."""

import json
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from atlasopenmagic import metadata

import targets.network.portal
from targets.network.retry import RetryPolicy

EOS = "root://eospublic.cern.ch//eos/opendata"
EOS_WITH_PORT = "root://eospublic.cern.ch:1094//eos/opendata"
WEB = "https://opendata.cern.ch/eos/opendata"


class MissingError(Exception):
    """Becomes a 404."""


@dataclass
class Portal:
    """A server whose answers are given by *answer*, and what it was asked.

    `faults` are used up first, one a request: a status, "truncate" (half of the answer), "drop" (no answer at all),
    bytes (sent as they are with status 200), or one of these with headers.
    """

    answer: Callable[[str, dict[str, str]], Any] = lambda path, query: {}
    url: str = ""
    faults: list[Any] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    agents: set[str] = field(default_factory=set)

    def respond(self, handler: BaseHTTPRequestHandler) -> None:
        parts = urlsplit(handler.path)
        self.asked.append(handler.path)
        self.agents.add(handler.headers["User-Agent"])
        fault = self.faults.pop(0) if self.faults else None
        if fault == "drop":
            return
        fault, headers = fault if isinstance(fault, tuple) else (fault, {})
        status = fault if isinstance(fault, int) else 200
        body = b""
        if isinstance(fault, bytes):
            body = fault
        elif status == 200:
            try:
                query = {key: values[0] for key, values in parse_qs(parts.query).items()}
                body = json.dumps(self.answer(parts.path, query)).encode()
            except MissingError:
                status = 404
        handler.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(body[: len(body) // 2] if fault == "truncate" else body)


@contextmanager
def serving(portal: Portal) -> Iterator[Portal]:
    """Run *portal* on a free port of loopback until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            portal.respond(self)

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    portal.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield portal
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def portal(monkeypatch):
    """A portal that a test gives its answers, atlasopenmagic's and CERN's in one; retries follow each other at once."""
    monkeypatch.setattr(targets.network.portal, "POLICY", RetryPolicy(backoff_s=0.001))
    with serving(Portal()) as server:
        monkeypatch.setattr(metadata, "API_BASE_URL", server.url)
        monkeypatch.setenv("CERN_OPENDATA_BASE_URL", server.url)
        yield server
        metadata.get_session().close()


def dataset(key: str, files: dict[str, list[str]], release: str = "2025e-13tev-beta", **more: Any) -> dict[str, Any]:
    """A dataset as the ATLAS portal lists it; the files of `noskim` stand at its top."""
    return {
        "dataset_number": key,
        "physics_short": f"Process_{key}",
        "cross_section_pb": 1.0,
        "nEvents": 100,
        "file_list": files.get("noskim", []),
        "skims": [{"skim_type": name, "file_list": uris} for name, uris in files.items() if name != "noskim"],
        "release": {"name": release},
        **more,
    }


@dataclass
class AtlasCatalogue:
    """Answers like the portal behind atlasopenmagic; `count` is what it states, by release (the truth if absent)."""

    releases: dict[str, list[Any]]
    count: dict[str, Any] = field(default_factory=dict)
    largest_page: int = 1_000_000
    turns_pages: bool = True

    def __call__(self, path: str, query: dict[str, str]) -> Any:
        if path.startswith("/metadata/"):
            _, _, release, key = path.split("/")
            found = [each for each in self.releases.get(release, []) if str(each["dataset_number"]) == key]
            if not found:
                raise MissingError
            return found[0]
        listed = self.releases.get(query["release_name"], [])
        if path == "/datasets/count":
            count = self.count.get(query["release_name"], len(listed))
            if count is MissingError:
                raise MissingError
            return {"count": count}
        start = int(query["skip"]) if self.turns_pages else 0
        return listed[start : start + min(int(query["limit"]), self.largest_page)]


def record_file(name: str, size: int = 1000, checksum: str = "adler32:0123abcd", **more: Any) -> dict[str, Any]:
    """A file as the CERN Open Data portal lists it."""
    key = name.rpartition("/")[2]
    uri = name if "://" in name else f"{EOS}/{name}"
    return {"key": key, "size": size, "checksum": checksum, "uri": uri, "availability": "online", **more}


def numbered(folder: str, number: int) -> list[dict[str, Any]]:
    """As many files, of 1, 2, 3, ... bytes."""
    return [record_file(f"{folder}/{i:04d}.root", size=i + 1) for i in range(number)]


def index(key: str, files: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    """An index entry, which carries its list of files."""
    size = sum(file["size"] for file in files)
    return {"key": key, "number_files": len(files), "size": size, "availability": {}, "files": files, **more}


@dataclass
class Records:
    """Answers like the CERN Open Data portal: pages count from 1, and `group` ignores the page number."""

    records: dict[int, dict[str, list[dict[str, Any]]]]
    totals: dict[str, list[Any]] = field(default_factory=lambda: defaultdict(list))  # stated one after the other
    turns_pages: bool = True

    def __call__(self, path: str, query: dict[str, str]) -> Any:
        _, _, record, _, page = path.split("/")
        if int(record) not in self.records:
            raise MissingError
        per_page = int(query.get("perPage", 5))
        held = {kind: self.records[int(record)].get(kind, []) for kind in ("index_files", "files")}
        if "group" in query:
            return {kind: {"total": len(all_), "files": all_[:per_page]} for kind, all_ in held.items()}
        kind = query.get("type", "files")
        start = (int(page) - 1) * per_page if self.turns_pages else 0
        total = self.totals[kind].pop(0) if self.totals[kind] else len(held[kind])
        return {"total": total, "files": held[kind][start : start + per_page]}
