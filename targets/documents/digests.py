"""Digests of documents: short names for what files were made of."""

import hashlib
import json

__all__ = ["digest"]


def digest(document: object, digits: int) -> str:
    """Return the first hex digits of a hash over a document.

    Args:
        document: Anything that JSON can write.
        digits: How many hex digits.

    Returns:
        The digits; equal documents give equal ones.
    """
    return hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()[:digits]
