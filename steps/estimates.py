"""What a run would read and store, estimated before any byte is read, from sizes and formats."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from targets.catalogue.input_files import InputFile

__all__ = ["FORMATS", "Estimate", "Format", "estimate", "format_of", "needs_by_device"]


class Format(NamedTuple):
    """What files of a format cost.

    Attributes:
        read: Bytes that are needed per byte of file, when only the needed branches are read.
        stored: Bytes stored (parsed data, masses, processed masses) per byte of file.
        parsed: Of these, bytes of parsed data.
        file_bytes: Size of a file on average, in bytes, for catalogues that do not tell it.
        words: What stands in the addresses of such files on the portal, where no release is known.
    """

    read: float
    stored: float
    parsed: float
    file_bytes: float
    words: tuple[str, ...] = ()


FORMATS: Mapping[str, Format] = {
    "2016e-8tev": Format(0.6, 0.6, 0.35, 6.7e9 / 44, ("/2016-07-29/",)),
    "2020e-13tev": Format(0.6, 1.5, 0.35, 160e9 / 1150, ("/2020-08-19/",)),
    "2025e-13tev-beta": Format(0.7, 0.8, 0.2, 2.76e12 / 4668, ("/ODEO_", "/user/egramsta/")),
    "2024r-pp": Format(0.10, 0.05, 0.02, 71.7e12 / 70_611, ("PHYSLITE",)),
    "2024r-hi": Format(0.10, 0.05, 0.02, 71.7e12 / 70_611),
    "demo": Format(0.95, 0.35, 0.15, 1.38e6),
    "cms-nanoaod": Format(0.11, 0.8, 0.05, 2.06e12 / 1254, ("NANOAOD", "NanoAOD")),
}
"""Costs by format.

Source of ``read``: measured on loopback: PHYSLITE 9-10 %, NanoAOD 8-11 %, flat 2025 ntuples 33-99 %. Of ``stored``:
measured with the selection ``none`` on real files of each release (stop_wtchan and others, data_A and data_B, record
93913, a PHYSLITE file), rounded up; ``default`` stores less. Of ``parsed``: likewise. Of ``file_bytes``: bytes and
files of the releases' records on the CERN Open Data portal, November 2026. ``demo``: measured on what MakeDemo makes.
"""

_COUNTS = 0.1  # of masses, where their counts alone are kept: 0.08 for 17 MB of NanoAOD with the selection none
_ANY = Format(1.0, 0.8, 0.3, 0.0)  # files of the user's own: all may be needed


class Estimate(NamedTuple):
    """What is to come, in bytes.

    Attributes:
        files: Size of the files.
        guessed: How many of them tell no size, so that their format's average stands for it.
        unknown: How many tell neither size nor format: they are not in the sums.
        read: Bytes to read from disks and networks.
        stored: Bytes to store in the run directory, where all is kept.
        downloads: Bytes to store in the cache of downloads.
        parsed: Bytes of parsed data, among what is stored.
    """

    files: float = 0.0
    guessed: int = 0
    unknown: int = 0
    read: float = 0.0
    stored: float = 0.0
    downloads: float = 0.0
    parsed: float = 0.0

    def kept(self, parsed: bool, masses: bool) -> float:
        """Return the bytes to store in the run directory.

        Args:
            parsed: Whether parsed data are kept.
            masses: Whether masses are kept, and what peak removal leaves of them.
        """
        return self.parsed * parsed + (self.stored - self.parsed) * (1.0 if masses else _COUNTS)


def estimate(files: Iterable[InputFile], schema: str, mode: str, streamed: Iterable[str], keep: bool) -> Estimate:
    """Estimate what a run would read and store.

    Args:
        files: The files to read; sizes in bytes.
        schema: The format that the user named; empty when each file tells its own.
        mode: ``auto``, ``stream`` or ``download``.
        streamed: The formats that ``auto`` streams.
        keep: Whether downloads are kept.

    Returns:
        The sums. Downloads that are in the cache already count as if they were not.
    """
    total, streamed = Estimate(), set(streamed)
    for file in files:
        name = schema if schema in FORMATS else format_of(file)
        cost = FORMATS.get(name or "", _ANY)
        size = file.size if file.size is not None else cost.file_bytes
        whole = "://" in file.uri and (mode == "download" or (mode == "auto" and name not in streamed))
        total = Estimate(
            files=total.files + size,
            guessed=total.guessed + (file.size is None and size > 0),
            unknown=total.unknown + (file.size is None and size == 0),
            read=total.read + size * (1.0 if whole else cost.read),
            stored=total.stored + size * cost.stored,
            downloads=total.downloads + size * (whole and keep),
            parsed=total.parsed + size * cost.parsed,
        )
    return total


def format_of(file: InputFile) -> str | None:
    """Tell the format of a file by its release or by its address.

    Args:
        file: The file.

    Returns:
        A key of :data:`FORMATS`; None when neither tells it.
    """
    if file.release in FORMATS:
        return file.release
    return next((name for name, cost in FORMATS.items() if any(word in file.uri for word in cost.words)), None)


def needs_by_device(needs: Mapping[Path, float]) -> dict[Path, float]:
    """Add up what folders on the same file system need.

    Args:
        needs: Bytes by folder that exists.

    Returns:
        Bytes by the first folder of each file system.
    """
    first: dict[int, Path] = {}
    total: dict[Path, float] = {}
    for folder, needed in needs.items():
        shared = first.setdefault(folder.stat().st_dev, folder)
        total[shared] = total.get(shared, 0.0) + needed
    return total
