"""Questions to web servers for files: one connection at a time, safe redirects, and answers in bounded time."""

import re
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from http.client import HTTPException
from types import TracebackType
from typing import NoReturn, Self
from urllib.parse import urljoin, urlsplit

import requests
import urllib3

from targets.network.host_slots import connection
from targets.network.retry import Network, PassingError, RefusedError, Traffic, Version
from targets.network.sessions import open_session
from targets.network.uris import local_problem, uri_problem

__all__ = ["Answer", "Line"]

_MAX_REDIRECTS = 5
_BLOCK_BYTES = 256 * 1024
_PASSING = frozenset({408, 421, 425, 429, 500, 502, 503, 504})
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_CONTENT_RANGE = re.compile(r"bytes (?:(\d{1,18})-(\d{1,18})|\*)/(\d{1,18}|\*)")
_LIBRARY_ERRORS = (requests.RequestException, urllib3.exceptions.HTTPError, HTTPException, OSError, ValueError)
_BAD_ADDRESS = (
    requests.exceptions.InvalidURL,
    requests.exceptions.InvalidSchema,
    urllib3.exceptions.LocationValueError,
    UnicodeError,
)


class Answer:
    """The answer to one question, its body still to be read.

    Attributes:
        uri: What was asked for.
        status: 200 (the whole file), 206 (a part), 304 (not changed) or 416 (no such part).
        length: Bytes of the body; None when the server does not say.
        start: First byte of the part, and `stop` the byte after its last; None when the server does not say.
        version: The state of the file; its size is that of the whole file, also in the answer 206.
    """

    def __init__(self, uri: str, response: requests.Response, network: Network, traffic: Traffic) -> None:
        self.uri = uri
        self.status = response.status_code
        self._response, self._network, self._traffic = response, network, traffic
        headers = response.headers
        match = _CONTENT_RANGE.fullmatch(headers.get("Content-Range", "").strip())
        first, last, size = match.groups() if match else (None, None, None)
        self.length = _number(headers.get("Content-Length"))
        self.start = _number(first)
        self.stop = None if last is None else int(last) + 1
        whole = self.length if self.status == 200 else _number(size)
        self.version = Version(headers.get("ETag"), headers.get("Last-Modified"), whole)

    def blocks(self) -> Iterator[bytes]:
        """Read the body.

        Yields:
            Its bytes as they come; fewer than announced when the server hangs up.

        Raises:
            PassingError: When the connection breaks, or bytes come more slowly than the network's minimum.
        """
        began, received = time.monotonic(), 0
        while True:
            try:
                block = self._response.raw.read1(_BLOCK_BYTES, decode_content=False)
            except _LIBRARY_ERRORS as error:
                msg = f"the answer broke off ({_reason(error)})"
                raise PassingError(msg) from error
            if not block:
                return
            self._traffic.received += len(block)
            received += len(block)
            yield block
            elapsed = time.monotonic() - began
            if elapsed > self._network.read_timeout_s:
                if received < self._network.min_bytes_per_s * elapsed:
                    msg = f"{received} bytes came in {elapsed:.1f} s: too slow"
                    raise PassingError(msg)
                began, received = time.monotonic(), 0


class Line:
    """A line to web servers, with at most one connection open, and a slot of the host's while it is.

    It is opened by the first question in its `with` block and hung up at the block's end; it can be used again.
    """

    def __init__(self, network: Network, traffic: Traffic) -> None:
        self._network, self._traffic = network, traffic
        self._session = open_session()
        self._host = ""
        self._slot = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._hang_up()

    @contextmanager
    def ask(self, uri: str, headers: dict[str, str]) -> Iterator[Answer]:
        """Ask for a file or a part of it, and follow redirects.

        Args:
            uri: An http(s) address.
            headers: What to ask for, as `Range`.

        Yields:
            The answer, of status 200, 206, 304 or 416; what is not read of it by the end of the block is lost.

        Raises:
            RefusedError: When the server does not give the file, or sends us where we do not go.
            PassingError: When it cannot be reached, or answers that it is busy or in trouble.
        """
        address = uri
        for _ in range(_MAX_REDIRECTS + 1):
            response = self._get(uri, address, headers)
            try:
                if response.status_code not in _REDIRECTS:
                    _check_status(uri, response)
                    yield Answer(uri, response, self._network, self._traffic)
                    return
                address = _redirected(uri, address, response)
            finally:
                response.close()
        msg = f"{uri}: redirected more than {_MAX_REDIRECTS} times, last to {address}: check the address"
        raise RefusedError(msg)

    def _get(self, uri: str, address: str, headers: dict[str, str]) -> requests.Response:
        self._call(urlsplit(address).hostname or "")
        self._traffic.requests += 1
        try:
            return self._session.get(
                address,
                headers=headers,
                timeout=(self._network.connect_timeout_s, self._network.read_timeout_s),
                stream=True,
                allow_redirects=False,
            )
        except _LIBRARY_ERRORS as error:
            _explain(uri, address, error)

    def _call(self, host: str) -> None:
        """Hang up and take a slot of *host* when the line leads elsewhere."""
        if host == self._host:
            return
        self._hang_up()
        self._slot.enter_context(connection(host, self._network.connections_per_host))
        self._host = host

    def _hang_up(self) -> None:
        self._session.close()
        self._slot.close()
        self._host = ""


def _check_status(uri: str, response: requests.Response) -> None:
    status = response.status_code
    if status in (200, 206, 304, 416):
        packed = response.headers.get("Content-Encoding", "identity").lower()
        if packed != "identity":
            msg = f"{uri}: the server sends it packed ({packed[:40]!r}), which was not asked for: not read"
            raise RefusedError(msg)
        return
    if status in _PASSING:
        msg = f"the server is busy or in trouble (status {status})"
        raise PassingError(msg, _retry_after(response))
    why = {
        401: "wants a login: this project reads open data only",
        403: "refuses to give it: check whether it is open data, and whether this machine's network may read there",
        404: "has no such file: check the address, or make the list of files anew with --refresh-metadata",
        410: "no longer has it: make the list of files anew with --refresh-metadata",
    }
    msg = f"{uri}: the server {why.get(status, 'gives an answer that is no file: check the address')} (status {status})"
    raise RefusedError(msg)


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
    raise PassingError(msg) from error


def _reason(error: BaseException) -> str:
    """Return the innermost reason: the libraries wrap it twice, with the whole address in between."""
    inner = error.args[0] if error.args else error
    text = str(getattr(inner, "reason", None) or inner)
    return f"{type(error).__name__}: {text.splitlines()[0] if text else ''}"[:300]


def _number(text: str | None) -> int | None:
    return int(text) if text and re.fullmatch(r"\d{1,18}", text) else None
