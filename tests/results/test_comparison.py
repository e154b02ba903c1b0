"""Two runs are compared: what differs is said, and what does not."""

from results.comparison import compare


def test_two_runs_are_compared(twice, finished):
    lines = compare(finished.out, twice.out)
    assert "  bin_width_gev: 10.0 | 20.0" in lines
    assert "    the same" in lines[lines.index("  input files:") + 1]
    assert any("0 of the 0 histograms of both are identical" in line for line in lines)
    assert "  the same" in compare(finished.out, finished.out)
