"""What can go wrong in a run as a whole."""

__all__ = ["DuplicateEventsError", "EmptyResultError", "PlanError", "StageError"]


class StageError(RuntimeError):
    """Branches of a stage failed; the message lists them with their reasons."""


class DuplicateEventsError(RuntimeError):
    """Events of a dataset are there more than once; the message counts them per pair of files and gives examples."""


class EmptyResultError(RuntimeError):
    """A dataset gives no histogram at all; the message names its largest final states and the thresholds."""


class PlanError(RuntimeError):
    """A run cannot start; the message says what stands in its way."""
