"""The pages of the documentation, taken apart: blocks of code with what they show, links, headings, names."""

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

__all__ = ["PAGES", "PROJECT", "Block", "Page"]

PROJECT = Path(__file__).resolve().parents[2]
PAGES = ("README.md", "CONTRIBUTING.md", *sorted(f"docs/{path.name}" for path in (PROJECT / "docs").glob("*.md")))
"""All pages, relative to the project."""

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"(?<!`)\[[^\]]*\]\(([^)\s]+)\)")
_CODE = re.compile(r"`[^`\n]+`")


@dataclass(frozen=True)
class Block:
    """A block of code.

    Attributes:
        language: What stands behind the fence.
        text: Its lines.
        line: Where it starts in its page, from 1.
        shown: What the page says that it prints; empty when it says nothing.
    """

    language: str
    text: str
    line: int
    shown: str

    def commands(self) -> list[str]:
        """Give the commands of a block of shell, those on several lines as one, without comments behind them."""
        joined = re.sub(r"\\\n\s*", "", self.text)
        lines = (re.sub(r"\s+#.*|^#.*", "", line).strip() for line in joined.splitlines())
        return [line for line in lines if line]

    def file_name(self) -> str | None:
        """Give the file that a block is the content of: its first line is a comment that names it."""
        named = re.match(r"# ([\w./-]+\.(?:yaml|cfg|py|sub))\n", self.text)
        return named[1] if named else None


@dataclass(frozen=True)
class Page:
    """A page.

    Attributes:
        name: Its path, relative to the project.
    """

    name: str

    @cached_property
    def text(self) -> str:
        return (PROJECT / self.name).read_text()

    @cached_property
    def prose(self) -> str:
        """The page without its blocks of code."""
        return _FENCE.sub("", self.text)

    @cached_property
    def blocks(self) -> list[Block]:
        """All blocks of code; a block of text belongs to the one before it."""
        found = list(_FENCE.finditer(self.text))
        blocks = []
        for match, following in zip(found, [*found, None][1:], strict=True):
            shows = following is not None and following[1] == "text"
            line = self.text.count("\n", 0, match.start()) + 1
            blocks.append(Block(match[1], match[2], line, following[2] if shows else ""))
        return [block for block in blocks if block.language != "text"]

    def links(self) -> list[str]:
        """Give the targets of all links and pictures."""
        return _LINK.findall(self.prose)

    def anchors(self) -> set[str]:
        """Give the anchors of the headings, as git hosting sites make them."""
        titles = re.findall(r"^#+ (.+)$", self.prose, re.MULTILINE)
        return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}

    def code(self) -> str:
        """Give everything that is set as code, in blocks or in lines."""
        return "\n".join([*(match[2] for match in _FENCE.finditer(self.text)), *_CODE.findall(self.prose)])
