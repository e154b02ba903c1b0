"""What names a variant: stages upstream, settings and facts, and a digest that no order changes."""

from targets.documents.digests import digest
from targets.documents.variant_inputs import VariantInputs

PARSED = VariantInputs({"ParseFile": {"revision": 1, "selection": "ab"}}, {"events": None})
MASSES = VariantInputs({"ComputeMasses": {"revision": 2}})


def test_a_stage_depends_on_all_upstream_and_keeps_what_it_says_itself():
    inputs = MASSES.with_facts(files="01").with_upstream(PARSED.with_facts(files="23"))
    assert inputs.settings == {"ParseFile": {"revision": 1, "selection": "ab"}, "ComputeMasses": {"revision": 2}}
    assert list(inputs.settings) == ["ParseFile", "ComputeMasses"]
    assert inputs.facts == {"events": None, "files": "01"}


def test_settings_and_facts_are_added_to_a_record_of_their_own():
    inputs = PARSED.with_settings("ParseFile", selection="cd", halves="even").with_facts(events=(1, 2))
    assert inputs.settings["ParseFile"] == {"revision": 1, "selection": "cd", "halves": "even"}
    assert inputs.facts == {"events": (1, 2)}
    assert PARSED.document() == {"ParseFile": {"revision": 1, "selection": "ab"}, "events": None}


def test_the_digest_is_that_of_the_document_in_any_order():
    document = {"ParseFile": {"selection": "ab", "revision": 1}, "ComputeMasses": {"revision": 2}, "events": None}
    for inputs in (MASSES.with_upstream(PARSED), PARSED.with_upstream(MASSES)):
        assert inputs.digest(8) == digest(document, 8)
    assert MASSES.digest(8) != PARSED.digest(8)


def test_settings_alone_are_described():
    inputs = PARSED.with_facts(selection="ab").described(lambda name, value: [name, value])
    assert inputs.document() == {
        "ParseFile": {"revision": ["revision", 1], "selection": ["selection", "ab"]},
        "events": None,
        "selection": "ab",
    }
