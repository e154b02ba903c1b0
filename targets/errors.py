"""What can go wrong with files, formats and portals. Every message says what, the value, where, and the remedy."""

__all__ = ["ChangedFileError", "ConfigurationError", "FileFormatError", "PortalError", "UnreadableFileError"]


class ConfigurationError(ValueError):
    """A file or setting written by the user has an unknown key or a bad value."""


class FileFormatError(ValueError):
    """A healthy file that is not what a schema describes, or has a type or layout that is not read."""


class UnreadableFileError(OSError):
    """A file that cannot be read whole: absent, truncated, damaged or not ROOT."""


class ChangedFileError(UnreadableFileError):
    """A file of this machine is no longer what it was when it was listed: what is read of it belongs to no list."""


class PortalError(OSError):
    """A portal did not answer, or answered something that contradicts itself."""
