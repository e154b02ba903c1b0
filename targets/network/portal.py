"""Requests to the portals: they say who asks, wait when told to, give up in time and take no more than was agreed.

Used for every question to a portal that this project asks itself. Files are not fetched through this module.
"""

import json
import time
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.response import BaseHTTPResponse
from urllib3.util.retry import Retry

from targets.errors import PortalError

__all__ = [
    "BACKOFF_SECONDS",
    "LONGEST_WAIT_SECONDS",
    "MAX_ANSWER_BYTES",
    "MAX_ANSWER_SECONDS",
    "TIMEOUT_SECONDS",
    "TRIES",
    "NotFoundError",
    "fetch_json",
    "open_session",
    "user_agent",
]

MAX_ANSWER_BYTES = 256 * 2**20
"""The largest answer taken, in bytes: the file list of the largest record, five times over."""

TRIES = 5
BACKOFF_SECONDS = 0.5
LONGEST_WAIT_SECONDS = 60.0  # a portal may ask for patience (Retry-After), but not for hours
TIMEOUT_SECONDS = (10.0, 60.0)  # to connect, and between two bytes
MAX_ANSWER_SECONDS = 600.0
_BUSY = (429, 500, 502, 503, 504)
_CHUNK_BYTES = 64 * 1024


class NotFoundError(PortalError):
    """A portal answered 404: it does not have what was asked for."""


class _PatientRetry(Retry):
    """Retries with exponential backoff; what a portal asks for in Retry-After is obeyed up to a minute."""

    def get_retry_after(self, response: BaseHTTPResponse) -> float | None:
        """Return the wait in seconds that *response* asks for, at most LONGEST_WAIT_SECONDS; None when it asks none."""
        wait = super().get_retry_after(response)
        return None if wait is None else min(wait, LONGEST_WAIT_SECONDS)


def user_agent() -> str:
    """Return the name under which this project asks: `atlas-open-data-pipeline/<version>`."""
    try:
        return f"atlas-open-data-pipeline/{version('atlas-open-data-pipeline')}"
    except PackageNotFoundError:  # run from a checkout that was never installed
        return "atlas-open-data-pipeline/unknown"


def open_session() -> requests.Session:
    """Open a session that names this project, checks certificates and retries what may pass by itself.

    Connection errors and the answers 429, 500, 502, 503 and 504 are retried up to four times, after 0, 1, 2 and 4
    seconds, or as long as the portal asks, up to a minute.

    Returns:
        The session, to be closed by the caller (it is a context manager).
    """
    retry = _PatientRetry(
        total=TRIES - 1,
        backoff_factor=BACKOFF_SECONDS,
        backoff_max=LONGEST_WAIT_SECONDS,
        status_forcelist=_BUSY,
        allowed_methods=("GET",),
        raise_on_status=False,
    )
    session = requests.Session()
    session.max_redirects = 5
    session.headers["User-Agent"] = user_agent()
    session.mount("https://", HTTPAdapter(max_retries=retry))
    session.mount("http://", HTTPAdapter(max_retries=retry))
    return session


def fetch_json(session: requests.Session, url: str, params: dict[str, str | int]) -> Any:
    """Ask a portal one question and return the parsed JSON answer.

    An answer that breaks off is asked for again, three times in all.

    Args:
        session: From open_session.
        url: The address without query.
        params: The query.

    Returns:
        What the JSON holds; its shape is for the caller to check.

    Raises:
        NotFoundError: When the portal answers 404.
        PortalError: When it cannot be reached, answers another status than 200 after all tries, breaks off each time,
            sends more than MAX_ANSWER_BYTES, takes over ten minutes, or sends something that is not JSON.
    """
    broken = ""
    for _ in range(3):
        try:
            answer = session.get(url, params=params, timeout=TIMEOUT_SECONDS, stream=True)
        except requests.RequestException as error:
            msg = (
                f"{url} cannot be reached ({_reason(error)}): check the network and try again; "
                "files on this machine can be read without it, with input_files"
            )
            raise PortalError(msg) from error
        with answer:
            _check_status(answer, url)
            try:
                return _parsed(_body(answer, url), url)
            except requests.RequestException as error:
                broken = _reason(error)
    msg = f"{url} broke off its answer three times ({broken}): try again later"
    raise PortalError(msg)


def _check_status(answer: requests.Response, url: str) -> None:
    if answer.status_code == 404:
        msg = f"{url} does not exist (status 404): check the name or number that was asked for"
        raise NotFoundError(msg)
    if answer.status_code != 200:
        tries = f" after {TRIES} tries" if answer.status_code in _BUSY else ""
        msg = f"{url} answers with status {answer.status_code}{tries}: the portal is in trouble, try again later"
        raise PortalError(msg)


def _body(answer: requests.Response, url: str) -> bytes:
    deadline = time.monotonic() + MAX_ANSWER_SECONDS
    body = bytearray()
    for chunk in answer.iter_content(_CHUNK_BYTES):
        body += chunk
        if len(body) > MAX_ANSWER_BYTES:
            msg = f"{url} sends more than {MAX_ANSWER_BYTES} bytes: that is no list of files; check the address"
            raise PortalError(msg)
        if time.monotonic() > deadline:
            msg = f"{url} did not finish its answer within {MAX_ANSWER_SECONDS:.0f} s: try again later"
            raise PortalError(msg)
    return bytes(body)


def _parsed(body: bytes, url: str) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        start = body[:60].decode("utf-8", "replace")
        msg = f"{url} answers with something that is not JSON, starting {start!r}: is a login page or proxy in between?"
        raise PortalError(msg) from error


def _reason(error: requests.RequestException) -> str:
    """Return the innermost reason: requests wraps it twice, with the whole address in between."""
    inner = error.args[0] if error.args else error
    return f"{type(error).__name__}: {getattr(inner, 'reason', None) or inner}"[:300]
