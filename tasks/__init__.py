"""The graph: one task a stage, from FetchMetadata to MakeReport. ``luigi --module tasks`` finds them all here."""

from tasks import output_streams

output_streams.install()  # before law looks at them

from tasks import configuration, help_pages, messages  # noqa: E402

configuration.load_defaults()
messages.install()

from tasks.demo import MakeDemo  # noqa: E402 (the configuration must be known before parameters are made)
from tasks.histograms import FillHistograms, MakeHistograms  # noqa: E402
from tasks.masses import ComputeMasses, ExportArrays  # noqa: E402
from tasks.metadata import FetchMetadata  # noqa: E402
from tasks.parsing import ParseFile  # noqa: E402
from tasks.peaks import CountMasses, FindPeaks, RemovePeaks  # noqa: E402
from tasks.places import places  # noqa: E402, F401 (it says where results are when there is nothing to do)
from tasks.plan import Plan  # noqa: E402
from tasks.plots import MakePlots  # noqa: E402
from tasks.report import MakeReport  # noqa: E402
from tasks.summary import Summary  # noqa: E402

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
    "MakeReport",
)
"""The stages of the main job, in order."""

_OTHERS = ("Plan", "Summary", "ExportArrays")

configuration.check()
help_pages.install(STAGES, _OTHERS)
configuration.hand_down((*STAGES, *_OTHERS))

__all__ = [
    "STAGES",
    "ComputeMasses",
    "CountMasses",
    "ExportArrays",
    "FetchMetadata",
    "FillHistograms",
    "FindPeaks",
    "MakeDemo",
    "MakeHistograms",
    "MakePlots",
    "MakeReport",
    "ParseFile",
    "Plan",
    "RemovePeaks",
    "Summary",
]
