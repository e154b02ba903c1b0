"""What can go wrong with jobs."""

__all__ = ["BatchError"]


class BatchError(RuntimeError):
    """Jobs failed, or cannot be followed; the message names branches, logs and the remedy."""
