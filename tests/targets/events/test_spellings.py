"""One spelling for the branches of PHYSLITE."""

import pytest

from targets.events.spellings import spellings, spelt


@pytest.mark.parametrize(
    ("branch", "expected"),
    [
        ("EventInfoAuxDyn:larFlags", "EventInfoAuxDyn.larFlags"),
        ("EventInfoAuxDyn.larFlags", "EventInfoAuxDyn.larFlags"),
        ("xTrigDecisionAux:.efPassedPhysics", "xTrigDecisionAux.efPassedPhysics"),
        ("xTrigDecisionAux./xTrigDecisionAux.efPassedPhysics", "xTrigDecisionAux.efPassedPhysics"),
        ("AnalysisJetsAuxDyn:btaggingLink.m_persIndex", "AnalysisJetsAuxDyn.btaggingLink.m_persIndex"),
        ("TrigConfKeys.m_smk", "TrigConfKeys.m_smk"),
        ("HLT_Mu50", "HLT_Mu50"),
    ],
)
def test_a_branch_has_one_spelling(branch, expected):
    assert spelt(branch) == expected


def test_release_21_is_found_under_the_later_names():
    names = spellings(
        ["EventInfoAux./EventInfoAux.larFlags", "EventInfoAux./EventInfoAux.lumiBlock", "EventInfoAuxDyn.x"]
    )
    assert names["EventInfoAuxDyn.larFlags"] == "EventInfoAux./EventInfoAux.larFlags"
    assert names["EventInfoAux.lumiBlock"] == "EventInfoAux./EventInfoAux.lumiBlock"
    both = spellings(["EventInfoAuxDyn.larFlags", "EventInfoAux./EventInfoAux.larFlags"])
    assert both["EventInfoAuxDyn.larFlags"] == "EventInfoAuxDyn.larFlags"
