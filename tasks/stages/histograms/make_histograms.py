"""MakeHistograms: the histograms of each dataset, for BumpNet. The main job."""

from pathlib import Path
from typing import Any

import law

from steps.output import tables
from targets.catalogue import input_files
from targets.documents.json import load_json
from tasks.cli.parameters import HistogramParameters
from tasks.framework.product import FolderTarget
from tasks.framework.stage import Piece
from tasks.stages.histograms.fill_histograms import BinningStage, FillHistograms
from tasks.stages.inputs.fetch_metadata import FetchMetadata
from tasks.stages.inputs.make_demo import RELEASE
from tasks.stages.masses.find_peaks import FindPeaks
from tasks.stages.masses.remove_peaks import RemovePeaks

__all__ = ["MakeHistograms"]


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
        from steps import histograms, peaks, statistics

        piece, upstream, found = self.branch_data, self.upstream(FillHistograms), self.upstream(FindPeaks)
        parts = upstream.pieces("group", piece.dataset)
        with self.recording() as (record, path):
            table = peaks.load_table(found.path(piece))
            filled = histograms.fill(map(upstream.path, parts), table, self.style())
            record |= statistics.of_branches(self.logs_above(piece.dataset))
            record |= histograms.write(path, filled, self.single_output_file)
            record["unavailable"] = FetchMetadata.req(self).unavailable(piece.dataset)
        self.announce(piece)

    def style(self) -> Any:
        """Give how histograms look."""
        from steps.histograms import Style

        return Style(self.bin_width_gev, self.use_bumpnet_naming)

    def announce(self, piece: Piece) -> None:
        """Say how many histograms a dataset has, where they are, what was left out, and what was noted of its files."""
        from steps import statistics

        record = load_json(self.log_path(piece))
        made, lost = input_files.amount(record["histograms"], "histogram"), len(record["failures"])
        left_out = f", WITHOUT {input_files.amount(lost, 'file')} that cannot be read" if lost else ""
        if unavailable := FetchMetadata.req(self).unavailable(piece.dataset):  # not of this run's list in the record
            left_out += (
                f", WITHOUT {input_files.amount(len(unavailable), 'file')} on tape ({tables.first(unavailable)})"
            )
        self.tell(
            f"{piece.dataset}: {made}, {record['accepted_by_bumpnet']} of them with the "
            f"bins and entries that BumpNet's loader wants{left_out}, in {self.path(piece)}; "
            f"statistics in {self.log_path(piece)}"
        )
        for note in statistics.notes(record):
            self.tell(f"note: {piece.dataset}: {note}")
        if len(record["formats"]) > 1 and any(file.release != RELEASE for file in piece.files):
            mixed = [f"{input_files.amount(number, 'file')} of {name}" for name, number in record["formats"].items()]
            self.tell(f"note: {piece.dataset} adds up {' and '.join(mixed)}, each with the cuts of its format")
