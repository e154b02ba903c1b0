"""The line of each key of an INI file."""

from targets.documents.ini_lines import line_numbers


def test_keys_are_found_by_section():
    text = "# a\n[one]\nx = 1\n  continued\ny:2\n\n[two]\nx=3\n"
    lines = line_numbers(text)
    assert [lines[key] for key in (("one", "x"), ("one", "y"), ("two", "x"))] == [3, 5, 8]
