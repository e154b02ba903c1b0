"""What a selection asks of objects, in words: ``pt ≥ 25 GeV``."""

from collections.abc import Iterable

from physics.selection.cuts import Requirement
from physics.selection.selection import Selection

__all__ = ["conditions", "words"]

_IN_GEV = ("pt", "mass")


def conditions(selection: Selection, kind: str, schemas: Iterable[str]) -> dict[str, str]:
    """Say what is asked of objects of one kind.

    Args:
        selection: The selection.
        kind: One of e, m, j, g, t; b for the working point of b-tagging.
        schemas: Names of the formats of the files.

    Returns:
        By the name of the cut (of b-jets ``b_tag``), what it asks; where formats differ, which asks what. Cuts that ask
        nothing of any of the formats are left out.

    Raises:
        PhysicsError: When a cut does not list a format.
    """
    found: dict[str, dict[str, list[str]]] = {}
    for schema in schemas:
        asked = {"b_tag": selection.working_point(schema)} if kind == "b" else selection.cuts(kind, schema)
        for name, requirement in asked.items():
            if requirement is not None:
                found.setdefault(name, {}).setdefault(words(requirement), []).append(schema)
    return {name: _joined(by_text) for name, by_text in found.items()}


def words(requirement: Requirement) -> str:
    """Say which values pass.

    Args:
        requirement: What is asked of a column.

    Returns:
        The comparisons, all of which must hold, with the unit; angles are in radians and all else is dimensionless.
    """
    one, column = requirement, requirement.column
    compared = [part for part in (one.min, one.max, one.outside, one.equals, one.one_of) if part is not None]
    value = f"({column} & {one.bits})" if one.bits is not None and compared else column
    value = (f"|{value}|" if one.absolute else value) + ("/pt" if one.over_pt else "")
    unit = " GeV" if (one.unit or column in _IN_GEV) and not one.over_pt else ""
    parts = [f"{value} ≥ {one.min:g}{unit}"] if one.min is not None else []
    parts += [f"{value} ≤ {one.max:g}{unit}"] if one.max is not None else []
    if one.outside is not None:
        parts.append(f"{value} ≤ {one.outside[0]:g}{unit} or ≥ {one.outside[1]:g}{unit}")
    parts += [f"{value} = {one.equals:g}{unit}"] if one.equals is not None else []
    if one.one_of is not None:
        parts.append(f"{value} one of {', '.join(f'{item:g}' for item in one.one_of)}{unit}")
    if one.bits is not None and not compared:
        parts.append(f"{value} has all bits of {one.bits}")
    return ", ".join(parts) + _where(requirement)


def _where(requirement: Requirement) -> str:
    """Say of which objects it is asked, where it is not all."""
    limits = requirement.only_below
    if limits is None:
        return ""
    parts = [f"pt < {limits.pt:g} GeV"] if limits.pt is not None else []
    parts += [f"|eta| < {limits.abs_eta:g}"] if limits.abs_eta is not None else []
    return f" where {' and '.join(parts)}" if parts else ""


def _joined(by_text: dict[str, list[str]]) -> str:
    if len(by_text) == 1:
        return next(iter(by_text))
    return "; ".join(f"{text} ({', '.join(schemas)})" for text, schemas in by_text.items())
