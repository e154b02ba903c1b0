"""One changed character in a product that is read again: the file is named, and what is deleted is made again."""

import json

import pytest

from steps import branch_statistics, peaks
from targets.errors import FileFormatError
from targets.products import histograms

REMEDY = "delete it: the next run remakes it"


def change(path, old, new):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def refuse(run, path, *texts, **parameters):
    end = run.attempt(**parameters)
    assert end.status == 30, end.text
    assert "Traceback" not in end.text
    for text in (str(path), *texts):
        assert text in end.text
    return end


def test_a_changed_table_of_cuts_gives_no_histograms(run, three):
    run()
    (table,) = run.products("peaks")
    start_gev = next(cut["start_gev"] for cut in json.loads(table.read_text())["cuts"].values())
    change(table, f'"start_gev": {start_gev}', f'"start_gev": {start_gev + 0.1}')
    for room in ("histograms", "im_arrays_processed"):
        run.products(room)[0].unlink()
        refuse(run, table, "damaged", REMEDY)
    table.unlink()
    run()
    assert run.histograms() == three


def test_a_changed_list_of_files_is_made_again(run, three):
    run()
    (listed,) = (run.out / "metadata").glob("*/metadata_cache.json")
    before = listed.read_text()
    change(listed, "f0.root", "f9.root")
    run.products("histograms")[0].unlink()
    assert "FetchMetadata" in run().started
    assert listed.read_text() == before
    assert run.histograms() == three


@pytest.mark.parametrize("stage", ["ParseFile", "ComputeMasses", "RemovePeaks"])
@pytest.mark.parametrize("damage", ["another number", "another shape", "a list", "half"])
def test_changed_statistics_are_named(run, stage, damage):
    run()
    log = sorted((run.out / "logs" / stage).glob("*/*.json"))[0]
    match damage:
        case "another number":
            change(log, '"seconds": ', '"seconds": 1')
        case "another shape":
            log.write_text(json.dumps({"stage": stage, "seconds": 1.0, "peak_memory_mb": 3, "events": {}}))
        case "a list":
            log.write_text("[1, 2]")
        case "half":
            log.write_bytes(log.read_bytes()[:50])
    run.products("histograms")[0].unlink()
    said = f"delete it and the product of {stage} of the same name ({log.stem}): the next run remakes both"
    refuse(run, log, said)
    refuse(run, log, said, task="Summary")
    log.unlink()
    run()
    (total,) = run.records("MakeHistograms")
    assert total["missing_statistics"] == 1


def test_statistics_of_another_stage_are_refused(tmp_path):
    path = tmp_path / "a.json"
    path.write_text(json.dumps({"stage": "FindPeaks", "seconds": 1.0, "peak_memory_mb": 3}))
    with pytest.raises(FileFormatError, match=r"a\.json: not statistics as CountMasses .* \(they are those of F"):
        branch_statistics.load(path, "CountMasses")
    assert branch_statistics.load(tmp_path / "b.json", "CountMasses") is None


CUT = {"entries": 3, "below": 1, "window": 0, "main": 2, "outliers": 0, "above": 0}
CUT |= {"start_gev": 80.0, "split_gev": None}
TABLE = {"dataset": "d", "final_states": {"2e": {"events": 3, "kept": True}}, "cuts": {"2e/e0e1": CUT}}


@pytest.mark.parametrize(
    "table",
    [
        [],
        {},
        TABLE | {"cuts": []},
        TABLE | {"cuts": {"2e": CUT}},
        TABLE | {"cuts": {"2e/e0e1": CUT | {"main": 3}}},
        TABLE | {"cuts": {"2e/e0e1": CUT | {"start_gev": None}}},
        TABLE | {"cuts": {"2e/e0e1": CUT | {"unknown": 1}}},
        TABLE | {"final_states": {"2e": {}}},
    ],
)
def test_what_is_no_table_of_cuts(tmp_path, table):
    path = tmp_path / "t.json"
    path.write_text(json.dumps(table))
    with pytest.raises(FileFormatError, match=rf"t\.json: not a table of cuts .*; {REMEDY}"):
        peaks.load_table(path)
    path.write_text(json.dumps(TABLE))
    assert peaks.load_table(path) == TABLE


def test_the_report_reads_each_file_of_histograms_once(run, monkeypatch):
    read, asked = histograms.read, []
    monkeypatch.setattr(histograms, "read", lambda path: asked.append(path) or read(path))
    run(task="MakeReport", plotted_final_states=0)
    assert asked == run.products("histograms")


def test_the_report_names_what_is_damaged(run):
    few = {"task": "MakeReport", "plotted_final_states": 0}
    run(**few)
    (report,) = run.out.glob("report/*/report.html")
    (plots,) = run.products("plots")
    (made,) = run.products("histograms")
    picture = sorted(plots.glob("*.png"))[0]
    for path, said in (
        (made, REMEDY),
        (picture, f"delete the folder {plots}: the next run remakes it"),
        (plots / "figures.json", f"delete the folder {plots}: the next run remakes it"),
    ):
        report.unlink(missing_ok=True)
        whole = path.read_bytes()
        place = len(whole) // 2
        changed = whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :]
        path.write_bytes(whole.replace(b"ROI_mass", b"ROI_mess") if path == made else changed)
        refuse(run, path, said, **few)
        path.write_bytes(whole)
    listed = json.loads((plots / "figures.json").read_text())["figures"]
    old = [{key: entry[key] for key in ("name", "title", "files")} for entry in listed]
    (plots / "figures.json").write_text(json.dumps(old))  # as older versions wrote it
    run(**few)
    assert report.exists()


def test_selected_b_jets_are_counted(run):
    run()
    rows = {"j": [{"cut": "selected", "objects": 7}], "b": [{"cut": "selected jets", "objects": 7}]}
    rows["b"].append({"cut": "b_tag", "objects": 2})
    for path in (run.out / "logs" / "ParseFile").glob("*/*.json"):
        record = json.loads(path.read_text())
        del record["content_xxh3"]
        more = {"removed": 0, "applied": True, "reasons": []}
        record["cutflow"] = {kind: [row | more for row in listed] for kind, listed in rows.items()}
        path.write_text(json.dumps(record))
    run.products("histograms")[0].unlink()
    run()
    (total,) = run.records("MakeHistograms")
    assert total["objects"] == {"j": 21, "b": 6}
    assert total["stages"]["ParseFile"]["objects"] == 21  # a b-jet is a jet
