"""The work of InjectSignal: histograms → the same with a signal in one of them."""

from collections.abc import Mapping
from pathlib import Path

from edm.records.scans import InjectedSignal
from edm.wording import did_you_mean
from physics.errors import PhysicsError
from physics.scan.injection import Signal, signal_counts
from steps.errors import StageError
from steps.scan.spectra import require_counts
from targets.products import histograms
from targets.products.histograms import Stored

__all__ = ["inject"]


def inject(paths: Mapping[Path, Path], name: str, signal: Signal, single_file: bool) -> InjectedSignal:
    """Copy histograms and add a signal to one of them.

    Args:
        paths: The files or folders to make, by the files of histograms, or folders of their files, that they copy.
        name: The histogram that gets the signal.
        signal: The signal.
        single_file: Whether all histograms of a file go into one file again.

    Returns:
        What is recorded.

    Raises:
        StageError: When there is no such histogram, they hold expected events of simulation, or no event of the signal
            lies in the histogram.
    """
    sets = {path: {histogram.key: histogram for histogram in histograms.read(path)} for path in paths}
    source = _find(name, sets)
    for path, stored in sets.items():
        for histogram in stored.values():
            require_counts(path, histogram)
    chosen = sets[source][name]
    try:
        added = signal_counts(chosen.edges(), signal)
    except PhysicsError as error:
        msg = f"signal_name = {name}, of {source}: {error}"
        raise StageError(msg) from error
    title = f"{chosen.title} (with {added.sum()} events of a signal at {signal.mass_gev:g} GeV)"
    sets[source][name] = chosen._replace(
        counts=chosen.counts + added, entries=chosen.entries + int(added.sum()), title=title
    )
    writer = histograms.write_file if single_file else histograms.write_folder
    for path, stored in sets.items():
        writer(paths[path], stored, {key: histogram.title for key, histogram in stored.items()})
    return InjectedSignal(sum(map(len, sets.values())), int(added.sum()), signal.events - int(added.sum()))


def _find(name: str, sets: Mapping[Path, Mapping[str, Stored]]) -> Path:
    """Find the file, or the folder of files, that holds a histogram."""
    for path, stored in sets.items():
        if name in stored:
            return path
    suggestion = did_you_mean(name, [key for stored in sets.values() for key in stored])
    msg = f"signal_name = {name!r}: no such histogram in {' or '.join(map(str, sets))}{suggestion}"
    raise StageError(msg)
