"""What can go wrong in a step, and in a run as a whole."""

__all__ = [
    "BinningError",
    "DuplicateEventsError",
    "EmptyResultError",
    "FileError",
    "PlanError",
    "StageError",
    "blame",
    "failing_stage",
]


class FileError(RuntimeError):
    """An attempt at a file failed.

    Attributes:
        uri: The file.
        reason: Why, in a sentence that names the file.
        transient: Whether another attempt may succeed.
    """

    def __init__(self, uri: str, reason: str, transient: bool) -> None:
        super().__init__(reason)
        self.uri, self.reason, self.transient = uri, reason, transient


class StageError(RuntimeError):
    """Branches of a stage failed; the message lists them with their reasons."""


class DuplicateEventsError(RuntimeError):
    """Events of a dataset are there more than once; the message counts them per pair of files and gives examples."""


class EmptyResultError(RuntimeError):
    """A dataset gives no histogram at all; the message names its largest final states and the thresholds."""


class BinningError(RuntimeError):
    """The files of a dataset do not tell whose resolutions its bins have; the message names them."""


class PlanError(RuntimeError):
    """A run cannot start; the message says what stands in its way."""


def blame(error: Exception, stage: str) -> None:
    """Note of which stage an error is, unless that is known: where one job makes several stages, it names the one.

    Args:
        error: The error.
        stage: Name of the stage that was at work.
    """
    if failing_stage(error) is None:
        vars(error)["failing_stage"] = stage


def failing_stage(error: BaseException) -> str | None:
    """Return the stage that :func:`blame` noted; None where none was.

    Args:
        error: The error.
    """
    stage: str | None = vars(error).get("failing_stage")
    return stage
