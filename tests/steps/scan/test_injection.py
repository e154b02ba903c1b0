"""A signal in one histogram of a set, and every other histogram as it was."""

import numpy as np
import pytest

from physics.scan.injection import Signal
from steps.errors import StageError
from steps.scan.injection import inject
from targets.products import histograms
from tests.support.scans import NAME, falling, write

OTHER = NAME.replace("e0m0", "e0j0")
WITH_MET = NAME.replace("mass_", "massMET_")
SIGNAL = Signal(300.0, 5.0, 40)


@pytest.fixture
def source(tmp_path):
    return write(tmp_path / "histograms.root", {NAME: falling(1), OTHER: falling(2)})


def test_one_histogram_has_the_signal_and_the_others_are_as_they_were(source, tmp_path):
    results = inject({source: tmp_path / "injected.root"}, NAME, SIGNAL, True)
    before, after = (
        {made.key: made for made in histograms.read(path)} for path in (source, tmp_path / "injected.root")
    )
    added = after[NAME].counts - before[NAME].counts
    assert (added.sum(), results.injected, results.outside, results.histograms) == (40, 40, 0, 2)
    assert np.flatnonzero(added).tolist() == [18, 19, 20, 21]
    assert after[OTHER] == before[OTHER]._replace(counts=after[OTHER].counts)
    np.testing.assert_array_equal(after[OTHER].counts, before[OTHER].counts)
    assert after[NAME].title == "a title (with 40 events of a signal at 300 GeV)"
    assert after[NAME].entries == before[NAME].entries + 40


def test_each_histogram_may_have_a_file_of_its_own(source, tmp_path):
    inject({source: tmp_path / "injected"}, NAME, SIGNAL, False)
    assert {path.stem for path in (tmp_path / "injected").iterdir()} == {NAME, OTHER}


def test_events_outside_are_counted(source, tmp_path):
    results = inject({source: tmp_path / "i.root"}, NAME, Signal(600.0, 5.0, 40), True)
    assert (results.injected, results.outside) == (20, 20)


def test_a_histogram_that_is_not_there_is_named_with_the_nearest(source, tmp_path):
    message = r"signal_name = 'ROI_mass_e0m1.*no such histogram in .*histograms\.root; did you mean 'ROI_mass_e0m0"
    with pytest.raises(StageError, match=message):
        inject({source: tmp_path / "i.root"}, NAME.replace("e0m0", "e0m1"), SIGNAL, True)


def test_expected_events_get_no_signal(tmp_path):
    source = write(tmp_path / "histograms.root", {NAME: falling(1)}, weighted=True)
    with pytest.raises(StageError, match="expected events of weighted simulation"):
        inject({source: tmp_path / "i.root"}, NAME, SIGNAL, True)


def test_a_signal_without_an_event_in_the_histogram_is_refused_with_both_names(source, tmp_path):
    with pytest.raises(StageError, match=rf"signal_name = {NAME}, of .*histograms\.root: no event of a signal of 40"):
        inject({source: tmp_path / "i.root"}, NAME, Signal(50.0, 5.0, 40), True)
    assert not (tmp_path / "i.root").exists()


def test_the_histogram_may_stand_in_the_second_file_and_the_first_is_copied(source, tmp_path):
    met = write(tmp_path / "histograms_met.root", {WITH_MET: falling(3)})
    copies = {source: tmp_path / "i.root", met: tmp_path / "i_met.root"}
    results = inject(copies, WITH_MET, SIGNAL, True)
    assert (results.histograms, results.injected) == (3, 40)
    paths = [*copies, *copies.values()]
    entries = {path: {made.key: made.entries for made in histograms.read(path)} for path in paths}
    assert entries[copies[source]] == entries[source]
    assert entries[copies[met]] == {WITH_MET: entries[met][WITH_MET] + 40}
