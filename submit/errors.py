"""Errors of jobs and of the commands that submit them."""

__all__ = ["BatchError", "NoCommandError"]


class BatchError(RuntimeError):
    """Jobs failed or cannot be polled; the message names branches, logs and the remedy."""


class NoCommandError(RuntimeError):
    """A command of a batch system could not be started, so it certainly did nothing; the message names it."""
