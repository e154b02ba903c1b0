"""The folder of arrays that BumpNet reads: object arrays, whatever the lengths of the histograms."""

import numpy as np
import pytest

from targets.products.bumpnet_folder import PlainHistogram, write


def histogram(name, n_bins):
    counts = np.arange(n_bins, 0, -1, dtype=np.float64)
    return PlainHistogram(name, counts, np.arange(n_bins + 1, dtype=np.float64), np.sqrt(counts))


@pytest.mark.parametrize("lengths", [(), (3,), (3, 3), (3, 5, 3)])
def test_arrays_hold_one_object_for_each_histogram(tmp_path, lengths):
    made = [histogram(f"mass_{number}", length) for number, length in enumerate(lengths)]
    write(tmp_path / "npy", made)
    members = ("names", "bin_content", "bin_edges", "bin_errors")
    assert {path.name for path in (tmp_path / "npy").iterdir()} == {f"{name}.npy" for name in members}
    loaded = [np.load(tmp_path / "npy" / f"{name}.npy", allow_pickle=True) for name in members]
    assert all(array.dtype == object and array.shape == (len(lengths),) for array in loaded)
    for expected, (name, *arrays) in zip(made, zip(*loaded, strict=True), strict=True):
        assert name == expected.name
        for array, wanted in zip(arrays, expected[1:], strict=True):
            assert (array.dtype, array.ndim) == (np.float64, 1)
            assert array.tolist() == wanted.tolist()


def test_the_same_histograms_are_the_same_bytes(tmp_path):
    for folder in ("a", "b"):
        write(tmp_path / folder, [histogram("mass", 4), histogram("other", 4)])
    for path in (tmp_path / "a").iterdir():
        assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes()
