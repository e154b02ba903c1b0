"""The work of InjectSignal: histograms → the same with a signal in one of them."""

from dataclasses import dataclass
from pathlib import Path

from edm.arrays import Float64, Int64
from edm.records.scans import InjectedSignal
from edm.wording import did_you_mean
from physics.scan.injection import Signal, signal_counts
from steps.errors import StageError
from steps.scan.spectra import require_counts
from targets.products import histograms
from targets.products.histograms import Stored

__all__ = ["inject"]


@dataclass(frozen=True)
class _Rewritten:
    """A histogram that was read, as it is written again."""

    start_gev: float
    width_gev: float
    counts: Int64
    edges_gev: Float64 | None


def inject(source: Path, path: Path, name: str, signal: Signal, single_file: bool) -> InjectedSignal:
    """Copy histograms and add a signal to one of them.

    Args:
        source: The file of the histograms, or the folder of their files.
        path: The file or folder to make.
        name: The histogram that gets the signal.
        signal: The signal.
        single_file: Whether all histograms go into one file.

    Returns:
        What is recorded.

    Raises:
        StageError: When there is no such histogram, or they hold expected events of simulation.
        PhysicsError: When no event of the signal lies in the histogram.
    """
    stored = {histogram.key: histogram for histogram in histograms.read(source)}
    if name not in stored:
        msg = f"signal_name = {name!r}: {source} has no such histogram{did_you_mean(name, stored)}"
        raise StageError(msg)
    for histogram in stored.values():
        require_counts(source, histogram)
    chosen = stored[name]
    added = signal_counts(chosen.edges(), signal)
    stored[name] = chosen._replace(counts=chosen.counts + added)
    titles = {key: histogram.title for key, histogram in stored.items()}
    titles[name] += f" (with {added.sum()} events of a signal at {signal.mass_gev:g} GeV)"
    writer = histograms.write_file if single_file else histograms.write_folder
    writer(path, {key: _rewritten(histogram) for key, histogram in stored.items()}, titles)
    return InjectedSignal(len(stored), int(added.sum()), signal.events - int(added.sum()))


def _rewritten(stored: Stored) -> _Rewritten:
    edges_gev = stored.edges()
    return _Rewritten(stored.start_gev, float(edges_gev[1] - edges_gev[0]), stored.counts, stored.edges_gev)
