"""Histograms by final state and combination, as uproot gives them: hist, boost-histogram and mplhep take them (UHI)."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import uproot

from edm.arrays import Float64
from edm.wording import did_you_mean
from targets.errors import ConfigurationError, UnreadableFileError

__all__ = ["Name", "contents", "find", "parse"]

_BUMPNET = re.compile(
    r"ROI_mass(?P<met>MET)?_(?P<combination>\w+?)_cat_(?P<state>\w+?)_width_(?P<width>(?:res)?[0-9.e+-]+)(?P<tag>_[A-Z]+)?"
)
_PLAIN = re.compile(r"(?P<state>\w+)/(?:(?P<met>MET)\+)?(?P<combination>\w+?)(?:_width_(?P<width>(?:res)?[0-9.e+-]+))?")


class Name(NamedTuple):
    """What a histogram is of; the width as it is written, empty where the name has none."""

    final_state: str
    combination: str
    width: str


def parse(key: str) -> Name | None:
    """Read the key of a histogram.

    Args:
        key: BumpNet's name, as ``ROI_mass_e0m0_cat_1ex_1mx_0jx_0gx_width_10.0``, or a plain one.

    Returns:
        What it is of; None for a key that is neither.
    """
    match = _BUMPNET.fullmatch(key) or _PLAIN.fullmatch(key)
    if match is None:
        return None
    state = match["state"]
    if key.startswith("ROI"):
        state = "_".join(token.removesuffix("x") for token in state.split("_")) + (match["tag"] or "")
    return Name(state, ("MET+" if match["met"] else "") + match["combination"], match["width"] or "")


def find(path: Path, final_state: str, combination: str, width: str | None) -> Any:
    """Read a histogram.

    Args:
        path: The file, or the folder of files with one histogram each.
        final_state: As ``1e_1m_0j_0g``.
        combination: As ``e0m0``.
        width: As it stands in the name; None for the first.

    Returns:
        uproot's histogram.

    Raises:
        UnreadableFileError: When a file is not there or damaged.
        ConfigurationError: When there is no such histogram.
    """
    names = set[str]()
    for file, key in _keys(path):
        relative = file.relative_to(path).parent.as_posix() if path.is_dir() else "."
        name = parse(key if relative == "." else f"{relative}/{key}")
        if name is None:
            continue
        if name[:2] == (final_state, combination) and width in (None, name.width):
            return _read(file, key)
        names.add(f"{name.final_state}/{name.combination}")
    wanted = f"{final_state}/{combination}"
    msg = f"{path}: there is no histogram of {wanted}{did_you_mean(wanted, names)}"
    raise ConfigurationError(msg + (f" with the width {width}" if width else ""))


def contents(path: Path) -> dict[str, tuple[Float64, Float64]]:
    """Read contents and edges of all histograms.

    Args:
        path: The file, or the folder of files with one histogram each.

    Returns:
        Contents, shape (n_bins,), and edges in GeV, shape (n_bins + 1,), by name.

    Raises:
        UnreadableFileError: When a file is not there or damaged.
    """
    return {key: _read(file, key).to_numpy() for file, key in _keys(path)}


def _keys(path: Path) -> Iterator[tuple[Path, str]]:
    for file in sorted(path.rglob("*.root")) if path.is_dir() else [path]:
        with _open(file) as opened:
            keys = opened.keys(cycle=False, filter_classname="TH1*")
        yield from ((file, key) for key in keys)


def _read(file: Path, key: str) -> Any:
    with _open(file) as opened:
        return opened[key]


def _open(file: Path) -> Any:
    try:
        return uproot.open(file)
    except Exception as error:  # what uproot raises depends on where the damage is
        msg = f"{file}: histograms cannot be read ({type(error).__name__}); delete it: the next run remakes it"
        raise UnreadableFileError(msg) from error
