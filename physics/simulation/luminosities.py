"""The luminosity to which simulation of a format is normalised, unless a run says another."""

from typing import NamedTuple

__all__ = ["LUMINOSITIES", "Luminosity"]


class Luminosity(NamedTuple):
    """An integrated luminosity.

    Attributes:
        fb: In 1/fb.
        source: Where it is stated.
    """

    fb: float
    source: str


_2015_2016 = Luminosity(36.64674, "ATLAS Open Data 2024 and 2025: 3.24454 (2015) + 33.4022 (2016), the good-run lists")

LUMINOSITIES = {
    "2016e-8tev": Luminosity(1.0, "ATLAS Open Data 8 TeV, record 3800 of the CERN Open Data portal"),
    "2020e-13tev": Luminosity(10.064, "ATL-OREACH-PUB-2020-001"),
    "2024r-pp": _2015_2016,
    "2025e-13tev-beta": _2015_2016,
    "cms-nanoaod": Luminosity(16.393, "CMS 2016, eras G and H: 16.3934 ± 1.2 % [S]"),
}
"""By format; a format that is not here has none."""
