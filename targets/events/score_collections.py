"""Where the scores of jets stand that keep them in a collection of their own, as a schema declares it."""

from pydantic import BaseModel, ConfigDict

__all__ = ["ScoreCollection"]


class ScoreCollection(BaseModel):
    """A collection of scores that jets point to: its name, with a dot as selections spell it, and the key of links."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    collection: str
    key: int
