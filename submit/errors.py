"""What can go wrong with jobs."""

__all__ = ["BatchError", "NoCommandError"]


class BatchError(RuntimeError):
    """Jobs failed, or cannot be followed; the message names branches, logs and the remedy."""


class NoCommandError(RuntimeError):
    """A command of a batch system could not even be started, so that it surely did nothing; the message names it."""
