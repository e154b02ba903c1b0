"""Sessions of web requests whose answers begin in time and whose connections are closed when we say so."""

import socket
import threading
from contextlib import suppress
from http.client import HTTPResponse, RemoteDisconnected
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from targets.network.portal import user_agent

__all__ = ["open_session"]


def open_session() -> requests.Session:
    """Open a session that names this project, wants plain bytes and follows no redirect.

    Returns:
        The session. Its connections are closed by `close()`, after which it can be used again.
    """
    session = _Session()
    session.headers.update({"User-Agent": user_agent(), "Accept-Encoding": "identity"})
    for scheme in ("https://", "http://"):
        session.mount(scheme, _Adapter())
    return session


class _Session(requests.Session):
    def get_redirect_target(self, resp: requests.Response) -> None:
        """Return that there is none: requests would read the body of a redirect, however long, and its target."""


class _Lines:
    """The lines of a head as they are read."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self.last = b""

    def readline(self, limit: int = -1) -> bytes:
        """Read the next line and note it; b"" at the end."""
        self.last = self._stream.readline(limit)
        return self.last

    def close(self) -> None:
        """Close the stream."""
        self._stream.close()


class _Head(HTTPResponse):
    """An answer whose head must be complete: to the library, one that breaks off after a line is none the worse."""

    def begin(self, *args: Any, **options: Any) -> None:
        """Read the head.

        Raises:
            RemoteDisconnected: When it breaks off.
        """
        stream = self.fp
        lines: Any = _Lines(stream)
        self.fp = lines
        try:
            super().begin(*args, **options)
        finally:
            if self.fp is lines:  # the library drops it where it has hung up
                self.fp = stream
        if lines.last not in (b"\r\n", b"\n"):
            msg = "the head of the answer broke off"
            raise RemoteDisconnected(msg)


def _in_time(line: HTTPConnection, answer: Any) -> Any:
    """Wait for the head of an answer, and hang up when it takes too long: the timeout counts anew with each byte."""

    def hang_up() -> None:
        """Break the connection, whatever it is doing."""
        if isinstance(line.sock, socket.socket):
            with suppress(OSError):  # past the TLS layer, which is busy in the other thread
                socket.socket.shutdown(line.sock, socket.SHUT_RDWR)

    timer = threading.Timer(2 * float(line.timeout or 60.0), hang_up)
    timer.daemon = True
    timer.start()
    try:
        return answer()
    finally:
        timer.cancel()


class _Connection(HTTPConnection):
    response_class = _Head

    def getresponse(self) -> Any:
        """Return the answer once its head is here."""
        return _in_time(self, super().getresponse)


class _SecureConnection(HTTPSConnection):
    response_class = _Head

    def getresponse(self) -> Any:
        """Return the answer once its head is here."""
        return _in_time(self, super().getresponse)


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


class _Adapter(HTTPAdapter):
    """Connections whose answers come in time, behind proxies too, and that are closed when we say so."""

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        """Make what makes connections."""
        super().init_poolmanager(*args, **options)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _SecurePool}

    def proxy_manager_for(self, *args: Any, **options: Any) -> Any:
        """Return what makes connections through a proxy."""
        manager = super().proxy_manager_for(*args, **options)
        manager.pool_classes_by_scheme = {"http": _Pool, "https": _SecurePool}
        return manager

    def close(self) -> None:
        """Close all connections."""
        for manager in (self.poolmanager, *self.proxy_manager.values()):
            for key in list(manager.pools.keys()):  # urllib3 itself closes them when nobody refers to them any more
                manager.pools[key].close()
        super().close()
