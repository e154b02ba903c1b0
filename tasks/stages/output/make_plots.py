"""MakePlots: figures of the pipeline, the data, the final states and the masses of each dataset."""

from pathlib import Path
from typing import Any

from targets.documents.json import load_json
from tasks.cli.parameters import PlotParameters
from tasks.framework.product import FolderTarget
from tasks.framework.stage import Piece
from tasks.stages.histograms.fill_histograms import BinningStage, FillHistograms
from tasks.stages.histograms.make_histograms import MakeHistograms
from tasks.stages.masses.count_masses import CountMasses
from tasks.stages.masses.find_peaks import FindPeaks

__all__ = ["MakePlots", "PlotStage"]


class PlotStage(PlotParameters, BinningStage):
    """A stage with the parameters of figures."""

    exclude_index = True


class MakePlots(PlotStage):
    """Draw pipeline performance, data overview, final states and masses, as files in a folder per dataset."""

    room = "plots"
    revision = 3
    own = ("plotted_final_states", "plotted_combinations", "plot_formats")
    cut = "dataset"
    needs = (MakeHistograms, FillHistograms, FindPeaks, CountMasses)
    exclude_index = False

    def path(self, piece: Piece) -> Path:
        """Give the folder of a dataset."""
        return self.folder(piece.dataset) / piece.dataset

    def target(self, piece: Piece) -> Any:
        """Give the folder of a dataset."""
        return FolderTarget(str(self.path(piece)))

    def run(self) -> None:
        """Draw a dataset."""
        from steps.output import figures as make_plots

        piece, wanted = self.branch_data, self.wanted()
        with self.recording() as (record, path):
            figures = make_plots.draw(self.dataset(piece), self.search(), wanted)
            record |= make_plots.write(path, figures, wanted.formats)
        self.announce(piece)

    def announce(self, piece: Piece) -> None:
        """Say how many figures a dataset has, and where they are."""
        record = load_json(self.log_path(piece))
        self.tell(f"{piece.dataset}: {record['figures']} figures in {self.path(piece)}")

    def wanted(self) -> Any:
        """Give what is drawn."""
        from steps.output.figures import Wanted

        return Wanted(
            formats=self.plot_formats,
            final_states=self.plotted_final_states,
            combinations=self.plotted_combinations,
            width_gev=self.bin_width_gev[0],
            max_multiplicity=self.max_multiplicity,
        )

    def dataset(self, piece: Piece) -> Any:
        """Give what there is to draw of a dataset."""
        from steps import peaks
        from steps import statistics as sum_statistics
        from steps.output import labels
        from steps.output.figures import Dataset

        counted, filled = self.upstream(CountMasses), self.upstream(FillHistograms)
        parts = counted.pieces("group", piece.dataset)
        statistics = sum_statistics.of_branches(self.logs_above(piece.dataset))
        return Dataset(
            name=piece.dataset,
            label=labels.label(piece.files, statistics["formats"]),
            statistics=statistics,
            table=peaks.load_table(self.upstream(FindPeaks).path(piece)),
            before=[counted.product(part) for part in parts],
            after=[filled.path(part) for part in parts],
        )
