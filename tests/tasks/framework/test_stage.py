"""Running again: what is there is not made again, what is missing is, and nothing is overwritten."""

from textwrap import dedent

MAIN_JOB = ["FetchMetadata", "CountMasses", "FindPeaks", "FillHistograms", "MakeHistograms"]
"""What luigi starts; the branches of CountMasses and FillHistograms make those of the other stages on their way."""

MUONS_ABOVE_20_GEV = dedent("""\
    name: own
    description: Muons above a threshold.
    objects:
      m: {cuts: [{name: pt, column: pt, min: 20, unit: GeV, source: made up for this test}]}
    overlap: []
    b_tag: null
    """)


def delete(run, *rooms, name=None):
    """Delete a stage's products, or of each stage the one of this name."""
    for room in rooms:
        for path in run.products(room):
            if name in (None, path.stem):
                path.unlink()


def test_the_stages_run_in_order(run):
    assert run().started == MAIN_JOB


def test_a_second_run_starts_nothing_and_says_so(ready):
    before = ready.state()
    again = ready()
    assert again.started == []
    (histograms,) = ready.products("histograms")
    assert f"Everything is done already:\nMakeHistograms of files: {histograms}" in again.text
    assert ready.state() == before
    assert f"\nParseFile of files: {ready.products('parsed_data')[0].parent}" in ready(task="ParseFile").text
    assert ready.changed_since(before) == []


def test_deleted_histograms_and_one_processed_file_are_all_that_is_made_again(ready, three):
    delete(ready, "histograms")
    delete(ready, "im_arrays_processed", name=ready.products("im_arrays_processed")[1].stem)
    before = ready.state()
    assert ready().started == ["RemovePeaks", "MakeHistograms"]
    assert ready.made_since(before) == {"histograms": 2, "im_arrays_processed": 1}
    assert ready.histograms() == three


def test_one_deleted_branch_is_all_that_is_made_again(ready, three):
    delete(ready, "histograms")
    name = ready.products("parsed_data")[2].stem
    rooms = ["parsed_data", "im_arrays", "im_arrays_processed", "histogram_counts"]
    delete(ready, *rooms, name=name)
    before = ready.state()
    ready()
    assert ready.made_since(before) == dict.fromkeys(rooms, 1) | {"histograms": 2}  # and whole.root
    assert {ready.products(room)[2].stem for room in ("parsed_data", "im_arrays", "im_arrays_processed")} == {name}
    assert ready.histograms() == three


def test_deleted_intermediate_files_are_not_missed_while_the_result_is_there(ready):
    delete(ready, "parsed_data", "im_arrays")
    assert ready().started == []


def test_deleted_statistics_are_not_missed_and_the_sum_says_how_many_are_gone(ready):
    delete(ready, "histograms")
    (ready.out / "logs" / "ParseFile").rename(ready.out / "logs" / "gone")
    assert ready().started == ["MakeHistograms"]
    (record,) = ready.records("MakeHistograms")
    assert record["missing_statistics"] == 3


def test_more_files_read_only_the_new_ones(run_ten, three, ten):
    run_ten(max_files_to_process=3)
    before = run_ten.state()
    run_ten(max_files_to_process=10)
    assert run_ten.made_since(before) == {
        "histogram_counts": 10,
        "histograms": 2,  # and whole.root
        "im_arrays": 7,
        "im_arrays_processed": 10,  # the cuts are those of the whole dataset
        "mass_counts": 7,
        "parsed_data": 7,
        "peaks": 1,
    }
    assert run_ten.all_histograms() == [three, ten]


def test_a_new_bin_width_makes_histograms_alone_and_keeps_the_old(ready):
    before = ready.state()
    assert ready(bin_width_gev=20).started == ["FillHistograms", "MakeHistograms"]
    assert ready.made_since(before) == {"histogram_counts": 3, "histograms": 2}
    assert len(ready.products("histograms")) == 2
    assert ready(bin_width_gev=10).started == []


def test_a_new_selection_reads_again_and_the_old_one_is_found_complete(run):
    selection = run.folder / "own.yaml"
    selection.write_text(MUONS_ABOVE_20_GEV)
    run()
    assert run(selection=selection).started == MAIN_JOB[1:]
    assert len(run.products("parsed_data")) == 6
    assert run(selection="none").started == []
    assert run(selection=selection).started == []


def test_a_selection_is_known_by_its_content_not_by_its_path(run):
    selection = run.folder / "own.yaml"
    selection.write_text(MUONS_ABOVE_20_GEV)
    run(selection=selection)
    loose = run.histograms()
    before = run.state()
    selection.write_text(MUONS_ABOVE_20_GEV.replace("20", "40"))
    run(selection=selection)
    assert run.made_since(before)["parsed_data"] == 3
    assert [found == loose for found in run.all_histograms()] == [True, False]
    selection.write_text("# a comment changes nothing\n" + MUONS_ABOVE_20_GEV)
    assert run(selection=selection).started == []
    (run.folder / "renamed.yaml").write_text(MUONS_ABOVE_20_GEV)
    assert run(selection=run.folder / "renamed.yaml").started == []
