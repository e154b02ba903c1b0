"""Errors of jobs and of the commands that submit them."""

__all__ = ["BatchError", "CommandError", "NoCommandError", "RefusedJobError"]


class BatchError(RuntimeError):
    """Jobs failed or cannot be polled; the message names branches, logs and the remedy."""


class CommandError(RuntimeError):
    """A command of a batch system failed or gave no usable answer, which tells nothing about the jobs."""


class NoCommandError(CommandError):
    """A command of a batch system could not be started, so it certainly did nothing; the message names it."""


class RefusedJobError(CommandError):
    """The batch system refused a job for a reason that a retry does not change, as an unknown queue."""
