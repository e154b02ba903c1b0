"""Stages of weighted simulation: one branch alone, and what is known of samples when files were deleted."""

import pytest

from tests.support.simulated import RELEASE, Sample, Simulation


@pytest.fixture
def simulation(tmp_path, monkeypatch):
    """Runs in folders of their own on the same samples, of which the first file of the second is empty."""
    samples = (Sample(1, (60,)), Sample(2, (0, 60, 60), sum_of_weights=-7e3))
    return lambda name: Simulation(tmp_path, samples, monkeypatch, name)


def contents(runs, room):
    """Give the bytes of the products of a stage, by variant and name."""
    return {f"{path.parent.name}/{path.name}": path.read_bytes() for path in runs.products(room)}


def test_a_branch_alone_makes_what_it_makes_among_others(simulation):
    whole, alone = simulation("whole"), simulation("alone")
    whole(min_events_per_fs=1)
    alone("--branch", "3", task="CountMasses")
    ((name, counts),) = contents(alone, "mass_counts").items()
    assert contents(whole, "mass_counts")[name] == counts
    assert len(alone.products("parsed_data")) == 3  # its own; others up to the first with events, which sets the unit
    alone("--branch", "5", task="FillHistograms", min_events_per_fs=1)  # of the combined dataset
    ((name, counts),) = contents(alone, "histogram_counts").items()
    assert contents(whole, "histogram_counts")[name] == counts


def test_deleted_parsed_data_are_made_again_only_where_nothing_else_tells_of_weights(simulation):
    runs = simulation("r")
    runs(min_events_per_fs=1)
    for path in runs.products("parsed_data"):
        path.unlink()
    runs(min_events_per_fs=1, bin_width_gev=20)
    assert runs.products("parsed_data") == []
    for path in (runs.out / "logs" / "ParseFile").glob("*/*.json"):
        path.unlink()
    runs(min_events_per_fs=1, bin_width_gev=50)
    assert len(runs.products("parsed_data")) == 4
    factors = [record["normalisation"] for record in runs.records("MakeHistograms")]
    assert sorted(map(str, factors)) == sorted(3 * sorted(set(map(str, factors))))


def test_samples_are_not_combined_where_events_are_counted(simulation):
    runs = simulation("r")
    runs(min_events_per_fs=1, mc_weights=False)
    names = {path.stem.removeprefix(f"histograms_{RELEASE}_mc") for path in runs.products("histograms")}
    assert names == {"_1", "_2"}
