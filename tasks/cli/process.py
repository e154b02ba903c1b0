"""What kind of process this is."""

import ast
import sys
import threading
from pathlib import Path

__all__ = ["is_command_line", "unguarded_line"]

_PROGRAMS = ("luigi", "law", "pipeline")


def is_command_line() -> bool:
    """Tell whether this process is a command line (luigi, law, pipeline): only there may messages and help be replaced.

    Returns:
        Whether the program's name says so; False in notebooks, scripts and workers.
    """
    program = Path(sys.argv[0])
    return program.name in _PROGRAMS or (program.name == "__main__.py" and program.parent.name in (*_PROGRAMS, "tasks"))


def unguarded_line() -> str | None:
    """Find the line of this process's script that worker processes would run too, when they import the script.

    Returns:
        The file and the line that runs at present; None where it stands under ``if __name__ == "__main__":``, and in
        notebooks and shells, which workers do not import.
    """
    script, frame = sys.modules["__main__"], sys._current_frames().get(threading.main_thread().ident or 0)
    if getattr(script, "__file__", None) is None:
        return None
    line = None
    while frame is not None:  # from the function that runs to the outermost, the script itself
        if frame.f_globals is vars(script) and frame.f_code.co_name == "<module>":
            line = Path(frame.f_code.co_filename), frame.f_lineno
        frame = frame.f_back
    if line is None or not line[0].is_file() or line[1] in _guarded_lines(ast.parse(line[0].read_bytes())):
        return None
    return f"{line[0]}:{line[1]}"


def _guarded_lines(module: ast.Module) -> set[int]:
    """Return the lines below conditions on ``__name__``."""
    lines: set[int] = set()
    for node in ast.walk(module):
        if isinstance(node, ast.If) and any(
            isinstance(part, ast.Name) and part.id == "__name__" for part in ast.walk(node.test)
        ):
            lines.update(range(node.body[0].lineno, (node.body[-1].end_lineno or 0) + 1))
    return lines
