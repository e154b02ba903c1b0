"""Parameters of masses and of the peak search that contradict each other, and what the steps get of them."""

import pytest

import tasks
from physics.combinations import Rules
from tests.support.runs import QUICK

UNHANDLED = 4


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"min_events_per_fs": "many"}, "min_events_per_fs = 'many': it is not a whole number"),
        ({"bin_width_gev": "0"}, "bin_width_gev = '0.0': each must be above 0"),
        (
            {"min_particles_in_combination": 5},
            "max_particles_in_combination is 3, below min_particles_in_combination 5",
        ),
        ({"peak_detection_bin_width_gev": 0}, "peak_detection_bin_width_gev"),
        ({"max_mass_gev": 0}, "max_mass_gev is 0: it must be above 0 GeV"),
        ({"workflow": "PBS"}, "workflow = 'PBS': it must be one of local, pbs, slurm, htcondor"),
        ({"min_particles_in_combination": 1}, "min_particles_in_combination = 1: it must be 2 or more"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else None,
)
def test_a_bad_value_on_the_command_line_ends_the_run_before_anything_is_done(run, wrong, reason):
    end = run.attempt(**wrong)
    assert end.status == UNHANDLED
    assert reason in end.text
    assert "Traceback" not in end.text
    assert not run.out.exists()


def task(**parameters):
    given = {name: value for name, value in QUICK.items() if name in dict(tasks.FindPeaks.get_params())}
    given |= {"release_years": ("demo",), "objects_to_calculate": ("e", "m"), "known_resonances": ("z",)}
    return tasks.FindPeaks(**given | parameters)


def test_the_rules_of_combinations_are_those_of_the_parameters():
    assert task(max_subleading_index=1, max_multiplicity=5).rules() == Rules(2, 3, 1, 5)


def test_the_peak_search_is_that_of_the_parameters():
    search = task(peak_detection_bin_width_gev=5, max_mass_gev=500).peak_search()
    assert (search.min_events, search.width_gev, search.max_mass_gev) == (10, 5, 500)
    assert [resonance.name for resonance in search.resonances] == ["z"]
