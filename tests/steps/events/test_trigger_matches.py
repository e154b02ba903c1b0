"""``matched: true``: events in which no selected lepton or photon made the trigger fire are left out."""

import json
from dataclasses import replace

import awkward as ak
import numpy as np
import pytest
import uproot

from physics.errors import EventLevelError
from physics.events.matching import COLLECTION_KEYS
from physics.selection.selection import Selection
from steps import parse
from steps.events.event_options import EventOptions
from steps.read_options import ReadOptions
from targets.catalogue.input_files import InputFile
from targets.events import schemas
from targets.events.inputs import FetchOptions
from tests.oracle.reference import SHARED, needs_shared
from tests.support.rootfiles_made import events, write

NO_LISTS = EventOptions(good_runs=("none",))
CHAINS = ("HLT_e26_x", "HLT_mu26_x", "HLT_absent")
OBJECTS = {"m": {"cuts": [{"name": "pT", "column": "pt", "min": 100.0, "source": "here"}]}}


def selection_of(schema, matched=True, objects=None, paths=CHAINS):
    triggers = {"matched": matched, "formats": {schema: {"paths": list(paths)}}}
    document = {"name": "t", "description": "t", "objects": objects or {}, "events": {"triggers": triggers}}
    return Selection.model_validate(document)


def parsed(path, selection, tmp_path, options=NO_LISTS, chunk_events=7):
    """Parse a file and give the statistics, and the event numbers of parsed data."""
    how = ReadOptions(schemas.load(""), selection, FetchOptions("auto", tmp_path, keep=True), chunk_events, 1000, 1, 0)
    file = InputFile(str(path), None, None, None, None, None, "d", "data")
    record = parse.parse([file], replace(how, events=options), tmp_path / "p.root", "rntuple")
    return record, uproot.open(tmp_path / "p.root")["events"].arrays(["event"])["event"].tolist()


def rows(record):
    return {row.name: (row.passed, row.applied) for row in record.event_cutflow}


def test_links_of_a_physlite_file_made_here(tmp_path):
    drawn, n_events, random = events(40), 40, np.random.default_rng(5)
    match, expected = {}, []
    links = {chain: [[] for _ in range(n_events)] for chain in CHAINS[:2]}
    for event in range(n_events):
        passed = fired = False
        for chain, kinds in zip(CHAINS, ("eg", "m"), strict=False):
            for kind in kinds:
                if random.random() < 0.4:
                    index = int(random.integers(0, 4))
                    links[chain][event].append([{"m_persKey": COLLECTION_KEYS[kind], "m_persIndex": index}])
                    pts = drawn[kind].pt[event]
                    passed |= index < len(pts) and (kind != "m" or pts[index] >= 100)
            fired |= bool(links[chain][event])
        expected.append(bool(passed and fired))
    for chain, lists in links.items():
        array = ak.Array([*lists, [[{"m_persKey": 1, "m_persIndex": 1}]]])[:-1]
        match[f"AnalysisTrigMatch_{chain}AuxDyn:TrigMatchedObjects"] = ak.values_astype(array, np.uint32)
    path = write(tmp_path / "f.root", "2024r-pp", drawn, rntuple=True, **match)
    record, stored = parsed(path, selection_of("2024r-pp", objects=OBJECTS), tmp_path)
    assert rows(record)["trigger"] == (sum(expected), n_events)
    assert 0 < sum(expected) < n_events
    assert record.missing_paths == ("HLT_absent",)
    numbers = drawn["event"].tolist()
    assert set(stored) <= {number for number, passes in zip(numbers, expected, strict=True) if passes}
    assert record.events.written + sum(record.events.few_objects.values()) == sum(expected)
    unmatched, _ = parsed(path, selection_of("2024r-pp", matched=False, objects=OBJECTS), tmp_path)
    assert rows(unmatched)["trigger"][0] > sum(expected)


@pytest.mark.parametrize(
    ("schema", "column"),
    [("2016e-8tev", "trigMatched"), ("2020e-13tev", "trigMatched"), ("2025e-13tev-beta", "isTrigMatched")],
)
def test_flags_of_leptons(tmp_path, schema, column):
    drawn = events(60)
    n_leptons = np.asarray(ak.num(drawn["e"]) + ak.num(drawn["m"]))
    flags = ak.unflatten(np.random.default_rng(1).integers(0, 2, n_leptons.sum()).astype(np.int32), n_leptons)
    fired = np.arange(60) % 3 > 0
    more = {f"lep_{column}": flags, "trigE": fired, "trigM": np.zeros(60, dtype=np.bool_)}
    path = write(tmp_path / "f.root", schema, drawn, **more)
    selection = selection_of(schema, objects=OBJECTS, paths=("trigE", "trigM"))
    record, _ = parsed(path, selection, tmp_path)
    leptons = ak.concatenate([drawn["e"], drawn["m"]], axis=1)
    selected = ak.concatenate([ak.ones_like(drawn["e"].pt) > 0, drawn["m"].pt >= 100], axis=1)
    matched = ak.any(selected & (flags > 0), axis=1)
    assert ak.num(leptons).tolist() == n_leptons.tolist()
    expected = int(np.sum(np.asarray(matched) & fired))
    assert rows(record)["trigger"] == (expected, 60)
    assert 0 < expected < fired.sum()
    assert record.events_per_path == {"trigE": 40, "trigM": 0}


def test_it_asks_nothing_where_no_trigger_is_asked(tmp_path):
    path = write(tmp_path / "f.root", "cms-nanoaod", events(9))
    for options in (EventOptions(good_runs=("none",), triggers=False),):
        record, _ = parsed(path, selection_of("cms-nanoaod"), tmp_path, options)
        assert rows(record)["trigger"] == (9, 0)


@pytest.mark.parametrize("with_trigger", [True, False])
def test_formats_that_do_not_say_it_are_refused(tmp_path, with_trigger):
    flags = {"HLT_e26_x": np.ones(9, dtype=np.bool_)} if with_trigger else {}
    path = write(tmp_path / "f.root", "cms-nanoaod", events(9), **flags)
    message = r"f.root: triggers, matched: true: cms-nanoaod files do not say which objects .* write matched: false"
    with pytest.raises(EventLevelError, match=message):
        parsed(path, selection_of("cms-nanoaod"), tmp_path)


def test_files_without_the_flag_are_refused(tmp_path):
    path = write(tmp_path / "f.root", "2020e-13tev", events(9), trigE=np.ones(9, dtype=np.bool_))
    message = r"f.root: .*this 2020e-13tev file has no branch lep_trigMatched, .* write matched: false"
    with pytest.raises(EventLevelError, match=message):
        parsed(path, selection_of("2020e-13tev", paths=("trigE",)), tmp_path)


def real_physlite():
    default = json.loads((SHARED / "reference" / "physics" / "atlas-2024r-pp.cutflow.json").read_text())
    return SHARED / "data" / "atlas-2024r-pp" / next(iter(default["files"]))


PATHS_2016 = (
    *("HLT_e26_lhtight_nod0_ivarloose", "HLT_e60_lhmedium_nod0", "HLT_e140_lhloose_nod0", "HLT_mu26_ivarmedium"),
    *("HLT_mu50", "HLT_g35_loose_g25_loose", "HLT_g140_loose"),
)


class TestOfRealFiles:
    pytestmark = needs_shared

    def test_links_of_physlite_point_to_what_fired(self, tmp_path):
        tree = uproot.open(real_physlite())["CollectionTree"]
        pts = {
            kind: tree[f"Analysis{name}AuxDyn.pt"].array().tolist()
            for kind, name in (("e", "Electrons"), ("m", "Muons"), ("g", "Photons"))
        }
        kinds, expected = {key: kind for kind, key in COLLECTION_KEYS.items()}, [False] * 100
        for path in PATHS_2016:
            branch = f"AnalysisTrigMatch_{path}AuxDyn.TrigMatchedObjects"
            for event, lists in enumerate(tree[branch].array().tolist() if branch in tree else []):
                for link in (link for links in lists for link in links):
                    kind = kinds.get(link["m_persKey"])
                    matched_pts = pts[kind][event] if kind else []
                    assert kind != "e" or matched_pts[link["m_persIndex"]] > 23_000
                    expected[event] |= kind is not None and matched_pts[link["m_persIndex"]] >= 40_000
        objects = {kind: {"cuts": [{"name": "pT", "column": "pt", "min": 40.0, "source": "here"}]} for kind in "emg"}
        record, _ = parsed(real_physlite(), selection_of("2024r-pp", objects=objects, paths=PATHS_2016), tmp_path)
        assert rows(record)["trigger"] == (sum(expected), 100)
        assert 0 < sum(expected) < 66  # 66 of 100 fired (PHYSICS.md, section 3)

    def test_leptons_of_2020_data(self, tmp_path):
        path = SHARED / "data" / "atlas-2020e-13tev" / "data_A.4lep.root"
        arrays = uproot.open(path)["mini"].arrays(["lep_pt", "lep_trigMatched"])
        expected = int(ak.sum(ak.any(arrays.lep_trigMatched & (arrays.lep_pt >= 60_000), axis=1)))
        objects = {kind: {"cuts": [{"name": "pT", "column": "pt", "min": 60.0, "source": "here"}]} for kind in "em"}
        record, _ = parsed(path, selection_of("2020e-13tev", objects=objects, paths=("trigE", "trigM")), tmp_path)
        assert rows(record)["trigger"] == (expected, 39)
        assert 0 < expected < 39
