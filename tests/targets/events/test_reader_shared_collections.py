"""Collections that hold several kinds, or more than objects: which entries count, and which files say too little."""

import re

import awkward as ak
import numpy as np
import pytest
import uproot

from targets.errors import ConfigurationError, FileFormatError
from targets.events import schemas
from targets.events.reader import open_events
from tests.support.jagged import plain
from tests.support.rootfiles_made import write_branches

TYPES = [[11, -11, 13], [-13], [], [15, 0, 11]]
EVERY_FORM = pytest.mark.parametrize("rntuple", [False, True], ids=["ttree", "rntuple"])


@pytest.fixture
def schema(tmp_path):
    def load(electrons, muons):
        path = tmp_path / "own.yaml"
        path.write_text(
            "name: own\nsource: made\ntrees: [t]\nunit: GeV\ncollections:\n"
            f"  e: {{branches: ['lep_{{}}'], where: {electrons}}}\n"
            f"  m: {{branches: ['lep_{{}}'], where: {muons}}}\n"
        )
        return schemas.load(str(path))

    return load


@pytest.fixture(params=[False, True], ids=["ttree", "rntuple"])
def leptons(tmp_path, request):
    types = ak.Array(TYPES)
    columns = {f"lep_{name}": ak.values_astype(types * 0 + 30, "float32") for name in ("pt", "eta", "phi")}
    return write_branches(
        tmp_path / "f.root", "t", columns | {"lep_type": ak.values_astype(types, "int32")}, request.param
    )


def counted(path, known, size=100):
    with open_events(path, known) as file:
        chunks = list(file.chunks({}, size))
    numbers = [[number for chunk in chunks for number in chunk.objects[kind].counts().tolist()] for kind in "em"]
    unassigned = sum(sum(chunk.unassigned.values()) for chunk in chunks)
    return numbers, unassigned


BOTH_SIGNS = [2, 0, 0, 1], [1, 1, 0, 0]


@pytest.mark.parametrize("size", [100, 1])
@pytest.mark.parametrize(
    ("electrons", "muons", "expected", "unassigned"),
    [
        ("{column: type, one_of: [11, -11]}", "{column: type, one_of: [13, -13]}", BOTH_SIGNS, 2),
        ("{column: type, equals: [11, -11]}", "{column: type, equals: [-13, 13]}", BOTH_SIGNS, 2),
        (
            "{column: type, equals: 11, absolute: true}",
            "{column: type, one_of: [13], absolute: true}",
            BOTH_SIGNS,
            2,
        ),
        ("{column: type, equals: 11}", "{column: type, equals: 13}", ([1, 0, 0, 1], [1, 0, 0, 0]), 4),
    ],
)
def test_kinds_are_told_by_one_value_or_several(leptons, schema, size, electrons, muons, expected, unassigned):
    numbers, of_none = counted(leptons, schema(electrons, muons), size)
    assert (numbers, of_none) == (list(expected), unassigned)


@pytest.mark.parametrize(
    ("where", "complaint"),
    [
        ("{column: type}", r"own.yaml:6: collections.e.where: it needs either equals \(one value\) or one_of"),
        ("{column: type, equals: 1, one_of: [2]}", "collections.e.where: it needs either equals"),
        ("{column: type, one_of: []}", "collections.e.where: one_of must have at least one value"),
        ("{column: type, equals: -11, absolute: true}", "with absolute: true no value can be below 0, but -11 is"),
    ],
)
def test_conditions_that_say_nothing_are_refused(schema, where, complaint):
    with pytest.raises(ConfigurationError, match=complaint):
        schema(where, "{column: type, equals: 13}")


def padded(path, counts, **more):
    """Muons in arrays of three, of which the counter says how many are real; what follows has a pT of -1."""
    real = np.arange(3) < counts.astype(int)[:, None]
    columns = {"mu_pt": np.where(real, [30.0, 20.0, 10.0], -1.0).astype("f4")}
    columns |= {"mu_eta": np.zeros_like(columns["mu_pt"]), "mu_phi": np.zeros_like(columns["mu_pt"])}
    columns |= {"nmu": counts, **more}
    with uproot.recreate(path) as file:
        types = {name: np.dtype((array.dtype, array.shape[1:])) for name, array in columns.items()}
        file.mktree("t", types).extend(columns)
    return str(path)


@pytest.fixture
def muons(tmp_path):
    def load(count=""):
        path = tmp_path / "own.yaml"
        inside = f", count: {count}" if count else ""
        path.write_text(
            f"name: own\nsource: made\ntrees: [t]\nunit: GeV\ncollections:\n  m: {{branches: ['mu_{{}}']{inside}}}\n"
        )
        return schemas.load(str(path))

    return load


def momenta(path, known, columns=None, size=2):
    with open_events(path, known) as file:
        return [event for chunk in file.chunks({"m": columns or {}}, size) for event in plain(chunk.objects["m"])]


@pytest.mark.parametrize("size", [1, 2, 100])
def test_padding_is_no_object(tmp_path, muons, size):
    path = padded(tmp_path / "f.root", np.array([2, 0, 3, 1, 0], np.int32))
    read = momenta(path, muons("nmu"), size=size)
    assert [[one["pt"] for one in event] for event in read] == [[30, 20], [], [30, 20, 10], [30], []]


def test_further_columns_lose_their_padding_too(tmp_path, muons):
    flags = np.array([[1, 2, 9], [9, 9, 9]], np.int32)
    path = padded(tmp_path / "f.root", np.array([2, 0], np.uint8), mu_flag=flags, mu_all=np.array([7, 8], np.int32))
    (first, second) = momenta(path, muons("nmu"), {"flag": None, "all": None})
    assert [(one["flag"], one["all"]) for one in first] == [(1, 7), (2, 7)]
    assert second == []


def test_arrays_of_fixed_length_need_a_count(tmp_path, muons):
    path = padded(tmp_path / "f.root", np.array([2, 0], np.int32))
    with pytest.raises(
        FileFormatError, match=r"mu_pt has 3 numbers in every event.* must be named as count in the col"
    ):
        momenta(path, muons())
    with pytest.raises(FileFormatError, match=r"m has mu_pt, but no branch for its count \(nmuon\)"):
        momenta(path, muons("nmuon"))


@pytest.mark.parametrize(
    ("counts", "complaint"),
    [
        (np.array([4, 0], np.int32), "counted by nmu: an event says that it has 4 objects, and has 3 numbers"),
        (np.array([1, -1], np.int32), "an event says that it has -1 objects, and has 3 numbers"),
        (np.array([1.0, 2.0]), "a count must be one whole number an event"),
        (np.array([[1, 1], [2, 2]], np.int32), "a count must be one whole number an event"),
    ],
)
def test_counts_that_cannot_be_are_refused(tmp_path, muons, counts, complaint):
    if counts.ndim == 1:
        path = padded(tmp_path / "f.root", counts)
    else:
        path = padded(tmp_path / "f.root", counts[:, 0], other=counts)
    with pytest.raises(FileFormatError, match=complaint):
        momenta(path, muons("nmu" if counts.ndim == 1 else "other"))


@EVERY_FORM
def test_one_number_an_event_is_refused(tmp_path, muons, rntuple):
    columns = {f"mu_{name}": np.zeros(3, np.float32) for name in ("pt", "eta", "phi")}
    path = write_branches(tmp_path / "f.root", "t", columns, rntuple)
    with pytest.raises(FileFormatError, match=re.escape(f"{path}: mu_pt has one number an event; lists are needed")):
        momenta(path, muons())
