"""MakeReport: one HTML file for the whole run, with a browser of all histograms."""

from pathlib import Path
from typing import Any

from targets.documents import models
from targets.documents.json import load_json
from targets.errors import ConfigurationError
from tasks.cli.parameters import PlotParameters
from tasks.framework.stage import Piece
from tasks.stages.histograms.make_histograms import MakeHistograms
from tasks.stages.inputs.parse_file import ParseFile
from tasks.stages.masses.find_peaks import FindPeaks
from tasks.stages.output.make_plots import MakePlots, PlotStage

__all__ = ["MakeReport"]


class MakeReport(PlotStage):
    """Make the report of a run: one HTML file over all datasets that opens from disk and needs no network."""

    room = "report"
    revision = 2
    cut = "run"
    needs = (MakePlots, MakeHistograms, FindPeaks)
    exclude_index = False

    @classmethod
    def check_parameters(cls, params: dict[str, Any]) -> None:
        """Raise when figures are not made in the format that the report shows.

        Raises:
            ConfigurationError: When png is not among plot_formats.
        """
        super().check_parameters(params)
        if "png" not in params["plot_formats"]:
            msg = (
                f"plot_formats = {','.join(params['plot_formats'])}: the report shows figures as png, add it; "
                "plot_formats: formats of the figures"
            )
            raise ConfigurationError(msg)

    def all_named_by(self, dataset: str) -> dict[str, Any]:
        """Give what the report depends on: all stages above it, and the files of every dataset."""
        files = {piece.dataset: piece.digest for piece in self.pieces("dataset")}
        return super().all_named_by(dataset) | {"files": files}

    def path(self, piece: Piece) -> Path:
        """Give the path of the report."""
        return self.folder(piece.dataset) / "report.html"

    def run(self) -> None:
        """Make the report."""
        from steps.output import report as make_report
        from targets.report import document as report

        piece = self.branch_data
        with self.recording() as (record, path):
            document = make_report.build(self.whole(), [self.dataset(one) for one in self.pieces("dataset")])
            report.write(path, document)
            record |= {"histograms": len(document["histograms"]), "figures": len(document["figures"])}
        self.announce(piece)

    def announce(self, piece: Piece) -> None:
        """Say what the report shows, and where it is."""
        record = load_json(self.log_path(piece))
        self.tell(f"report of {record['histograms']} histograms and {record['figures']} figures: {self.path(piece)}")

    def whole(self) -> Any:
        """Give what there is to report of the run as a whole."""
        from physics.selection.selection import Selection
        from steps import statistics
        from steps.histograms import Style
        from steps.output.report import Run

        logs = self.logs_above()
        return Run(
            parameters=self.readable(),
            selection=models.load_model(self.selection_path(), Selection),
            skim=self.skim,
            read=statistics.files_read(logs[ParseFile.__name__]),
            stages=statistics.of_stages(logs),
            style=Style(self.bin_width_gev, self.use_bumpnet_naming),
            rules=self.rules(),
            min_events=self.min_events_per_fs,
            exclude_outliers=self.exclude_outliers,
        )

    def dataset(self, piece: Piece) -> Any:
        """Give what there is to report of a dataset."""
        from steps import peaks, statistics
        from steps.output.report import Dataset

        return Dataset(
            name=piece.dataset,
            files=piece.files,
            statistics=statistics.of_branches(self.logs_above(piece.dataset)),
            table=peaks.load_table(self.upstream(FindPeaks).path(piece)),
            histograms=self.upstream(MakeHistograms).path(piece),
            figures=self.upstream(MakePlots).path(piece),
        )

    def readable(self) -> dict[str, str]:
        """Give the parameters that can change a result or choose files, and where the histograms are."""
        ours = {name for declared in PlotParameters.__mro__ for name in vars(declared)} - {"local_files"}
        texts = {
            name: parameter.serialize(getattr(self, name)) or "not set"
            for name, parameter in self.get_params()
            if parameter.significant and name in ours
        }
        made = self.upstream(MakeHistograms)
        folders = {f"histograms of {one.dataset}": str(made.path(one)) for one in self.pieces("dataset")}
        return texts | folders
