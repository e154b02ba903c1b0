"""The line of each key of an INI file, which configparser does not tell."""

import re
from configparser import ConfigParser

__all__ = ["line_numbers"]


def line_numbers(text: str) -> dict[tuple[str, str], int]:
    """Find the lines of the keys of an INI file.

    Args:
        text: Its content.

    Returns:
        The first line of each key, from 1, by section and key as written.
    """
    section, lines = "", dict[tuple[str, str], int]()
    for number, line in enumerate(text.splitlines(), start=1):
        if header := ConfigParser.SECTCRE.match(stripped := line.strip()):
            section = header["header"]
        lines.setdefault((section, re.split("[=:]", stripped)[0].strip()), number)
    return lines
