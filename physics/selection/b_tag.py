"""b-jets by score and link: PHYSLITE keeps the scores of its jets in a collection of their own.

A jet points to its scores by the number of a place in that collection, never by its own place: in some files the links
are a true permutation.
"""

from typing import Annotated, NamedTuple, Self

import numpy as np
import numpy.typing as npt
from pydantic import Field, FiniteFloat, Tag, model_validator

from edm.jagged import Jagged
from physics.errors import EventLevelError, PhysicsError
from physics.selection.cuts import Requirement, entry_of
from physics.selection.parts import Frozen, told_by

__all__ = ["AnyTag", "BScores", "BTag", "Links", "ScoreTag", "discriminants", "refuse_unknown_keys"]

_Fraction = Annotated[float, Field(ge=0, lt=1)]


class ScoreTag(Frozen):
    """The working point of a score.

    Attributes:
        score: Name of the tagger: its probabilities are called ``<score>_pb``, ``_pc``, ``_pu`` (and ``_ptau``).
        link: The column of jets that points to the scores.
        fraction_c: Weight of the probability of c in the denominator (dimensionless).
        fraction_tau: Weight of the probability of tau; 0 where the tagger has none.
        min: Smallest discriminant of a b-jet (dimensionless).
        if_present: Of files without the scores it is not known which jets are b-jets; they are not refused.
        source: Where the working point comes from.
    """

    score: str = Field(min_length=1)
    link: str = Field(min_length=1)
    fraction_c: _Fraction
    fraction_tau: _Fraction = 0.0
    min: FiniteFloat
    if_present: bool = False
    source: str = Field(min_length=1)

    @model_validator(mode="after")
    def _leaves_light_jets(self) -> Self:
        if self.fraction_c + self.fraction_tau >= 1:
            msg = f"fraction_c {self.fraction_c:g} and fraction_tau {self.fraction_tau:g} leave nothing for light jets"
            raise PhysicsError(msg)
        return self

    @property
    def probabilities(self) -> tuple[str, ...]:
        """The columns of the collection of scores that are needed."""
        parts = ("pb", "pc", "pu", *(("ptau",) if self.fraction_tau else ()))
        return tuple(f"{self.score}_{part}" for part in parts)


AnyTag = Annotated[
    Annotated[Requirement, Tag("by column")] | Annotated[ScoreTag, Tag("by score")],
    told_by({"score": "by score"}, "by column"),
]
"""A column of jets, or scores that jets point to; the key ``score`` tells them apart."""


class BTag(Frozen):
    """What makes a jet a b-jet, for each format; None where nothing is known."""

    formats: dict[str, AnyTag | None] = Field(min_length=1)

    def requirement(self, schema: str) -> Requirement | None:
        """Return the requirement on jets of a format; a score is a column, called like it, that is computed on reading.

        Args:
            schema: Name of the format.

        Returns:
            The requirement; None when there is none for that format.

        Raises:
            PhysicsError: For a format that is not listed.
        """
        tag = self.tag(schema)
        if isinstance(tag, ScoreTag):  # NaN, no score, does not pass
            return Requirement(column=tag.score, min=tag.min, if_present=tag.if_present, source=tag.source)
        return tag

    def tag(self, schema: str) -> Requirement | ScoreTag | None:
        """Return what tags jets of a format, as the selection writes it.

        Args:
            schema: Name of the format.

        Returns:
            The tag; None when there is none for that format.

        Raises:
            PhysicsError: For a format that is not listed.
        """
        tag: Requirement | ScoreTag | None = entry_of(self.formats, schema)
        return tag


class Links(NamedTuple):
    """Where each jet's scores are.

    Attributes:
        keys: Which collection is meant (``m_persKey``), shape (n_events, var).
        indices: Which place in it (``m_persIndex``), shape (n_events, var).
    """

    keys: Jagged
    indices: Jagged


class BScores(NamedTuple):
    """Probabilities of the entries of the collection of scores, dimensionless, shape (n_events, var) each.

    Attributes:
        pb: That it is a b-jet.
        pc: That it is a c-jet.
        pu: That it is a light jet.
        ptau: That it is a tau; None where the tagger does not say.
    """

    pb: Jagged
    pc: Jagged
    pu: Jagged
    ptau: Jagged | None = None


@np.errstate(divide="ignore", invalid="ignore", over="ignore")
def discriminants(
    links: Links, scores: BScores, key: int, fraction_c: float, fraction_tau: float = 0.0
) -> npt.NDArray[np.float64]:
    """Compute the discriminant ln(pb / (fc·pc + fτ·pτ + (1 − fc − fτ)·pu)) of each jet.

    Args:
        links: Of each jet.
        scores: The collection that the links point into.
        key: The key of that collection; links with another point elsewhere.
        fraction_c: fc (dimensionless).
        fraction_tau: fτ (dimensionless); 0 leaves the term out.

    Returns:
        Shape (n_jets,), dimensionless, in float64; NaN for a jet without a score: its link points elsewhere or beyond
        the scores of its event, pb or the denominator is not positive, or the result is not finite.

    Raises:
        PhysicsError: When the columns have different lengths, or *fraction_tau* is given without pτ.
    """
    _check_lengths(links, scores)
    n_scores, first = scores.pb.counts, scores.pb.offsets[:-1]
    of_jet = np.repeat(np.arange(len(links.indices)), links.indices.counts)
    index = links.indices.values.astype(np.int64)
    valid = (links.keys.values == key) & (index >= 0) & (index < n_scores[of_jet])
    place = np.where(valid, first[of_jet] + index, 0)
    light = 1.0 - fraction_c - fraction_tau
    pb, pc, pu = (_taken(column, place, valid) for column in (scores.pb, scores.pc, scores.pu))
    background = fraction_c * pc + light * pu
    if fraction_tau:
        if scores.ptau is None:
            msg = f"fraction_tau is {fraction_tau:g}, but the score has no probability ptau: leave fraction_tau out"
            raise PhysicsError(msg)
        background = fraction_c * pc + fraction_tau * _taken(scores.ptau, place, valid) + light * pu
    result = np.log(pb / background)
    usable = valid & (pb > 0) & (background > 0) & np.isfinite(result)
    return np.where(usable, result, np.nan)


def refuse_unknown_keys(keys: Jagged, key: int, link: str) -> None:
    """Refuse links of which none points into the collection of scores.

    Args:
        keys: The keys of a file's links (no unit), shape (n_events, var); none at all is legal.
        key: The key of the collection.
        link: The column, for the message.

    Raises:
        EventLevelError: When there are links and all have other keys.
    """
    if len(keys.values) and not (keys.values == key).any():
        listed = ", ".join(map(str, np.unique(keys.values)[:3].tolist()))
        msg = (
            f"b_tag: no {link} points to the scores (key {key}); the file's links have the keys {listed}: write the "
            "key of its collection into the schema, or '2024r-pp: null' under b_tag"
        )
        raise EventLevelError(msg)


def _taken(column: Jagged, place: npt.NDArray[np.int64], valid: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:
    taken = np.full(len(place), np.nan)
    taken[valid] = column.values[place[valid]]
    return taken


def _check_lengths(links: Links, scores: BScores) -> None:
    columns = [column for column in scores if column is not None]
    alike = np.array_equal(links.keys.offsets, links.indices.offsets) and len(links.indices) == len(scores.pb)
    if not alike or any(not np.array_equal(column.offsets, scores.pb.offsets) for column in columns):
        msg = "links and scores do not belong together: each event must have as many keys as indices, and pb, pc and pu"
        raise PhysicsError(msg)
