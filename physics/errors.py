"""What can be wrong with the numbers or names given to physics."""

__all__ = ["EventLevelError", "PhysicsError"]


class PhysicsError(ValueError):
    """A number, name or combination of settings that has no physical meaning here; the message says which."""


class EventLevelError(PhysicsError):
    """What is asked of events does not fit the file: a matter of settings, so neither retried nor tolerated."""
