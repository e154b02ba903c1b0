"""Names of files on the network: what is accepted, and one spelling for each.

A name from a portal is data. It is checked before anything is made of it, and the same file has the same name
whichever portal or protocol it was listed under, so that it is recognised and its results are found again.
"""

import importlib.util
import ipaddress
import re
import socket
from urllib.parse import unquote, urlsplit

from targets.errors import PortalError
from targets.network.retry import RefusedError

__all__ = [
    "SCHEMES",
    "choose_address",
    "file_name",
    "has_xrootd",
    "is_root_file",
    "local_problem",
    "portal_uri",
    "suffix",
    "uncached",
    "uri_problem",
    "web_uri",
]

SCHEMES = ("http", "https", "root")
"""The protocols that a file can be read through."""

_MAX_LENGTH = 2048
# FACTS.md, section 3: https://opendata.cern.ch/eos/... serves the bytes of root://eospublic.cern.ch//eos/...
_EOSPUBLIC = re.compile(r"(?:root://eospublic\.cern\.ch(?::1094)?|http://opendata\.cern\.ch)/+(eos/.+)")
_WEB = "https://opendata.cern.ch/"
# ATLAS names files on the grid `….pool.root.1`: the number counts the tries of the job that made them.
_ROOT_FILE = re.compile(r".+\.root(?:\.\d+)?")
# Caches that fsspec puts before an address (source: known_implementations of fsspec.registry); with `cache=True`,
# atlasopenmagic's get_urls gives `simplecache::https://…`.
_CACHES = re.compile(r"(?:(?:simplecache|filecache|blockcache|cached)::)+(?=[a-z]+://)")


def web_uri(uri: str) -> str:
    """Return the one spelling of a file's URI: https for what CERN's public storage also serves over root://.

    Args:
        uri: A URI; `root://eospublic.cern.ch:1094//eos/x.root`, the same without the port, and
            `http://opendata.cern.ch/eos/x.root` all become `https://opendata.cern.ch/eos/x.root`.

    Returns:
        That spelling, or *uri* unchanged when it lies elsewhere.
    """
    match = _EOSPUBLIC.fullmatch(uri)
    return _WEB + match[1] if match else uri


def has_xrootd() -> bool:
    """Tell whether the package `xrootd` is installed."""
    return importlib.util.find_spec("XRootD") is not None


def choose_address(uri: str) -> str:
    """Return the address by which this machine can read a file.

    Args:
        uri: Any URI or path.

    Returns:
        *uri*, or https for a root:// address of CERN's public storage where the package xrootd is missing.

    Raises:
        RefusedError: For any other root:// address where the package xrootd is missing.
    """
    if not uri.startswith("root://") or has_xrootd():
        return uri
    address = web_uri(uri)
    if address == uri:
        msg = f"{uri}: root:// addresses of this host need the package xrootd: pip install '.[xrootd]'"
        raise RefusedError(msg)
    return address


def uncached(address: str) -> str:
    """Return an address without fsspec's caches before it: `simplecache::https://h/x.root` is `https://h/x.root`."""
    return _CACHES.sub("", address, count=1)


def portal_uri(uri: object, where: str, portal: str) -> str:
    """Check a URI that a portal gave, and return its one spelling.

    Args:
        uri: What stands in the answer, of any type.
        where: Portal, release or record, for the message.
        portal: The portal's own address.

    Returns:
        The URI as web_uri spells it.

    Raises:
        PortalError: When it is not a URI of SCHEMES, holds characters that cannot be printed, a user or a password,
            steps up by `..`, or points to this machine or its network, where the portal itself is not.
    """
    problem = uri_problem(uri) if isinstance(uri, str) else "is not a text"
    if not problem and isinstance(uri, str):
        has_login = (urlsplit(uri).username, urlsplit(uri).password) != (None, None)
        problem = "holds a user or a password" if has_login else None if local_problem(portal) else local_problem(uri)
    if problem:
        msg = f"{where} lists the file {str(uri)[:200]!r}, which {problem}: not read; please tell the portal's team"
        raise PortalError(msg)
    return web_uri(str(uri))


def uri_problem(uri: str) -> str | None:
    """Say what makes a URI unfit to be read.

    Args:
        uri: The text to look at.

    Returns:
        The end of a sentence that starts with the URI, or None when there is nothing to say against it.
    """
    if len(uri) > _MAX_LENGTH:
        return f"is longer than {_MAX_LENGTH} characters"
    try:
        parts = urlsplit(uri)
        host = parts.hostname
    except ValueError:
        return "is not a URL"
    decoded = unquote(unquote(uri))  # twice: a server behind a proxy may decode twice, too
    if not (uri.isprintable() and decoded.isprintable()):
        return "holds control characters"
    if parts.scheme not in SCHEMES:
        return f"is not an address of one of the protocols {', '.join(SCHEMES)}"
    if not host or not parts.path.strip("/"):
        return "lacks a host or a path"
    if ".." in re.split(r"[/\\]", decoded):
        return "steps out of its folder by '..'"
    return None


def local_problem(uri: str) -> str | None:
    """Say that an address points to this machine or to a private network: a portal's own files lie elsewhere.

    Names are not resolved, but for those that always mean this machine: what a name server says may change at once.

    Args:
        uri: An address in which uri_problem finds nothing.

    Returns:
        The end of a sentence that starts with the URI, or None for every other address.
    """
    host = (urlsplit(uri).hostname or "").rstrip(".")
    if host == "localhost" or host.endswith(".localhost") or host == socket.gethostname().lower():
        return "points to this machine"
    number = _ip_address(host)
    if number is None:
        return None
    number = getattr(number, "ipv4_mapped", None) or number
    if number.is_loopback or number.is_unspecified:
        return "points to this machine"
    return None if number.is_global else "points to a private or link-local network"


def _ip_address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """Return the number of a host that is given by it, as 127.0.0.1; systems read 127.1 and 0x7f000001 as well."""
    try:
        return ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        pass
    try:
        return ipaddress.IPv4Address(socket.inet_aton(host))
    except (OSError, ValueError):  # a name; one with characters beyond ASCII is a ValueError
        return None


def is_root_file(uri: str) -> bool:
    """Tell whether a URI or path names a ROOT file: `x.root`, or `x.pool.root.1` as the ATLAS grid numbers them."""
    return _ROOT_FILE.fullmatch(file_name(uri)) is not None


def suffix(uri: str) -> str:
    """Return what follows the last dot of the file's name, dot included; `(none)` when there is none."""
    _, dot, end = file_name(uri).rpartition(".")
    return dot + end if dot else "(none)"


def file_name(uri: str) -> str:
    """Return the name of the file that a URI or path ends with, without a query."""
    return uri.partition("?")[0].rpartition("/")[2]
