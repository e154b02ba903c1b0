"""Requests to web servers: one connection at a time, safe redirects, and responses in bounded time."""

import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from types import TracebackType
from typing import TYPE_CHECKING, NoReturn, Self
from urllib.parse import urljoin, urlsplit

import requests
import urllib3

from targets.network.host_slots import is_wanted, take_slot
from targets.network.response import LIBRARY_ERRORS, Response, reason_of
from targets.network.retry import RefusedError, RetryPolicy, Traffic, TransientError
from targets.network.uris import local_problem, uri_problem
from targets.network.watched_adapter import WatchedAdapter

if TYPE_CHECKING:
    from targets.storage.locks import FileLock

__all__ = ["Connection", "user_agent"]

_MAX_REDIRECTS = 5
_TRANSIENT = frozenset({408, 421, 425, 429, 500, 502, 503, 504})
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
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


class Connection:
    """A connection to web servers, one at a time, and a slot of the host's while it is open.

    It is opened by the first request in its `with` block and stays open until the block's end or until it is closed;
    it can be used again. Proxies and certificates are those of the environment, as requests takes them.
    """

    def __init__(self, policy: RetryPolicy, traffic: Traffic) -> None:
        self._policy, self._traffic = policy, traffic
        self._session = requests.Session()
        self._session.headers.update({"User-Agent": user_agent(), "Accept-Encoding": "identity"})
        self._adapter = WatchedAdapter()
        self._host = ""
        self._slot: FileLock | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @contextmanager
    def get(self, uri: str, headers: dict[str, str], address: str = "") -> Iterator[Response]:
        """Ask for a file or a part of it, and follow redirects.

        Args:
            uri: An http(s) address.
            headers: What to ask for, as `Range`.
            address: Where an earlier response was found behind redirects; by default they are followed anew.

        Yields:
            The response, of status 200, 206, 304 or 416; what is not read of it by the end of the block is lost.

        Raises:
            RefusedError: When the server does not give the file, or sends us where we do not go.
            TransientError: When it cannot be reached, or answers that it is busy or in trouble.
        """
        address = address or uri
        for _ in range(_MAX_REDIRECTS + 1):
            is_open = self._adapter.is_open() and urlsplit(address).hostname == self._host
            began = time.monotonic()
            response = self._send(uri, address, headers)
            try:
                if response.status_code not in _REDIRECTS:
                    _check_status(uri, response, headers.get("Accept-Encoding", "identity"))
                    answer = Response(uri, response, self._policy, self._traffic)
                    answer.address, answer.round_trip_s = address, time.monotonic() - began if is_open else None
                    yield answer
                    return
                address = _redirected(uri, address, response)
            finally:
                response.close()
        msg = f"{uri}: redirected more than {_MAX_REDIRECTS} times, last to {address}: check the address"
        raise RefusedError(msg)

    def prepare(self, address: str, is_needed: Callable[[], bool] = lambda: True) -> bool:
        """Take a slot of an address's host, unless this connection has it already; one to another host is closed.

        Args:
            address: Where the next request goes.
            is_needed: Tells whether to go on waiting for one.

        Returns:
            Whether there is one now.
        """
        host = urlsplit(address).hostname or ""
        if self._slot is None or host != self._host:
            self.close()
            self._slot = take_slot(host, self._policy.connections_per_host, is_needed)
            self._host = host if self._slot else ""
        return self._slot is not None

    def is_wanted(self) -> bool:
        """Tell whether others wait for the slot that this connection has."""
        return self._slot is not None and is_wanted(self._host)

    def close(self) -> None:
        """Close the connection and give its slot back; the next request makes another one."""
        self._adapter.close()
        if self._slot:
            self._slot.release()
        self._slot, self._host = None, ""

    def interrupt(self) -> None:
        """Break off the request that another thread waits for."""
        self._adapter.interrupt()

    def _send(self, uri: str, address: str, headers: dict[str, str]) -> requests.Response:
        """Send a request, by the adapter alone: a session would read the body of a redirect, however long."""
        self.prepare(address)
        self._traffic.requests += 1
        timeouts = (self._policy.connect_timeout_s, self._policy.read_timeout_s)
        with self._adapter.limited(2 * self._policy.read_timeout_s):
            try:
                request = self._session.prepare_request(requests.Request("GET", address, headers))
                settings = self._session.merge_environment_settings(request.url, {}, True, True, None)
                verify, proxies = settings["verify"] or True, settings["proxies"]
                return self._adapter.send(request, stream=True, timeout=timeouts, verify=verify, proxies=proxies)
            except LIBRARY_ERRORS as error:
                _explain(uri, address, error)


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


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an exception, and those during which it was raised."""
    while error is not None:
        yield error
        error = error.__context__


def _explain(uri: str, address: str, error: Exception) -> NoReturn:
    """Say why there is no answer."""
    if isinstance(error, _BAD_ADDRESS):
        msg = f"{uri}: {address[:200]!r} is no address to read from ({reason_of(error)}): check it"
        raise RefusedError(msg) from error
    if any(isinstance(cause, ssl.SSLCertVerificationError) for cause in _causes(error)):
        msg = (
            f"{uri}: the certificate of {urlsplit(address).hostname} is not trusted ({reason_of(error)}): check this "
            f"machine's clock; where a proxy signs, name its certificate in the environment variable REQUESTS_CA_BUNDLE"
        )
        raise RefusedError(msg) from error
    msg = f"{urlsplit(address).hostname} cannot be reached or gave no answer ({reason_of(error)})"
    raise TransientError(msg) from error
