"""The gallery: a small picture of every kind of figure, and the command that draws it."""

import re

from tasks.cli.pipeline import COMMANDS
from tests.support.doc_pages import Page
from tests.support.gallery import PICTURES, kinds

PAGE = Page("docs/gallery.md")


def test_every_kind_of_figure_has_its_picture():
    shown = [link.rpartition("/")[2] for link in PAGE.links() if "gallery/" in link]
    assert sorted(shown) == sorted(f"{kind}.png" for kind in kinds())
    assert sorted(path.name for path in PICTURES.iterdir()) == sorted(shown)
    assert len(shown) > 10


def test_every_kind_of_figure_is_named_as_its_files():
    names = {
        re.split(r"_<|_1", name)[0] for name in re.findall(r"^`([a-z_1]+(?:_<[a-z ]+>)*)`", PAGE.text, re.MULTILINE)
    }
    assert names == kinds()


def test_its_commands_are_those_that_draw():
    commands = [command.split()[1] for block in PAGE.blocks for command in block.commands()]
    assert {COMMANDS[command].task for command in commands} == {"MakePlots", "PlotScan"}


def test_all_pictures_together_are_small():
    assert sum(path.stat().st_size for path in PICTURES.iterdir()) < 600_000
