"""Requests to web servers: one connection at a time, safe redirects, and responses in bounded time."""

import re
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import lru_cache
from http.client import HTTPException
from importlib.metadata import PackageNotFoundError, version
from types import TracebackType
from typing import NoReturn, Self
from urllib.parse import urljoin, urlsplit

import requests
import urllib3

from targets.network.host_slots import host_slot
from targets.network.retry import RefusedError, RetryPolicy, Traffic, TransientError, Version
from targets.network.uris import local_problem, uri_problem
from targets.network.watched_adapter import WatchedAdapter

__all__ = ["Connection", "Response", "user_agent"]

_MAX_REDIRECTS = 5
_BLOCK_BYTES = 256 * 1024
_TRANSIENT = frozenset({408, 421, 425, 429, 500, 502, 503, 504})
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_CONTENT_RANGE = re.compile(r"bytes (?:(\d{1,18})-(\d{1,18})|\*)/(\d{1,18}|\*)")
_LIBRARY_ERRORS = (requests.RequestException, urllib3.exceptions.HTTPError, HTTPException, OSError, ValueError)
_BAD_ADDRESS = (
    requests.exceptions.InvalidURL,
    requests.exceptions.InvalidSchema,
    urllib3.exceptions.LocationValueError,
    UnicodeError,
)


@lru_cache(maxsize=1)
def user_agent() -> str:
    """Return the name under which this project asks: `atlas-open-data-pipeline/<version>`."""
    try:
        return f"atlas-open-data-pipeline/{version('atlas-open-data-pipeline')}"
    except PackageNotFoundError:  # run from a checkout that was never installed
        return "atlas-open-data-pipeline/unknown"


class Response:
    """The response to one request, its body still to be read.

    Attributes:
        uri: What was asked for.
        status: 200 (the whole file), 206 (a part), 304 (not changed) or 416 (no such part).
        length: Bytes of the body as sent; None when the server does not say.
        start: First byte of the part, and `stop` the byte after its last; None when the server does not say.
        version: The state of the file; its size is that of the whole file, also in the response 206.
    """

    def __init__(self, uri: str, response: requests.Response, policy: RetryPolicy, traffic: Traffic) -> None:
        self.uri = uri
        self.status = response.status_code
        self._response, self._policy, self._traffic = response, policy, traffic
        headers = response.headers
        match = _CONTENT_RANGE.fullmatch(headers.get("Content-Range", "").strip())
        first, last, size = match.groups() if match else (None, None, None)
        self.length = _number(headers.get("Content-Length"))
        self.start = _number(first)
        self.stop = None if last is None else int(last) + 1
        whole = self.length if self.status == 200 else _number(size)
        self.version = Version(headers.get("ETag"), headers.get("Last-Modified"), whole)
        self._first = self._read_first() if self.status in (200, 206) else b""

    def blocks(self) -> Iterator[bytes]:
        """Read the body.

        Yields:
            Its bytes as they come; fewer than announced when the server hangs up.

        Raises:
            TransientError: When the connection breaks, or bytes come more slowly than the policy's minimum.
        """
        began, received, block = time.monotonic(), 0, self._first
        while block:
            received += len(block)
            yield block
            block = self._read()
            elapsed = time.monotonic() - began
            if elapsed > self._policy.read_timeout_s:
                if received + len(block) < self._policy.min_bytes_per_s * elapsed:
                    msg = f"{received} bytes came in {elapsed:.1f} s: too slow"
                    raise TransientError(msg)
                began, received = time.monotonic(), 0

    def _read_first(self) -> bytes:
        """Read the first block: Python takes a head that breaks off after any line for one that is complete."""
        try:
            block = self._read()
            if not block and self.length != 0:
                msg = "the answer broke off before its first byte"
                raise TransientError(msg)
        except TransientError as error:
            msg = f"{urlsplit(self.uri).hostname} cannot be reached or gave no answer: {error}"
            raise TransientError(msg) from error
        return block

    def _read(self) -> bytes:
        try:
            block: bytes = self._response.raw.read1(_BLOCK_BYTES, decode_content=True)
        except _LIBRARY_ERRORS as error:
            msg = f"the answer broke off ({_reason(error)})"
            raise TransientError(msg) from error
        self._traffic.received += len(block)
        return block


class Connection:
    """A connection to web servers, one at a time, and a slot of the host's while it is open.

    It is opened by the first request in its `with` block and closed at the block's end; it can be used again. Proxies
    and certificates are those of the environment, as requests takes them.
    """

    def __init__(self, policy: RetryPolicy, traffic: Traffic) -> None:
        self._policy, self._traffic = policy, traffic
        self._session = requests.Session()
        self._session.headers.update({"User-Agent": user_agent(), "Accept-Encoding": "identity"})
        self._adapter = WatchedAdapter()
        self._host = ""
        self._slot = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()

    @contextmanager
    def get(self, uri: str, headers: dict[str, str]) -> Iterator[Response]:
        """Ask for a file or a part of it, and follow redirects.

        Args:
            uri: An http(s) address.
            headers: What to ask for, as `Range`.

        Yields:
            The response, of status 200, 206, 304 or 416; what is not read of it by the end of the block is lost.

        Raises:
            RefusedError: When the server does not give the file, or sends us where we do not go.
            TransientError: When it cannot be reached, or answers that it is busy or in trouble.
        """
        address = uri
        for _ in range(_MAX_REDIRECTS + 1):
            response = self._send(uri, address, headers)
            try:
                if response.status_code not in _REDIRECTS:
                    _check_status(uri, response, headers.get("Accept-Encoding", "identity"))
                    yield Response(uri, response, self._policy, self._traffic)
                    return
                address = _redirected(uri, address, response)
            finally:
                response.close()
        msg = f"{uri}: redirected more than {_MAX_REDIRECTS} times, last to {address}: check the address"
        raise RefusedError(msg)

    def _send(self, uri: str, address: str, headers: dict[str, str]) -> requests.Response:
        """Send a request, by the adapter alone: a session would read the body of a redirect, however long."""
        host = urlsplit(address).hostname or ""
        if host != self._host:
            self._close()
            self._slot.enter_context(host_slot(host, self._policy.connections_per_host))
            self._host = host
        self._traffic.requests += 1
        timeouts = (self._policy.connect_timeout_s, self._policy.read_timeout_s)
        with self._adapter.limited(2 * self._policy.read_timeout_s):
            try:
                request = self._session.prepare_request(requests.Request("GET", address, headers))
                settings = self._session.merge_environment_settings(request.url, {}, True, True, None)
                verify, proxies = settings["verify"] or True, settings["proxies"]
                return self._adapter.send(request, stream=True, timeout=timeouts, verify=verify, proxies=proxies)
            except _LIBRARY_ERRORS as error:
                _explain(uri, address, error)

    def _close(self) -> None:
        self._adapter.close()
        self._slot.close()
        self._host = ""


def _check_status(uri: str, response: requests.Response, encoding: str) -> None:
    status = response.status_code
    if status in (200, 206, 304, 416):
        packed = response.headers.get("Content-Encoding", "identity").lower()
        if packed not in ("identity", encoding):
            msg = f"{uri}: the server sends it packed ({packed[:40]!r}), which was not asked for: not read"
            raise RefusedError(msg)
        return
    if status in _TRANSIENT:
        msg = f"the server is busy or in trouble (status {status})"
        raise TransientError(msg, _retry_after(response))
    why = {
        401: "wants a login: this project reads open data only",
        403: "refuses to give it: check whether it is open data, and whether this machine's network may read there",
        404: "has no such file: check the address, or make the list of files anew with --refresh-metadata",
        410: "no longer has it: make the list of files anew with --refresh-metadata",
    }
    msg = f"{uri}: the server {why.get(status, 'gives an answer that is no file: check the address')} (status {status})"
    raise RefusedError(msg, status)


def _redirected(uri: str, address: str, response: requests.Response) -> str:
    """Return where a redirect leads, if it is a place to go to."""
    location = response.headers.get("Location", "")
    with suppress(ValueError):
        target = urljoin(address, location)
        scheme = urlsplit(target).scheme
        secure = urlsplit(address).scheme == "https"
        followed = location and scheme in (("https",) if secure else ("http", "https")) and not uri_problem(target)
        if followed and (local_problem(uri) or not local_problem(target)):  # not from outside to this network
            return target
    msg = f"{uri}: redirected to {location[:200]!r}, where this project does not follow: check the address"
    raise RefusedError(msg)


def _retry_after(response: requests.Response) -> float | None:
    text = response.headers.get("Retry-After")
    if text is None:
        return None
    try:
        return urllib3.Retry().parse_retry_after(text)
    except (urllib3.exceptions.HTTPError, ValueError, OverflowError):
        return None


def _explain(uri: str, address: str, error: Exception) -> NoReturn:
    """Say why there is no answer."""
    if isinstance(error, _BAD_ADDRESS):
        msg = f"{uri}: {address[:200]!r} is no address to read from ({_reason(error)}): check it"
        raise RefusedError(msg) from error
    if "CERTIFICATE_VERIFY_FAILED" in str(error):
        msg = (
            f"{uri}: the certificate of {urlsplit(address).hostname} is not trusted ({_reason(error)}): check this "
            f"machine's clock; where a proxy signs, name its certificate in the environment variable REQUESTS_CA_BUNDLE"
        )
        raise RefusedError(msg) from error
    msg = f"{urlsplit(address).hostname} cannot be reached or gave no answer ({_reason(error)})"
    raise TransientError(msg) from error


def _reason(error: BaseException) -> str:
    """Return the innermost reason: the libraries wrap it twice, with the whole address in between."""
    inner = error.args[0] if error.args else error
    text = str(getattr(inner, "reason", None) or inner)
    return f"{type(error).__name__}: {text.splitlines()[0] if text else ''}"[:300]


def _number(text: str | None) -> int | None:
    return int(text) if text and re.fullmatch(r"\d{1,18}", text) else None
