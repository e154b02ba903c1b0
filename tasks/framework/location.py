"""Where the product of a branch lies, and what belongs to it."""

from dataclasses import dataclass
from pathlib import Path

__all__ = ["Location", "is_record"]

_RECORD = ".record"


def is_record(product: Path) -> bool:
    """Tell whether a product of ParseFile is a record only, without objects.

    Args:
        product: Its path.
    """
    return product.stem.endswith(_RECORD)


@dataclass(frozen=True)
class Location:
    """Paths of one branch of one stage.

    Attributes:
        folder: The folder of the stage's variant.
        name: File name of the product.
        statistics: The branch's statistics, in the run's ``logs``.
    """

    folder: Path
    name: str
    statistics: Path

    @property
    def product(self) -> Path:
        """The product, whole."""
        return self.folder / self.name

    @property
    def incomplete(self) -> Path:
        """The product without the files that failed, where failures are tolerated."""
        return self.product.with_suffix(f".incomplete{self.product.suffix}")

    @property
    def record(self) -> Path:
        """What is kept of parsed data in place of the whole product, where they are not kept."""
        return self.product.with_suffix(f"{_RECORD}{self.product.suffix}")

    @property
    def incomplete_record(self) -> Path:
        """The same without the files that failed."""
        return self.incomplete.with_suffix(f"{_RECORD}{self.product.suffix}")

    @property
    def parameters(self) -> Path:
        """What names the variant, readable."""
        return self.folder / "parameters.json"

    @property
    def failure_note(self) -> Path:
        """The reason why the last attempt failed; absent when it did not."""
        return self.statistics.with_suffix(".failed")
