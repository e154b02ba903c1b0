"""MakePlots: whole files, made once, made again when something they show changes."""

import json

import pytest

from tests.support.preloaded import draw_nothing
from tests.support.toy_files import truncate

FEW = {"plotted_final_states": 1, "plot_formats": "png"}
OVERVIEW = ["performance", "event_cutflow", "events", "cutflow", "multiplicities", "final_states", "kinematics"]


def plot(run, *arguments, **parameters):
    return run(*arguments, task="MakePlots", **(FEW | parameters))


def folder(run):
    (found,) = run.products("plots")
    return found


def index(found):
    return json.loads((found / "figures.json").read_text())["figures"]


def test_every_figure_is_a_whole_file_in_each_format(drawn):
    found = folder(drawn)
    assert found.name == "files"
    listed = index(found)
    assert [entry["name"] for entry in listed][: len(OVERVIEW)] == OVERVIEW
    assert any(entry["name"].startswith("mass_") for entry in listed)
    assert {path.name for path in found.iterdir()} == {
        "figures.json",
        *(name for entry in listed for name in entry["files"]),
    }
    for entry in listed:
        assert {name.split(".")[-1] for name in entry["files"]} == {"png", "pdf"}
    for path in found.glob("*.png"):
        assert path.read_bytes().startswith(b"\x89PNG")
        assert path.read_bytes().endswith(b"IEND\xaeB`\x82")
    for path in found.glob("*.pdf"):
        assert path.read_bytes().startswith(b"%PDF")
        assert path.read_bytes().rstrip().endswith(b"%%EOF")
    (record,) = drawn.records("MakePlots")
    assert (record["figures"], record["bytes_written"] > 0) == (len(listed), True)
    assert drawn.leftovers() == []


@pytest.mark.usefixtures("quick_figures")
def test_a_second_run_does_nothing_and_a_new_bin_width_draws_again(run):
    assert plot(run).started[-1] == "MakePlots"
    assert plot(run).started == []
    before = run.state()
    assert plot(run, bin_width_gev=20).started == ["FillHistograms", "MakeHistograms", "MakePlots"]
    assert len(run.products("plots")) == 2
    assert run.changed_since(before) == []


def test_the_largest_final_states_are_drawn_and_no_more(run, monkeypatch):
    draw_nothing(monkeypatch.setattr)
    plot(run, plotted_final_states=2, plotted_combinations=1)
    (table,) = [json.loads(path.read_text()) for path in run.products("peaks")]
    with_cut = {name.split("/")[0] for name, cut in table["cuts"].items() if not cut["reason"]}
    largest = [state for state in table["final_states"] if state in with_cut][:2]
    names = [entry["name"] for entry in index(folder(run))]
    drawn = list(dict.fromkeys("_".join(name.split("_")[1:3]) for name in names if name.startswith("mass")))
    assert drawn == largest
    titles = [entry["title"] for entry in index(folder(run)) if entry["name"].startswith("masses_")]
    assert all("the 1 most populated of" in title for title in titles)
    assert titles


@pytest.mark.usefixtures("quick_figures")
def test_a_deleted_intermediate_is_made_again(run):
    plot(run)
    folder(run).joinpath("figures.json").unlink()
    folder(run).rename(folder(run).with_name("gone"))
    run.products("mass_counts")[0].unlink()
    assert plot(run).started == ["CountMasses", "MakePlots"]


def test_deleted_statistics_leave_out_their_figures_alone(run):
    run()
    (run.out / "logs").rename(run.out / "gone")
    plot(run, plotted_combinations=1)
    names = [entry["name"] for entry in index(folder(run))]
    assert not set(names) & set(OVERVIEW)
    assert any(name.startswith("mass_") for name in names)


@pytest.mark.usefixtures("quick_figures")
def test_what_is_interrupted_leaves_nothing(run, monkeypatch):
    from steps.output import figure_files

    run()

    def break_off(folder, *_):
        (folder / "half.png").write_text("half")
        raise RuntimeError

    monkeypatch.setattr(figure_files, "_save", break_off)
    assert run.attempt(task="MakePlots").status != 0
    assert run.products("plots") == []
    assert run.leftovers() == []


@pytest.mark.usefixtures("quick_figures")
def test_failures_that_are_tolerated_are_drawn_without_them(run, files):
    truncate(files[1])
    plot(run, tolerated_failures=1)
    assert folder(run).is_dir()


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"plot_formats": "png,svg"}, "it must be png, pdf or both, not svg"),
        ({"plotted_final_states": -1}, "plotted_final_states"),
    ],
)
def test_bad_values_are_refused(run, parameters, message):
    outcome = run.attempt(task="MakePlots", **parameters)
    assert outcome.status != 0
    assert message in outcome.text
