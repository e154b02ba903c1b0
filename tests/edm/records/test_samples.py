"""What is known of a sample."""

import math

from edm.records.samples import SampleNumbers


def test_numbers_of_a_catalogue():
    said = {"cross_section_pb": 729.77, "kFactor": "1.139", "genFiltEff": None, "sumOfWeights": math.inf, "nEvents": 3}
    assert SampleNumbers.of_catalogue(said) == SampleNumbers(729.77, 1.139, None, None, 3.0)
    assert SampleNumbers.of_catalogue({"cross_section_pb": "unknown", "nEvents": True}) == SampleNumbers()


def test_one_source_after_the_other():
    first, second = SampleNumbers(cross_section_pb=0.0), SampleNumbers(cross_section_pb=2.0, k_factor=1.5)
    assert first.or_else(second) == SampleNumbers(0.0, 1.5)
