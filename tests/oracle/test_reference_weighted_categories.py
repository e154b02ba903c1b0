"""Weights of real simulation in runs with categories: each mass keeps the weight of its event."""

from collections import defaultdict

import pytest
import uproot

from physics.final_states import split_tag
from targets.products import mass_arrays
from tests.oracle.reference import needs_shared
from tests.oracle.test_reference_weighted_runs import FEW, SAMPLE, SIGMA
from tests.support.runs import Runs

pytestmark = [*needs_shared, pytest.mark.slow]

UNCUT = {name: FEW[name] for name in ("triggers", "good_runs", "data_type")}
ALL = {"objects_to_calculate": "e,m,j", "max_particles_in_combination": 3}


@pytest.fixture
def run(tmp_path):
    (tmp_path / "xs.yaml").write_text(SIGMA, encoding="utf-8")

    def running(name, task, **parameters):
        runs = Runs(tmp_path, str(SAMPLE), name)
        given = {"run_name": name, "cross_sections": tmp_path / "xs.yaml", "selection": "default"} | parameters
        runs(task=task, **given, **(FEW if task == "MakeHistograms" else UNCUT), **ALL)
        return runs

    return running


def pairs(runs):
    """Return masses and weights by untagged final state and combination, sorted."""
    (path,) = runs.products("im_arrays")
    found = defaultdict(list)
    for key, masses, weights in mass_arrays.read_weighted(path):
        name = f"{split_tag(key.final_state)[0]}/{key.combination}"
        found[name] += zip(masses.tolist(), weights.tolist(), strict=True)
    return {name: sorted(values) for name, values in found.items()}


def test_charges_split_weighted_final_states_without_a_change(run):
    assert pairs(run("tags", "ComputeMasses", charge_categories=True)) == pairs(run("plain", "ComputeMasses"))


def test_masses_with_missing_momentum_have_the_weights_of_their_events(run):
    found = pairs(run("met", "ComputeMasses", met_combinations=True, z_candidates=True))
    (state,) = [name.split("/")[0] for name in found if name == "1e_0m_2j_0Z/e0j0"]
    weights = [sorted(weight for _, weight in found[f"{state}/{name}"]) for name in ("e0j0", "MET+e0", "MET+e0j0")]
    assert weights == weights[:1] * 3


def test_weighted_histograms_with_all_categories(run):
    runs = run("all", "MakeHistograms", charge_categories=True, z_candidates=True, met_combinations=True)
    for name, beginning in (("histograms", "ROI_mass_"), ("histograms_met", "ROI_massMET_")):
        (path,) = (runs.out / "histograms").glob(f"*/{name}.root")
        with uproot.open(path) as file:
            keys = file.keys(cycle=False)
            assert keys
            for key in keys:
                assert key.startswith(beginning)
                assert file[key].title.endswith("(simulation)")
                assert file[key].values().sum() != file[key].member("fEntries") > 0
