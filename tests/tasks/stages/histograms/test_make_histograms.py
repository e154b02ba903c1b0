"""What MakeHistograms writes: names, files and folders, several widths, outliers, statistics."""

import math
import re

import numpy as np
import pytest
import uproot

from physics import bumpnet
from targets.products import mass_arrays
from tests.oracle.outputs import histogram_name, read_masses
from tests.support.rootfiles_made import events, write
from tests.support.runs import histograms

NAME = re.compile(r"ROI_mass_((?:[emjgtb]\d)+)_cat_(\dex_\dmx)_width_(\d+\.\d+)")


def total(found):
    """Count the entries of histograms."""
    return sum(int(np.frombuffer(counts, np.int64).sum()) for _, _, counts in found.values())


def test_names_are_those_of_bumpnets_loader(finished):
    assert finished.products("histograms")[0].name == "histograms.root"
    assert [name for name in finished.histograms() if not NAME.fullmatch(name)] == []


def test_plain_names_are_folders_of_final_states(run, three):
    run(use_bumpnet_naming=False)
    assert {histogram_name(name): content for name, content in run.histograms().items()} == three


def test_several_widths_give_several_histograms_each_as_alone(run, three):
    run(bin_width_gev="10,50")
    both = run.histograms()
    assert {name: content for name, content in both.items() if name.endswith("_width_10.0")} == three
    run(bin_width_gev=50)
    wide = run.all_histograms()[1]
    assert both == three | wide
    assert wide.keys().isdisjoint(three)


def test_several_widths_with_plain_names_do_not_collide(run):
    run(bin_width_gev="10,50", use_bumpnet_naming=False)
    run(bin_width_gev="10,50")
    plain, bumpnet = run.all_histograms()
    assert sorted(plain.values()) == sorted(bumpnet.values())


@pytest.mark.parametrize("bumpnet", [True, False])
def test_a_file_for_each_histogram(run, three, bumpnet):
    run(single_output_file=False, use_bumpnet_naming=bumpnet)
    (folder,) = run.products("histograms")
    assert folder.name == "histograms"
    files = sorted(folder.rglob("*.root"))
    contents = [histograms(file) for file in files]
    assert [len(content) for content in contents] == [1] * len(three)
    assert sorted(next(iter(content.values())) for content in contents) == sorted(three.values())
    if bumpnet:
        assert {file.stem for file in files} == set(three) == {name for content in contents for name in content}
    before = run.state()
    assert run(single_output_file=False, use_bumpnet_naming=bumpnet).started == []
    assert run.state() == before


def test_a_name_for_the_file(run, three):
    run(output_filename="my-own_name.root")
    (path,) = run.products("histograms")
    assert path.name == "my-own_name.root"
    assert histograms(path) == three


def test_outliers_are_left_out_where_that_is_asked_for(ready, three):
    ready(exclude_outliers=True)
    _, main = ready.all_histograms()
    removed = ready.records("RemovePeaks")
    assert sum(record["outliers"] for record in removed) > 0
    assert total(three) == sum(record["main"] + record["outliers"] for record in removed)
    assert total(main) == sum(record["main"] for record in removed)
    assert all(main[name][0] == three[name][0] for name in main)


def test_files_of_two_formats_in_one_dataset_are_said(run):
    assert "adds up" not in run().text
    write(run.folder / "in" / "other.root", "2020e-13tev", events(50))
    end = run(input_files=f"{run.folder}/in/*.root", min_events_per_fs=1)
    assert "note: files adds up 3 files of cms-nanoaod and 1 file of 2020e-13tev, each with the cuts of" in end.text


def test_every_histogram_has_a_row_of_statistics(finished):
    found = finished.histograms()
    (record,) = finished.records("MakeHistograms")
    assert record["histograms"] == len(found) == len(record["rows"])
    for name, row in record["rows"].items():
        low, high, counts = found[name]
        assert (row["start_gev"], row["end_gev"]) == (low, high)
        assert row["entries"] == np.frombuffer(counts, np.int64).sum()
        assert row["bins"] == len(counts) // 8
    assert record["accepted_by_bumpnet"] == sum(row["bumpnet_rejection"] is None for row in record["rows"].values())


def test_root_reads_entries_and_errors(finished):
    with uproot.open(finished.products("histograms")[0]) as file:
        for key in file.keys(cycle=False):
            one = file[key]
            assert one.classname == "TH1D"
            assert one.member("fEntries") == one.values(flow=True).sum()
            assert list(one.member("fSumw2")) == list(one.values(flow=True))


def test_histograms_of_the_same_files_have_the_same_bytes_of_counts(run, fresh, toys):
    run()
    assert run.histograms() == fresh(toys[:3]) == fresh(reversed(toys[:3]), files_per_branch=2, threads=2)


@pytest.mark.parametrize("exclude_outliers", [False, True])
def test_histograms_of_added_counts_are_those_of_all_processed_masses(run, exclude_outliers):
    run(bin_width_gev="10,2.5", exclude_outliers=exclude_outliers)
    parts = {}
    for path in run.products("im_arrays_processed"):
        for (state, combination, part), values in mass_arrays.read(path):
            if part == "main" or not exclude_outliers:
                parts.setdefault((state, combination), []).append(values.astype(np.float64))
    found = run.histograms()
    for (state, combination), arrays in parts.items():
        for width in (10.0, 2.5):
            low, high, counts = found.pop(bumpnet.histogram_name(state, combination, width))
            bins = np.floor(np.concatenate(arrays) / width).astype(int)
            wanted = np.bincount(bins)[round(low / width) : round(high / width)]
            assert np.frombuffer(counts, np.int64).tolist() == wanted.tolist()
    assert found == {}


def whole(run):
    """Give the content of the newest file of distributions before any removal."""
    paths = sorted(run.out.glob("histograms/*/whole*"), key=lambda path: path.stat().st_mtime_ns)
    return histograms(paths[-1])


def masses_before(run, min_events):
    """Give the masses of all branches, of final states with enough events."""
    masses = read_masses(run.out)
    return {name: values for name, values in masses.items() if len(values) >= min_events}


@pytest.mark.parametrize("widths", ["10", "7,10", "2.5"])
def test_whole_distributions_hold_every_mass_from_0_on(run, widths):
    run(bin_width_gev=widths, known_resonances="z")
    found, masses = whole(run), masses_before(run, 10)
    for name, values in masses.items():
        for width in map(float, widths.split(",")):
            low, high, counts = found.pop(bumpnet.histogram_name(*name.split("/"), width))
            wanted = np.bincount([math.floor(value / width) for value in values])
            assert (low, high) == (0.0, pytest.approx(width * len(wanted)))
            assert np.frombuffer(counts, np.int64).tolist() == wanted.tolist()
    assert found == {}
    (record,) = run.records("MakeHistograms")
    assert record["whole_distributions"] == len(masses) * len(widths.split(","))


def test_whole_distributions_do_not_depend_on_branches_and_change_no_histogram(run, fresh, toys):
    run(bin_width_gev=7)
    branches = whole(run)
    with_whole = run.histograms()
    assert fresh(reversed(toys[:3]), files_per_branch=2, bin_width_gev=7, whole_distributions=False) == with_whole
    run(bin_width_gev=7, files_per_branch=3)
    assert whole(run) == branches


def test_a_file_named_like_that_of_the_whole_distributions_is_refused(run):
    end = run.attempt(output_filename="whole.root")
    assert "output_filename = whole.root: that is the file of the distributions before any removal" in end.text
    assert run(output_filename="whole.root", whole_distributions=False).started[-1] == "MakeHistograms"
