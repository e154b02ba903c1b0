"""Where toy events were recorded, and what detector and trigger say of them: each step rejects a few per cent.

They do not depend on the objects of an event, so that no step changes the shape of a spectrum.
"""

from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from physics.toys.collisions import SEED

__all__ = ["N_FILTERS", "ToyFlags", "generate_flags"]

N_FILTERS = 8
"""Noise filters of an event."""

_EVENTS_PER_BLOCK = 500
# Run, and a luminosity block that is not good while those after it are; by part. Sources: selections/run_lists,
# cms-2016 and atlas-2016-25ns.
_FIRST_BLOCKS = {
    "CMS": ((278820, 16), (278873, 69), (278923, 54), (278957, 78)),
    "ATLAS": ((297730, 108), (298609, 221), (298633, 185), (298609, 350)),
}
_PASSED = {"jets": 0.98, "detector": 0.98, "filter": 0.995, "vertex": 0.98, "trigger": 0.96}  # chances


class ToyFlags(NamedTuple):
    """What there is to say of each event, without units.

    Attributes:
        run: Run number, shape (n_events,).
        block: Luminosity block, shape (n_events,).
        jets: Whether no jet is bad, shape (n_events,).
        detector: Whether no part of the detector had an error, shape (n_events,).
        filters: Whether each noise filter passed, shape (n_events, N_FILTERS).
        vertex: Whether there is a primary vertex, shape (n_events,).
        path: Number of the trigger path that fired, -1 for none, shape (n_events,).
    """

    run: npt.NDArray[np.uint32]
    block: npt.NDArray[np.uint32]
    jets: npt.NDArray[np.bool_]
    detector: npt.NDArray[np.bool_]
    filters: npt.NDArray[np.bool_]
    vertex: npt.NDArray[np.bool_]
    path: npt.NDArray[np.int64]


def generate_flags(
    part: int, experiment: Literal["ATLAS", "CMS"], n_events: int, n_paths: int, seed: int = SEED
) -> ToyFlags:
    """Make up what there is to say of the events of a part.

    Args:
        part: Number of the part.
        experiment: Whose runs are taken.
        n_events: How many events there are.
        n_paths: How many trigger paths there are.
        seed: The same seed gives the same flags.

    Returns:
        The flags of all events.
    """
    rng = np.random.Generator(np.random.PCG64([seed, part, 1]))

    def passed(step: str, *shape: int) -> npt.NDArray[Any]:
        """Draw which events, or parts of them, pass a step (dimensionless), shape (n_events, *shape)."""
        return rng.random((n_events, *shape)) < _PASSED[step]

    run, first_block = _FIRST_BLOCKS[experiment][part // 2 % len(_FIRST_BLOCKS[experiment])]
    return ToyFlags(
        run=np.full(n_events, run, dtype=np.uint32),
        block=(first_block + np.arange(n_events) // _EVENTS_PER_BLOCK).astype(np.uint32),
        jets=passed("jets"),
        detector=passed("detector"),
        filters=passed("filter", N_FILTERS),
        vertex=passed("vertex"),
        path=np.where(passed("trigger"), rng.integers(0, n_paths, n_events), -1),
    )
