"""Files with one changed byte."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from targets.errors import UnreadableFileError

__all__ = ["refusals"]


def refusals(path: Path, content: bytes, expected: Any, read: Callable[[Path], Any], step: int) -> Iterator[str]:
    """Change one byte after the other, and read: what comes is what was written, or the file is refused.

    Args:
        path: The file to write each time.
        content: What it held.
        expected: What *read* gave of it.
        read: The reader.
        step: Bytes from one that is changed to the next.

    Yields:
        The message of each refusal.
    """
    for place in range(0, len(content), max(step, 1)):
        path.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
        try:
            found = read(path)
        except UnreadableFileError as error:
            yield str(error)
        else:
            assert found == expected, f"byte {place} of {len(content)} is changed, and nothing is said"
