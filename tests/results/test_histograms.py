"""Names of histograms are read as BumpNet's loader and people write them."""

import pytest

from physics import bumpnet
from results.histograms import Name, parse


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("ROI_mass_e0m0_cat_1ex_1mx_0jx_0gx_width_10.0", ("1e_1m_0j_0g", "e0m0", "10.0")),
        ("ROI_mass_e0e1j0_cat_2ex_0mx_3jx_0gx_width_10.0_OS", ("2e_0m_3j_0g_OS", "e0e1j0", "10.0")),
        ("ROI_mass_j0Z0_cat_0ex_0mx_2jx_0gx_1Zx_width_res0.5", ("0e_0m_2j_0g_1Z", "j0Z0", "res0.5")),
        ("ROI_massMET_e0_cat_1ex_0mx_0jx_0gx_width_10.0", ("1e_0m_0j_0g", "MET+e0", "10.0")),
        ("1e_1m_0j_0g/e0m0", ("1e_1m_0j_0g", "e0m0", "")),
        ("1e_1m_0j_0g/e0m0_width_5.0", ("1e_1m_0j_0g", "e0m0", "5.0")),
        ("something", None),
    ],
)
def test_keys(key, name):
    assert parse(key) == (Name(*name) if name else None)


def test_what_the_pipeline_writes_is_read():
    assert parse(bumpnet.histogram_name("2e_0m_3j_0g", "e0j0", 2.5)) == Name("2e_0m_3j_0g", "e0j0", "2.5")
