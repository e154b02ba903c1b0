"""Cross sections of the user."""

import pytest

from targets.catalogue.cross_sections import CrossSection, load_cross_sections
from targets.errors import ConfigurationError


def load(tmp_path, text):
    path = tmp_path / "xs.yaml"
    path.write_text(text)
    return load_cross_sections(path)


def test_a_sample_is_a_number_or_a_name(tmp_path):
    text = "410470: {cross_section_pb: 729.77, k_factor: 1.139, source: catalogue}\n"
    text += "files:\n  sum_of_weights: -5\n  source: s\n"
    assert load(tmp_path, text) == {
        "410470": CrossSection(cross_section_pb=729.77, k_factor=1.139, source="catalogue"),
        "files": CrossSection(sum_of_weights=-5, source="s"),
    }


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "files: {cross_section: 1, source: s}\n",
            r"xs\.yaml:1: files: unknown key 'cross_section'; did you mean 'cross_se",
        ),
        ("files:\n  cross_section_pb: 1\n", r"xs\.yaml:1: files: the key 'source' is missing"),
        ("files:\n  cross_section_pb: 0\n  source: s\n", r"xs\.yaml:2: files\.cross_section_pb: .*greater than 0"),
        (
            "files:\n  filter_efficiency: 1.5\n  source: s\n",
            r"xs\.yaml:2: files\.filter_efficiency: .*less than or equal to 1",
        ),
        ("files:\n  sum_of_weights: .nan\n  source: s\n", r"xs\.yaml:2: files\.sum_of_weights: .*finite number"),
        ("- 1\n", r"xs\.yaml:1: .*mapping"),
    ],
)
def test_mistakes_are_said_with_their_line(tmp_path, text, message):
    with pytest.raises(ConfigurationError, match=message):
        load(tmp_path, text)
