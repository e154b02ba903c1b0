"""What stands above a figure: where the data of a dataset come from, in plain words."""

from collections.abc import Collection, Sequence
from dataclasses import replace

from edm.records.event_level import EventLevel
from plots.style import Label
from targets.catalogue import citations
from targets.catalogue.input_files import DEMO_RELEASE, InputFile

__all__ = ["label", "of_several", "with_luminosity"]

_NAMED_RECORDS = 3


def label(files: Sequence[InputFile], formats: Collection[str], simulated_files: int = 0) -> Label:
    """Say where the data of a dataset come from.

    Args:
        files: Its files, at least one.
        formats: The formats that they were read as; none where that was not recorded.
        simulated_files: How many of them are simulation by their own marks.

    Returns:
        The label; without an experiment or an energy (TeV) where it is not known, or not the same for all files.
    """
    if any(file.release == DEMO_RELEASE for file in files):
        return Label("Toy data", DEMO_RELEASE)
    kinds = {(file.release, file.record): file for file in files}.values()
    schemas: list[str | None] = [*sorted(formats)] or [None]
    origins = {citations.origin(file, schema) for file in kinds for schema in schemas}
    known_origins = {origin for origin in origins if origin is not None}
    simulated = simulated_files > 0 or any(file.data_type == "mc" for file in files)
    collisions = {(origin.energy_tev, origin.heavy_ions) for origin in known_origins}
    are_alike = known_origins == origins and len(collisions) == 1
    energy_tev, heavy_ions = collisions.pop() if are_alike else (None, False)
    experiments = sorted({origin.experiment for origin in known_origins})
    source = f"{' and '.join(experiments)} Open Data" if experiments else "Files of unknown origin"
    return Label(source, _release(files, formats), energy_tev, simulated, heavy_ions)


def with_luminosity(label: Label, events: EventLevel, normalised_to_fb: float | None = None) -> Label:
    """Say the luminosity too, where it is known.

    Args:
        label: Where the data of a dataset come from.
        events: What the event level said of it; lists of good runs give an estimate. Toy data have none.
        normalised_to_fb: Of weighted simulation, what it is normalised to, in 1/fb.

    Returns:
        The label with the luminosity in 1/pb.
    """
    if normalised_to_fb is not None:
        return replace(label, luminosity_pb=1000 * normalised_to_fb)
    estimate_pb = events.luminosity.estimate_pb if events.luminosity and label.release != DEMO_RELEASE else None
    return replace(label, luminosity_pb=estimate_pb or None, is_estimate=True)


def of_several(labels: Sequence[Label]) -> Label:
    """Say where the data of several datasets come from.

    Args:
        labels: The label of each, at least one.

    Returns:
        The label of a figure that shows them all: every source and release once; the energy (TeV) where all have the
        same, and simulation where all are simulated.
    """
    sources, releases = (dict.fromkeys(getattr(label, name) for label in labels) for name in ("source", "release"))
    energies = {(label.energy_tev, label.heavy_ions) for label in labels}
    energy_tev, heavy_ions = energies.pop() if len(energies) == 1 else (None, False)
    return Label(
        " and ".join(sources), ", ".join(releases), energy_tev, all(label.simulated for label in labels), heavy_ions
    )


def _release(files: Sequence[InputFile], formats: Collection[str]) -> str:
    releases = sorted({file.release for file in files if file.release})
    records = sorted({file.record for file in files if file.record is not None})
    if releases:
        return ", ".join(releases)
    if not records:
        return ", ".join(["local files", *sorted(formats)])
    if len(records) > _NAMED_RECORDS:
        return f"{len(records)} records, {records[0]} to {records[-1]}"
    return f"record{'s' * (len(records) > 1)} {', '.join(map(str, records))}"
