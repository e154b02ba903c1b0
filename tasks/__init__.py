"""The graph: one task a stage, from FetchMetadata to MakeReport. ``luigi --module tasks`` finds them all here."""

from tasks.cli import output_streams, process

if process.is_command_line():
    output_streams.install()  # before law looks at them

from tasks.cli import configuration, help_pages, messages

configuration.load_defaults()
if process.is_command_line():
    messages.install()

from tasks.framework import closing, run_record  # noqa: E402, F401 (the last lines of a command, and what it leaves)
from tasks.stages.histograms.fill_histograms import FillHistograms  # noqa: E402 (the configuration comes first)
from tasks.stages.histograms.make_histograms import MakeHistograms  # noqa: E402
from tasks.stages.inputs.fetch_metadata import FetchMetadata  # noqa: E402
from tasks.stages.inputs.list_runs import ListRuns  # noqa: E402
from tasks.stages.inputs.make_demo import MakeDemo  # noqa: E402
from tasks.stages.inputs.parse_file import ParseFile  # noqa: E402
from tasks.stages.masses.compute_masses import ComputeMasses  # noqa: E402
from tasks.stages.masses.count_masses import CountMasses  # noqa: E402
from tasks.stages.masses.export_arrays import ExportArrays  # noqa: E402
from tasks.stages.masses.find_duplicates import FindDuplicates  # noqa: E402
from tasks.stages.masses.find_peaks import FindPeaks  # noqa: E402
from tasks.stages.masses.remove_peaks import RemovePeaks  # noqa: E402
from tasks.stages.output.export_bumpnet import ExportBumpNet  # noqa: E402
from tasks.stages.output.inject_signal import InjectSignal  # noqa: E402
from tasks.stages.output.make_plots import MakePlots  # noqa: E402
from tasks.stages.output.make_report import MakeReport  # noqa: E402
from tasks.stages.output.plan import Plan  # noqa: E402
from tasks.stages.output.plot_scan import PlotScan  # noqa: E402
from tasks.stages.output.scan_histograms import ScanHistograms  # noqa: E402
from tasks.stages.output.summary import Summary  # noqa: E402

STAGES = (
    "MakeDemo",
    "FetchMetadata",
    "ParseFile",
    "ComputeMasses",
    "CountMasses",
    "FindPeaks",
    "RemovePeaks",
    "FillHistograms",
    "MakeHistograms",
    "MakePlots",
    "ScanHistograms",
    "PlotScan",
    "MakeReport",
)
"""The stages of the main job, in order."""

OTHERS = ("FindDuplicates", "Plan", "Summary", "ListRuns", "ExportArrays", "ExportBumpNet", "InjectSignal")
"""The other tasks."""

configuration.check()
if process.is_command_line():
    help_pages.install(STAGES, OTHERS)
_order = list(STAGES)
for _task, _next in (("FindDuplicates", "ComputeMasses"), ("InjectSignal", "ScanHistograms")):  # stages of some runs
    _order.insert(_order.index(_next), _task)
configuration.hand_down((*_order, *(name for name in OTHERS if name not in _order)))

__all__ = [
    "OTHERS",
    "STAGES",
    "ComputeMasses",
    "CountMasses",
    "ExportArrays",
    "ExportBumpNet",
    "FetchMetadata",
    "FillHistograms",
    "FindDuplicates",
    "FindPeaks",
    "InjectSignal",
    "ListRuns",
    "MakeDemo",
    "MakeHistograms",
    "MakePlots",
    "MakeReport",
    "ParseFile",
    "Plan",
    "PlotScan",
    "RemovePeaks",
    "ScanHistograms",
    "Summary",
]
