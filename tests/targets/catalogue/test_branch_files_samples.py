"""Samples of simulation of one release are combined in a dataset of their own; nothing else is."""

from targets.catalogue.branch_files import divide
from targets.catalogue.input_files import InputFile

R = "2024r-pp"


def file(name, dataset, data_type="mc", release=R):
    return InputFile(f"/{name}.root", 1, None, None, release, None, dataset, data_type)


FILES = (
    file("d", f"{R}_data", "data"),
    file("a", f"{R}_mc_10"),
    file("b", f"{R}_mc_9"),
    file("c", f"{R}_mc_9"),
    file("e", f"{R}_mc_x"),
    file("f", "2025_mc_1", release="2025"),
    file("g", "files", release=None),
)


def names(branches):
    return [(branch.dataset, branch.sample, "".join(file.uri[1] for file in branch.files)) for branch in branches]


def test_combined_datasets_hold_samples_in_rising_order():
    division = divide(FILES, "dataset", 1)
    assert names(division.combined[f"{R}_mc"]) == [(f"{R}_mc", f"{R}_mc_9", "bcae")]
    assert division.samples == {f"{R}_mc": (f"{R}_mc_9", f"{R}_mc_10", f"{R}_mc_x")}
    assert list(division.listed) == list(dict.fromkeys(file.dataset for file in FILES))
    assert division.of(f"{R}_mc") == division.combined[f"{R}_mc"]
    assert division.of("x") == []
    assert names(division.of("files")) == [("files", "files", "g")]


def test_groups_of_combined_datasets_are_those_of_their_samples():
    division = divide(FILES, "group", 2)
    combined = division.of(f"{R}_mc")
    assert names(combined) == [
        (f"{R}_mc", f"{R}_mc_{key}", files) for key, files in (("9", "bc"), ("10", "a"), ("x", "e"))
    ]
    assert [branch.digest for branch in combined] == [division.of(branch.sample)[0].digest for branch in combined]


def test_one_sample_is_not_combined_and_a_run_is_one_branch():
    assert divide(FILES[:2], "dataset", 1).samples == {}
    assert names(divide(FILES, "run", 1).of(f"{R}_data")) == [(f"{R}_data", f"{R}_data", "dabcefg")]
    assert divide(FILES, "run", 1).combined == {}
