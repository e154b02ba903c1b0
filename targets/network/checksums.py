"""Checksums of files, in one spelling."""

import re

__all__ = ["normalised_checksum"]
_ADLER32 = re.compile(r"(?:adler32|alder32):0*([0-9a-f]{1,8})", re.IGNORECASE)  # one record on the portal says alder32
_SHA1 = re.compile(r"sha1:([0-9a-f]{40})", re.IGNORECASE)


def normalised_checksum(text: str) -> str | None:
    """Return a checksum in one spelling.

    Args:
        text: As a portal gives it: adler32 may lack its leading zeros, or be spelled alder32.

    Returns:
        `adler32:` and 8 hex digits, or `sha1:` and 40, in lower case; None for anything else.
    """
    if match := _ADLER32.fullmatch(text.strip()):
        return f"adler32:{match[1].lower().zfill(8)}"
    if match := _SHA1.fullmatch(text.strip()):
        return f"sha1:{match[1].lower()}"
    return None
