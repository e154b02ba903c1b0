"""What CMS generated: the sum of weights and the number of events of all that a simulated file was made from."""

import math
from collections.abc import Mapping
from typing import NamedTuple

from targets.errors import FileFormatError
from targets.rootio.files import Tree

__all__ = ["GeneratorSums", "read_generator_sums"]

# https://cms-nanoaod-integration.web.cern.ch/autoDoc/: tree Runs; older versions have names that end with an underscore
_TREE, _SUMS, _COUNTS = "Runs", ("genEventSumw", "genEventSumw_"), ("genEventCount", "genEventCount_")


class GeneratorSums(NamedTuple):
    """The events that were generated, also those that are not in the file.

    Attributes:
        sum_of_weights: Sum of their weights, in the generator's unit.
        events: Their number (dimensionless).
    """

    sum_of_weights: float
    events: int


def read_generator_sums(trees: Mapping[str, Tree], uri: str) -> GeneratorSums:
    """Read the sums of a file, once a file: they stand in the tree ``Runs``, one entry a run.

    Args:
        trees: The trees of the file.
        uri: Its address, for the message.

    Returns:
        The sums over the entries, free of their order.

    Raises:
        FileFormatError: When the file has no tree ``Runs``, or that has no sums or none that is a number.
    """
    remedy = "give sum_of_weights for the sample (--cross-sections FILE), or --mc-weights False to count events"
    if _TREE not in trees:
        msg = f"{uri}: simulation without a tree {_TREE}, so that it is not known what was generated: {remedy}"
        raise FileFormatError(msg)
    tree = trees[_TREE]
    names = tree.branches
    sums = next((name for name in _SUMS if name in names), None)
    counts = next((name for name in _COUNTS if name in names), None)
    if sums is None or counts is None:
        wanted = " or ".join(_SUMS if sums is None else _COUNTS)
        msg = f"{uri}: the tree {_TREE} has no branch {wanted}: {remedy}"
        raise FileFormatError(msg)
    values = [float(value) for value in tree.array(sums).tolist()]
    if not values or not all(map(math.isfinite, values)):
        msg = f"{uri}: the tree {_TREE} has {len(values)} entries, and in {sums} no sum of weights: {remedy}"
        raise FileFormatError(msg)
    return GeneratorSums(math.fsum(values), sum(int(value) for value in tree.array(counts).tolist()))
