"""Schemas: which branches of a file format hold the objects, and in which unit.

One YAML file a format, in ``schemas/`` or of the user's own. A schema matches a file when one of its trees and at
least one of its collections exist there; among several that match, the one that explains most branches is taken.
"""

from collections.abc import Collection as Container
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, Self

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from edm.kinds import StoredKind
from edm.simulation import SimulationMark
from targets.documents import models
from targets.errors import FileFormatError
from targets.events.met_branches import MetBranches
from targets.events.score_collections import ScoreCollection

__all__ = [
    "BUILT_IN",
    "UNIT_PER_GEV",
    "Collection",
    "EventNumbers",
    "Schema",
    "Where",
    "find",
    "load",
    "recognise",
]

BUILT_IN = Path(__file__).resolve().parents[2] / "schemas"
"""The folder of the schemas that come with the project."""

UNIT_PER_GEV: dict[str, float] = {"GeV": 1.0, "MeV": 1000.0}
"""How many of a unit make one GeV."""

_KINEMATICS = ("pt", "eta", "phi")


class Where(BaseModel):
    """Which entries of a shared collection are of this kind: those whose column has one of some values.

    ``equals: 11`` names one value, ``one_of: [11, -11]`` several (and so does a list behind ``equals``); with
    ``absolute: true`` the column's sign does not count.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    column: str
    equals: int | list[int] | None = None
    one_of: list[int] | None = None
    absolute: bool = False

    @model_validator(mode="after")
    def _with_values(self) -> Self:
        if (self.equals is None) == (self.one_of is None):
            msg = "it needs either equals (one value) or one_of (a list of values)"
            raise ValueError(msg)
        if not self.values():
            msg = "one_of must have at least one value"
            raise ValueError(msg)
        if self.absolute and min(self.values()) < 0:
            msg = f"with absolute: true no value can be below 0, but {min(self.values())} is"
            raise ValueError(msg)
        return self

    def values(self) -> list[int]:
        """Return the values that are taken."""
        if self.one_of is not None:
            return self.one_of
        return self.equals if isinstance(self.equals, list) else [] if self.equals is None else [self.equals]

    def takes(self, column: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
        """Tell which objects are of this kind.

        Args:
            column: The column of each object, shape (n_objects,), dimensionless.

        Returns:
            Whether it is of this kind, shape (n_objects,).
        """
        signless = np.abs(column) if self.absolute and column.dtype.kind not in "bu" else column
        return np.isin(signless, self.values())


class Collection(BaseModel):
    """Where the objects of one kind stand in a file.

    ``branches`` are patterns such as ``lep_{}``, the first that exists counts; the other fields are what takes the
    place of the braces. ``count`` is the whole name of the branch that says how many of an array of fixed length are
    objects, the first ones; what follows them is padding.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    branches: list[str] = Field(min_length=1)
    where: Where | None = None
    count: str | None = None
    pt: str = "pt"
    eta: str = "eta"
    phi: str = "phi"
    mass: str | None = None
    energy: str | None = None
    charge: str | None = None

    @field_validator("branches")
    @classmethod
    def _with_braces(cls, branches: list[str]) -> list[str]:
        for pattern in branches:
            if pattern.count("{}") != 1:  # without them pt, eta and phi would all be read from one branch
                msg = f"{pattern!r} must have braces where pt, eta and phi stand, as 'lep_{{}}' has"
                raise ValueError(msg)
        return branches

    def branch(self, column: str, present: Container[str]) -> str | None:
        """Find the branch of a column.

        Args:
            column: What takes the place of the braces.
            present: The branches of the tree.

        Returns:
            The name of the branch, or None when the tree has none of the patterns' names.
        """
        names = (pattern.replace("{}", column) for pattern in self.branches)
        return next((name for name in names if name in present), None)

    def kinematic(self, present: Container[str]) -> dict[str, str]:
        """Find the branches of pt, eta, phi and, where they exist, mass, energy, charge, ``where`` and ``count``.

        Args:
            present: The branches of the tree.

        Returns:
            Branch name per quantity; quantities without a branch are left out.
        """
        columns = {"pt": self.pt, "eta": self.eta, "phi": self.phi}
        columns |= {name: column for name in ("mass", "energy", "charge") if (column := getattr(self, name))}
        if self.where:
            columns["where"] = self.where.column
        branches = {name: self.branch(column, present) for name, column in columns.items()}
        branches["count"] = self.count if self.count in present else None
        return {name: branch for name, branch in branches.items() if branch}

    def lacking(self, present: Container[str], needs_mass: bool) -> str:
        """Say what a collection lacks that is there in part.

        Args:
            present: The branches of the tree.
            needs_mass: Whether its objects need a mass or an energy.

        Returns:
            What it has, and what not, for a message; empty when it is whole, or not there at all.
        """
        branches = self.kinematic(present)
        kinematic = [branches[name] for name in _KINEMATICS if name in branches]
        needed = {"pt": [self.pt], "eta": [self.eta], "phi": [self.phi]}
        if needs_mass:
            needed["mass or energy"] = [column for column in (self.mass, self.energy) if column]
        if self.where:
            needed["kind"] = [self.where.column]
        for quantity, columns in needed.items() if kinematic else ():
            if not any(self.branch(column, present) for column in columns):
                names = " or ".join(self.branches[0].replace("{}", column) for column in columns)
                return f"{kinematic[0]}, but no branch for its {quantity} ({names})"
        if kinematic and self.count and "count" not in branches:
            return f"{kinematic[0]}, but no branch for its count ({self.count})"
        return ""


class EventNumbers(BaseModel):
    """Branches that identify an event and weigh it; the first that exists counts."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    run: list[str] = []
    luminosity_block: list[str] = []
    event: list[str] = []
    weight: list[str] = []


class Schema(BaseModel):
    """One file format."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    source: str = Field(min_length=1)
    trees: list[str] = Field(min_length=1)
    unit: Literal["GeV", "MeV"]
    fetch: Literal["stream", "download"] = "stream"
    marks: list[str] = []
    collections: dict[StoredKind, Collection] = Field(min_length=1)
    event: EventNumbers = EventNumbers()
    experiment: Literal["ATLAS", "CMS"] | None = None
    simulation: list[SimulationMark] = []
    scores: ScoreCollection | None = None
    met: MetBranches | None = None

    def present(self, branches: Container[str]) -> dict[str, Collection]:
        """Find the collections that a tree has.

        Args:
            branches: The branches of the tree.

        Returns:
            Collection per kind, for the kinds that have pt, eta and phi there.
        """
        return {
            kind: collection
            for kind, collection in self.collections.items()
            if all(name in collection.kinematic(branches) for name in _KINEMATICS)
        }

    def explained(self, branches: Container[str]) -> int:
        """Count the branches of a tree that this schema names.

        Args:
            branches: The branches of the tree.

        Returns:
            The number of distinct branches (dimensionless).
        """
        collections = self.present(branches).values()
        named = {branch for collection in collections for branch in collection.kinematic(branches).values()}
        return len(named | {mark for mark in self.marks if mark in branches})


def find(schema: str) -> Path | None:
    """Find the file of a schema.

    Args:
        schema: A built-in schema's name or the path of a YAML file; empty for none.

    Returns:
        The path; None for none.

    Raises:
        ConfigurationError: For a name that is not built in and no file either.
    """
    if not schema:
        return None
    return models.named_file("schema", schema, BUILT_IN)


def load(schema: str) -> list[Schema]:
    """Load the schemas among which a file's own is looked for.

    Args:
        schema: A built-in schema's name or the path of a YAML file; empty for all that are built in.

    Returns:
        One schema when it is named, else all, by name.

    Raises:
        ConfigurationError: For an unknown name, or a schema file with an unknown key or a bad value.
    """
    path = find(schema)
    paths = [path] if path else sorted(BUILT_IN.glob("*.yaml"))
    return [models.load_model(path, Schema) for path in paths]


def recognise(uri: str, trees: Mapping[str, Container[str]], schemas: list[Schema]) -> tuple[Schema, str]:
    """Find the schema of a file.

    Args:
        uri: The file, for the message.
        trees: Branches per tree of the file; at least one tree.
        schemas: The schemas to choose from.

    Returns:
        The schema that explains most branches, and the tree that it reads.

    Raises:
        FileFormatError: When none matches; the message names the file's trees and the schemas.
    """
    matches = [
        (schema.explained(trees[tree]), schema, tree)
        for schema in schemas
        for tree in schema.trees
        if tree in trees and schema.present(trees[tree])
    ]
    if not matches:
        wanted = "; ".join(f"{schema.name} ({' or '.join(schema.trees)})" for schema in schemas)
        msg = (
            f"{uri}: no schema fits this file. Its trees: {', '.join(trees)}. Schemas and their trees: {wanted}. "
            "A schema fits when the file has its tree and the pt, eta and phi branches of at least one of its "
            "collections; a format of your own can be described in a YAML file (parameter schema)"
        )
        raise FileFormatError(msg)
    _, schema, tree = max(matches, key=lambda match: match[0])
    return schema, tree
