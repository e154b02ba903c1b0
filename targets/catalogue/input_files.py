"""The list of a run's input files: what is known of each, and how lists from several sources become one."""

import os
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from edm.wording import amount
from targets.errors import ConfigurationError, FileFormatError, PortalError
from targets.network.uris import is_root_file, suffix, uri_problem, web_uri

__all__ = [
    "DATA_TYPES",
    "DEMO_DATASET",
    "DEMO_RELEASE",
    "Catalogue",
    "InputFile",
    "check_data_type",
    "identity",
    "merge",
    "only_root_files",
    "sample_order",
    "unique",
]

DEMO_RELEASE = "demo"
"""What release_years names to read the built-in toy data."""

DEMO_DATASET = "demo_data"
"""The dataset of the toy data."""

DATA_TYPES = ("data", "mc")
"""The parts of a release's catalogue."""


@dataclass(frozen=True, slots=True)
class InputFile:
    """A file that a run reads, as its source describes it.

    Attributes:
        uri: Absolute path, or http(s):// or root:// address.
        size: Size in bytes; None when the source does not say.
        checksum: `adler32:` and 8 hex digits, or `sha1:` and 40; None when the source does not say.
        modified_ns: Time of the last change in nanoseconds since 1970, for local files only.
        release: The release's name, for files of a release only.
        record: The record's number, for files of a record only.
        dataset: What the file is counted with: `2024r-pp_data`, `2024r-pp_mc_410470`, `records_30522_30555` or
            `files`.
        data_type: `data` (collisions) or `mc` (simulation).
    """

    uri: str
    size: int | None
    checksum: str | None
    modified_ns: int | None
    release: str | None
    record: int | None
    dataset: str
    data_type: str

    @property
    def sample(self) -> str:
        """The number of its sample in the catalogue of a release; for other files the name of the dataset."""
        return self.dataset.removeprefix(f"{self.release}_mc_")

    @property
    def combined_dataset(self) -> str | None:
        """The dataset that combines all samples of its release; None for collisions and for other files."""
        return f"{self.release}_mc" if self.release is not None and self.data_type == "mc" else None

    def as_dict(self) -> dict[str, str | int | None]:
        """Return the attributes by name, ready for JSON; the keys do not change between versions."""
        return asdict(self)

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> "InputFile":
        """Make an input file from what as_dict gave.

        Args:
            document: Exactly the keys that as_dict gives.

        Returns:
            The input file.

        Raises:
            FileFormatError: When a key is missing or unknown, or a value has the wrong type.
        """
        names = [field.name for field in fields(cls)]
        if set(document) != set(names):
            strange = sorted(map(str, set(document) ^ set(names)))
            msg = f"an input file has the keys {', '.join(names)}; missing or unknown here: {', '.join(strange)}{_ANEW}"
            raise FileFormatError(msg)
        for name in names:
            allowed = (int, type(None)) if name in _NUMBERS else (str,) if name in _REQUIRED else (str, type(None))
            value = document[name]
            if not isinstance(value, allowed) or isinstance(value, bool):
                kind = "number" if name in _NUMBERS else "text"
                msg = f"an input file's {name} is {value!r}: that is not a {kind}{_ANEW}"
                raise FileFormatError(msg)
        if problem := _damage(document["uri"]):
            msg = f"an input file's uri is {document['uri'][:200]!r}, which {problem}{_ANEW}"
            raise FileFormatError(msg)
        if document["data_type"] not in DATA_TYPES:
            msg = f"an input file's data_type is {document['data_type']!r}: that is neither data nor mc{_ANEW}"
            raise FileFormatError(msg)
        return cls(**document)


def _damage(uri: str) -> str | None:
    """Say what makes a text unfit to be the uri of an input file, where somebody changed a list by hand."""
    if "://" in uri:
        return uri_problem(uri)
    return None if Path(uri).is_absolute() and uri.isprintable() else "is neither an address nor an absolute path"


_NUMBERS = ("size", "modified_ns", "record")
_REQUIRED = ("uri", "dataset", "data_type")
_ANEW = "; make the list anew with --refresh-metadata"


class Catalogue(NamedTuple):
    """What a source listed.

    Attributes:
        files: The files to read, in the source's order; no URI twice.
        notes: Plain sentences on what was left out or is worth knowing; empty when there is nothing to say.
        unavailable: The files that were left out because they lie on tape.
        samples: What the catalogue of a release says of samples of simulation, by dataset: ``cross_section_pb``,
            ``kFactor``, ``genFiltEff``, ``sumOfWeights``, ``nEvents`` and more, under its own names.
    """

    files: list[InputFile]
    notes: list[str]
    unavailable: tuple[InputFile, ...] = ()
    samples: Mapping[str, Mapping[str, Any]] = MappingProxyType({})


def sample_order(key: str) -> tuple[bool, int, str]:
    """Return what sorts the keys of a release's catalogue: rising numbers, then names."""
    number = key.isascii() and key.isdigit()
    return not number, int(key) if number else 0, key


def identity(file: InputFile) -> str:
    """Return what tells one state of a file from another: the text that digests of groups of files are made of.

    The dataset, the release and the record are not part of it: the same file gives the same result wherever listed.

    Args:
        file: The file.

    Returns:
        URI, size in bytes, and checksum, or without one the time of the last change in nanoseconds, separated by
        tabs; `-` stands for what is not known. A URI holds no tab.
    """
    state = file.checksum if file.checksum is not None else file.modified_ns
    return "\t".join("-" if part is None else str(part) for part in (file.uri, file.size, state))


def merge(catalogues: Iterable[Catalogue]) -> Catalogue:
    """Join lists from several sources; a file that several list is read once, as the first of them describes it.

    Args:
        catalogues: In the order in which their files are to be read; none at all gives an empty list.

    Returns:
        All files and all notes, with one more note when a file stood in several lists; unavailable is what no list has.

    Raises:
        PortalError: When two sources give the same file different sizes or checksums.
    """
    files: list[InputFile] = []
    notes: list[str] = []
    unavailable: list[InputFile] = []
    samples: dict[str, Mapping[str, Any]] = {}
    for catalogue in catalogues:
        samples |= catalogue.samples
        files += catalogue.files
        notes += catalogue.notes
        unavailable += catalogue.unavailable
    kept, repeated = unique(files)
    if repeated:
        notes.append(f"{amount(repeated, 'file')} named by more than one source, read once and counted with the first")
    listed = {file.uri for file in kept}
    return Catalogue(kept, notes, tuple(file for file in unavailable if file.uri not in listed), samples)


def unique(files: Iterable[InputFile]) -> tuple[list[InputFile], int]:
    """Drop files that were listed before; root:// and https:// spellings of one file are the same file.

    So are a symbolic link and what it points to.

    Args:
        files: In the order of reading.

    Returns:
        The files without repetition in the same order, and how many entries were dropped.

    Raises:
        PortalError: When two entries of one file contradict each other in size (bytes) or checksum.
    """
    kept: dict[str, InputFile] = {}
    repeated = 0
    for file in files:
        first = kept.setdefault(_place(file.uri), file)
        if first is file:
            continue
        repeated += 1
        if quarrel := _contradiction(first, file):
            msg = (
                f"{file.uri} is listed twice, with {quarrel}: one of the lists is wrong; please tell the portal's team"
            )
            raise PortalError(msg)
    return list(kept.values()), repeated


def _place(uri: str) -> str:
    return web_uri(uri) if "://" in uri else os.path.realpath(uri)


def _contradiction(first: InputFile, again: InputFile) -> str | None:
    """Say in what two entries of one file differ; what only one of them knows is no contradiction."""
    if first.size is not None and again.size is not None and first.size != again.size:
        return f"the sizes {first.size} and {again.size} bytes"
    earlier, later = first.checksum or "", again.checksum or ""
    if earlier != later and earlier.partition(":")[0] == later.partition(":")[0]:
        return f"the checksums {earlier} and {later}"
    return None


def only_root_files(files: Iterable[InputFile], source: str) -> Catalogue:
    """Drop what is not a ROOT file and what is listed twice, and say so.

    Args:
        files: As listed by one source.
        source: Its name, for the notes: `record 15000`.

    Returns:
        The files to read and one note for each kind of thing that was left out.

    Raises:
        PortalError: When a file is listed twice with different sizes or checksums.
    """
    kept: list[InputFile] = []
    skipped: dict[str, int] = {}
    for file in files:
        if is_root_file(file.uri):
            kept.append(file)
        else:
            skipped[suffix(file.uri)] = skipped.get(suffix(file.uri), 0) + 1
    notes = []
    for end, number in sorted(skipped.items()):
        why = "they hold the same events as the .root files" if end == ".zip" else "only .root files are read"
        notes.append(f"{source}: {amount(number, f'{end} file')} skipped, {why}")
    kept, repeated = unique(kept)
    if repeated:
        notes.append(f"{source}: {amount(repeated, 'file')} listed twice, read once")
    return Catalogue(kept, notes)


def check_data_type(data_type: str) -> str:
    """Return *data_type* when it is `data` or `mc`.

    Raises:
        ConfigurationError: When it is something else.
    """
    if data_type not in DATA_TYPES:
        msg = f"data_type is {data_type!r}: choose data (collisions) or mc (simulation)"
        raise ConfigurationError(msg)
    return data_type
