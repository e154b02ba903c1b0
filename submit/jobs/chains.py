"""Chains: the stages that one job makes of its branches, one after the other."""

from collections.abc import Sequence
from typing import Any

__all__ = ["describe_chain", "find_unfinished"]


def describe_chain(names: Sequence[str]) -> str:
    """Name the stages of a chain, in their order: the last one, and with it those that its jobs make on the way."""
    *before, last = names
    if not before:
        return last
    listed = " and ".join([", ".join(before[:-1]), before[-1]] if before[1:] else before)
    return f"{last}, with {listed}"


def find_unfinished(chain: Sequence[Any]) -> dict[int, str]:
    """Find the first stage of a chain whose output is missing, for each branch.

    Args:
        chain: The tasks of the stages, which have the same branches, in their order.

    Returns:
        The stages' names by branch; branches whose outputs all exist are left out.
    """
    unfinished: dict[int, str] = {}
    for stage in chain:
        for branch in stage.workflow_proxy.missing():
            unfinished.setdefault(branch, stage.task_family)
    return unfinished
