"""A web server on loopback that emulates a line: round trip, handshake of two more, bandwidth of each connection.

usage: python benchmarks/network_server.py FOLDER ROUND_TRIP_MS MEGABYTES_PER_S {several,single}

It prints its port, and ends when its standard input does: with the process that started it.
"""

import os
import re
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

_BLOCK = 64 * 1024
_BOUNDARY = "3d6b6a416f9b5"
_MOST_RANGES = 500  # as nginx


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    folder: Path
    round_trip_s: float
    bytes_per_s: float
    several: bool

    def setup(self) -> None:
        super().setup()
        time.sleep(2 * self.round_trip_s)  # of TCP and of TLS

    def do_HEAD(self) -> None:
        self._answer(None)

    def do_GET(self) -> None:
        self._answer(self.headers["Range"])

    def log_message(self, *args: object) -> None:
        pass

    def _answer(self, wanted: str | None) -> None:
        time.sleep(self.round_trip_s)
        path = self.folder / Path(self.path).name
        size = path.stat().st_size
        ranges = [(int(a), min(int(b or size), size - 1)) for a, b in re.findall(r"(\d+)-(\d*)", wanted or "")]
        if len(ranges) > 1 and not self.several:
            ranges = []
        kind, parts = "application/octet-stream", [(b"", first, last + 1) for first, last in ranges]
        head = {"ETag": f'"{size}"', "Accept-Ranges": "bytes"}
        if len(ranges) == 1:
            head["Content-Range"] = f"bytes {ranges[0][0]}-{ranges[0][1]}/{size}"
        elif ranges:
            assert len(ranges) <= _MOST_RANGES
            kind = f"multipart/byteranges; boundary={_BOUNDARY}"
            line = f"\r\n--{_BOUNDARY}\r\nContent-Range: bytes %d-%d/{size}\r\n\r\n"
            parts = [((line % (first, last)).encode(), first, last + 1) for first, last in ranges]
            parts.append((f"\r\n--{_BOUNDARY}--\r\n".encode(), 0, 0))
        else:
            parts = [(b"", 0, size)]
        self.send_response(206 if ranges else 200)
        length = sum(len(text) + stop - start for text, start, stop in parts)
        for name, value in {**head, "Content-Type": kind, "Content-Length": str(length)}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "GET":
            self._send(path, parts)

    def _send(self, path: Path, parts: list[tuple[bytes, int, int]]) -> None:
        """Send parts no faster than the line is."""
        began, sent, waiting = time.monotonic(), 0, bytearray()
        with path.open("rb") as file:
            for text, start, stop in parts:
                waiting += text
                file.seek(start)
                while start < stop or len(waiting) >= _BLOCK:
                    block = file.read(min(_BLOCK, stop - start))
                    start += len(block)
                    waiting += block
                    if len(waiting) >= _BLOCK:
                        sent += len(waiting)
                        self._pace(began, sent, bytes(waiting))
                        waiting.clear()
            self._pace(began, sent + len(waiting), bytes(waiting))

    def _pace(self, began: float, sent: int, block: bytes) -> None:
        time.sleep(max(began + sent / self.bytes_per_s - time.monotonic(), 0))
        try:
            self.wfile.write(block)
        except OSError:  # the client broke off
            self.close_connection = True
            raise


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: object, client_address: object) -> None:
        pass


def main() -> int:
    """Serve until standard input ends; return 0."""
    folder, round_trip_ms, megabytes, several = sys.argv[1:]
    line = {
        "folder": Path(folder),
        "round_trip_s": float(round_trip_ms) / 1000,
        "bytes_per_s": float(megabytes) * 1e6,
        "several": several == "several",
    }
    server = _Server(("127.0.0.1", 0), type("Line", (_Handler,), line))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.server_port, flush=True)
    sys.stdin.read()
    os._exit(0)


if __name__ == "__main__":
    sys.exit(main())
