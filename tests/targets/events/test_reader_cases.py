"""Files after public bug reports, with the values that ROOT reads from them."""

import numpy as np
import pytest

from targets.errors import FileFormatError
from targets.events import schemas
from targets.events.reader import open_events
from tests.conftest import REAL_DATA

pytestmark = pytest.mark.realdata
CASES = REAL_DATA / "cases"


def sums(path, schema="", size=1000):
    """Events, and number and sum of the pT in GeV of muons and jets."""
    n_events, found = 0, {kind: [0, 0.0] for kind in "mj"}
    with open_events(str(path), schemas.load(schema)) as file:
        for chunk in file.chunks({}, size):
            n_events += len(chunk.event)
            for kind, total in found.items():
                pt = chunk.objects[kind]["pt"].astype(np.float64)
                total[0] += len(pt)
                total[1] += pt.sum()
    return n_events, *found.values()


@pytest.mark.parametrize("size", [10_000, 77])
@pytest.mark.parametrize(
    ("name", "events", "muons", "jets"),
    [
        ("double32_range16", 1500, [2917, 103286.3464], [4468, 312179.1687]),
        ("float16", 1500, [2917, 103286.3936], [4468, 312179.5273]),
        ("offsetmap_small", 1500, [2917, 103286.44], [4468, 312179.67]),
        ("circular", 291, [550, 19345.669251], [855, 59682.7444401]),
    ],
)
def test_values_are_those_of_root(name, events, muons, jets, size):
    n_events, *found = sums(CASES / f"{name}.root", size=size)
    assert n_events == events
    assert found == [pytest.approx(muons, rel=1e-8), pytest.approx(jets, rel=1e-8)]


@pytest.mark.parametrize(
    ("name", "schema", "complaint"),
    [
        ("chainfile", "", r"Events is a TChain, which is not read: a list of names of other files"),
        ("scalars", "", r"Muon_pt has one number an event; lists are needed"),
        ("unlinked", "unlinked.yaml", r"mu_pt has 10 numbers in every event.*must be named as count"),
    ],
)
def test_what_is_not_read_is_named(name, schema, complaint):
    with pytest.raises(FileFormatError, match=complaint):
        sums(CASES / f"{name}.root", str(CASES / schema) if schema else "")
