"""Flags of toy events in the branches of real formats."""

import json

import numpy as np
import pytest

from edm.objects import Objects
from targets.events.toy_flags import CHAINS, PATHS, nanoaod_flags, physlite_flags, tag_physlite, trigger_menu


@pytest.fixture
def flags():
    return {
        "run": np.array([5, 5, 6], dtype=np.uint32),
        "block": np.array([1, 2, 3], dtype=np.uint32),
        "jets": np.array([True, False, True]),
        "detector": np.array([True, True, False]),
        "filters": np.array([[True] * 8, [False] + [True] * 7, [True] * 7 + [False]]),
        "vertex": np.array([True, False, True]),
        "path": np.array([0, -1, 3]),
    }


def test_nanoaod_has_a_branch_a_filter_and_a_path(flags):
    columns = nanoaod_flags(flags)
    assert columns["Flag_goodVertices"].tolist() == [True, False, True]
    assert columns["Flag_eeBadScFilter"].tolist() == [True, True, False]
    assert (columns["PV_npvsGood"] >= 1).tolist() == [True, False, True]
    fired = {path: columns[path].tolist() for path in PATHS if columns[path].any()}
    assert fired == {PATHS[0]: [True, False, False], PATHS[3]: [False, False, True]}


def test_physlite_sets_the_bit_that_the_menu_names(flags):
    columns = physlite_flags(flags)
    words = columns["xTrigDecisionAux.efPassedPhysics"].to_numpy()
    menu = json.loads(trigger_menu()["TriggerMenuJson_HLTAux:"].payload[0][0])["chains"]
    for number, chain in enumerate(CHAINS):
        bit = menu[chain]["counter"]
        fired = (words[:, bit // 32] >> (bit % 32)) & 1
        assert fired.tolist() == (flags["path"] == number).astype(int).tolist()
    key = trigger_menu()["TriggerMenuJson_HLTAux:"].key[0][0]
    assert set(columns["TrigConfKeys.m_smk"].tolist()) == {key}


def test_physlite_words_tell_errors_and_vertices(flags):
    columns = physlite_flags(flags)
    assert ((columns["EventInfoAuxDyn.larFlags"] >> 28) & 15).tolist() == [0, 0, 2]
    assert columns["EventInfoAuxDyn.DFCommonJets_eventClean_LooseBad"].tolist() == [1, 0, 1]
    primary = columns["PrimaryVerticesAuxDyn.vertexType"] == 1
    assert [any(event) for event in primary.tolist()] == [True, False, True]


def test_links_of_jets_point_to_scores_in_the_reverse_order():
    jets = Objects(np.array([0, 3, 3, 5]), {"b_score": np.array([0.1, 0.5, 0.9, 0.2, 0.8], dtype=np.float32)})
    links, scores = tag_physlite(jets)
    assert links["btaggingLink.m_persIndex"].tolist() == [2, 1, 0, 1, 0]
    assert scores["DL1dv01_pb"].tolist() == pytest.approx([0.9, 0.5, 0.1, 0.8, 0.2], rel=1e-6)
    assert np.all(scores["DL1dv01_pc"] < scores["DL1dv01_pu"])
