"""Parameters of the stages that read files: where a run lives, which files it reads, and what is taken from them."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from luigi.parameter import ParameterVisibility

from targets.catalogue.cross_sections import load_cross_sections
from targets.catalogue.input_files import DEMO_RELEASE
from targets.catalogue.run_lists import AUTO, find_run_lists
from targets.documents import models
from targets.errors import ConfigurationError
from targets.events import schemas
from tasks.parameters.categories import ParsedCategories
from tasks.parameters.list_types import FileList, ListNames, Names, Numbers
from tasks.parameters.simulation import SimulationParameters
from tasks.parameters.types import Choice, Flag, FolderPath, Number, PlainName, Text, YamlName

__all__ = ["SELECTIONS", "ParsingParameters", "RunParameters", "SourceParameters"]

SELECTIONS = Path(__file__).resolve().parents[2] / "selections"
"""The folder of the selections that come with the project."""


class RunParameters:
    """Where a run lives, and how fast it may go."""

    run_name = PlainName(default="run", description="name of the run, a directory below base_output_dir")
    base_output_dir = FolderPath(default="runs", description="directory of all runs")
    threads = Number(
        int,
        minimum=0,
        default=0,
        significant=False,
        description="worker processes of a stage on this machine, 0 for one per core; changes no result",
    )


class SourceParameters(RunParameters):
    """Which files are read. None is set by default."""

    input_files = FileList(
        default=(),
        description="local files, globs or URLs, comma-separated; @PATH for a file that lists them, one per line",
    )
    release_years = Names(
        default=(),
        description="releases of ATLAS Open Data, comma-separated, as 2020e-13tev; demo for the built-in toy data, "
        "which need no network",
    )
    specific_record_ids = Numbers(
        int, default=(), description="record ids of the CERN Open Data portal, comma-separated"
    )
    dataset_ids = Names(
        default=(), description="dataset numbers of simulated samples of a release, comma-separated", default_text="all"
    )
    skim = Text(default="", description="skim of a release to read, one", default_text="the unskimmed files")
    data_type = Choice(
        ("data", "mc", "data,mc"),
        default="data",
        description="data, mc or data,mc: the part of a release to read, or both; files from other sources are "
        "simulation with mc, else what their own marks say",
    )
    max_files_to_process = Number(
        int, minimum=0, default=0, description="read the first N files of the list, 0 for all"
    )
    skip_unavailable = Flag(
        default=False,
        description="leave out files of records that are on tape, instead of ending with an error; they are counted "
        "and named",
    )
    refresh_metadata = Flag(
        default=False, significant=False, description="query the portals again for their file lists"
    )
    local_files = Text(
        default="",
        visibility=ParameterVisibility.HIDDEN,
        description="set by the pipeline: digest of the local files as they are now",
    )

    def check_parameters(self) -> None:
        """Raise for parameters that contradict each other, before anything has been done.

        Raises:
            ConfigurationError: When there is a skim, or numbers of datasets, without a release to choose from.
        """
        if set(self.release_years) <= {DEMO_RELEASE}:
            for name in ("skim", "dataset_ids"):
                if value := getattr(self, name):
                    msg = f"{name} = {value!r} chooses among the files of a release, but release_years names none: "
                    raise ConfigurationError(msg + f"remove {name}, or name the release")

    def data_types(self) -> list[str]:
        """Return the parts of a release that are read."""
        return str(self.data_type).split(",")

    def other_data_type(self) -> str:
        """Return what files of no release are taken for: with ``data,mc`` their own marks tell, as by default."""
        return "mc" if self.data_type == "mc" else "data"


class ParsingParameters(SourceParameters, SimulationParameters, ParsedCategories):
    """What is taken from a file."""

    schema = YamlName(
        default="",
        description="format of the files: a release's name or the path of a YAML file",
        default_text="each file is recognised by its trees and branches",
    )
    selection = YamlName(
        default="default",
        description="selection of events and objects: default, none, or the path of a YAML file",
    )
    good_runs = ListNames(
        default=("auto",),
        description="lists of good runs that collisions must be in: auto for what the selection says, none for no "
        "list, or names (as atlas-2015-25ns) and paths of XML files of ATLAS and JSON files of CMS, comma-separated",
    )
    triggers = Choice(
        ("auto", "none"),
        default="auto",
        description="trigger paths of which one must have fired: auto for those of the selection, none to ask for none",
    )
    streams = Choice(
        ("auto", "none"),
        default="auto",
        description="events that stand in several streams of a dataset: auto counts them in the first that the "
        "selection ranks, none in each",
    )
    mc_period = Text(
        default="2016",
        description="period of the selection's triggers that simulation takes where its run numbers tell none",
    )
    parsed_format = Choice(
        ("rntuple", "ttree"),
        default="rntuple",
        description="format of parsed_data: rntuple, or ttree for readers with an old ROOT",
    )
    keep_parsed = Flag(
        default=True,
        significant=False,
        description="keep parsed data (selected objects) where they are made on the way to masses; False keeps their "
        "statistics only, and the numbers of events that are compared; changes no result",
    )
    files_per_branch = Number(
        int, minimum=1, default=1, description="input files in a branch (a unit of work); changes no result"
    )
    tolerated_failures = Number(
        int,
        minimum=0,
        default=0,
        description="number of unreadable files that a run may leave out (they are recorded)",
    )
    read_attempts = Number(int, minimum=1, default=3, significant=False, description="attempts at reading a file")
    fetch = Choice(
        ("auto", "stream", "download"),
        default="auto",
        significant=False,
        description="files on a network: stream reads only the needed bytes, download copies whole files, auto follows "
        "the format and the measured speed of the host; changes no result",
    )
    download_dir = FolderPath(
        default="",
        significant=False,
        description="cache of downloads, shared by runs; where everybody may write, a private subdirectory is used",
        default_text="the directory downloads in base_output_dir",
    )
    keep_downloads = Flag(default=True, significant=False, description="keep downloads after parsing")
    connections_per_host = Number(
        int,
        minimum=1,
        default=4,
        significant=False,
        description="maximum number of connections to one host, over all processes of this machine",
    )
    network_timeout_s = Number(
        float,
        minimum=0.1,
        default=60.0,
        significant=False,
        description="seconds without a byte after which a connection counts as stalled",
    )
    network_attempts = Number(
        int,
        minimum=1,
        default=5,
        significant=False,
        description="consecutive connection attempts without progress before a file is given up",
    )
    memory_limit_mb = Number(
        int,
        minimum=400,
        default=1000,
        significant=False,
        description="memory limit of a process that parses, in MB: chunks are made to fit; changes no result",
    )
    chunk_events = Number(
        int,
        minimum=1,
        default=100_000,
        significant=False,
        description="maximum number of events in memory at a time; changes no result",
    )

    def check_parameters(self) -> None:
        """Raise for a selection, a schema, a list of good runs or a file of cross sections that is absent, or none."""
        super().check_parameters()
        self.selected()
        if self.cross_sections:
            load_cross_sections(Path(self.cross_sections))
        if self.good_runs != (AUTO,):
            find_run_lists(self.good_runs, None)
        if self.schema:
            schemas.load(self.schema)

    def event_options(self, addresses: Sequence[str]) -> Any:
        """Return what steps.parse asks of events.

        Args:
            addresses: Where the files of the dataset are, which tells the streams.
        """
        from steps.events.event_options import EventOptions, find_streams

        events = self.selected().events
        return EventOptions(
            good_runs=self.good_runs,
            triggers=self.triggers != "none",
            streams=find_streams(events, addresses) if self.streams != "none" else {},
            mc_period=self.mc_period,
            half=self.halves,
            with_met=self.met_combinations,
        )

    def event_request(self) -> Any:
        """Return what steps.output.headlines must know of what was asked of events."""
        from steps.output.headlines import EventRequest

        return EventRequest(self.selected().events, self.event_options(()))

    def describe_events(self, addresses: Sequence[str]) -> Any:
        """Return what names a variant by the events that count: which lists of good runs, triggers and streams."""
        from steps.events.event_options import describe_options

        experiments = {schema.name: schema.experiment for schema in schemas.load(self.schema)}
        asked = describe_options(self.event_options(addresses), self.selected().events, experiments)
        return None if asked is None else asdict(asked)

    def selected(self) -> Any:
        """Return the selection."""
        from physics.selection.selection import Selection

        return models.load_model(self.selection_path(), Selection)

    def selection_path(self) -> Path:
        """Return the YAML file of the selection."""
        return models.named_file("selection", self.selection, SELECTIONS)

    def read_options(self, downloads: Path, addresses: Sequence[str]) -> Any:
        """Return how steps.parse reads files.

        Args:
            downloads: The cache of downloads where download_dir names none.
            addresses: Where the files of the dataset are.
        """
        from steps.read_options import ReadOptions
        from targets.events.inputs import FetchOptions
        from targets.network.retry import RetryPolicy

        return ReadOptions(
            schemas=schemas.load(self.schema),
            selection=self.selected(),
            fetch=FetchOptions(
                mode=self.fetch,
                folder=Path(self.download_dir or downloads),
                keep=self.keep_downloads,
                policy=RetryPolicy(
                    connections_per_host=self.connections_per_host,
                    read_timeout_s=self.network_timeout_s,
                    attempts=self.network_attempts,
                ),
            ),
            chunk_events=self.chunk_events,
            memory_limit_mb=self.memory_limit_mb,
            attempts=self.read_attempts,
            tolerated_failures=self.tolerated_failures,
            events=self.event_options(addresses),
        )
