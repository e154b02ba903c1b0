"""The whole catalogue of one release of ATLAS Open Data, through atlasopenmagic.

atlasopenmagic keeps one current release in a module variable, and trusts the portal's count of datasets: when that is
too low the end of the catalogue is missing, and nothing says so. Here one release is read at a time, and the portal is
asked whether there is more.
"""

import contextlib
import hashlib
import io
import json
import re
import threading
from dataclasses import dataclass, field
from typing import Any

import atlasopenmagic
import requests
from atlasopenmagic import metadata

from targets.catalogue.input_files import sample_order
from targets.errors import PortalError
from targets.network.client import user_agent
from targets.network.portal import NotFoundError, fetch_json

__all__ = ["NOSKIM", "Entry", "known_releases", "portal_address", "read_release"]

NOSKIM = "noskim"
"""The catalogue's word for files with all events."""

_ONE_RELEASE = threading.Lock()
_PER_PAGE = 1000  # entries: what atlasopenmagic asks for, too
_MAX_ENTRIES = 1_000_000
# The catalogue's key is `data` for collisions and a number for simulation; `data15` would be collisions as well.
_DATA_KEY = re.compile(r"data(?![a-z]).*", re.IGNORECASE)
_NOT_METADATA = ("dataset_number", "file_list", "skims", "release")
# What atlasopenmagic lets through when an answer is not what it expects.
_LIBRARY_ERRORS = (requests.RequestException, ValueError, TypeError, KeyError, AttributeError, RecursionError)


@dataclass(frozen=True)
class Entry:
    """One entry of a release's catalogue: the collision data, or one simulated process.

    Attributes:
        key: Its name in the catalogue: `data`, or a number for simulation.
        data_type: `data` or `mc`, decided by the key.
        skims: The addresses of its files, not yet checked, by skim; all events are the skim `noskim`. None at all for
            a skim whose list the catalogue gives as null.
        metadata: What else the catalogue says of it, as `cross_section_pb`, `kFactor` and `sumOfWeights`.
    """

    key: str
    data_type: str
    skims: dict[str, list[Any]]
    metadata: dict[str, Any] = field(default_factory=dict)


def known_releases() -> dict[str, str]:
    """Return the releases that atlasopenmagic knows, each with its description."""
    return dict(metadata.RELEASES_DESC)


def portal_address() -> str:
    """Return the address of the portal that atlasopenmagic asks."""
    return str(metadata.API_BASE_URL)


def read_release(release: str) -> tuple[list[Entry], list[str]]:
    """Read the whole catalogue of a release, anew each time.

    Several threads may call at once: they wait for each other, since atlasopenmagic knows one release at a time.

    Args:
        release: One of known_releases.

    Returns:
        The entries by ascending key, names after numbers; and a note when the portal's count was too low.

    Raises:
        PortalError: When the portal cannot be reached, lists nothing, or answers what makes no sense.
    """
    notes = []
    with _ONE_RELEASE:
        stated = _stated_count(release)
        raw = _through_atlasopenmagic(release)
        if _page(release, len(raw)):
            every = _every_page(release, stated)
            if len(every) > len(raw):
                notes.append(
                    f"release {release}: the portal states {stated} datasets and atlasopenmagic found {len(raw)}, "
                    f"but there are {len(every)}: all of them were taken"
                )
            raw = every
    if not raw:
        msg = f"the catalogue at {metadata.API_BASE_URL} lists no dataset of release {release}: try again later"
        raise PortalError(msg)
    return sorted((_entry(dataset, release) for dataset in raw), key=lambda entry: sample_order(entry.key)), notes


def _stated_count(release: str) -> int:
    """Return how many datasets the portal states; 0 when it does not.

    Asked before atlasopenmagic asks: it takes any failure here for 10,000 datasets, and a count of 10^12 for real.
    """
    url = f"{metadata.API_BASE_URL}/datasets/count"
    try:
        answer = fetch_json(url, {"release_name": release})
    except NotFoundError:
        return 0
    count = answer.get("count", 0) if isinstance(answer, dict) else None
    if not isinstance(count, int) or isinstance(count, bool) or not 0 <= count <= _MAX_ENTRIES:
        msg = f"{url} answers {str(answer)[:100]!r} for {release}: expected a number; try again later"
        raise PortalError(msg)
    return count


def _through_atlasopenmagic(release: str) -> list[Any]:
    """Return the datasets that atlasopenmagic finds, and leave nothing of them in it."""
    metadata.get_session().headers["User-Agent"] = user_agent()
    atlasopenmagic.set_verbosity("error")
    try:
        metadata.empty_metadata()
        with contextlib.redirect_stderr(io.StringIO()):  # a progress bar towards a total that may be wrong
            atlasopenmagic.set_release(release, page_size=_PER_PAGE)
            datasets = list(atlasopenmagic.get_all_metadata().values())
    except _LIBRARY_ERRORS as error:
        msg = (
            f"the catalogue of release {release} at {metadata.API_BASE_URL} cannot be read "
            f"({type(error).__name__}: {str(error)[:200]}): check the network and try again; "
            "files on this machine can be read without it, with input_files"
        )
        raise PortalError(msg) from error
    finally:
        metadata.empty_metadata()
    return list({id(dataset): dataset for dataset in datasets}.values())  # each stands there by number and by name


def _every_page(release: str, stated: int) -> list[Any]:
    """Return all datasets, asking until a page brings none."""
    distinct: dict[bytes, Any] = {}
    received = 0
    while page := _page(release, received):
        received += len(page)
        before = len(distinct)
        for dataset in page:
            distinct.setdefault(hashlib.sha256(json.dumps(dataset, sort_keys=True).encode()).digest(), dataset)
        if len(distinct) == before:  # it does not turn pages; a page that is not full is then all there is
            if len(page) < _PER_PAGE and len(distinct) >= stated:
                break
            msg = f"{metadata.API_BASE_URL} repeats a page of {release} after {len(distinct)} datasets: try again later"
            raise PortalError(msg)
        if len(distinct) > _MAX_ENTRIES:
            msg = f"{metadata.API_BASE_URL} lists over {_MAX_ENTRIES} datasets of {release}: try again later"
            raise PortalError(msg)
    return list(distinct.values())


def _page(release: str, skip: int) -> list[Any]:
    url = f"{metadata.API_BASE_URL}/datasets"
    answer = fetch_json(url, {"release_name": release, "skip": skip, "limit": _PER_PAGE})
    if not isinstance(answer, list):
        msg = f"{url} answers {str(answer)[:100]!r} for {release}: expected a list of datasets; try again later"
        raise PortalError(msg)
    return answer


def _entry(raw: Any, release: str) -> Entry:
    """Check the shape of one dataset of the catalogue."""
    where = f"the catalogue of release {release}"
    key = raw.get("dataset_number") if isinstance(raw, dict) else None
    if isinstance(key, bool) or not isinstance(key, str | int) or not 0 < len(str(key)) <= 200:
        msg = f"{where} holds a dataset without number: {str(raw)[:100]!r}; try again later"
        raise PortalError(msg)
    key = str(key)
    if not key.isprintable():
        msg = f"{where} holds the dataset number {key!r}, with control characters: not read; please tell its team"
        raise PortalError(msg)
    owner = raw.get("release")
    if isinstance(owner, dict) and owner.get("name", release) != release:
        msg = f"{where} holds dataset {key!r} of release {str(owner['name'])[:100]!r}: try again later"
        raise PortalError(msg)
    data_type = "data" if _DATA_KEY.fullmatch(key) else "mc"
    metadata = {name: value for name, value in raw.items() if name not in _NOT_METADATA}
    return Entry(key, data_type, _skims(raw, f"{where}: dataset {key!r}"), metadata)


def _skims(raw: dict[str, Any], where: str) -> dict[str, list[Any]]:
    """Return the addresses of a dataset's files by skim; a skim that stands there twice has the files of both."""
    parts = raw.get("skims") or []
    if raw.get("file_list") and isinstance(parts, list):
        parts = [{"skim_type": NOSKIM, "file_list": raw["file_list"]}, *parts]
    skims: dict[str, list[Any]] = {}
    for part in parts if isinstance(parts, list) else [None]:
        name, uris = (part.get("skim_type"), part.get("file_list", "")) if isinstance(part, dict) else (None, "")
        uris = [] if uris is None else uris  # of this dataset only: it is left out, with a note, where it is asked for
        if not isinstance(name, str) or not name.isprintable() or not isinstance(uris, list):
            msg = f"{where} has a skim without name or without list of files; try again later"
            raise PortalError(msg)
        skims.setdefault(name, []).extend(uris)
    return skims
