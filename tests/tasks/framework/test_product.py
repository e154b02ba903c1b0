"""Variants: a parameter that can change a result changes the place of the results, any other does not."""

import json
import re
import shutil
from textwrap import dedent

import luigi
import pytest
from luigi.task_register import Register

import tasks
from tasks.framework.product import FolderTarget
from tasks.parameters.scan import EveryParameter
from tests.support.runs import PROJECT

STAGES = tasks.STAGES[2:]

WHICH_FILES = {"input_files", "max_files_to_process", "files_per_branch"}
"""They choose and group files, which stand in the names of the files themselves."""

NO_EFFECT = {
    *("run_name", "base_output_dir", "threads", "refresh_metadata", "read_attempts", "chunk_events"),
    *("fetch", "download_dir", "keep_downloads", "keep_parsed", "connections_per_host", "memory_limit_mb"),
    *("network_timeout_s", "network_attempts"),
}
"""They change the place and the speed of a run, never a result."""

OF_SIMULATION = {"mc_weights", "luminosity_fb", "cross_sections", "pseudo_data", "pseudo_data_seed"}
"""They change results of datasets of simulation only, whose variants they name (tests/oracle)."""

OF_EVENTS = {"good_runs", "triggers", "streams", "mc_period", "luminosity_table", "duplicates"}
"""They stand in a variant as what they come to for the files of a dataset, or as the content of their file."""

OF_SIGNALS = {"signal_name", "signal_mass_gev", "signal_width_gev", "signal_events", "closure_trials"}
"""They name copies of histograms, which no stage of the main job reads, and tests of the scan with them."""

OF_KEEPING = {"keep_masses"}
"""It names variants together with the grids of the histograms."""

OF_CATEGORIES = {"z_window_gev"}
"""It has no effect without z_candidates."""

OTHER = {
    "schema": ("cms-nanoaod", "ParseFile"),
    "selection": ("default", "ParseFile"),
    "parsed_format": ("ttree", "ParseFile"),
    "objects_to_calculate": ("e,m,j", "ComputeMasses"),
    "min_particles_in_combination": (3, "ComputeMasses"),
    "max_particles_in_combination": (2, "ComputeMasses"),
    "max_subleading_index": (2, "ComputeMasses"),
    "max_multiplicity": (0, "ComputeMasses"),
    "tolerated_failures": (2, "FindPeaks"),
    "min_events_per_fs": (11, "FindPeaks"),
    "peak_detection_bin_width_gev": (20, "CountMasses"),
    "known_resonances": ("z", "CountMasses"),
    "max_mass_gev": (500, "CountMasses"),
    "bin_width_gev": (5, "FillHistograms"),
    "use_bumpnet_naming": (False, "MakeHistograms"),
    "single_output_file": (False, "MakeHistograms"),
    "exclude_outliers": (True, "FillHistograms"),
    "binning": ("resolution", "FillHistograms"),
    "resolution_factor": (1.0, "FillHistograms"),
    "resolution_start_gev": (5.0, "FillHistograms"),
    "whole_distributions": (False, "MakeHistograms"),
    "output_filename": ("other.root", "MakeHistograms"),
    "halves": ("a", "ParseFile"),
    "met_combinations": (True, "ParseFile"),
    "z_candidates": (True, "ComputeMasses"),
    "charge_categories": (True, "ComputeMasses"),
    "stack_samples": (False, "MakePlots"),
    "plotted_final_states": (1, "MakePlots"),
    "plotted_combinations": (1, "MakePlots"),
    "plot_formats": ("png", "MakePlots"),
    "scan_toys": (2000, "ScanHistograms"),
    "scan_most_toys": (2000, "ScanHistograms"),
    "scan_seed": (1, "ScanHistograms"),
    "collision_energy_gev": (8000, "ScanHistograms"),
    "plotted_excesses": (1, "PlotScan"),
    "report_scan": (False, "MakeReport"),
}
"""Another value of each parameter that can change a result, and the first stage whose result it can change."""


def upstream(stage):
    """Name all stages upstream of one."""
    above = getattr(tasks, stage).upstream_stages()
    return {task.__name__ for task in above}.union(*(upstream(task.__name__) for task in above))


UPSTREAM = {stage: upstream(stage) for stage in STAGES}


def declared():
    values = {name: value for group in EveryParameter.__mro__ for name, value in vars(group).items()}
    return {name: value for name, value in values.items() if isinstance(value, luigi.Parameter)}


def own():
    return [name for stage in tasks.STAGES for name in getattr(tasks, stage).variant_parameters]


def test_every_parameter_names_a_variant_or_changes_no_result():
    others = WHICH_FILES | NO_EFFECT | OF_SIMULATION | OF_EVENTS | OF_SIGNALS | OF_KEEPING
    assert set(declared()) - set(own()) - {"tolerated_failures"} == others
    assert set(own()) <= set(declared())
    assert len(own()) == len(set(own())) + 1  # plot_formats names the figures of two stages


def test_what_changes_no_result_is_not_significant():
    significant = {name for name, parameter in declared().items() if parameter.significant}
    assert significant & NO_EFFECT == {"run_name", "base_output_dir"}  # they stand in the path itself
    assert set(own()) - {"local_files"} <= significant


def folders(run, **changed):
    """Give the folder of every stage's products, by stage."""
    Register.clear_instance_cache()
    words = run.arguments(task=STAGES[-1], **changed)
    with luigi.cmdline_parser.CmdlineParser.global_instance(words) as parsed:
        task = parsed.get_task_obj()
    stages = {**task.all_upstream(), STAGES[-1]: task}
    return {stage: stages[stage].folder("files") for stage in STAGES if stage in stages}


@pytest.fixture
def listed(run):
    """Runs whose files are known."""
    run(task="FetchMetadata")
    return run


@pytest.mark.parametrize("name", OTHER)
def test_another_value_is_another_variant_from_its_stage_on(listed, name):
    value, first = OTHER[name]
    before, after = folders(listed), folders(listed, **{name: value})
    made_anew = {first, *(stage for stage, upstream in UPSTREAM.items() if first in upstream)}
    made_anew |= {"PlotScan"} if name == "plot_formats" else set()
    assert {stage for stage in after if before[stage] != after[stage]} == made_anew & set(after)


def test_the_window_of_z_candidates_is_part_of_a_variant_that_has_them(listed):
    assert folders(listed) == folders(listed, z_window_gev=10)
    with_z = folders(listed, z_candidates=True)
    wider = folders(listed, z_candidates=True, z_window_gev=10)
    assert {stage for stage in wider if wider[stage] != with_z[stage]} == {
        "ComputeMasses",
        *(stage for stage, upstream in UPSTREAM.items() if "ComputeMasses" in upstream),
    } & set(wider)


def test_no_parameter_was_forgotten_here():
    sources = {"local_files", "release_years", "specific_record_ids", "dataset_ids", "skim", "data_type"}
    sources |= {"skip_unavailable"}
    assert set(OTHER) == set(own()) - sources - OF_CATEGORIES


@pytest.mark.parametrize(
    "same",
    [
        {"threads": 2},
        {"chunk_events": 5},
        {"read_attempts": 1},
        {"files_per_branch": 3},
        {"bin_width_gev": "10.0"},
        {"selection": "none", "objects_to_calculate": " e,m "},
        {"max_files_to_process": 3},
    ],
    ids=str,
)
def test_what_changes_no_result_keeps_the_variant(listed, same):
    assert folders(listed) == folders(listed, **same)


def test_a_variant_is_eight_hex_digits_and_explains_itself(run):
    run(bin_width_gev="10,20", min_events_per_fs=12)
    for room in ("parsed_data", "im_arrays", "peaks", "im_arrays_processed", "histograms"):
        (variant,) = (run.out / room).iterdir()
        assert re.fullmatch("[0-9a-f]{8}", variant.name)
        named_by = json.loads((variant / "parameters.json").read_text())
        assert set(named_by) - {"files", "events", "content_xxh3"} <= set(STAGES)
    assert named_by["FillHistograms"]["bin_width_gev"] == "10.0,20.0"
    assert named_by["FindPeaks"]["min_events_per_fs"] == "12"
    assert named_by["ParseFile"]["parsed_format"] == "rntuple"


def test_the_cuts_can_be_read_beside_the_results(run):
    selection, schema = run.folder / "mine.yaml", run.folder / "schema.yaml"
    selection.write_text((PROJECT / "selections" / "none.yaml").read_text().replace("name: none", "name: mine"))
    schema.write_text((PROJECT / "schemas" / "cms-nanoaod.yaml").read_text().replace("cms-nanoaod", "mine"))
    run(selection=selection, schema=schema)
    selection.write_text("name: another")
    for room in ("parsed_data", "histograms"):
        named_by = run.parameters(room)["ParseFile"]
        assert named_by["selection"]["name"] == "mine"
        assert {"overlap", "b_tag"} <= set(named_by["selection"])
        assert named_by["schema"]["name"] == "mine"


def test_a_schema_of_ones_own_is_known_by_its_content(run):
    own_schema = run.folder / "own.yaml"
    text = dedent("""\
        name: own
        source: made up for this test
        trees: [Events]
        unit: GeV
        marks: []
        collections:
          e: {branches: ["Electron_{}"], mass: mass, charge: charge}
          m: {branches: ["Muon_{}"], mass: mass, charge: charge}
        event: {run: [run], luminosity_block: [luminosityBlock], event: [event], weight: []}
        """)
    own_schema.write_text(text)
    run(schema=own_schema)
    assert run(schema=own_schema).started == []
    own_schema.write_text(text.replace("unit: GeV", "unit: MeV"))
    assert run.attempt(schema=own_schema, min_events_per_fs=1).started[0] == "CountMasses"


def test_masses_that_are_not_kept_are_counted_on_the_grids_of_the_histograms(listed):
    kept, counted = folders(listed), folders(listed, keep_masses=False)
    assert {*kept} - {*counted} == {"RemovePeaks", "FillHistograms"}
    same = [stage for stage in counted if counted[stage] == kept[stage]]
    assert same == ["ParseFile", "ComputeMasses"]
    finer = folders(listed, keep_masses=False, bin_width_gev=5)
    assert [stage for stage in finer if finer[stage] == counted[stage]] == same
    assert finer["CountMasses"] != counted["CountMasses"]
    without = [
        folders(listed, keep_masses=False, exclude_outliers=choice)["MakeHistograms"] for choice in (True, False)
    ]
    assert without[0] != without[1]


def test_a_stage_whose_results_change_gets_new_places(listed, monkeypatch):
    before = folders(listed)
    monkeypatch.setattr(tasks.ComputeMasses, "revision", 99)
    after = folders(listed)
    assert [stage for stage in STAGES if before[stage] != after[stage]] == list(STAGES[1:])


def test_a_folder_that_is_being_removed_is_not_there_any_more(tmp_path, monkeypatch):
    """Half of it would count as done."""
    folder = tmp_path / "plots"
    folder.mkdir()
    (folder / "one.png").write_text("a picture")

    def interrupt(*_):
        raise KeyboardInterrupt

    target = FolderTarget(str(folder))
    monkeypatch.setattr(shutil, "rmtree", interrupt)
    with pytest.raises(KeyboardInterrupt):
        target.remove()
    monkeypatch.undo()
    assert not target.exists()
    assert target.remove() is False
    folder.mkdir()
    assert target.remove() is True
    assert not folder.exists()
