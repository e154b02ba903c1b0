"""One pass through whole runs: what is not kept changes no histogram, and is made again where something needs it."""

import re

import numpy as np
import pytest
import uproot

import results
from targets.errors import ConfigurationError
from tests.support.runs import Runs
from tests.support.simulated import Sample, Simulation
from tests.support.toy_files import toy_file, truncate

NOT_KEPT = {"keep_parsed": False, "keep_masses": False}


def product_names(run, room):
    return [path.name.partition(".")[2] for path in run.products(room)]


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"bin_width_gev": "7,10,2", "exclude_outliers": True, "max_mass_gev": 150},
        {"binning": "resolution", "peak_detection_bin_width_gev": 4},
        {"whole_distributions": False, "bin_width_gev": 3},
    ],
    ids=["default", "widths", "resolution", "not whole"],
)
def test_histograms_are_the_same_to_the_entry(run, more):
    run(**more)
    kept, whole = run.all_histograms(), run.records("MakeHistograms")
    run(**NOT_KEPT, **more)
    made = run.all_histograms()
    assert len(made) == 2 * len(kept)
    assert made == [kept[0], kept[0]]
    first, second = sorted(run.records("MakeHistograms"), key=lambda record: record == whole[0])
    differing = {name for name in first if first[name] != second[name]}
    assert differing <= {"stages", "seconds", "peak_memory_mb", "bytes_written", "product", "content_xxh3"}
    assert first["missing_statistics"] == second["missing_statistics"] == 0


def weighted_contents(runs):
    """Give contents, squared errors and edges of all histograms, by file and name."""
    contents = {}
    for path in (runs.out / "histograms").glob("*/*.root"):
        with uproot.open(path) as file:
            for name, histogram in file.items(cycle=False):
                bits = [histogram.values(flow=True), histogram.variances(flow=True), histogram.axis().edges()]
                contents[path.name, name] = [part.tobytes() for part in bits]
    return contents


def test_weighted_simulation_has_the_same_contents_and_errors(tmp_path, monkeypatch):
    """Also the dataset that combines samples, of which each has a unit of its own."""
    samples = (Sample(1, (60,)), Sample(2, (0, 60, 60), sum_of_weights=-7e3))
    contents = []
    for name, choice in (("kept", {}), ("counted", NOT_KEPT)):
        runs = Simulation(tmp_path, samples, monkeypatch, name)
        runs(min_events_per_fs=1, bin_width_gev="10,7", pseudo_data=True, **choice)
        contents.append(weighted_contents(runs))
    assert contents[0] == contents[1]
    assert len({name for name, _ in contents[0]}) == 9  # of two samples and of both: histograms, whole, pseudo-data
    assert runs.products("im_arrays") == []
    assert product_names(runs, "parsed_data") == ["root"] * 4, "ParseFile is a step of its own, which finds the units"


def test_only_counts_are_stored(run, three):
    run(**NOT_KEPT)
    assert run.histograms() == three
    assert run.products("im_arrays") == run.products("im_arrays_processed") == run.products("histogram_counts") == []
    assert product_names(run, "parsed_data") == ["record.root"] * 3
    assert len(run.products("mass_counts")) == 3
    assert run(**NOT_KEPT).started == []
    (run.out / "logs").rename(run.folder / "gone")
    run.products("histograms")[0].unlink()
    assert run(**NOT_KEPT).started == ["MakeHistograms"]
    assert run.histograms() == three


@pytest.mark.parametrize("keep_masses", [True, False])
def test_parsed_data_may_go_without_masses_and_stay_without_them(run, three, keep_masses):
    run(keep_parsed=not keep_masses, keep_masses=keep_masses)
    assert run.histograms() == three
    assert product_names(run, "parsed_data") == ["record.root" if keep_masses else "root"] * 3
    assert len(run.products("im_arrays")) == 3 * keep_masses


def test_what_needs_masses_later_reads_the_input_again(run, three):
    run(**NOT_KEPT)
    before = run.state()
    run(task="ExportArrays", **NOT_KEPT)
    assert {"im_arrays", "exported_arrays"} <= set(run.made_since(before))
    assert product_names(run, "parsed_data") == ["record.root"] * 3
    before = run.state()
    assert "CountMasses" in run(**NOT_KEPT, bin_width_gev=5).started
    made = run.made_since(before)
    assert {name: made[name] for name in ("mass_counts", "peaks")} == {"mass_counts": 3, "peaks": 1}
    assert "parsed_data" not in made, "the masses are there"
    run(task="ParseFile", keep_parsed=True)
    assert sorted(product_names(run, "parsed_data")) == ["record.root"] * 3 + ["root"] * 3
    run()
    assert run.all_histograms().count(three) == 2


def test_files_that_failed_are_left_out_and_remembered(run, files):
    truncate(files[1])
    failed = run.attempt(**NOT_KEPT)
    assert failed.status != 0
    assert "ParseFile: 1 of 3 branches failed" in failed.text
    assert f"branch 1: 1 of 1 files cannot be read:\n  {files[1]}" in failed.text
    notes = [path.parent.parent.name for path in (run.out / "logs").rglob("*.failed")]
    assert notes == ["ParseFile"]
    run(**NOT_KEPT, tolerated_failures=1)
    assert sorted(product_names(run, "parsed_data")) == ["incomplete.record.root", "record.root", "record.root"]
    without = run.histograms()
    again = Runs(run.folder / "others", f"{files[0]},{files[2]}")
    again(**NOT_KEPT)
    assert again.histograms() == without
    assert run.attempt(**NOT_KEPT).status != 0


def test_compared_events_leave_their_numbers(tmp_path):
    path = toy_file(tmp_path / "in" / "f0.root", 0)
    run = Runs(tmp_path, str(path))
    run(**NOT_KEPT)
    unkept = run.histograms()
    started = run(**NOT_KEPT, duplicates="check").started
    assert "FindDuplicates" in started
    assert product_names(run, "parsed_data") == ["record.root", "root"], "the record had no numbers"
    fresh = Runs(tmp_path / "fresh", str(path))
    fresh(**NOT_KEPT, duplicates="check")
    assert product_names(fresh, "parsed_data") == ["record.root"]
    (found,) = fresh.records("FindDuplicates")
    assert found["copies"] == 0 < found["events"]
    assert fresh.histograms() == unkept


def test_a_plan_says_when_the_input_is_read_again(run):
    def plan(**more):
        return re.search(r"^to read: about (\d+)", run(task="Plan", **more).text, re.MULTILINE)[1]

    run(**NOT_KEPT)
    assert plan(**NOT_KEPT) == "0"
    assert plan(**NOT_KEPT, bin_width_gev=5) != "0"
    assert plan() != "0"


def test_copies_are_not_removed_from_what_is_not_kept(run):
    refused = run.attempt(**NOT_KEPT, duplicates="remove")
    assert refused.status != 0
    assert "keep_parsed = False: with duplicates = remove" in refused.text
    assert not run.out.exists()


def test_copies_stay_out_when_parsed_data_were_deleted(run):
    run(duplicates="remove")
    expected = run.histograms()
    for room in ("parsed_data", "im_arrays", "mass_counts", "im_arrays_processed", "histogram_counts", "histograms"):
        for path in run.products(room):
            path.unlink()
    run(duplicates="remove")
    assert run.products("duplicates")
    assert run.histograms() == expected
    assert product_names(run, "parsed_data") == ["root"] * 3


def test_the_results_say_what_was_not_kept(run):
    run(**NOT_KEPT)
    opened = results.open_run(str(run.out))
    (state, combination) = next(iter(opened.final_states())), "m0m1"
    with pytest.raises(ConfigurationError, match=r"keep_parsed = False"):
        opened.objects("m")
    with pytest.raises(ConfigurationError, match=r"keep_masses = False"):
        opened.masses(str(state), combination)


def test_numbers_of_events_are_small(run):
    run(**NOT_KEPT)
    kept = Runs(run.folder / "kept", run.input_files)
    kept()
    sizes = [sum(path.stat().st_size for path in each.products("parsed_data")) for each in (run, kept)]
    assert np.less(*sizes)
