"""The gallery of the documentation: which figures it shows, and how they are drawn again.

    scripts/demo && python -m tests.support.gallery runs/demo

writes those that a run has to ``docs/pictures/gallery``, smaller and with few colours.
"""

import ast
import sys
from pathlib import Path

from PIL import Image

from tests.support.doc_pages import PROJECT

__all__ = ["PICTURES", "SHOWN", "kinds"]

PICTURES = PROJECT / "docs" / "pictures" / "gallery"
SHOWN = {  # which figure of a run shows a kind, where there are several
    "mass": "mass_2e_0m_0j_0g_e0e1",
    "masses": "masses_0e_0m_3j_0g",
    "simulation": "simulation_4j_j0j1",
    "excess": "excess_1",
}
_SOURCES = ("steps/output/figures.py", "steps/scan/figures.py")
_WIDTH = 800
_COLOURS = 48


def kinds() -> set[str]:
    """Give the kinds of figures that the stages plan: the names of their files up to what varies."""
    found = set()
    for source in _SOURCES:
        for node in ast.walk(ast.parse((PROJECT / source).read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "FigurePlan":
                name = node.args[0]
                first = name.values[0] if isinstance(name, ast.JoinedStr) else name
                found.add(first.value.rstrip("_"))
    return found


def _draw_again(run: Path) -> None:
    PICTURES.mkdir(exist_ok=True)
    for kind in sorted(kinds()):
        name = SHOWN.get(kind, kind)
        figures = sorted(run.glob(f"*plots/*/*/{name}.png"), key=lambda path: path.stat().st_mtime)
        if not figures:
            continue
        picture = Image.open(figures[0]).convert("RGB")
        picture = picture.resize((_WIDTH, round(picture.height * _WIDTH / picture.width)), Image.Resampling.LANCZOS)
        picture.quantize(_COLOURS).save(PICTURES / f"{kind}.png", optimize=True)


if __name__ == "__main__":
    _draw_again(Path(sys.argv[1]))
