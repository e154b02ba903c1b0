"""What can be wrong with the numbers or names given to physics."""

__all__ = ["PhysicsError"]


class PhysicsError(ValueError):
    """A number, name or combination of settings that has no physical meaning here; the message says which."""
