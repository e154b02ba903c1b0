"""One changed character in a product that is read again: the file is named, and what is deleted is made again."""

import json

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


def test_a_changed_table_of_cuts_gives_no_histograms(ready, three):
    (table,) = ready.products("peaks")
    start_gev = next(cut["start_gev"] for cut in json.loads(table.read_text())["cuts"].values())
    change(table, f'"start_gev": {start_gev}', f'"start_gev": {start_gev + 0.1}')
    for folder in ("histograms", "im_arrays_processed"):
        ready.products(folder)[0].unlink()
        refuse(ready, table, "damaged", REMEDY)
    table.unlink()
    ready()
    assert ready.histograms() == three


def test_a_changed_list_of_files_is_made_again(ready, three):
    (listed,) = (ready.out / "metadata").glob("*/metadata_cache.json")
    before = listed.read_text()
    change(listed, "f0.root", "f9.root")
    ready.products("histograms")[0].unlink()
    assert "FetchMetadata" in ready().started
    assert listed.read_text() == before
    assert ready.histograms() == three


def test_changed_statistics_are_named_until_they_are_deleted(ready):
    log = sorted((ready.out / "logs" / "ComputeMasses").glob("*/*.json"))[0]
    change(log, '"seconds": ', '"seconds": 1')
    ready.products("histograms")[0].unlink()
    remedy = f"delete it and the product of ComputeMasses of the same name ({log.stem}): the next run remakes both"
    refuse(ready, log, remedy)
    refuse(ready, log, remedy, task="Summary")
    log.unlink()
    ready()
    (total,) = ready.records("MakeHistograms")
    assert total["missing_statistics"] == 1


def test_the_report_names_what_is_damaged(run):
    few = {"task": "MakeReport", "plotted_final_states": 0, "plot_formats": "png"}
    run(**few)
    (report,) = run.out.glob("report/*/report.html")
    (plots,) = run.products("plots")
    (histograms,) = run.products("histograms")
    picture = sorted(plots.glob("*.png"))[0]
    for path, remedy in (
        (histograms, REMEDY),
        (picture, f"delete the folder {plots}: the next run remakes it"),
        (plots / "figures.json", f"delete the folder {plots}: the next run remakes it"),
    ):
        report.unlink(missing_ok=True)
        whole = path.read_bytes()
        place = len(whole) // 2
        changed = whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :]
        path.write_bytes(whole.replace(b"ROI_mass", b"ROI_mess") if path == histograms else changed)
        refuse(run, path, remedy, **few)
        path.write_bytes(whole)
    figures = json.loads((plots / "figures.json").read_text())["figures"]
    old = [{key: entry[key] for key in ("name", "title", "files")} for entry in figures]
    (plots / "figures.json").write_text(json.dumps(old))  # as older versions wrote it
    run(**few)
    assert report.exists()
