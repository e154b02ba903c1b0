"""A web server on loopback that serves bytes in ranges, as CERN's does, and fails on request in every way we know.

Each fault is used up by one request, in the order in which they stand in `faults`; `always` never is.
"""

import os
import re
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

from targets.network.retry import RetryPolicy
from targets.network.streaming import hosts

QUICK = RetryPolicy(
    connect_timeout_s=5, read_timeout_s=20, min_bytes_per_s=1, attempts=3, backoff_s=0.001, longest_wait_s=0.01
)
"""Settings with which what is retried is retried at once."""

QUICK_ALONE = replace(QUICK, connections_per_host=1)
"""The same with one connection at a time."""

IMPATIENT = RetryPolicy(
    connect_timeout_s=5, read_timeout_s=0.3, min_bytes_per_s=2000, attempts=3, backoff_s=0.001, longest_wait_s=0.01
)
"""Settings with which an answer counts as stalled soon."""

_LONGEST_S = 60  # no thread of the server outlives a client that forgot it

BOUNDARY = "00000000000000000042"

Fault = Callable[["Handler"], None]


@dataclass
class Hosted:
    """A file of the server; an ETag or a date that is None is not told."""

    content: bytes
    etag: str | None = '"1"'
    last_modified: str | None = "Wed, 01 Jan 2020 00:00:00 GMT"


@dataclass
class Server:
    """What a server has, what is to go wrong, and what happened.

    `several` says whether it gives several ranges at once, `sent` counts bytes of bodies, `connections` all
    connections, `peak` the most open at once.
    """

    files: dict[str, Hosted] = field(default_factory=dict)
    faults: list[Fault | None] = field(default_factory=list)
    always: Fault | None = None
    several: bool = True
    url: str = ""
    port: int = 0
    asked: list[tuple[str, Message]] = field(default_factory=list)
    sent: int = 0
    connections: int = 0
    open: int = 0
    peak: int = 0
    ending: threading.Event = field(default_factory=threading.Event)
    lock: Any = field(default_factory=threading.Lock)
    sockets: set[socket.socket] = field(default_factory=set)

    def host(self, name: str, content: bytes, **more: Any) -> str:
        """Add a file and return its address."""
        self.files[f"/{name}"] = Hosted(content, **more)
        return f"{self.url}/{name}"

    def ranges(self) -> list[str | None]:
        """List the ranges that were asked for; None for whole files."""
        return [headers["Range"] for _, headers in self.asked]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # or each answer takes 40 ms
    served: Server

    def setup(self):
        super().setup()
        self.connection.settimeout(_LONGEST_S)
        with self.served.lock:
            self.served.sockets.add(self.connection)
            self.served.connections += 1
            self.served.open += 1
            left = sum(map(_is_left, self.served.sockets))  # by their client; their threads have not seen it yet
            self.served.peak = max(self.served.peak, self.served.open - left)

    def finish(self):
        with self.served.lock:
            self.served.open -= 1
            self.served.sockets.discard(self.connection)
        with suppress(OSError):
            super().finish()

    def do_GET(self):
        with self.served.lock:
            self.served.asked.append((self.path, self.headers))
            fault = self.served.faults.pop(0) if self.served.faults else None
        try:
            (fault or self.served.always or answer)(self)
        except OSError:  # the client hung up
            self.close_connection = True

    def log_message(self, *args):
        pass

    def head(self, status: int, headers: dict[str, str | None]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            if value is not None:
                self.send_header(name, value)
        self.end_headers()

    def send(self, body: bytes) -> None:
        for start in range(0, len(body), 65536):
            with self.served.lock:  # first, as the client has the bytes before write() returns here
                self.served.sent += len(body[start : start + 65536])
            self.wfile.write(body[start : start + 65536])

    def hang_up(self, reset: bool = False) -> None:
        if reset:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True


def _is_left(connection: socket.socket) -> bool:
    """Tell whether a client has closed its end, without ever waiting: another thread may read what there is to read."""
    try:
        with socket.socket(fileno=os.dup(connection.fileno())) as twin:  # what it says under any encryption
            twin.setblocking(False)
            return twin.recv(1, socket.MSG_PEEK) == b""
    except BlockingIOError:
        return False
    except (OSError, ValueError):
        return True


def answer(handler: Handler, *, whole: bool = False, **headers: str | None) -> None:
    """Answer as a healthy server does."""
    status, head, body = right(handler, whole)
    handler.head(status, head | {name.replace("_", "-"): value for name, value in headers.items()})
    handler.send(body)


def right(
    handler: Handler, whole: bool = False, content: bytes | None = None
) -> tuple[int, dict[str, str | None], bytes]:
    """Return status, headers and body of the right answer, or of what it would be with another content of the file."""
    hosted = handler.served.files.get(handler.path)
    if hosted is None:
        return 404, {"Content-Length": "0"}, b""
    body = hosted.content if content is None else content
    head = {"ETag": hosted.etag, "Last-Modified": hosted.last_modified, "Accept-Ranges": "bytes"}
    known = handler.headers["If-None-Match"], handler.headers["If-Modified-Since"]
    if known[0] == hosted.etag if known[0] else known[1] and known[1] == hosted.last_modified:
        return 304, head, b""
    condition = handler.headers["If-Range"]
    if handler.served.several and "," in (handler.headers["Range"] or "") and not whole:
        return _several(handler.headers["Range"], body, head)
    asked = re.fullmatch(r"bytes=(\d+)-(\d*)", handler.headers["Range"] or "")
    if not asked or whole or (condition and condition not in (hosted.etag, hosted.last_modified)):
        return 200, head | {"Content-Length": str(len(body))}, body
    start, stop = int(asked[1]), min(int(asked[2] or len(body)) + 1, len(body))
    if start >= len(body):
        return 416, head | {"Content-Length": "0", "Content-Range": f"bytes */{len(body)}"}, b""
    span = {"Content-Range": f"bytes {start}-{stop - 1}/{len(body)}", "Content-Length": str(stop - start)}
    return 206, head | span, body[start:stop]


def _several(wanted: str, body: bytes, head: dict[str, str | None]) -> tuple[int, dict[str, str | None], bytes]:
    parts = [
        Part(int(start), min(int(last) + 1, len(body)), len(body), body[int(start) : int(last) + 1])
        for start, last in re.findall(r"(\d+)-(\d+)", wanted)
    ]
    content = multipart(parts)
    more = {"Content-Type": f"multipart/byteranges; boundary={BOUNDARY}", "Content-Length": str(len(content))}
    return 206, head | more, content


class Part(NamedTuple):
    """A part of an answer: what it says of itself, and its bytes."""

    start: int
    stop: int
    size: int
    data: bytes


def multipart(parts: Sequence[Part], end: bytes = b"--") -> bytes:
    """Put parts together, as nginx and Apache do."""
    heads = (f"bytes {part.start}-{part.stop - 1}/{part.size}".encode() for part in parts)
    line = b"\r\n--" + BOUNDARY.encode()
    texts = [
        line + b"\r\nContent-Type: application/octet-stream\r\nContent-Range: " + head + b"\r\n\r\n" + part.data
        for part, head in zip(parts, heads, strict=True)
    ]
    return b"".join(texts) + line + end + b"\r\n"


def status(code: int, **headers: str) -> Fault:
    """An error and nothing else."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda handler: handler.head(code, {"Content-Length": "0"} | named)


def redirect(location: str) -> Fault:
    return status(302, Location=location)


def drop(after: int, reset: bool = False) -> Fault:
    """Hang up after so many bytes of the body."""

    def fault(handler):
        code, head, body = right(handler)
        handler.head(code, head)
        handler.send(body[:after])
        handler.hang_up(reset)

    return fault


def drop_head(handler: Handler) -> None:
    """Hang up without any answer."""
    handler.hang_up()


def stall(after: int, alone: int = 0) -> Fault:
    """Fall silent after so many bytes of the body, the last *alone* of them sent by themselves, and keep the line."""

    def fault(handler):
        code, head, body = right(handler)
        handler.head(code, head)
        handler.send(body[: after - alone])
        if alone:
            handler.served.ending.wait(0.3)
            handler.send(body[after - alone : after])
        handler.served.ending.wait()
        handler.hang_up()

    return fault


def stall_head(handler: Handler) -> None:
    """Never answer."""
    handler.served.ending.wait()
    handler.hang_up()


def drip(every_s: float, after: int = 0) -> Fault:
    """Send the body byte by byte, from some byte on."""

    def fault(handler):
        code, head, body = right(handler)
        handler.head(code, head)
        handler.send(body[:after])
        for i in range(after, len(body)):
            handler.send(body[i : i + 1])
            if handler.served.ending.wait(every_s):
                break

    return fault


def slowly(pause_s: float) -> Fault:
    """Pause before the answer."""

    def fault(handler):
        handler.served.ending.wait(pause_s)
        answer(handler)

    return fault


def drip_head(every_s: float) -> Fault:
    """Send the head byte by byte, without end."""

    def fault(handler):
        handler.connection.sendall(b"HTTP/1.1 200 OK\r\nX-Long: ")
        while not handler.served.ending.wait(every_s):
            handler.connection.sendall(b"x")
        handler.hang_up()

    return fault


def whole(handler: Handler) -> None:
    """Send the whole file, whatever range was asked for."""
    answer(handler, whole=True)


def headers(**changed: str | None) -> Fault:
    """Answer rightly but for some headers; None leaves one out."""
    return lambda handler: answer(handler, **changed)


def wrong_length(more: int) -> Fault:
    """Announce more bytes than there are, or fewer, and hang up after the right ones."""

    def fault(handler):
        code, head, body = right(handler)
        handler.head(code, head | {"Content-Length": str(len(body) + more)})
        handler.send(body)
        handler.hang_up()

    return fault


def wrong_bytes(at: int) -> Fault:
    """Flip the bits of one byte."""

    def fault(handler):
        code, head, body = right(handler)
        handler.head(code, head)
        handler.send(body[:at] + bytes([body[at] ^ 0xFF]) + body[at + 1 :])

    return fault


def unsized(handler: Handler, whole: bool = True, more: int = 0) -> None:
    """Do not say how long the answer is; its end, a little early or late, is the end of the connection."""
    code, head, body = right(handler, whole)
    handler.head(code, head | {"Content-Length": None, "Connection": "close"})
    handler.send((body + bytes(max(more, 0)))[: len(body) + more])
    handler.hang_up()


def raw(text: bytes) -> Fault:
    """Send these bytes in place of an answer."""

    def fault(handler):
        handler.connection.sendall(text)
        handler.hang_up()

    return fault


def changing(content: bytes, etag: str | None = '"2"') -> Fault:
    """Replace the file before it is answered."""

    def fault(handler):
        handler.served.files[handler.path] = Hosted(content, etag, "Thu, 02 Jan 2020 00:00:00 GMT")
        answer(handler)

    return fault


class _Http(ThreadingHTTPServer):
    daemon_threads = False  # so that closing it waits for its threads
    request_queue_size = 128

    def handle_error(self, request, client_address):
        pass  # a client that hung up, or that does not trust our certificate


@contextmanager
def serving(port: int = 0, tls: ssl.SSLContext | None = None) -> Iterator[Server]:
    """Run a server on loopback until the block ends; no connection and no thread outlives it."""
    server = Server()
    http = _Http(("127.0.0.1", port), type("Serving", (Handler,), {"served": server}))
    server.port = http.server_port
    server.url = f"http{'s' if tls else ''}://127.0.0.1:{http.server_port}"
    if tls:
        http.socket = tls.wrap_socket(http.socket, server_side=True, do_handshake_on_connect=False)
    hosts._HOSTS.pop(f"127.0.0.1:{server.port}", None)  # an earlier server may have had the port
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.ending.set()
        http.shutdown()
        thread.join()
        with server.lock:
            for each in server.sockets:
                with suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)
        http.server_close()


def closed_port() -> int:
    """Return a port of loopback where nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def settles(condition: Callable[[], bool]) -> bool:
    """Tell whether a condition comes true in the end: the server's threads notice things a little later."""
    for _ in range(1000):
        if condition():
            return True
        time.sleep(0.01)
    return False
