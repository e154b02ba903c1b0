"""The results of a run: events, final states, histograms, masses and objects."""

from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import awkward as ak
import numpy as np
import vector

from edm.arrays import Float32, Float64
from edm.kinds import NAMES
from edm.records.branch_records import BranchRecord, MadeHistograms
from edm.records.scans import ScanRow
from edm.spectra import SpectrumKey
from edm.wording import did_you_mean
from results import commands, histograms
from results.tables import Table
from targets.documents.json import load_json
from targets.errors import ConfigurationError
from targets.products import mass_arrays, parsed_data, scan_tables

__all__ = ["Run", "open_run"]

_CHUNK_EVENTS = 100_000


def open_run(folder: str | Path, variant: str | None = None) -> "Run":
    """Open the results of a run.

    Args:
        folder: Its directory, as ``runs/demo``.
        variant: Eight hex digits of the variant of any stage, as directories are called; by default what the latest
            command made (run.cfg says which).

    Returns:
        The run.

    Raises:
        ConfigurationError: When the directory holds no run that has ended, or no command of it made the variant.
    """
    return Run(commands.find(Path(folder), variant))


class Run:
    """The results of one command; with one dataset, ``dataset`` need not be given.

    Attributes:
        datasets: Names of the datasets.
        parameters: The parameters that can change a result or choose files, by name, as text.
    """

    def __init__(self, command: commands.Command) -> None:
        self._command = command
        self.datasets = command.datasets
        options = command.described.options.items()
        self.parameters = {
            name: option.value for name, option in options if option.section != "cluster" and name != "run_name"
        }

    def __repr__(self) -> str:
        return f"Run({str(self._command.folder)!r}, datasets={list(self.datasets)})"

    def directory(self, stage: str, dataset: str | None = None) -> Path:
        """Return the directory of the files that a stage made of a dataset.

        Args:
            stage: Name of the task, as ``MakeHistograms``.
            dataset: The dataset.

        Raises:
            ConfigurationError: When the command did not make this stage.
        """
        return self._command.directory(stage, self._chosen(dataset))

    def statistics(self, dataset: str | None = None) -> MadeHistograms:
        """Return what was recorded of a dataset: events, cutflows, luminosity, histograms."""
        return self._record(self._chosen(dataset)).results

    def cutflow(self, dataset: str | None = None) -> Table:
        """Return the events left after each step: step, events left, events that were asked."""
        rows = self.statistics(dataset).event_cutflow
        return Table(("step", "events", "asked"), [(row.name, row.passed, row.applied) for row in rows])

    def object_cutflow(self, dataset: str | None = None) -> Table:
        """Return the objects left after each cut: kind, cut, objects left."""
        rows = self.statistics(dataset).cutflow.rows.items()
        cells = [(NAMES.get(kind, kind), row.cut, row.objects) for kind, of_kind in rows for row in of_kind]
        return Table(("objects", "cut", "left"), cells)

    def final_states(self, dataset: str | None = None) -> Table:
        """Return the events of each final state, the largest first."""
        return Table(("final_state", "events"), list(self.statistics(dataset).final_states.items()))

    def histograms(self, dataset: str | None = None) -> Table:
        """Return what was recorded of each histogram: name, entries, bins, start and end in GeV."""
        rows = self.statistics(dataset).rows.items()
        cells = [(name, row.entries, row.bins, row.start_gev, row.end_gev) for name, row in rows]
        return Table(("name", "entries", "bins", "start_gev", "end_gev"), cells)

    def histogram(
        self, final_state: str, combination: str, dataset: str | None = None, width_gev: float | None = None
    ) -> Any:
        """Return a histogram after peak removal, for hist, boost-histogram and mplhep (UHI).

        Args:
            final_state: As ``1e_1m_0j_0g``.
            combination: As ``e0m0``.
            dataset: The dataset.
            width_gev: Width of its bins in GeV, where the run has several; the first by default.

        Returns:
            A plottable histogram with ``values()``, ``variances()``, ``axes``, ``to_numpy()`` and, where hist is
            installed, ``to_hist()``; edges in GeV.

        Raises:
            ConfigurationError: When there is no such histogram; the nearest names are given.
        """
        width = None if width_gev is None else str(float(width_gev))
        return self._histogram("", final_state, combination, dataset, width)

    def contents(self, dataset: str | None = None) -> dict[str, tuple[Float64, Float64]]:
        """Return contents, shape (n_bins,), and edges in GeV, shape (n_bins + 1,), of every histogram by its name."""
        return histograms.contents(self._path("", self._chosen(dataset)))

    def whole(self, final_state: str, combination: str, dataset: str | None = None) -> Any:
        """Return the whole distribution, from 0 and before any removal, as :meth:`histogram` does."""
        return self._histogram("whole", final_state, combination, dataset, None)

    def masses(self, final_state: str, combination: str, dataset: str | None = None) -> Float32:
        """Return all masses of a combination before peak removal.

        Returns:
            Masses in GeV, shape (n_events,), in the order of the files and their events.

        Raises:
            ConfigurationError: When there is none, or the masses were not kept.
        """
        return self._masses(final_state, combination, dataset)[0]

    def weights(self, final_state: str, combination: str, dataset: str | None = None) -> Float64:
        """Return what each of :meth:`masses` weighs, shape (n_events,), in the generator's unit; 1 for collisions."""
        return self._masses(final_state, combination, dataset)[1]

    def objects(self, kind: str, dataset: str | None = None) -> Any:
        """Return the selected objects of a kind in all stored events, with vector's behaviours.

        Args:
            kind: A letter: e, m, j, g or t.
            dataset: The dataset.

        Returns:
            An awkward array of records pt, eta, phi, mass (GeV, radians), shape (n_events, var), so that
            ``(m[:, 0] + m[:, 1]).mass`` works.

        Raises:
            ConfigurationError: For another letter, or when parsed data were not kept.
        """
        vector.register_awkward()
        parts = []
        for path in self._command.products("ParseFile", self._chosen(dataset), ".root"):
            for chunk in parsed_data.read(path, _CHUNK_EVENTS):
                if kind not in chunk:
                    msg = f"{kind!r} is no kind of objects that is stored: use one of {', '.join(chunk)}"
                    raise ConfigurationError(msg)
                parts.append(chunk[kind].to_awkward())
        return ak.with_name(ak.concatenate(parts), "Momentum4D")

    def scan(self, dataset: str | None = None) -> Table:
        """Return the table of the scan, the largest excess first: name, window in GeV, events, p-values, status.

        Raises:
            ConfigurationError: When the latest command made no scan.
        """
        chosen = self._chosen(dataset)
        path = self._command.directory("ScanHistograms", chosen) / f"{chosen}.json"
        columns = tuple(field.name for field in fields(ScanRow))
        return Table(columns, [tuple(getattr(row, name) for name in columns) for row in scan_tables.read(path)])

    def _chosen(self, dataset: str | None) -> str:
        if dataset is None and len(self.datasets) == 1:
            return self.datasets[0]
        if dataset not in self.datasets:
            hint = did_you_mean(dataset, self.datasets) if dataset else ""
            msg = f"dataset = {dataset!r}: the run has {', '.join(self.datasets)}; name one of them{hint}"
            raise ConfigurationError(msg)
        return dataset

    def _masses(self, final_state: str, combination: str, dataset: str | None) -> tuple[Float32, Float64]:
        chosen, key = self._chosen(dataset), SpectrumKey(final_state, combination)
        parts, names = [], set[str]()
        for path in self._command.products("ComputeMasses", chosen, ".npz"):
            for spectrum, masses, weights in _weighted(path):
                names.add(str(spectrum))
                if spectrum == key:
                    parts.append((masses, weights))
        if not parts:
            msg = f"there are no masses of {key}{did_you_mean(str(key), names)}"
            raise ConfigurationError(msg)
        return np.concatenate([masses for masses, _ in parts]), np.concatenate([weights for _, weights in parts])

    def _histogram(self, name: str, final_state: str, combination: str, dataset: str | None, width: str | None) -> Any:
        path = self._path(name, self._chosen(dataset))
        return histograms.find(path, final_state, combination, width)

    def _path(self, name: str, dataset: str) -> Path:
        """Return the histogram file of a dataset, or its neighbour of another name."""
        made = Path(self._record(dataset).product)
        if name:
            main = Path(self.parameters.get("output_filename", "histograms.root")).stem
            made = made.with_name(made.name.replace(main, name, 1))
        return self._command.directory("MakeHistograms", dataset) / made

    def _record(self, dataset: str) -> BranchRecord[MadeHistograms]:
        (path,) = self._command.statistics("MakeHistograms", dataset)
        return BranchRecord.from_document(MadeHistograms, load_json(path))


def _weighted(path: Path) -> Iterator[tuple[SpectrumKey, Float32, Float64]]:
    if mass_arrays.is_weighted(path):
        yield from mass_arrays.read_weighted(path)
    else:
        yield from ((spectrum, masses, np.ones(len(masses))) for spectrum, masses in mass_arrays.read(path))
