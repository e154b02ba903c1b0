"""Files of records of the CERN Open Data portal.

A record holds index entries, each with its own list of files, or direct files, or both. The pages are asked for by
kind (`type=index_files`, then `type=files`) and counted against the total that the portal states: with `group` it
ignores the page number and shows the first few entries only, and every file beyond them would be lost silently.
"""

import hashlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from edm.wording import amount, first_few
from targets.catalogue.input_files import Catalogue, InputFile, check_data_type, merge, only_root_files
from targets.errors import ConfigurationError, PortalError
from targets.network.checksums import normalised_checksum
from targets.network.portal import NotFoundError, fetch_json
from targets.network.uris import is_root_file, portal_uri

__all__ = ["BASE_URL", "BASE_URL_VARIABLE", "record_files", "records_dataset"]

BASE_URL = "https://opendata.cern.ch"
BASE_URL_VARIABLE = "CERN_OPENDATA_BASE_URL"
"""The environment variable that names another portal, for a mirror or for tests."""

_PER_PAGE = {"index_files": 20, "files": 500}  # an index entry carries its whole list of files
_MAX_ENTRIES = 1_000_000  # the largest release has 70,611 files
_CHANGED = "the portal may have changed, look for a newer version of this project"
_MAX_NAME = 100  # characters: the dataset's name becomes part of file names


@dataclass
class _Omitted:
    """What a run has to do without, and the portal that says so."""

    portal: str
    on_demand: list[InputFile] = field(default_factory=list)
    unknown_checksums: int = 0


def record_files(
    record_ids: Sequence[int | str],
    data_type: str = "data",
    *,
    base_url: str | None = None,
    skip_on_tape: bool = False,
) -> Catalogue:
    """List the ROOT files of records.

    Args:
        record_ids: Numbers of records, in any order; one that is given twice counts once.
        data_type: What the records hold, `data` or `mc`: the portal's lists of files do not tell.
        base_url: The portal; by default what the environment variable CERN_OPENDATA_BASE_URL says, or else
            https://opendata.cern.ch.
        skip_on_tape: Leave out files that lie on tape (`on demand`), with a note, instead of raising.

    Returns:
        The files in ascending order of records, within a record index entries first, each as the portal lists them;
        sizes in bytes; all in one dataset. No ids give an empty list.

    Raises:
        ConfigurationError: When an id is not a positive number or the portal has no such record, when a record lists
            no (with skip_on_tape, no online) ROOT file, or when data_type or base_url is not valid.
        PortalError: When the portal cannot be reached, contradicts itself (totals, pages, sizes), names files that no
            honest portal names, or, unless skip_on_tape, has files on tape only.
    """
    check_data_type(data_type)
    ids = sorted({_record_id(record) for record in record_ids})
    if not ids:
        return Catalogue([], [])
    base, dataset = _base(base_url), records_dataset(ids)
    omitted = _Omitted(base)
    lists = []
    for record in ids:
        indices = _entries(base, record, "index_files")
        direct = _entries(base, record, "files")
        lists.append(_record([*_indexed(indices, record), *direct], record, dataset, data_type, omitted))
    files, notes, *_ = merge(lists)
    return Catalogue(files, notes + _notes(omitted, files, skip_on_tape=skip_on_tape), tuple(omitted.on_demand))


def records_dataset(record_ids: Sequence[int]) -> str:
    """Return the name of the dataset that records make together.

    Args:
        record_ids: Numbers of records, at least one.

    Returns:
        `records_30522_30555`, ids ascending. A name above 100 characters, from about 17 ids on, would not do as part
        of a file name: then `records_390_to_3841_42_` and eight hex digits of a digest of all ids.
    """
    ids = sorted(set(record_ids))
    name = "_".join(["records", *map(str, ids)])
    if len(name) <= _MAX_NAME:
        return name
    return f"records_{ids[0]}_to_{ids[-1]}_{len(ids)}_{hashlib.sha256(name.encode()).hexdigest()[:8]}"


def _record_id(record: int | str) -> int:
    text = str(record).strip()
    if not (text.isascii() and text.isdigit() and 0 < len(text) < 10 and int(text) > 0):
        msg = (
            f"specific_record_ids: {record!r} is not a record's number: give it as 30522, from {BASE_URL}/record/30522"
        )
        raise ConfigurationError(msg)
    return int(text)


def _base(base_url: str | None) -> str:
    base = (base_url or os.environ.get(BASE_URL_VARIABLE) or BASE_URL).rstrip("/")
    if not base.startswith(("http://", "https://")) or not base.isprintable():
        msg = f"the portal's address is {base!r}: {BASE_URL_VARIABLE} must be an http(s) address such as {BASE_URL}"
        raise ConfigurationError(msg)
    return base


def _entries(base: str, record: int, kind: str) -> list[dict[str, Any]]:
    """Return all entries of a kind, page by page, checked against the total that the portal states."""
    url = f"{base}/record/{record}/filepage/"
    entries: list[dict[str, Any]] = []
    total, before = 0, None
    for page in range(1, _MAX_ENTRIES):
        try:
            answer = fetch_json(f"{url}{page}", {"type": kind, "perPage": _PER_PAGE[kind]})
        except NotFoundError as error:
            if entries:
                raise
            msg = f"the portal {base} has no record {record}: check the number in specific_record_ids"
            raise ConfigurationError(msg) from error
        stated, listed = _page(answer, f"{url}{page}?type={kind}")
        if page > 1 and stated != total:
            msg = f"record {record}: the total of {kind} changed from {total} to {stated} between two pages: try again"
            raise PortalError(msg)
        if listed and listed == before:
            msg = f"record {record}: {url}{page} repeats the page before it, so {kind} beyond it cannot be listed"
            raise PortalError(msg)
        total, before = stated, listed
        entries += listed
        if not listed or len(entries) >= total:
            break
    if len(entries) != total:
        msg = f"record {record}: the portal states {total} {kind} and lists {len(entries)}: not read; try again later"
        raise PortalError(msg)
    return entries


def _page(answer: Any, where: str) -> tuple[int, list[dict[str, Any]]]:
    """Return total and entries of one page."""
    total = answer.get("total") if isinstance(answer, dict) else None
    files = answer.get("files") if isinstance(answer, dict) else None
    if not isinstance(total, int) or isinstance(total, bool) or not 0 <= total <= _MAX_ENTRIES:
        msg = f"{where} states the total {total!r}: expected a number up to {_MAX_ENTRIES}; {_CHANGED}"
        raise PortalError(msg)
    if not isinstance(files, list) or not all(isinstance(entry, dict) for entry in files):
        msg = f"{where} lacks a list of files: {_CHANGED}"
        raise PortalError(msg)
    return total, files


def _record(entries: list[dict[str, Any]], record: int, dataset: str, data_type: str, omitted: _Omitted) -> Catalogue:
    """Return the ROOT files of one record; what is on tape or has a checksum of unknown kind goes to *omitted*."""
    listed = []
    for entry in entries:
        uri = portal_uri(entry.get("uri"), f"record {record}", omitted.portal)
        checksum = entry.get("checksum")
        normalised = normalised_checksum(checksum) if isinstance(checksum, str) else None
        file = InputFile(uri, _size(entry, uri), normalised, None, None, record, dataset, data_type)
        if is_root_file(uri) and (entry.get("availability") or "online") != "online":
            omitted.on_demand.append(file)
            continue
        omitted.unknown_checksums += checksum is not None and normalised is None and is_root_file(uri)
        listed.append(file)
    catalogue = only_root_files(listed, f"record {record}")
    if not catalogue.files and not any(file.record == record for file in omitted.on_demand):
        held = "; ".join(catalogue.notes) or "its list of files is empty"
        msg = f"record {record} lists no ROOT file ({held}): leave it out of specific_record_ids"
        raise ConfigurationError(msg)
    return catalogue


def _indexed(indices: list[dict[str, Any]], record: int) -> Iterator[dict[str, Any]]:
    """Yield the files inside index entries, each list checked against the number that its entry states."""
    for index in indices:
        files = index.get("files")
        where = f"record {record}: the index {str(index.get('key'))[:100]!r}"
        if not isinstance(files, list) or not all(isinstance(file, dict) for file in files):
            msg = f"{where} lacks its list of files: {_CHANGED}"
            raise PortalError(msg)
        if index.get("number_files", len(files)) != len(files):
            msg = f"{where} states {index['number_files']!r} files and lists {len(files)}: not read; try again later"
            raise PortalError(msg)
        yield from files


def _size(entry: dict[str, Any], uri: str) -> int | None:
    size = entry.get("size")
    if size is not None and (not isinstance(size, int) or isinstance(size, bool) or size < 0):
        msg = f"{uri} has the size {size!r} in its record: expected bytes; please tell the portal's team"
        raise PortalError(msg)
    return size


def _notes(omitted: _Omitted, online: Sequence[InputFile], *, skip_on_tape: bool) -> list[str]:
    """Return notes on the files omitted; raise for those on tape unless they may be skipped and others are online."""
    notes = []
    if omitted.unknown_checksums:
        files = amount(omitted.unknown_checksums, "file")
        notes.append(f"{files} with a checksum of a kind that is not known here: only the size can be checked")
    if omitted.on_demand:
        record = omitted.on_demand[0].record
        first = first_few([file.uri for file in omitted.on_demand])
        what = f"{amount(len(omitted.on_demand), 'file')} on tape only ('on demand'), not downloadable"
        request = f"Request them at {omitted.portal}/record/{record} and wait"
        if not skip_on_tape:
            msg = f"{what}: {first}. {request}, leave that record out, or read what is online with "
            raise PortalError(msg + "--skip-unavailable True")
        if not online:
            msg = f"{what}, and none is online: {first}. {request}, or leave that record out"
            raise ConfigurationError(msg)
        notes.append(f"{what}, left out: {first}")
    return notes
