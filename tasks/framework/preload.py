"""What the fork server does before it forks workers; it imports this module, and nothing else does.

It loads compiled loops, so that workers share what takes a second, takes all that is loaded out of garbage collection,
and keeps lost workers from filling the terminal.
"""

import gc
import os
import sys
from types import TracebackType

import numpy as np

from physics import masses

__all__: list[str] = []

_SERVER = os.getpid()
_ONE = np.ones((2, 1), dtype=np.float32)


def _report(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Print an exception that nobody caught, unless the fork server was killed: then the run says so itself.

    A worker that was just being forked finds the run's locks removed, and Python would print a traceback of its own.
    """
    if _SERVER in (os.getpid(), os.getppid()):
        sys.__excepthook__(kind, error, trace)


def _prepare() -> None:
    sys.excepthook = _report
    masses.invariant_mass(_ONE, _ONE, _ONE, _ONE)  # numba prepares itself with the first loop, whichever it is
    gc.freeze()  # what is loaded stays: looking for garbage in it takes 0.17 s, a tenth of a file of PHYSLITE


_prepare()
