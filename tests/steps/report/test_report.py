"""The document of a run: each file is read once, and what the document says of it is what the file says."""

from targets.products import histograms


def test_each_file_of_histograms_is_read_once(run, monkeypatch):
    read, paths = histograms.read, []
    monkeypatch.setattr(histograms, "read", lambda path: paths.append(path) or read(path))
    run(task="MakeReport", plotted_final_states=0, plot_formats="png", report_scan=False)
    (histogram,) = run.products("histograms")
    assert paths == [histogram, histogram.with_name("whole.root")]
