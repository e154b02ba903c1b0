"""What an interrupt (Ctrl-C) does to the processes of a run: they remove what is half written, and end silently."""

import gc
import multiprocessing
import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, TypeVar

__all__ = ["catch_interrupts", "ending_after_cleaning", "interrupt_workers", "run_in_worker"]

_AGAIN_S = 0.01  # after an interrupt that was lost

_busy = threading.Event()
_interrupted = threading.Event()

_Result = TypeVar("_Result")


def catch_interrupts() -> None:
    """Let an interrupt end what this process, a worker, does; it is not told twice, and prints nothing.

    Where interrupts are ignored, as in what a script starts in the background, they stay ignored.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        return
    sys.unraisablehook = _repeat_lost_interrupt
    signal.signal(signal.SIGINT, _interrupt)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})  # which the fork server has blocked


def run_in_worker(function: Callable[..., _Result], *arguments: object, **more: object) -> _Result:
    """Run a function in a worker, unless the run was interrupted: the pool hands over work before it can start.

    Args:
        function: What to run.
        *arguments: What it is given.
        **more: What it is given by name.

    Returns:
        What it returns.

    Raises:
        KeyboardInterrupt: When the run is interrupted, or was interrupted before.
    """
    _busy.set()
    try:
        if _interrupted.is_set():
            raise KeyboardInterrupt
        return function(*arguments, **more)
    finally:
        _busy.clear()


@contextmanager
def ending_after_cleaning() -> Iterator[None]:
    """Let a process that luigi started end only after this block: when interrupted, luigi terminates it at once.

    Its workers then had no time to remove what they have half written, and their locks would stay.
    """
    if multiprocessing.parent_process() is None:
        yield
        return
    heard = [number for number in (signal.SIGINT, signal.SIGTERM) if signal.getsignal(number) is not signal.SIG_IGN]
    before = {number: signal.signal(number, _interrupt) for number in heard}
    _busy.set()
    try:
        yield
    except KeyboardInterrupt as error:
        traceback.clear_frames(error.__traceback__)  # they hold the pool, whose locks go with it
        gc.collect()
        os.kill(os.getpid(), signal.SIGKILL)  # at any other end Python would print a traceback
    finally:
        _busy.clear()
        for number, handler in before.items():
            signal.signal(number, handler)


def interrupt_workers() -> None:
    """Interrupt the workers of this process, which a terminal does by itself, but a signal to this process does not."""
    for worker in multiprocessing.active_children():
        if worker.pid is not None and worker.is_alive():
            os.kill(worker.pid, signal.SIGINT)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    """End what the process does, which removes what is half written; a worker that waits goes on waiting for its end.

    Only the first interrupt counts: a second one would end what removes half-written files.
    """
    first = not _interrupted.is_set()
    _interrupted.set()
    if first and _busy.is_set():
        raise KeyboardInterrupt


def _repeat_lost_interrupt(lost: Any) -> None:
    """Interrupt once more where Python drops an exception, as in what it calls when an object goes."""
    if not issubclass(lost.exc_type, KeyboardInterrupt):
        sys.__unraisablehook__(lost)
        return
    threading.Timer(_AGAIN_S, _interrupt_again).start()  # until then, further interrupts do nothing


def _interrupt_again() -> None:
    _interrupted.clear()
    os.kill(os.getpid(), signal.SIGINT)
