"""What an experiment might have counted where simulation expects a number of events."""

import hashlib

import numpy as np
import numpy.typing as npt

__all__ = ["pseudo_data"]

_KEY_BYTES = 16


def pseudo_data(contents: npt.NDArray[np.float64], name: str, seed: int) -> npt.NDArray[np.int64]:
    """Throw what an experiment might have counted.

    Args:
        contents: Expected events, shape (n_bins,); negative ones count as 0.
        name: The histogram: each has its own random numbers, whatever else is thrown.
        seed: The run's seed.

    Returns:
        Counts (dimensionless), Poisson distributed, shape (n_bins,).
    """
    digest = hashlib.sha256(f"{seed}|{name}".encode()).digest()[:_KEY_BYTES]
    generator = np.random.Generator(np.random.Philox(key=np.frombuffer(digest, dtype="<u8")))
    return generator.poisson(np.maximum(contents, 0.0))
