"""Connections that are watched while they wait for the head of a response, and closed on demand."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from requests.adapters import HTTPAdapter

__all__ = ["WatchedAdapter"]


class WatchedAdapter(HTTPAdapter):
    """What sends the requests of one thread; it notes the connections that it makes."""

    def __init__(self) -> None:
        super().__init__()
        self._connections: list[Any] = []

    def get_connection_with_tls_context(self, *args: Any, **options: Any) -> Any:
        """Return the pool of a request's host, or of the proxy to it, after teaching it to note its connections."""
        pool: Any = super().get_connection_with_tls_context(*args, **options)
        make = type(pool).ConnectionCls

        def note(*args: Any, **options: Any) -> Any:
            self._connections.append(make(*args, **options))
            return self._connections[-1]

        pool.ConnectionCls = note
        return pool

    @contextmanager
    def limited(self, seconds: float) -> Iterator[None]:
        """Break the connections when the block takes longer; timeouts alone count anew with each byte of a head."""
        done = threading.Event()

        def watch() -> None:
            while not done.wait(seconds):  # again and again: at first, it may still be looking for the server
                self.interrupt()

        threading.Thread(target=watch, daemon=True).start()
        try:
            yield
        finally:
            done.set()

    def close(self) -> None:
        """Close all connections; more can be made after."""
        super().close()
        while self._connections:  # urllib3 itself closes them when nobody refers to them any more
            self._connections.pop().close()

    def is_open(self) -> bool:
        """Tell whether there is an open connection."""
        return any(connection.sock is not None for connection in self._connections)

    def interrupt(self) -> None:
        """Break the connections; closing them is left to the thread that uses them."""
        for connection in list(self._connections):
            if isinstance(connection.sock, socket.socket):
                with suppress(OSError):  # past the TLS layer, which is busy in the other thread
                    socket.socket.shutdown(connection.sock, socket.SHUT_RDWR)
