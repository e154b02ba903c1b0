"""FillHistograms and MakeHistograms: from processed masses to histograms for BumpNet. The main job."""

from pathlib import Path
from typing import Any

import law

from physics import binning
from targets import catalogue, documents
from tasks import texts
from tasks.base import FolderTarget
from tasks.demo import RELEASE
from tasks.metadata import FetchMetadata
from tasks.parameters import BinningParameters, HistogramParameters
from tasks.peaks import FindPeaks, PeakStage, RemovePeaks
from tasks.stage import Piece

__all__ = ["BinningStage", "FillHistograms", "MakeHistograms"]


class BinningStage(BinningParameters, PeakStage):
    """A stage with the parameters of the histograms' grids; its results depend on the whole dataset."""

    merges = True
    exclude_index = True

    @classmethod
    def check_parameters(cls, params: dict[str, Any]) -> None:
        """Raise for bins that are too fine for the largest mass."""
        super().check_parameters(params)
        for width_gev in params["bin_width_gev"]:
            binning.check_width("bin_width_gev", width_gev, params["max_mass_gev"])


class FillHistograms(BinningStage):
    """Count the processed masses of each branch on the histograms' grids: histogram_counts, which add up."""

    room = "histogram_counts"
    own = ("bin_width_gev", "exclude_outliers")
    needs = (RemovePeaks,)
    suffix = ".npz"
    exclude_index = False

    def run(self) -> None:
        """Count the masses of a branch."""
        from tasks import make_histograms

        source = self.upstream(RemovePeaks).path(self.branch_data)
        with self.recording() as (record, path):
            record |= make_histograms.count(source, path, self.bin_width_gev, self.exclude_outliers)


class MakeHistograms(HistogramParameters, BinningStage):
    """Make the histograms of every final state and combination, one file per dataset: the main job."""

    room = "histograms"
    own = ("use_bumpnet_naming", "single_output_file", "output_filename")
    cut = "dataset"
    needs = (FillHistograms, RemovePeaks, FindPeaks)
    exclude_index = False

    def path(self, piece: Piece) -> Path:
        """Give the file of a dataset; with several datasets its name goes before the suffix.

        What an earlier run made of the same files keeps its name, whether or not other datasets stood beside this one.
        """
        name = Path(self.output_filename)
        stems = [name.stem, f"{name.stem}_{piece.dataset}"]
        if len(self.pieces("dataset")) > 1:
            stems.reverse()
        names = [f"{stem}{name.suffix}" if self.single_output_file else stem for stem in stems]
        paths = [self.folder(piece.dataset) / name for name in names]
        return next((path for path in paths if path.exists()), paths[0])

    def target(self, piece: Piece) -> Any:
        """Give the file of a dataset, or its folder when each histogram has a file of its own."""
        kind = law.LocalFileTarget if self.single_output_file else FolderTarget
        return kind(str(self.path(piece)))

    def run(self) -> None:
        """Make the histograms of a dataset."""
        from tasks import find_peaks, make_histograms, sum_statistics

        piece, upstream, found = self.branch_data, self.upstream(FillHistograms), self.upstream(FindPeaks)
        parts = upstream.pieces("group", piece.dataset)
        with self.recording() as (record, path):
            table = find_peaks.load_table(found.path(piece))
            filled = make_histograms.fill(map(upstream.path, parts), table, self.style())
            record |= sum_statistics.of_branches(self.logs_above(piece.dataset))
            record |= make_histograms.write(path, filled, self.single_output_file)
            record["unavailable"] = FetchMetadata.req(self).unavailable(piece.dataset)
        self.announce(piece)

    def style(self) -> Any:
        """Give how histograms look."""
        from tasks.make_histograms import Style

        return Style(self.bin_width_gev, self.use_bumpnet_naming)

    def announce(self, piece: Piece) -> None:
        """Say how many histograms a dataset has, where they are, what was left out, and what was noted of its files."""
        from tasks import sum_statistics

        record = documents.load_json(self.log_path(piece))
        made, lost = catalogue.amount(record["histograms"], "histogram"), len(record["failures"])
        left_out = f", WITHOUT {catalogue.amount(lost, 'file')} that cannot be read" if lost else ""
        if unavailable := FetchMetadata.req(self).unavailable(piece.dataset):  # not of this run's list in the record
            left_out += f", WITHOUT {catalogue.amount(len(unavailable), 'file')} on tape ({texts.first(unavailable)})"
        self.tell(
            f"{piece.dataset}: {made}, {record['accepted_by_bumpnet']} of them with the "
            f"bins and entries that BumpNet's loader wants{left_out}, in {self.path(piece)}; "
            f"statistics in {self.log_path(piece)}"
        )
        for note in sum_statistics.notes(record):
            self.tell(f"note: {piece.dataset}: {note}")
        if len(record["formats"]) > 1 and any(file.release != RELEASE for file in piece.files):
            mixed = [f"{catalogue.amount(number, 'file')} of {name}" for name, number in record["formats"].items()]
            self.tell(f"note: {piece.dataset} adds up {' and '.join(mixed)}, each with the cuts of its format")
