"""What files are listed as must be what their own marks say: simulation or collisions."""

import pytest

from physics.errors import EventLevelError
from physics.selection.selection import Selection
from steps.events.event_level import EventSelector, naming_file
from steps.events.event_options import EventOptions
from targets.catalogue.input_files import InputFile
from targets.events import reader, schemas
from tests.support.rootfiles_made import events, write

NONE = Selection(name="n", description="Nothing.")


@pytest.fixture
def select(tmp_path):
    """Open a file of CMS, of simulation where it has weights, as it is listed; tell what it is taken for."""

    def selecting(release, data_type, **columns):
        path = write(tmp_path / "a.root", "cms-nanoaod", events(4), **columns)
        file = InputFile(path, None, None, None, release, None, "d", data_type)
        with reader.open_events(path, schemas.load("")) as opened, naming_file(path):
            return EventSelector(opened, file, NONE, EventOptions()).simulation

    return selecting


@pytest.mark.parametrize("release", [None, "2024r-pp"])
def test_collisions_that_are_listed_as_simulation_are_refused(select, release):
    assert select(release, "mc")
    message = r"a\.root: a file of collisions by its own marks, but data_type is mc: run it with --data-type data"
    with pytest.raises(EventLevelError, match=message):
        select(release, "mc", genWeight=None)


def test_simulation_that_a_release_lists_as_collisions_is_refused_and_a_file_of_the_user_is_taken_as_it_is(select):
    assert not select("2024r-pp", "data", genWeight=None)
    assert select(None, "data")
    message = r"a\.root: a file of simulation by its own marks, but the release 2024r-pp lists it as data: run it with"
    with pytest.raises(EventLevelError, match=message):
        select("2024r-pp", "data")
