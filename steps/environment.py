"""What a run was made with: versions of software, and the commit of the code."""

import os
import platform
import subprocess
from importlib import metadata
from pathlib import Path

__all__ = ["commit", "lock", "versions"]

_PROJECT = "atlas-open-data-pipeline"
_SOFTWARE = ("uproot", "awkward", "numpy", "numba", "particle", "luigi", "law", "matplotlib", "mplhep")
_FOLDER = Path(__file__).resolve().parents[1]
_DESCRIBE = ("git", "--no-optional-locks", "describe", "--always", "--exclude=*", "--abbrev=12", "--dirty")
_LONGEST_S = 30.0


def versions() -> dict[str, str]:
    """Return the versions of this project (with its commit), of Python and of the libraries that results go through."""
    numbers = {"python": platform.python_version()}
    for name in (_PROJECT, *_SOFTWARE):
        try:
            numbers[name] = metadata.version(name)
        except metadata.PackageNotFoundError:  # the project itself may run from a checkout
            numbers[name] = "not installed as a package"
    if described := commit(_FOLDER):
        numbers[_PROJECT] += f", commit {described}"
    return numbers


def lock() -> str:
    """Return the versions of all packages that are installed, as pip reads them, below those of Python and the code."""
    about = versions()
    head = [f"# {_PROJECT} {about[_PROJECT]}", f"# Python {about['python']}"]
    pins = {f"{package.name}=={package.version}" for package in metadata.distributions() if package.name != _PROJECT}
    return "".join(f"{line}\n" for line in [*head, *sorted(pins, key=str.lower)])


def commit(folder: Path) -> str | None:
    """Tell which commit of a git checkout the code is.

    Args:
        folder: The folder of the project; it must be the checkout itself, not lie in somebody else's.

    Returns:
        Twelve hex digits, and ``-dirty`` behind them where files differ from that commit; None where the folder is no
        checkout, or git is not there or refuses to look at it.
    """
    if not (folder / ".git").exists():
        return None
    git_variables = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE")  # what a git hook sets for its own checkout
    environment = {name: value for name, value in os.environ.items() if name not in git_variables}
    # where the checkout is damaged, the one around it must not be taken for it
    environment["GIT_CEILING_DIRECTORIES"] = str(folder.resolve().parent)
    try:
        description = subprocess.check_output(
            _DESCRIBE, cwd=folder, env=environment, stderr=subprocess.DEVNULL, text=True, timeout=_LONGEST_S
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return description.strip() or None
