"""What stands beside the histograms is made again where it is gone, and goes with them."""

import shutil

import pytest
import uproot

from tests.support.simulated import Sample, Simulation


@pytest.fixture
def runs(tmp_path, monkeypatch):
    return Simulation(tmp_path, (Sample(1, (150,)),), monkeypatch)


def products(runs):
    return [path for path in (runs.out / "histograms").glob("*/*") if path.name != "parameters.json"]


def contents(runs):
    """Give the bytes of contents and squared errors; those of files would differ by the time that stands there."""
    found = {}
    for path in (runs.out / "histograms").rglob("*.root"):
        with uproot.open(path) as file:
            for key in file.keys(cycle=False, filter_classname="TH1D"):
                found[path, key] = file[key].values().tobytes(), file[key].variances().tobytes()
    return found


@pytest.mark.parametrize(("single", "suffix"), [(True, ".root"), (False, "")])
def test_a_deleted_file_beside_the_histograms_is_made_again(runs, single, suffix):
    options = {"pseudo_data": True, "single_output_file": single, "min_events_per_fs": 10}
    runs(**options)
    made = {path.name: path for path in products(runs)}
    assert set(made) == {f"{name}{suffix}" for name in ("histograms", "histograms_pseudo", "whole")}
    whole = contents(runs)
    for name in (f"histograms_pseudo{suffix}", f"whole{suffix}"):
        made[name].unlink() if single else shutil.rmtree(made[name])
        assert "missing: 1 of 1 branches of MakeHistograms" in runs(task="Summary", **options).text
        before = runs.state()
        assert runs(**options).started == ["MakeHistograms"]
        assert set(runs.made_since(before)) == {"histograms"}
        assert contents(runs) == whole
    assert runs("--remove-output", "0,a,n", **options).status == 0
    assert products(runs) == []
