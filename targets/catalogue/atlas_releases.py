"""Files of releases of ATLAS Open Data: collision data or simulation, in exactly one skim."""

import re
from collections.abc import Sequence

from edm.wording import amount, first_few, nearest
from targets.catalogue.atlas_catalogue import NOSKIM, Entry, known_releases, portal_address, read_release
from targets.catalogue.input_files import Catalogue, InputFile, check_data_type, only_root_files
from targets.errors import ConfigurationError, PortalError
from targets.network.uris import portal_uri

__all__ = ["check_release", "readable_releases", "release_files"]

_NAMED = 5  # datasets that a message lists


def readable_releases() -> list[str]:
    """Return the names of the releases that can be read: all that atlasopenmagic knows but the HepMC ones."""
    return [release for release in known_releases() if not _is_hepmc(release)]


def release_files(
    release: str, skim: str | None = None, data_type: str = "data", dataset_ids: Sequence[str | int] = ()
) -> Catalogue:
    """List the ROOT files of one release.

    Data or simulation is decided by the catalogue's key, never by an address. The portal is asked anew each time;
    ATLAS_API_BASE_URL, which atlasopenmagic reads when it is imported, names another portal.

    Args:
        release: As `2025e-13tev-beta`; readable_releases lists them.
        skim: One skim, since skims overlap; None or an empty text for `noskim`, all events.
        data_type: `data` for collision data, `mc` for simulation.
        dataset_ids: Keys of that type in the catalogue, as `301204`; none for all.

    Returns:
        The files by ascending key, below a key as listed; https addresses; without size and checksum, which this
        catalogue does not have. Collisions are all in the dataset `<release>_data`; of simulation each sample is a
        dataset, `<release>_mc_<key>`, with what the catalogue says of it.

    Raises:
        ConfigurationError: When release, skim, data_type or a dataset id is not known, when the release holds HepMC
            files, nothing of that type, or no ROOT file in that skim.
        PortalError: When the portal cannot be reached, answers what makes no sense, or names files that no honest
            portal names.
    """
    check_release(release)
    check_data_type(data_type)
    entries, notes = read_release(release)
    chosen = _chosen(entries, release, data_type, dataset_ids)
    skim = _skim(chosen, release, skim)
    notes += _lacking(chosen, release, skim, strict=bool(dataset_ids))
    listed = _files(chosen, release, skim, data_type)
    if not listed.files:
        msg = f"release {release} has no ROOT file for data_type {data_type} and skim {skim}: choose another skim"
        raise ConfigurationError(msg)
    return listed._replace(notes=notes + listed.notes)


def check_release(release: str) -> str:
    """Return *release* when its files can be read; no portal is asked.

    Raises:
        ConfigurationError: When atlasopenmagic does not know it, or its files are HepMC.
    """
    releases = readable_releases()
    if _is_hepmc(release):
        msg = f"release {release} holds generated events in HepMC files, not ROOT files: it cannot be read. Choose one"
        msg = f"{msg} of {', '.join(releases)}"
        raise ConfigurationError(msg)
    if release not in releases:
        msg = f"there is no release {release!r}.{_nearest(release, releases)} Choose one of {', '.join(releases)}"
        raise ConfigurationError(msg)
    return release


def _is_hepmc(release: str) -> bool:
    return "-evgen-" in release


def _files(chosen: list[Entry], release: str, skim: str, data_type: str) -> Catalogue:
    source = f"release {release}"
    datasets = {entry.key: _dataset(release, entry) for entry in chosen}
    files = (
        InputFile(
            portal_uri(uri, source, portal_address()), None, None, None, release, None, datasets[entry.key], data_type
        )
        for entry in chosen
        for uri in entry.skims.get(skim, ())
    )
    listed = only_root_files(files, source)
    read = {file.dataset for file in listed.files if data_type == "mc"}
    return listed._replace(
        samples={datasets[entry.key]: entry.metadata for entry in chosen if datasets[entry.key] in read}
    )


def _dataset(release: str, entry: Entry) -> str:
    """Return what the files of an entry are counted with: simulation with its own sample only."""
    if entry.data_type == "data":
        return f"{release}_data"
    if not _PART_OF_A_NAME.fullmatch(entry.key):
        msg = (
            f"release {release} has the dataset number {entry.key!r}, which cannot be part of a file's name: name "
            "others with dataset_ids, and please tell the portal's team"
        )
        raise PortalError(msg)
    return f"{release}_mc_{entry.key}"


_PART_OF_A_NAME = re.compile(r"[A-Za-z0-9._+-]+")


def _chosen(entries: list[Entry], release: str, data_type: str, dataset_ids: Sequence[str | int]) -> list[Entry]:
    """Return the entries of one type, all or those asked for."""
    types = {entry.key: entry.data_type for entry in entries}
    wanted = {str(dataset_id).strip() for dataset_id in dataset_ids}
    if unknown := sorted(wanted - types.keys()):
        names = list(types)
        msg = (
            f"dataset_ids: release {release} has no dataset {first_few(unknown, _NAMED)}.{_nearest(unknown[0], names)}"
        )
        msg = f"{msg} It has {len(names)}, as {first_few(names)}"
        raise ConfigurationError(msg)
    if unfit := sorted(key for key in wanted if types[key] != data_type):
        msg = f"dataset_ids: {first_few(unfit, _NAMED)} of {release} is not {data_type}: "
        msg += f"set data_type = {types[unfit[0]]}, or leave it out; data and simulation are never counted together"
        raise ConfigurationError(msg)
    chosen = [entry for entry in entries if entry.data_type == data_type and (not wanted or entry.key in wanted)]
    if not chosen:
        msg = f"release {release} has no dataset of data_type {data_type}: set data_type = {next(iter(types.values()))}"
        raise ConfigurationError(msg)
    return chosen


def _skim(chosen: list[Entry], release: str, skim: str | None) -> str:
    """Return the one skim to read."""
    existing = sorted({name for entry in chosen for name, uris in entry.skims.items() if uris})
    wanted = skim or NOSKIM
    if wanted in existing:
        return wanted
    if not existing:
        msg = f"release {release} lists no files at all for this choice: choose other dataset_ids or another data_type"
    elif skim:
        msg = f"release {release} has no skim {skim!r} for this choice.{_nearest(skim, existing)}"
    else:
        msg = f"release {release} has no files with all events for this choice: set skim."
    if existing:
        msg = f"{msg} Skims overlap, so exactly one can be read: {', '.join(existing)}"
    raise ConfigurationError(msg)


def _lacking(chosen: list[Entry], release: str, skim: str, *, strict: bool) -> list[str]:
    """Return a note when some entries do not have the skim; raise when these were asked for by name."""
    lacking = [entry.key for entry in chosen if not entry.skims.get(skim)]
    if not lacking:
        return []
    named = first_few(lacking, _NAMED)
    what = f"release {release}: {amount(len(lacking), 'dataset')} without the skim {skim!r} ({named})"
    if strict:
        msg = f"{what}: leave these out of dataset_ids, or choose another skim"
        raise ConfigurationError(msg)
    return [f"{what}, left out"]


def _nearest(name: str, names: Sequence[str]) -> str:
    longer = [longer for longer in names if longer.startswith(name.lower())]  # a beginning says more than a likeness
    suggestion = longer[0] if longer else nearest(name.lower(), names)
    return f" Did you mean {suggestion!r}?" if suggestion else ""
