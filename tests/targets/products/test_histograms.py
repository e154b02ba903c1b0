"""Histograms as TH1D: contents, edges, entries, errors and names, as ROOT and BumpNet read them."""

import uuid
from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np
import pytest
import uproot

from targets.errors import UnreadableFileError
from targets.products import histograms
from targets.products.histograms import read, write_file, write_folder
from tests.support.damage import refusals
from tests.support.rootfiles_made import size_limit

NAME = "ROI_mass_e0e1j0_cat_2ex_0mx_1jx_0gx_width_10.0"


@dataclass(frozen=True)
class Plain:
    """What the writer asks for: low edge and width in GeV, entries per bin."""

    start_gev: float
    width_gev: float
    counts: np.ndarray


@dataclass(frozen=True)
class Varied(Plain):
    """The same with bins that vary in width."""

    edges_gev: np.ndarray


def varied(counts, edges_gev):
    edges = np.array(edges_gev, dtype=np.float64)
    return Varied(edges[0], edges[1] - edges[0], np.array(counts, dtype=np.int64), edges)


def plain(*counts, start_gev=80.0, width_gev=10.0):
    return Plain(start_gev, width_gev, np.array(counts, dtype=np.int64))


@pytest.fixture
def path(tmp_path):
    return tmp_path / "histograms.root"


def write(path, **histograms):
    write_file(path, histograms, {name: f"title of {name}" for name in histograms})
    return path


def test_a_histogram_is_a_th1d_with_its_contents_and_edges(path):
    write(path, **{NAME: plain(5, 0, 3, 1)})
    with uproot.open(path) as file:
        assert file.classnames() == {f"{NAME};1": "TH1D"}
        histogram = file[NAME]
        assert histogram.name == NAME
        assert histogram.title == f"title of {NAME}"
        assert histogram.values().tolist() == [5.0, 0.0, 3.0, 1.0]
        assert histogram.axis().edges().tolist() == [80.0, 90.0, 100.0, 110.0, 120.0]
        assert histogram.axis().member("fTitle") == "Mass [GeV]"
        assert histogram.member("fYaxis").member("fTitle") == "Entries"


def test_nothing_lies_outside_the_range(path):
    write(path, h=plain(5, 0, 3))
    with uproot.open(path) as file:
        assert file["h"].values(flow=True).tolist() == [0.0, 5.0, 0.0, 3.0, 0.0]


def test_entries_and_squared_weights_are_the_counts(path):
    """hadd, and every fit in ROOT, takes errors from Sumw2; BumpNet asks for at least 100 entries."""
    write(path, h=plain(5, 0, 100))
    with uproot.open(path) as file:
        histogram = file["h"]
        assert histogram.member("fEntries") == 105.0
        assert list(histogram.member("fSumw2")) == [0.0, 5.0, 0.0, 100.0, 0.0]
        assert histogram.variances().tolist() == [5.0, 0.0, 100.0]
        np.testing.assert_allclose(histogram.errors(), np.sqrt([5.0, 0.0, 100.0]))


def test_moments_are_those_of_the_bin_centres(path):
    """Mean 95 and standard deviation 10 of one entry each at 85, 95 and 105 GeV and one more at 95 GeV."""
    write(path, h=plain(1, 2, 1))
    with uproot.open(path) as file:
        sums = [file["h"].member(name) for name in ("fTsumw", "fTsumw2", "fTsumwx", "fTsumwx2")]
    assert sums == [4.0, 4.0, 85 + 2 * 95 + 105, 85**2 + 2 * 95**2 + 105**2]


@pytest.mark.parametrize(("start_gev", "width_gev", "n_bins"), [(0.0, 10.0, 1), (0.3, 0.1, 1000), (1.25, 2.5, 33)])
def test_edges_lie_on_the_grid(path, start_gev, width_gev, n_bins):
    write(path, h=plain(*[1] * n_bins, start_gev=start_gev, width_gev=width_gev))
    with uproot.open(path) as file:
        edges = file["h"].axis().edges()
        assert len(edges) == n_bins + 1
        assert len(file["h"].axis().member("fXbins")) == 0  # constant bins: ROOT finds a bin by division
        np.testing.assert_allclose(edges, start_gev + width_gev * np.arange(n_bins + 1), rtol=1e-14)
        assert edges[0] == start_gev


def test_bins_may_vary_in_width(path):
    edges = [100.0279, 100.6886, 101.354, 102.5]
    write(path, h=varied([4, 0, 2], edges), c=plain(5, 3))
    with uproot.open(path) as file:
        histogram = file["h"]
        assert histogram.classname == "TH1D"
        assert list(histogram.axis().member("fXbins")) == edges
        assert histogram.axis().edges().tolist() == edges
        assert (histogram.axis().member("fXmin"), histogram.axis().member("fXmax")) == (edges[0], edges[-1])
        centre, last = (edges[0] + edges[1]) / 2, (edges[2] + edges[3]) / 2
        assert histogram.member("fTsumwx") == pytest.approx(4 * centre + 2 * last)
    stored = {histogram.key: histogram for histogram in read(path)}
    assert stored["h"].edges().tolist() == stored["h"].edges_gev.tolist() == edges
    assert stored["c"].edges_gev is None
    assert stored["c"].edges().tolist() == [80.0, 90.0, 100.0]


def test_edges_that_were_changed_are_noticed(path, monkeypatch):
    write(path, h=varied([4, 2], [100.0, 101.0, 103.0]))
    with uproot.open(path) as file:
        before = file.file.uuid
    monkeypatch.setattr("targets.products.histograms._uuid", lambda _: before)
    write(path, h=varied([4, 2], [100.0, 102.0, 103.0]))
    monkeypatch.undo()
    with pytest.raises(UnreadableFileError, match="their content is not what was written"):
        list(read(path))


def test_counts_beyond_single_precision_are_exact(path):
    write(path, h=plain(2**24 + 1, 2**40 + 1))
    with uproot.open(path) as file:
        assert file["h"].values().tolist() == [2**24 + 1, 2**40 + 1]
        assert file["h"].member("fEntries") == 2**24 + 2**40 + 2


def test_a_slash_in_a_key_makes_a_folder(path):
    keys = ("2e_0m/e0e1", "2e_0m/e0", "0e_2m/m0m1")
    write(path, **{key: plain(position + 1) for position, key in enumerate(keys)})
    with uproot.open(path) as file:
        assert file.keys(cycle=False) == ["2e_0m", "2e_0m/e0e1", "2e_0m/e0", "0e_2m", "0e_2m/m0m1"]
        assert [file[key].values().tolist() for key in keys] == [[1.0], [2.0], [3.0]]
        assert file["2e_0m/e0e1"].name == "e0e1"
        assert file["2e_0m/e0e1"].title == "title of 2e_0m/e0e1"


def test_every_key_has_one_cycle(path):
    write(path, **{f"h{number}": plain(number) for number in range(50)})
    with uproot.open(path) as file:
        assert sorted(file.keys()) == sorted(f"h{number};1" for number in range(50))


def test_no_histograms_are_an_empty_file(path):
    write_file(path, {}, {})
    with uproot.open(path) as file:
        assert file.keys() == []


def test_an_older_file_is_replaced(path):
    write(path, old=plain(1))
    write(path, new=plain(2))
    with uproot.open(path) as file:
        assert file.keys() == ["new;1"]


def test_an_exception_leaves_the_older_file(path):
    write(path, old=plain(1))
    before = path.read_bytes()
    with pytest.raises(KeyError, match="untitled"):
        write_file(path, {"fine": plain(1), "untitled": plain(2)}, {"fine": "title"})
    assert path.read_bytes() == before
    assert [file.name for file in path.parent.iterdir()] == ["histograms.root"]


def test_a_full_disk_leaves_the_older_file(path):
    write(path, old=plain(1))
    before = path.read_bytes()
    with pytest.raises(OSError, match="File too large"), size_limit(50_000):
        write(path, **{f"h{number}": plain(*np.random.default_rng(number).poisson(9, 5000)) for number in range(9)})
    assert path.read_bytes() == before
    assert [file.name for file in path.parent.iterdir()] == ["histograms.root"]


def test_one_file_per_histogram(tmp_path):
    folder = tmp_path / "histograms"
    made = {NAME: plain(5, 3), "2e_0m/e0e1": plain(7)}
    write_folder(folder, made, {NAME: "one", "2e_0m/e0e1": "two"})
    assert sorted(str(path.relative_to(folder)) for path in folder.rglob("*.root")) == [
        "2e_0m/e0e1.root",
        f"{NAME}.root",
    ]
    with uproot.open(folder / f"{NAME}.root") as file:
        assert file.keys() == [f"{NAME};1"]
        assert (file[NAME].values().tolist(), file[NAME].title) == ([5.0, 3.0], "one")
    with uproot.open(folder / "2e_0m" / "e0e1.root") as file:
        assert file.keys() == ["e0e1;1"]
        assert (file["e0e1"].values().tolist(), file["e0e1"].title) == ([7.0], "two")


def test_a_folder_is_made_whole_or_not_at_all(tmp_path):
    folder = tmp_path / "histograms"
    write_folder(folder, {"old": plain(1)}, {"old": "title"})
    with pytest.raises(KeyError, match="untitled"):
        write_folder(folder, {"fine": plain(1), "untitled": plain(2)}, {"fine": "title"})
    assert [path.name for path in folder.iterdir()] == ["old.root"]
    write_folder(folder, {"new": plain(1)}, {"new": "title"})
    assert [path.name for path in folder.iterdir()] == ["new.root"]
    assert [path.name for path in tmp_path.iterdir()] == ["histograms"]


@pytest.mark.parametrize("writer", [write_file, write_folder])
def test_what_was_written_is_read_back(writer, tmp_path):
    made = {NAME: plain(5, 0, 3, 1), "2e_0m_1j_0g/e0e1": plain(2, 7, start_gev=0.0, width_gev=2.5)}
    path = tmp_path / ("h.root" if writer is write_file else "h")
    writer(path, made, {key: f"title of {key}" for key in made})
    found = {one.key: one for one in read(path)}
    assert found.keys() == made.keys()
    for key, histogram in made.items():
        one = found[key]
        assert one.title == f"title of {key}"
        assert (one.start_gev, one.counts.tolist()) == (histogram.start_gev, histogram.counts.tolist())
        assert one.end_gev == histogram.start_gev + histogram.width_gev * len(histogram.counts)
        assert one.counts.dtype == np.int64


def test_pseudo_data_without_an_entry_are_counts_in_a_file_of_the_same_uuid_as_before(path):
    write_file(path, {"a": plain(0, 0, 0)}, {"a": "title"})
    (empty,) = read(path)
    assert (empty.variances, empty.counts.dtype, empty.counts.tolist()) == (None, np.int64, [0, 0, 0])
    with uproot.open(path) as file:
        assert file.file.uuid == uuid.UUID("37cd9708-c676-8454-b684-f00a90e7a569")


def test_weights_that_are_all_0_are_no_counts(path):
    weighted = SimpleNamespace(**vars(plain(2, 1)), contents=np.zeros(2), variances=np.zeros(2))
    write_file(path, {"a": weighted}, {"a": "title"})
    (stored,) = read(path)
    assert (stored.entries, stored.variances.tolist()) == (3, [0, 0])


@pytest.mark.parametrize("content", [None, b"<html>", b""])
def test_a_file_that_cannot_be_read_back_is_named(content, tmp_path):
    path = tmp_path / "h.root"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UnreadableFileError, match=r"h\.root: histograms cannot be read .*delete it"):
        list(read(path))


def test_no_changed_byte_gives_other_histograms(path):
    write(path, **{f"h{number}": plain(100, 50, number) for number in range(3)})
    content, expected = path.read_bytes(), content_of(path)
    said = list(refusals(path, content, expected, content_of, step=len(content) // 100))
    assert len(said) > 4
    for text in said:
        assert text.startswith(f"{path}: histograms cannot be read (")
        assert text.endswith("); delete it: the next run remakes it")


def content_of(path):
    return [(one.key, one.title, one.start_gev, one.end_gev, one.counts.tolist()) for one in read(path)]


@pytest.mark.parametrize("change", ["counts", "start_gev", "width_gev", "title", "key", "fewer"])
def test_the_uuid_is_that_of_the_content(path, change, monkeypatch):
    made = {"a": plain(5, 3), "b/c": plain(7)}
    titles = dict.fromkeys(made, "title")
    write_file(path, made, titles)
    with uproot.open(path) as file:
        before = file.file.uuid
    assert before.version == 8
    match change:
        case "counts":
            made["a"] = plain(5, 4)
        case "start_gev" | "width_gev":
            made["a"] = plain(5, 3, **{change: 20.0})
        case "title":
            titles["a"] = "other"
        case "key":
            made["b/d"] = made.pop("b/c")
            titles["b/d"] = "title"
        case "fewer":
            del made["b/c"]
    monkeypatch.setattr("targets.products.histograms._uuid", lambda _: before)
    write_file(path, made, titles)
    monkeypatch.undo()
    with pytest.raises(UnreadableFileError, match=r"their content is not what was written.*delete it: the next run"):
        list(read(path))


def test_histograms_of_an_older_version_have_another_uuid(path, monkeypatch):
    monkeypatch.setattr("targets.products.histograms._uuid", lambda _: uuid.uuid1())
    write(path, a=plain(5, 3))
    monkeypatch.undo()
    assert [one.counts.tolist() for one in read(path)] == [[5, 3]]


def test_bins_that_do_not_add_up_to_the_entries_are_refused(path, monkeypatch):
    monkeypatch.setattr("targets.products.histograms._uuid", lambda _: uuid.uuid1())
    monkeypatch.setattr(histograms, "_entries", lambda _: 9)
    write(path, a=plain(5, 3))
    with pytest.raises(UnreadableFileError, match=r"a: the sum of its bins is not the number of its entries"):
        list(read(path))
