"""What can be wrong with records."""

__all__ = ["RecordError"]


class RecordError(ValueError):
    """A document is no record as this project writes it, or records that do not belong together are to be added."""
