"""What the records of all stages have in common."""

from typing import ClassVar, NamedTuple

__all__ = ["StageResults", "Totals"]


class Totals(NamedTuple):
    """What a branch went through or made, of what stages have in common; None for what it does not count."""

    events: int | None = None
    objects: int | None = None
    masses: int | None = None
    bytes_read: int | None = None
    failures: int = 0


class StageResults:
    """What a stage records of a branch, beside what all stages do."""

    stage: ClassVar[str]
    """The stage that records it."""

    def totals(self) -> Totals:
        """Return what it has in common with other stages."""
        return Totals(masses=getattr(self, "masses", None))
