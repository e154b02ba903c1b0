"""Cross sections of the user: what the catalogue does not know of a sample of simulation, or knows wrongly."""

from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, RootModel

from targets.documents.models import load_model

__all__ = ["CrossSection", "CrossSections", "load_cross_sections"]

_Sample = Annotated[str, BeforeValidator(str)]  # YAML makes an integer of a dataset number
_Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class CrossSection(BaseModel):
    """What is said of a sample; a number that is left out comes from the catalogue or the file.

    Attributes:
        cross_section_pb: σ in pb.
        k_factor: k (dimensionless).
        filter_efficiency: ε (dimensionless).
        sum_of_weights: ΣW of all generated events of what is read, in the generator's unit; may be negative.
        source: Where the numbers come from.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    cross_section_pb: _Positive | None = None
    k_factor: _Positive | None = None
    filter_efficiency: Annotated[float, Field(gt=0, le=1)] | None = None
    sum_of_weights: Annotated[float, Field(allow_inf_nan=False)] | None = None
    source: str = Field(min_length=1)


class CrossSections(RootModel[dict[_Sample, CrossSection]]):
    """A YAML file: sample -> what is said of it. A sample is a dataset number, or a dataset's name, as ``files``."""


def load_cross_sections(path: Path) -> dict[str, CrossSection]:
    """Read a file of cross sections.

    Args:
        path: The file.

    Returns:
        What is said of each sample, by its number or name.

    Raises:
        ConfigurationError: When the file cannot be read or a key or value is wrong; the message has file and line.
    """
    return load_model(path, CrossSections).root
