"""Luminosity by block, as brilcalc writes it."""

import pytest

from targets.catalogue.luminosity_tables import read_luminosity_table
from targets.errors import ConfigurationError

HEAD = (
    "#Data tag : 24v1 , Norm tag: None\n#run:fill,ls,time,beamstatus,E(GeV),delivered({u}),recorded({u}),avgpu,source\n"
)
ROWS = (
    "280002:5000,2:2,09/08/16 01:02:27,STABLE BEAMS,6500,0.3,0.25,20.1,PXL\n"
    "280002:5000,1:0,09/08/16 01:02:03,STABLE BEAMS,6500,0.2,0.0,20.1,PXL\n"
    "279999:4999,7:7,09/08/16 01:00:03,STABLE BEAMS,6500,0.2,0.125,20.1,PXL\n"
)
TAIL = "#Summary:\n#nfill,nrun,nls,ncms,totdelivered(/ub),totrecorded(/ub)\n#2,2,3,2,0.7,0.375\n"


def written(tmp_path, rows=ROWS, unit="/pb", head=HEAD):
    path = tmp_path / "lumi.csv"
    path.write_text(head.replace("{u}", unit) + rows + TAIL)
    return path


@pytest.mark.parametrize(("unit", "per_pb"), [("/ub", 1e6), ("/nb", 1e3), ("/pb", 1), ("/fb", 1e-3)])
def test_recorded_luminosity_is_read_in_inverse_picobarn(tmp_path, unit, per_pb):
    keys, recorded = read_luminosity_table(written(tmp_path, unit=unit))
    assert keys.tolist() == [279999 * 2**32 + 7, 280002 * 2**32 + 1, 280002 * 2**32 + 2]
    assert recorded.tolist() == [0.125 / per_pb, 0.0, 0.25 / per_pb]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"unit": "hz/ub"},
            r":2: the luminosity is in hz/ub, none of /ub, /nb, /pb, /fb: write the table with brilcalc",
        ),
        (
            {"head": "#nothing\n"},
            r":1: there is no header with a column recorded\(/pb\): write the table with brilcalc",
        ),
        ({"head": "#ls,run:fill,recorded(/pb)\n"}, r":1: the first columns are not run:fill and ls"),
        ({"rows": "280002:5000,1:1,t,S,6500,0.2\n"}, r":3: '280002:5000,1:1,t,S,6500,0\.2' is no line of run:fill,ls"),
        ({"rows": "280002:5000,1:1,t,S,6500,0.2,nan,1,P\n"}, r":3: .* is no line of run:fill,ls"),
        ({"rows": "x:5000,1:1,t,S,6500,0.2,0.1,1,P\n"}, r":3: .* is no line of run:fill,ls"),
        ({"rows": ROWS + ROWS}, r":1: run 279999, block 7 is there twice"),
        ({"rows": ""}, r":1: the table has no luminosity block"),
    ],
)
def test_what_is_no_table_is_refused_with_its_line(tmp_path, options, message):
    with pytest.raises(ConfigurationError, match=rf"lumi\.csv{message}"):
        read_luminosity_table(written(tmp_path, **options))


def test_files_that_cannot_be_read_are_refused(tmp_path):
    with pytest.raises(ConfigurationError, match=r"x\.csv: cannot be read \(No such file"):
        read_luminosity_table(tmp_path / "x.csv")
    (tmp_path / "y.csv").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigurationError, match=r"y\.csv:1: not a text file in UTF-8"):
        read_luminosity_table(tmp_path / "y.csv")
