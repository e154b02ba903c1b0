"""How benchmarks measure and what they print: one line a goal with name, ratio, goal and `ok` or `short`."""

import statistics
import time
from collections.abc import Callable, Mapping

__all__ = ["Goals", "cpu_seconds", "median_ratio"]


def cpu_seconds(work: Mapping[str, Callable[[], object]], runs: int, warm: bool = False) -> dict[str, list[float]]:
    """Do every work in turn, again and again, after one round that warms up unless all is warm.

    Args:
        work: What to do, by name.
        runs: Rounds that count, at least 1.
        warm: Whether that first round is left out.

    Returns:
        CPU time of this process in seconds, per name one number a round: those of a round belong together.
    """
    taken: dict[str, list[float]] = {name: [] for name in work}
    for round_ in range(int(warm), runs + 1):
        for name, do in work.items():
            start = time.process_time()
            do()
            if round_:
                taken[name].append(time.process_time() - start)
    return taken


class Goals:
    """Prints lines and remembers whether a goal was missed.

    Attributes:
        short: Whether one was.
    """

    def __init__(self) -> None:
        self.short = False

    def at_least(self, name: str, ratio: float, goal: float, note: str = "") -> None:
        """Print a ratio that should reach a goal."""
        self._print(name, ratio, goal, ratio >= goal, note)

    def at_most(self, name: str, ratio: float, goal: float, note: str = "") -> None:
        """Print a ratio that should not exceed a goal."""
        self._print(name, ratio, goal, ratio <= goal, note)

    def without(self, name: str, ratio: float, note: str = "") -> None:
        """Print a ratio for information."""
        self._print(name, ratio, None, True, note)

    def skipped(self, name: str, reason: str) -> None:
        """Say that something was not measured, and why; no goal is missed by it."""
        print(f"{name:<46} not measured: {reason}", flush=True)

    def _print(self, name: str, ratio: float, goal: float | None, reached: bool, note: str) -> None:
        self.short |= not reached
        wanted = "" if goal is None else f"{goal:g}"
        verdict = "" if goal is None else "ok" if reached else "short"
        print(f"{name:<46} {ratio:10.3g}  goal {wanted:>6}  {verdict:<5}  {note}".rstrip(), flush=True)


def median_ratio(numerator: list[float], denominator: list[float]) -> float:
    """Return the median of the ratios of runs that belong together."""
    return statistics.median(above / below for above, below in zip(numerator, denominator, strict=True))
