"""What is written beside a product: its statistics before it gets its name, and the reason of a failure."""

from targets.storage import atomic
from tasks.stages.inputs.parse_file import ParseFile
from tests.support.toy_files import EVENTS


def test_statistics_say_what_a_branch_took(run):
    run(task="ParseFile")
    products = {path.name: path.stat().st_size for path in run.products("parsed_data")}
    for record in run.records("ParseFile"):
        assert record["bytes_written"] == products[record["product"]]
        assert record["peak_memory_mb"] > 10
        assert record["seconds"] >= 0
        assert (record["stage"], record["dataset"], record["events"]["read"]) == ("ParseFile", "files", EVENTS)


def test_no_product_gets_its_name_before_its_statistics_are_there(run, monkeypatch):
    run(task="FetchMetadata")
    name, statistics = atomic.name, []

    def look(temporary, product):
        if product.suffix == ".root" and not product.name.startswith("."):
            statistics.append(len(run.records("ParseFile")))
        name(temporary, product)

    monkeypatch.setattr(atomic, "name", look)
    run(task="ParseFile", threads=1)
    assert statistics == [1, 2, 3]


def test_the_reason_of_a_failure_stays_until_the_branch_succeeds(run, monkeypatch):
    def break_off(*_):
        msg = "a bug"
        error = ZeroDivisionError(msg)
        error.add_note("where")
        raise error

    monkeypatch.setattr(ParseFile, "destination", break_off)
    assert run.attempt(task="ParseFile", files_per_branch=3).status != 0
    (note,) = (run.out / "logs" / "ParseFile").glob("*/*.failed")
    assert note.read_text() == "ZeroDivisionError: a bug\nwhere"
    assert run.products("parsed_data") == []
    assert run.leftovers() == []
    monkeypatch.undo()
    run(task="ParseFile", files_per_branch=3)
    assert not note.exists()
