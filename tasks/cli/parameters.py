"""The parameters of the pipeline, by the stage that first needs them.

A task further down takes the parameters of those above it, so that one command line configures the whole chain.
"""

from collections.abc import Sequence

import luigi
from luigi.parameter import ParameterVisibility

from physics import final_states, resonances
from tasks.cli.parameter_types import Choice, FileList, Flag, FolderPath, Names, Number, Numbers, PlainName, YamlName

__all__ = [
    "BinningParameters",
    "HistogramParameters",
    "MassParameters",
    "ParsingParameters",
    "PeakParameters",
    "PlotParameters",
    "RunParameters",
    "SourceParameters",
]


def _check_formats(formats: Sequence[str]) -> None:
    unknown = set(formats) - {"png", "pdf"}
    if unknown or not formats:
        msg = f"it must name formats among png and pdf, not {', '.join(sorted(unknown)) if formats else 'none'}"
        raise ValueError(msg)


class RunParameters:
    """Where a run lives, and how fast it may go."""

    run_name = PlainName(default="run", description="name of the run, a folder below base_output_dir; default: run")
    base_output_dir = FolderPath(default="runs", description="folder of all runs; default: runs")
    threads = Number(
        int,
        minimum=0,
        default=0,
        significant=False,
        description="worker processes of a stage on this machine, 0 for one per core; changes no result; default: 0",
    )


class SourceParameters(RunParameters):
    """Which files are read. None is set by default."""

    input_files = FileList(
        default=(),
        description="local files, globs or URLs, comma-separated, or @ and the path of a list of them, one a line; "
        "default: none",
    )
    release_years = Names(
        default=(),
        description="releases of ATLAS Open Data, comma-separated, as 2020e-13tev; demo for the built-in toy data, "
        "which need no network; default: none",
    )
    specific_record_ids = Numbers(
        int, default=(), description="record ids of the CERN Open Data portal, comma-separated; default: none"
    )
    dataset_ids = Names(
        default=(), description="dataset numbers of simulated samples of a release, comma-separated; default: all"
    )
    skim = luigi.Parameter(default="", description="the one skim of a release to read; default: the unskimmed files")
    data_type = Choice(
        ("data", "mc"),
        default="data",
        description="data or mc: which part of a release is read, and what files of other sources are; default: data",
    )
    max_files_to_process = Number(
        int, minimum=0, default=0, description="read the first N files of the list, 0 for all; default: 0"
    )
    skip_unavailable = Flag(
        default=False,
        description="leave out files of records that lie on tape, instead of ending with an error; they are counted "
        "and named; default: False",
    )
    refresh_metadata = Flag(
        default=False, significant=False, description="ask the portals again for their file lists; default: False"
    )
    local_files = luigi.Parameter(
        default="",
        visibility=ParameterVisibility.HIDDEN,
        description="set by the pipeline: digest of the local files as they are now",
    )


class ParsingParameters(SourceParameters):
    """What is taken from a file."""

    schema = YamlName(
        default="",
        description="format of the files: a release's name or the path of a YAML file; default: each file's own "
        "tree and branches tell it",
    )
    selection = YamlName(
        default="default",
        description="object selection: default, none, or the path of a YAML file; default: default",
    )
    parsed_format = Choice(
        ("rntuple", "ttree"),
        default="rntuple",
        description="format of parsed_data: rntuple, or ttree for readers with an old ROOT; default: rntuple",
    )
    files_per_branch = Number(
        int, minimum=1, default=1, description="input files in a branch (a unit of work); changes no result; default: 1"
    )
    tolerated_failures = Number(
        int,
        minimum=0,
        default=0,
        description="unreadable files that a run may leave out (they are recorded); default: 0",
    )
    read_attempts = Number(
        int, minimum=1, default=3, significant=False, description="attempts at reading a file; default: 3"
    )
    fetch = Choice(
        ("auto", "stream", "download"),
        default="auto",
        significant=False,
        description="files on a network: stream reads the needed bytes, download whole files, auto as the format says; "
        "changes no result; default: auto",
    )
    download_dir = FolderPath(
        default="",
        significant=False,
        description="cache of downloads, shared between runs; where everybody may write, a sub-folder of the user's "
        "own; default: the folder downloads in base_output_dir",
    )
    keep_downloads = Flag(
        default=True, significant=False, description="keep downloads after they have been parsed; default: True"
    )
    connections_per_host = Number(
        int,
        minimum=1,
        default=4,
        significant=False,
        description="connections to one host at once, of all processes of this machine; default: 4",
    )
    network_timeout_s = Number(
        float,
        minimum=0.1,
        default=60.0,
        significant=False,
        description="seconds without a byte after which a connection counts as stalled; default: 60",
    )
    network_attempts = Number(
        int,
        minimum=1,
        default=5,
        significant=False,
        description="attempts in a row at a connection, without progress, before a file is given up; default: 5",
    )
    memory_limit_mb = Number(
        int,
        minimum=400,
        default=1000,
        significant=False,
        description="memory of a process that parses, in MB: chunks are cut to fit; changes no result; default: 1000",
    )
    chunk_events = Number(
        int,
        minimum=1,
        default=100_000,
        significant=False,
        description="events in memory at a time, at most; changes no result; default: 100000",
    )


class MassParameters(ParsingParameters):
    """Which final states and combinations there are."""

    objects_to_calculate = Names(
        check=final_states.check_kinds,
        default=("e", "m", "j", "g"),
        description="kinds of objects that make final states: e, m, j, g, t, b, comma-separated; default: e,m,j,g",
    )
    min_particles_in_combination = Number(
        int,
        minimum=2,
        default=2,
        description="smallest number of objects in a mass, 2 or more: events with fewer are counted, but not stored; "
        "default: 2",
    )
    max_particles_in_combination = Number(
        int, minimum=2, default=4, description="largest number of objects in a mass; default: 4"
    )
    max_subleading_index = Number(
        int,
        minimum=0,
        default=0,
        description="combinations may skip leading objects of a kind as long as their last pT rank is at most this; "
        "default: 0 (leading objects only)",
    )
    max_multiplicity = Number(
        int,
        minimum=0,
        default=4,
        description="objects of a kind in the top bucket of final states (4: four or more), 0 for no limit; default: 4",
    )


class PeakParameters(MassParameters):
    """Where the smoothly falling part of a distribution is."""

    min_events_per_fs = Number(
        int,
        minimum=0,
        default=100,
        description="events that a final state needs in the whole dataset to be kept; default: 100",
    )
    peak_detection_bin_width_gev = Number(
        float, minimum=0, default=10.0, description="bin width of the peak search in GeV; default: 10"
    )
    known_resonances = Names(
        check=resonances.check_names,
        default=("jpsi", "psi2s", "upsilon", "z"),
        description="resonances to remove from lepton pairs (jpsi, psi2s, upsilon, z) and, by a gap, from photon pairs "
        "and four leptons (higgs); none removes none; default: jpsi,psi2s,upsilon,z",
    )
    max_mass_gev = Number(
        float, minimum=0, default=10_000.0, description="masses above this are set aside, in GeV; default: 10000"
    )


class BinningParameters(PeakParameters):
    """On which grids masses are counted."""

    bin_width_gev = Numbers(float, default=(10.0,), description="bin widths in GeV, comma-separated; default: 10")
    exclude_outliers = Flag(default=False, description="leave the outliers out of histograms; default: False")


class HistogramParameters(BinningParameters):
    """How histograms are stored."""

    use_bumpnet_naming = Flag(
        default=True,
        description="True: names that BumpNet's loader reads; False: <final state>/<combination>; default: True",
    )
    single_output_file = Flag(
        default=True, description="True: one file per dataset; False: one file per histogram; default: True"
    )
    output_filename = PlainName(
        suffix=".root", default="histograms.root", description="name of the histogram file; default: histograms.root"
    )


class PlotParameters(HistogramParameters):
    """What is drawn."""

    plotted_final_states = Number(
        int,
        minimum=0,
        default=10,
        description="final states of a dataset, the largest first, of which masses are drawn; default: 10",
    )
    plotted_combinations = Number(
        int,
        minimum=0,
        default=15,
        description="combinations of a final state that are drawn, the most populated first, 0 for all (15 fill a "
        "page); default: 15",
    )
    plot_formats = Names(
        check=_check_formats,
        default=("png", "pdf"),
        description="formats of the figures: png, pdf, comma-separated; default: png,pdf",
    )
