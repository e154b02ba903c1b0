"""What all parts of a selection have in common."""

from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict, Discriminator

__all__ = ["Frozen", "told_by"]


class Frozen(BaseModel):
    """A part of a selection: cannot be changed, and has no keys but its own."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


def told_by(tags: Mapping[str, str], otherwise: str) -> Discriminator:
    """Return what tells the forms of a part of a selection apart: the first of some keys that it has.

    Args:
        tags: The tag of a form by the key that no other form has; a tag called like a key would hide it.
        otherwise: The tag of the form that has none of these keys.
    """

    def tag(document: object) -> str:
        has_key = document.__contains__ if isinstance(document, dict) else lambda key: hasattr(document, key)
        return next((tag for key, tag in tags.items() if has_key(key)), otherwise)

    return Discriminator(tag)
