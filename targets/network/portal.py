"""Questions to the portals, through the client that reads files: answers in JSON, complete and of bounded size."""

import json
import time
from typing import Any
from urllib.parse import urlencode

from targets.errors import PortalError, UnreadableFileError
from targets.network.client import Connection
from targets.network.retry import RefusedError, RetryPolicy, Traffic, retry

__all__ = ["MAX_ANSWER_BYTES", "MAX_ANSWER_SECONDS", "POLICY", "NotFoundError", "fetch_json"]

MAX_ANSWER_BYTES = 256 * 2**20
"""The largest answer taken, in bytes: the file list of the largest record, five times over."""

MAX_ANSWER_SECONDS = 600.0

POLICY = RetryPolicy()
"""How portals are asked; the parameters of a run are for files."""

_HEADERS = {"Accept-Encoding": "gzip"}  # lists of files shrink to a tenth


class NotFoundError(PortalError):
    """A portal answered 404: it does not have what was asked for."""


def fetch_json(url: str, params: dict[str, str | int]) -> Any:
    """Ask a portal one question and return the parsed JSON answer.

    Args:
        url: The address without query.
        params: The query.

    Returns:
        What the JSON holds; its shape is for the caller to check.

    Raises:
        NotFoundError: When the portal answers 404.
        PortalError: When it cannot be reached, is in trouble or breaks off after all attempts, refuses, sends more than
            MAX_ANSWER_BYTES, takes over ten minutes, or sends something that is not JSON.
    """
    try:
        body = retry(url, POLICY, lambda: _body(url, f"{url}?{urlencode(params)}"), lambda: 0)
    except UnreadableFileError as error:
        if isinstance(error, RefusedError) and error.status == 404:
            msg = f"{url} does not exist (status 404): check the name or number that was asked for"
            raise NotFoundError(msg) from error
        msg = f"{error}; files on this machine can be read without a portal, with input_files"
        raise PortalError(msg) from error
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        start = body[:60].decode("utf-8", "replace")
        msg = f"{url} answers with something that is not JSON, starting {start!r}: is a login page or proxy in between?"
        raise PortalError(msg) from error


def _body(url: str, uri: str) -> bytes:
    deadline = time.monotonic() + MAX_ANSWER_SECONDS
    body = bytearray()
    with Connection(POLICY, Traffic()) as connection, connection.get(uri, _HEADERS) as response:
        for block in response.blocks():
            body += block
            if len(body) > MAX_ANSWER_BYTES:
                msg = f"{url} sends more than {MAX_ANSWER_BYTES} bytes: that is no list of files; check the address"
                raise PortalError(msg)
            if time.monotonic() > deadline:
                msg = f"{url} did not finish its answer within {MAX_ANSWER_SECONDS:.0f} s: try again later"
                raise PortalError(msg)
    return bytes(body)
