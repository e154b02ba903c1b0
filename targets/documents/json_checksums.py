"""The checksum that JSON carries of its own content, so that one changed character is not taken for a result.

It does not depend on how the text is laid out or in which order keys stand. A document without one, as older versions
wrote them, is taken as it is.
"""

import json
from collections.abc import Mapping
from typing import Any

import xxhash

__all__ = ["sealed", "unsealed"]

_SEAL = "content_xxh3"
"""The key of the checksum: XXH3 of 64 bits in 16 hexadecimal digits."""


def sealed(document: Mapping[str, Any]) -> dict[str, Any]:
    """Put the checksum of its content at the end of a document.

    Args:
        document: What JSON can hold.

    Returns:
        The same and the checksum.

    Raises:
        ValueError: For a number that is not finite.
        TypeError: For anything else that JSON does not know.
    """
    return {**document, _SEAL: _checksum(document)}


def unsealed(document: Any) -> Any:
    """Take the checksum off a document that was read.

    Args:
        document: As JSON holds it, with a checksum or, as older versions wrote it, without.

    Returns:
        The same without the checksum.

    Raises:
        ValueError: When the content is not what the checksum was made of.
    """
    if not isinstance(document, dict) or _SEAL not in document:
        return document
    content = {key: value for key, value in document.items() if key != _SEAL}
    if document[_SEAL] != _checksum(content):
        msg = "its content is not what was written: the checksum in it differs"
        raise ValueError(msg)
    return content


def _checksum(document: Any) -> str:
    """Return the checksum of what JSON makes of a document, in whatever order its keys are."""
    plain = json.loads(json.dumps(document, allow_nan=False))  # keys become text, tuples lists
    text = json.dumps(plain, sort_keys=True, separators=(",", ":"))
    return xxhash.xxh3_64_hexdigest(text.encode())
