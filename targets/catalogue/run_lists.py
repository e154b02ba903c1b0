"""Lists of good runs: the tables that come with the project (``selections/run_lists``), and files of the user."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field, field_validator

from edm.run_lists import RunList
from edm.wording import did_you_mean
from targets.catalogue.run_list_files import read_run_list
from targets.documents import models
from targets.errors import ConfigurationError

__all__ = ["AUTO", "BUILT_IN", "NONE", "RunListTable", "built_in", "find_run_lists"]

BUILT_IN = Path(__file__).resolve().parents[2] / "selections" / "run_lists"
"""The folder of the tables that come with the project; ``scripts/make-run-lists`` writes them."""

AUTO, NONE = "auto", "none"

_Run = Annotated[int, Field(ge=0, lt=2**31)]


class RunListTable(BaseModel):
    """A list of good runs in the project's own compact form.

    Attributes:
        name: One word.
        experiment: ATLAS or CMS.
        span: First and last run of the period that the list was made for.
        source: The published file.
        sha256: Its SHA-256 sum.
        luminosity_pb: Integrated luminosity of the listed blocks in 1/pb.
        luminosity_source: Where that number comes from.
        runs: Per run its good blocks: ``72-84 86-110`` are the blocks 72 to 84 and 86 to 110.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(min_length=1)
    experiment: Literal["ATLAS", "CMS"]
    span: tuple[_Run, _Run]
    source: str = Field(min_length=1)
    sha256: str = Field(pattern="^[0-9a-f]{64}$")
    luminosity_pb: Annotated[float, Field(gt=0)]
    luminosity_source: str = Field(min_length=1)
    runs: dict[_Run, Annotated[str, Field(pattern=r"^\d+-\d+( \d+-\d+)*$")]] = Field(min_length=1)

    @field_validator("runs")
    @classmethod
    def _first_before_last(cls, runs: dict[int, str]) -> dict[int, str]:
        for run, text in runs.items():
            for first, last in _blocks(text):
                if first > last:
                    msg = f"run {run}: the range {first}-{last} ends before it starts: exchange the numbers"
                    raise ValueError(msg)
        return runs

    def run_list(self) -> RunList:
        """Give the list that the table holds."""
        ranges = [(run, first, last) for run, text in self.runs.items() for first, last in _blocks(text)]
        columns = self.model_dump(exclude={"runs", "span"})
        return RunList.made_of(ranges, span=self.span, **columns)


def built_in() -> dict[str, RunList]:
    """Load the lists that come with the project.

    Returns:
        The lists by name, in alphabetical order.
    """
    lists = (models.load_model(path, RunListTable).run_list() for path in sorted(BUILT_IN.glob("*.yaml")))
    return {run_list.name: run_list for run_list in lists}


def find_run_lists(names: Sequence[str], experiment: str | None) -> tuple[RunList, ...]:
    """Find lists by what a parameter or a selection says.

    Args:
        names: ``auto`` alone, ``none`` alone, or names of lists that come with the project and paths of files.
        experiment: Whose lists ``auto`` means: ATLAS or CMS; None for a format of neither.

    Returns:
        The lists, which count together; none for ``none``.

    Raises:
        ConfigurationError: For a name that is no list and no file, a file that is no list, ``auto`` or ``none`` beside
            other names, and ``auto`` for a format of neither experiment.
    """
    if len(names) > 1 and (special := [name for name in names if name in (AUTO, NONE)]):
        msg = f"--good-runs {','.join(names)}: {special[0]} cannot stand beside other lists: leave it out, or the rest"
        raise ConfigurationError(msg)
    if not names or tuple(names) == (NONE,):
        return ()
    lists = built_in()
    if tuple(names) == (AUTO,):
        chosen = tuple(run_list for run_list in lists.values() if run_list.experiment == experiment)
        if not chosen:
            msg = f"good runs: auto: no list comes with the project for {experiment}: --good-runs FILE or none"
            raise ConfigurationError(msg)
        return chosen
    return tuple(lists[name] if name in lists else _of_user(name, lists) for name in names)


def _of_user(name: str, lists: dict[str, RunList]) -> RunList:
    if Path(name).is_file():
        return read_run_list(Path(name))
    msg = (
        f"--good-runs {name}: there is no such file, and no list of that name{did_you_mean(name, lists)}; there "
        f"are {', '.join(lists)}, or give the path of an ATLAS XML or CMS JSON file"
    )
    raise ConfigurationError(msg)


def _blocks(text: str) -> npt.NDArray[np.int64]:
    return np.array(text.replace("-", " ").split(), dtype=np.int64).reshape(-1, 2)
