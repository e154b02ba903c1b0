"""Two runs are compared: what differs is said, and what does not."""

from dataclasses import replace
from pathlib import Path

from results import commands
from results.comparison import compare


def test_two_runs_are_compared(twice, finished):
    lines = compare(finished.out, twice.out)
    assert "  bin_width_gev: 10.0 | 20.0" in lines
    assert "    the same" in lines[lines.index("  input files:") + 1]
    assert any("0 of the 0 histograms of both are identical" in line for line in lines)
    assert "  the same" in compare(finished.out, finished.out)


def test_files_of_the_run_directories_themselves_are_compared_by_their_places(twice, finished, monkeypatch):
    listed = commands.Command.branches

    def branches(command, *chosen):
        place = f"{command.folder.absolute()}/demo"
        return [
            branch._replace(files=tuple(replace(file, uri=f"{place}/{Path(file.uri).name}") for file in branch.files))
            for branch in listed(command, *chosen)
        ]

    monkeypatch.setattr(commands.Command, "branches", branches)
    lines = compare(finished.out, twice.out)
    assert "    the same" in lines[lines.index("  input files:") + 1]
