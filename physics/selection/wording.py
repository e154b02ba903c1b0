"""The requirements of a selection in words: ``pt ≥ 25 GeV``."""

from collections.abc import Iterable

from physics.selection.cuts import Requirement
from physics.selection.selection import Selection

__all__ = ["describe", "describe_cuts"]

_IN_GEV = ("pt", "mass")


def describe_cuts(selection: Selection, kind: str, schemas: Iterable[str]) -> dict[str, str]:
    """Describe the requirements on objects of one kind.

    Args:
        selection: The selection.
        kind: One of e, m, j, g, t; b for the working point of b-tagging.
        schemas: Names of the formats of the files.

    Returns:
        By the name of the cut (of b-jets ``b_tag``), its requirement; where formats differ, that of each. Cuts that
        require nothing of any of the formats are left out.

    Raises:
        PhysicsError: When a cut does not list a format.
    """
    schemas_by_text: dict[str, dict[str, list[str]]] = {}
    for schema in schemas:
        requirements = {"b_tag": selection.working_point(schema)} if kind == "b" else selection.cuts(kind, schema)
        for name, requirement in requirements.items():
            if requirement is not None:
                schemas_by_text.setdefault(name, {}).setdefault(describe(requirement), []).append(schema)
    return {name: _join(by_text) for name, by_text in schemas_by_text.items()}


def describe(requirement: Requirement) -> str:
    """Describe which values pass.

    Args:
        requirement: The requirement on a column.

    Returns:
        The comparisons, all of which must hold, with the unit; angles are in radians and all else is dimensionless.
    """
    column = requirement.column
    edges = (requirement.min, requirement.max, requirement.outside, requirement.equals, requirement.one_of)
    compared = any(edge is not None for edge in edges)
    value = f"({column} & {requirement.bits})" if requirement.bits is not None and compared else column
    value = (f"|{value}|" if requirement.absolute else value) + ("/pt" if requirement.over_pt else "")
    unit = " GeV" if (requirement.unit or column in _IN_GEV) and not requirement.over_pt else ""
    parts = [f"{value} ≥ {requirement.min:g}{unit}"] if requirement.min is not None else []
    parts += [f"{value} ≤ {requirement.max:g}{unit}"] if requirement.max is not None else []
    if requirement.outside is not None:
        parts.append(f"{value} ≤ {requirement.outside[0]:g}{unit} or ≥ {requirement.outside[1]:g}{unit}")
    parts += [f"{value} = {requirement.equals:g}{unit}"] if requirement.equals is not None else []
    if requirement.one_of is not None:
        parts.append(f"{value} one of {', '.join(f'{item:g}' for item in requirement.one_of)}{unit}")
    if requirement.bits is not None and not compared:
        parts.append(f"{value} has all bits of {requirement.bits}")
    return ", ".join(parts) + _describe_range(requirement)


def _describe_range(requirement: Requirement) -> str:
    """Say which objects must pass, where not all must."""
    limits = requirement.only_below
    if limits is None:
        return ""
    parts = [f"pt < {limits.pt:g} GeV"] if limits.pt is not None else []
    parts += [f"|eta| < {limits.abs_eta:g}"] if limits.abs_eta is not None else []
    return f" where {' and '.join(parts)}" if parts else ""


def _join(by_text: dict[str, list[str]]) -> str:
    if len(by_text) == 1:
        return next(iter(by_text))
    return "; ".join(f"{text} ({', '.join(schemas)})" for text, schemas in by_text.items())
