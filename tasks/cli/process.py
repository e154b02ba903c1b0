"""What kind of process this is."""

import sys
from pathlib import Path

__all__ = ["is_command_line"]

_PROGRAMS = ("luigi", "law", "pipeline")


def is_command_line() -> bool:
    """Tell whether this process is a command line (luigi, law, pipeline): only there may messages and help be replaced.

    Returns:
        Whether the program's name says so; False in notebooks, scripts and workers.
    """
    program = Path(sys.argv[0])
    return program.name in _PROGRAMS or (program.name == "__main__.py" and program.parent.name in (*_PROGRAMS, "tasks"))
