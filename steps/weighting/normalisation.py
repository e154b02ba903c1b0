"""What weights of a dataset of simulation are summed in, and what their sums are multiplied with."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from edm.records.branch_records import ParsedFiles
from edm.records.samples import FileWeights, Normalisation, SampleNumbers
from physics.errors import EventLevelError
from physics.simulation.luminosities import LUMINOSITIES
from physics.weights import Sample, normalisation, unit_of

__all__ = ["SampleSources", "describe_doubts", "describe_normalisation", "find_unit", "normalise"]

_XS = "(--cross-sections FILE)"


@dataclass(frozen=True)
class SampleSources:
    """What is known of a sample beside its files.

    Attributes:
        dataset: Its name.
        given: What the user says.
        catalogue: What the catalogue says.
        whole: Whether all files that the catalogue lists are read.
        luminosity_fb: L in 1/fb; 0 for that of the format.
    """

    dataset: str
    given: SampleNumbers
    catalogue: SampleNumbers
    whole: bool
    luminosity_fb: float


def find_unit(parsed: Iterable[ParsedFiles], catalogue: SampleNumbers) -> float | None:
    """Find the unit in which the weights of a dataset are summed.

    Args:
        parsed: What ParseFile recorded of its branches, in the order of its list; no more are taken than are needed.
        catalogue: What the catalogue says of the sample.

    Returns:
        u, in the generator's unit; None where no event has a weight.

    Raises:
        EventLevelError: When the mean weight is 0.
    """
    weighted = (file.weights for record in parsed for file in record.files if file.weights)
    first = next((weights for weights in weighted if weights.entries or weights.n_events), None)
    if first is None:
        return None
    total, n_events = first.sum_of_weights, first.n_events
    if total is not None and n_events is None:
        n_events = catalogue.n_events
    if total is None:
        total, n_events = catalogue.sum_of_weights, catalogue.n_events
    if total is None or n_events is None:
        total, n_events = first.sum_of_generator_weights, first.entries
    return unit_of(total, n_events)


def normalise(parsed: Sequence[ParsedFiles], unit: float, sources: SampleSources) -> Normalisation:
    """Find what the sums of weights of a dataset are multiplied with.

    Args:
        parsed: What ParseFile recorded of all its branches.
        unit: u, what :func:`find_unit` gave.
        sources: What is known beside.

    Returns:
        The normalisation.

    Raises:
        EventLevelError: When events have no weights, or a number is not known; the message says which, and the remedy.
    """
    weighted = [file.weights for record in parsed for file in record.files if file.weights]
    files = [weights for weights in weighted if weights.entries or weights.sum_of_weights is not None]
    formats = sorted({file.schema for record in parsed for file in record.files if file.schema})
    failed = sum(len(record.failures) for record in parsed)
    _check_files(files, sources.dataset)
    numbers = _numbers(files, sources)
    total, origin = _sum_of_weights(files, unit, sources, failed)
    luminosity_fb = _luminosity(formats, sources)
    assert numbers.cross_section_pb is not None
    sample = Sample(numbers.cross_section_pb, total, numbers.k_factor or 1.0, numbers.filter_efficiency or 1.0)
    return Normalisation(
        luminosity_fb=luminosity_fb,
        cross_section_pb=sample.cross_section_pb,
        k_factor=sample.k_factor,
        filter_efficiency=sample.filter_efficiency,
        sum_of_weights=total,
        sum_from=origin,
        unit=unit,
        factor=normalisation(sample, 1000 * luminosity_fb),
        note=_note(files, sources, origin),
    )


def describe_normalisation(normalisation: Mapping[str, Normalisation]) -> list[str]:
    """Say what simulation was normalised to.

    Args:
        normalisation: That of each sample, by its dataset.

    Returns:
        A sentence on the sample, or on all that are added up; none where there is no sample.
    """
    if len(normalisation) > 1:
        luminosities = sorted({f"{sample.luminosity_fb:g}" for sample in normalisation.values()})
        names = ", ".join(normalisation)
        return [f"{len(normalisation)} samples, normalised to {' and '.join(luminosities)}/fb, are added up: {names}"]
    return [
        f"normalised to {sample.luminosity_fb:g}/fb: cross section {sample.cross_section_pb:g} pb, k-factor "
        f"{sample.k_factor:g}, filter efficiency {sample.filter_efficiency:g}, sum of weights "
        f"{sample.sum_of_weights:g} (from {sample.sum_from})"
        for sample in normalisation.values()
    ]


def describe_doubts(normalisation: Mapping[str, Normalisation]) -> list[str]:
    """Say what makes the normalisation of samples doubtful.

    Args:
        normalisation: That of each sample, by its dataset.

    Returns:
        A sentence for each sample of which there is something to say.
    """
    return [f"{dataset}: {sample.note}" for dataset, sample in normalisation.items() if sample.note]


def _check_files(files: Sequence[FileWeights], dataset: str) -> None:
    """Refuse files without weights, and those of two samples."""
    if problem := next((file.problem for file in files if file.problem), None):
        msg = f"{dataset}: {problem}"
        raise EventLevelError(msg)
    if len(numbers := sorted({file.sample for file in files if file.sample is not None})) > 1:
        msg = (
            f"{dataset} has files of the samples {', '.join(map(str, numbers))}: a dataset is one sample: "
            "run them one by one, or with --mc-weights False to count events"
        )
        raise EventLevelError(msg)


def _numbers(files: Sequence[FileWeights], sources: SampleSources) -> SampleNumbers:
    """Take σ, k and ε from the user, else from the files, else from the catalogue: k and ε belong to a σ."""
    names = ("cross_section_pb", "k_factor", "filter_efficiency")
    of_files = SampleNumbers(**{name: _same(files, name, sources.dataset) for name in names})
    fallback = sources.catalogue if of_files.cross_section_pb is None else of_files
    numbers = sources.given.or_else(fallback)
    if numbers.cross_section_pb is None:
        msg = (
            f"{sources.dataset}: neither its files nor a catalogue say its cross section: give cross_section_pb "
            f"{_XS}, or --mc-weights False to count events"
        )
        raise EventLevelError(msg)
    return numbers


def _same(files: Sequence[FileWeights], name: str, dataset: str) -> float | None:
    values = {getattr(file, name) for file in files} or {None}
    if len(values) > 1:
        msg = f"{dataset}: its files have different numbers of {name} ({values}): are they of one sample?"
        raise EventLevelError(msg)
    number: float | None = values.pop()
    return number


def _sum_of_weights(
    files: Sequence[FileWeights], unit: float, sources: SampleSources, failed: int
) -> tuple[float, str]:
    """Find ΣW, and say where it is from."""
    if sources.given.sum_of_weights is not None:
        return sources.given.sum_of_weights, "the user"
    if missing := next((file.missing_sum for file in files if file.missing_sum), None):
        msg = f"{sources.dataset}: {missing}"
        raise EventLevelError(msg)
    if any(file.of_whole_sample for file in files):
        if failed:
            msg = (
                f"{sources.dataset}: {failed} of its files cannot be read, and the sum of weights is that of the whole "
                f"sample: fix or replace them, or give the sum_of_weights of the others {_XS}"
            )
            raise EventLevelError(msg)
        return _same(files, "sum_of_weights", sources.dataset) or 0.0, "a branch of the files, for the whole sample"
    if any(file.sum_of_weights is not None for file in files):
        return math.fsum(file.sum_of_weights or 0.0 for file in files), "the tree Runs of the files"
    catalogue = sources.catalogue.sum_of_weights
    if any(file.skimmed for file in files) and catalogue is not None and sources.whole and not failed:
        return catalogue, "the catalogue"
    return _read_sum(files, unit, sources.dataset), "the events that were read"


def _read_sum(files: Sequence[FileWeights], unit: float, dataset: str) -> float:
    """Add up Σ rint(g/u) over files."""
    exponent = str(math.frexp(unit)[1] - 1)
    if any(exponent not in file.in_units for file in files):
        msg = (
            f"{dataset}: the mean weights of its files are too different to be summed in the unit {unit!r} of the "
            f"first: give sum_of_weights for the sample {_XS}"
        )
        raise EventLevelError(msg)
    return unit * sum(file.in_units[exponent] for file in files)


def _luminosity(formats: Sequence[str], sources: SampleSources) -> float:
    if sources.luminosity_fb:
        return sources.luminosity_fb
    if len(formats) != 1 or formats[0] not in LUMINOSITIES:
        msg = f"{sources.dataset}: no luminosity is known for {' and '.join(formats) or 'no format'}: --luminosity-fb L"
        raise EventLevelError(msg)
    return LUMINOSITIES[formats[0]].fb


def _note(files: Sequence[FileWeights], sources: SampleSources, origin: str) -> str:
    """Say what makes the normalisation doubtful."""
    if any(file.of_whole_sample for file in files) and origin != "the user" and not sources.whole:
        return "only some files of the sample are read, but normalised as if all were: contents are too small"
    if any(file.skimmed for file in files) and origin == "the events that were read":
        return (
            "the sum of weights is that of the events that were read, but its files hold only some of the generated "
            f"events: contents are too large unless sum_of_weights is given {_XS}"
        )
    return ""
