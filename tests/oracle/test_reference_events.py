"""Event cutflows of real files against the numbers of an independent program (../shared/reference/physics)."""

import json
import re

import numpy as np
import pytest

from physics.errors import EventLevelError
from physics.events.good_runs import luminosity
from physics.events.halves import first_half
from physics.events.trigger_menus import decisions
from physics.events.triggers import DECISION_WORDS, fired_paths
from tests.oracle.reference import SHARED, needs_shared
from tests.support.event_files import MENU_KEY, apply, open_real, settings_for

pytestmark = needs_shared

FOLDERS = {
    "atlas-2016e-8tev": "atlas-2016e-8tev",
    "atlas-2020e-13tev": "atlas-2020e-13tev",
    "atlas-2024r-pp": "atlas-2024r-pp",
    "atlas-2025e-13tev-beta": "atlas-2025e-13tev-beta",
    "cms-nanoaod": "cms-nanoaod",
    "edge-physlite-rntuple": "edge",
}
OPTIONS = {
    "default": {},
    "triggers=none": {"triggers": False},
    "good_runs=none": {"good_runs": "none"},
    "good_runs=none,triggers=none": {"good_runs": "none", "triggers": False},
    "mc_period=2015": {"mc_period": "2015"},
}
ERRORS = {  # what the reference says, and what the message must hold
    "no list covers run 315267": "no list covers run 315267: --good-runs FILE or none",
    "trigger: no menu for 39 of the 39 events that reach this row": "no menu for 39 of the 39 events",
    "no listed trigger path is in the file": "no listed trigger path of the period 2016 is in the file",
}


def tables():
    folder = SHARED / "reference" / "physics"
    if not folder.is_dir():
        return
    for name, data in FOLDERS.items():
        document = json.loads((folder / f"{name}.cutflow.json").read_text(encoding="utf-8"))
        for file, entry in document["files"].items():
            yield data, file, entry


def files(key=None):
    """List the files, or those whose entry has a key."""
    return [pytest.param(*table, id=table[1][:30]) for table in tables() if key is None or key in table[2]]


CASES = [
    pytest.param(folder, file, entry["simulation"], option, entry[option], id=f"{file[:30]}-{option}")
    for folder, file, entry in tables()
    for option in OPTIONS
    if option in entry
]


def applied_rows(rows):
    return [tuple(row) for row in rows if row[2]]


@pytest.mark.parametrize(("folder", "file", "simulation", "option", "expected"), CASES)
@pytest.mark.parametrize("parts", [1, 3])
def test_the_event_cutflow_is_the_reference(folder, file, simulation, option, expected, parts):
    real = open_real(folder, file)
    assert real.event_file.simulation == simulation
    settings = settings_for(real, **OPTIONS[option])
    if expected["error"]:
        with pytest.raises(EventLevelError, match=re.escape(ERRORS[expected["error"]])):
            apply(real, settings, parts)
        return
    mask, result = apply(real, settings, parts)
    rows = [(row.name, row.passed, row.applied) for row in result.cutflow.rows]
    assert applied_rows(rows) == applied_rows(expected["rows"])
    assert {tuple(row) for row in expected["rows"]} <= set(rows) | {("noise filters", rows[-1][1], 0)} | {
        tuple(row) for row in expected["rows"] if row[2] == 0 and row[0] not in [name for name, *_ in rows]
    }
    assert np.count_nonzero(mask) == rows[-1][1]
    if "events_per_path" in expected:
        assert dict(result.triggers.events_per_path) == expected["events_per_path"]
        assert list(result.triggers.missing_paths) == expected["missing_paths"]


@pytest.mark.parametrize(("folder", "file", "entry"), files("luminosity"))
def test_luminosity_blocks_are_the_reference(folder, file, entry):
    real = open_real(folder, file)
    settings = settings_for(real)
    numbers = luminosity(apply(real, settings, 10)[1].blocks, settings.lists)
    expected = entry["luminosity"]
    assert (numbers.blocks_seen, numbers.blocks_good) == (expected["blocks_seen"], expected["blocks_good"])
    assert numbers.blocks_in_list == 222_264
    assert numbers.estimate_pb == pytest.approx(19_700 * 2 / 222_264)


@pytest.mark.parametrize(("folder", "file", "entry"), files())
def test_halves_are_the_reference(folder, file, entry):
    real = open_real(folder, file)
    runs, events = (real.column(name) for name in (real.event_file.run, real.event_file.event))
    in_a = first_half(runs, events)
    expected = entry["halves"]
    assert {"a": int(in_a.sum()), "b": int((~in_a).sum())} == expected["read"]
    assert "".join("a" if first else "b" for first in in_a[:10]) == expected["first_ten"]
    options = {"after_cleaning_only": {"good_runs": "none", "triggers": False}, "after_events_block": {}}
    for name, options_of_name in options.items():
        if name in expected:
            halves = {half: apply(real, settings_for(real, half=half, **options_of_name))[0].sum() for half in "ab"}
            assert halves == expected[name]


@pytest.mark.parametrize(("folder", "file", "entry"), files("chains"))
def test_trigger_chains_are_the_reference(folder, file, entry):
    real = open_real(folder, file)
    menus = settings_for(real).events.triggers.menus("2024r-pp")
    for menu in menus:
        expected = entry["chains"][menu.name]
        source = real.event_file.trigger_source
        assert source == expected["source"]
        branches = [name for name in real.names if name.endswith(".TrigMatchedObjects")]
        columns = real.columns([DECISION_WORDS, MENU_KEY] if source == "decision" else branches)
        fired = fired_paths(menu.paths, source, columns, real.event_file.menus)
        assert {path: fired[path].sum() if path in fired else None for path in menu.paths} == expected["fired"]
        union = np.any(list(fired.values()), axis=0).sum() if fired else None
        assert union == expected["union"]


@pytest.mark.parametrize(("folder", "file", "entry"), files("decoded_from_efPassedPhysics"))
def test_decisions_are_the_reference(folder, file, entry):
    expected = entry["decoded_from_efPassedPhysics"]
    real = open_real(folder, file)
    menus = real.event_file.menus
    assert {str(key): len(menu) for key, menu in menus.items()} == expected["smk_of_menus"]
    (menu,) = menus.values()
    assert {chain: menu[chain] for chain in expected["counters"]} == expected["counters"]
    words, keys = real.column(DECISION_WORDS), real.column(MENU_KEY)
    assert np.unique(keys).tolist() == expected["smk_of_events"]
    fired = decisions(words, keys, menus, tuple(expected["fired"]))
    assert {chain: mask.sum() for chain, mask in fired.items()} == expected["fired"]


@pytest.mark.parametrize(
    ("folder", "file", "message"),
    [
        ("edge", "DAOD_PHYSLITE_21.2.108.0.art.pool.root", r"no listed trigger path .*--mc-period for another period"),
        ("bench", "amp_cms_Run2012B_x200.root", r"this cms-nanoaod file has no luminosity block"),
        ("cases", "cmssw_rntuple.root", r"no list covers run 1: --good-runs FILE or none .*cms-2016 273158-284044"),
    ],
)
def test_files_that_do_not_fit_the_settings_are_refused(folder, file, message):
    real = open_real(folder, file)
    with pytest.raises(EventLevelError, match=message):
        apply(real, settings_for(real))
    mask, _ = apply(real, settings_for(real, good_runs="none", triggers=False))
    assert mask.all()


def test_a_reduced_file_passes_whole_and_says_what_was_not_applied():
    real = open_real("edge", "Run2012BC_DoubleMuParked_Muons_1000evts_rntuple_v1-0-0-0.root")
    mask, result = apply(real, settings_for(real))
    assert (mask.sum(), len(mask)) == (1000, 1000)
    assert applied_rows([(row.name, row.passed, row.applied) for row in result.cutflow.rows]) == [
        ("events read", 1000, 1000)
    ]
    assert {"good runs", "trigger", "primary vertex", "Flag_goodVertices"} <= set(result.not_applied)
