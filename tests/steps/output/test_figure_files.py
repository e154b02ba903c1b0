"""Figures in files: a folder whole or not at all, listed with checksums, the same bytes for the same figures."""

import json
import multiprocessing
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from functools import partial

import pytest
import xxhash
from matplotlib import font_manager, rcParams
from matplotlib.figure import Figure

from edm.records.branch_records import DrawnFigures
from physics.errors import PhysicsError
from steps.output import figure_files
from steps.output.figure_files import FigurePlan


def pages(number):
    drawn = [Figure(figsize=(1, 1), dpi=20) for _ in range(number)]
    for page in drawn:
        page.subplots().plot(range(number + 1))
    return drawn if number > 1 else drawn[0]


def plans(*numbers_of_pages):
    """Plan small figures with so many pages."""
    return [
        FigurePlan(f"f{place}", f"figure {place}", partial(pages, number))
        for place, number in enumerate(numbers_of_pages)
    ]


def fail(kind):
    msg = "nothing to draw"
    raise kind(msg)


def draw_with_formulas():
    """Fail where matplotlib would say that it does not find a font of formulas."""
    for style in ("rm", "it", "bf", "sf", "tt", "cal"):
        font_manager.findfont(rcParams[f"mathtext.{style}"], fallback_to_default=False)
    return pages(1)


def write(folder, planned, formats=("png", "pdf"), pool=None):
    told = []
    made = figure_files.write(folder, planned, formats, lambda *numbers: told.append(numbers), pool)
    return made, told


def test_figures_are_listed_in_their_order_with_checksums(tmp_path):
    made, told = write(tmp_path / "plots", plans(1, 2))
    listed = json.loads((tmp_path / "plots" / figure_files.INDEX).read_text())["figures"]
    assert [(entry["name"], entry["title"], entry["files"]) for entry in listed] == [
        ("f0", "figure 0", ["f0.png", "f0.pdf"]),
        ("f1", "figure 1", ["f1_1.png", "f1_2.png", "f1.pdf"]),
    ]
    sums = {name: checksum for entry in listed for name, checksum in entry["xxh3"].items()}
    files = {path.name: path.read_bytes() for path in (tmp_path / "plots").iterdir() if path.name != figure_files.INDEX}
    assert sums == {name: xxhash.xxh3_64_hexdigest(content) for name, content in files.items()}
    assert made == DrawnFigures(figures=2, files=5)
    assert told == [(1, 2), (2, 2)]


def test_the_same_figures_are_the_same_bytes_in_one_process_or_several(tmp_path):
    planned = plans(1, 2, 1, 3)
    write(tmp_path / "a", planned)
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
        made, told = write(tmp_path / "b", planned, pool=pool)
    assert made == DrawnFigures(figures=4, files=11)
    assert told == [(done, 4) for done in range(1, 5)]
    files = {path.name: path.read_bytes() for path in (tmp_path / "a").iterdir()}
    assert files == {path.name: path.read_bytes() for path in (tmp_path / "b").iterdir()}
    assert len(files) == 12


@pytest.mark.parametrize("in_pool", [False, True])
@pytest.mark.parametrize("kind", [PhysicsError, ZeroDivisionError])
def test_a_figure_that_fails_is_named_and_leaves_no_folder(tmp_path, kind, in_pool):
    bad = [FigurePlan(f"mass_{name}", f"demo: mass of {name}", partial(fail, kind)) for name in ("e0e1", "m0m1")]
    planned = [*plans(1), *bad, *plans(*[1] * 20)]
    with ThreadPoolExecutor(1) as pool, pytest.raises(kind, match="nothing to draw") as caught:
        write(tmp_path / "plots", planned, ("png",), pool if in_pool else None)
    assert caught.value.__notes__ == ["The figure that failed is mass_e0e1 (demo: mass of e0e1)."]
    assert list(tmp_path.iterdir()) == []


def test_no_font_is_looked_for_that_machines_lack(tmp_path):
    made, _ = write(tmp_path / "plots", [FigurePlan("f", "formulas", draw_with_formulas)])
    assert made.figures == 1
