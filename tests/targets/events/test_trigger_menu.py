"""Trigger menus in the tree MetaData of files made here."""

import json
import re

import awkward as ak
import numpy as np
import pytest
import uproot

from edm.jagged import Jagged
from physics.events.trigger_menus import counters_of, decisions
from targets.errors import FileFormatError
from targets.events.trigger_menu import read_menu_keys, read_menus
from targets.rootio.files import open_trees

HLT = "TriggerMenuJson_HLTAux"
PAYLOADS = {
    2282: json.dumps({"chains": {"HLT_mu50": {"counter": "33"}, "HLT_e60": {"counter": 1}}}),
    2283: json.dumps({"chains": {"HLT_mu50": {"counter": 0}}}),
}
WORDS = [[2, 2], [0, 1], [1, 0], [1]]  # bits 1 and 33; bit 32; bit 0; bit 0
KEYS = [2282, 2282, 2283, 2282]


def write(path, keys, payloads):
    """Write an RNTuple of menus with one entry, and one of events with keys and words of bits."""
    menus = ak.zip({"key": ak.Array([keys]), "payload": ak.Array([payloads])}, depth_limit=1)
    smk = ak.zip({"m_smk": np.array(KEYS, dtype=np.uint32)})
    words = ak.zip({"efPassedPhysics": ak.values_astype(ak.Array(WORDS), np.uint32)}, depth_limit=1)
    with uproot.recreate(path) as file:
        file.mkrntuple("MetaData", {f"{HLT}:": menus})
        file.mkrntuple("EventData", {"TrigConfKeys": smk, "xTrigDecisionAux:": words})
    return path


def test_menus_words_and_keys_give_decisions(tmp_path):
    path = write(tmp_path / "a.root", list(PAYLOADS), list(PAYLOADS.values()))
    with open_trees(str(path)) as trees:
        menus = {key: counters_of(payload) for key, payload in read_menus(trees, "a.root").items()}
        tree = trees["EventData"]
        keys = read_menu_keys(tree)
        words = Jagged.from_awkward(tree.array("xTrigDecisionAux:.efPassedPhysics"))
        assert read_menu_keys(tree, 2, 3).tolist() == [2283]
    assert menus == {2282: {"HLT_mu50": 33, "HLT_e60": 1}, 2283: {"HLT_mu50": 0}}
    fired = decisions(words, keys, menus, ("HLT_mu50", "HLT_e60", "HLT_x"))
    assert {chain: mask.tolist() for chain, mask in fired.items()} == {
        "HLT_mu50": [True, False, True, False],
        "HLT_e60": [True, False, False, False],
    }


@pytest.mark.parametrize("name", ["CollectionTree", "MetaData"])
def test_a_file_without_menus_has_none(tmp_path, name):
    with uproot.recreate(tmp_path / "a.root") as file:
        file.mktree(name, {"other": np.array([1])})
    with open_trees(str(tmp_path / "a.root")) as trees:
        assert read_menus(trees, "a.root") == {}


@pytest.mark.parametrize(
    ("keys", "payloads", "message"),
    [
        ([1, 2], ["a"], "x.root: tree MetaData has 1 trigger menus and 2 keys: fetch the file again"),
        ([1, 1], ["a", "b"], "x.root: tree MetaData has two different trigger menus with the key 1"),
    ],
)
def test_menus_that_contradict_each_other_are_refused(tmp_path, keys, payloads, message):
    path = write(tmp_path / "a.root", keys, payloads)
    with open_trees(str(path)) as trees, pytest.raises(FileFormatError, match=re.escape(message)):
        read_menus(trees, "x.root")


def test_a_menu_may_be_there_twice(tmp_path):
    path = write(tmp_path / "a.root", [1, 1], ["a", "a"])
    with open_trees(str(path)) as trees:
        assert read_menus(trees, "a.root") == {1: "a"}
