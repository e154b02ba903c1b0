"""Real files as the event level sees them, read with plain uproot and awkward."""

from functools import cache
from typing import NamedTuple

import numpy as np
import uproot

from edm.jagged import Jagged
from edm.simulation import is_simulation
from physics.events.steps import EventFile, EventSettings, event_branches, select_events
from physics.events.trigger_menus import counters_of
from physics.selection.selection import Selection
from targets.catalogue.run_lists import AUTO, find_run_lists
from targets.documents.models import load_model
from targets.events import schemas
from targets.events.spellings import spellings
from targets.events.trigger_menu import read_menus
from targets.rootio.files import open_trees
from tests.oracle.reference import SHARED

__all__ = ["RealFile", "apply", "open_real", "settings_for"]

SELECTIONS = schemas.BUILT_IN.parent / "selections"
MENU_KEY = "TrigConfKeys.m_smk"


class RealFile(NamedTuple):
    """A real file: what the event level must know of it, its tree, and the spelling of its branches."""

    event_file: EventFile
    schema: schemas.Schema
    tree: object
    names: dict
    n_events: int

    def column(self, branch, start=None, stop=None):
        """Read one branch by the spelling of selections, flat or jagged."""
        if branch == MENU_KEY:
            return np.asarray(self.tree["TrigConfKeys"].array(entry_start=start, entry_stop=stop)["m_smk"])
        array = self.tree[self.names[branch]].array(entry_start=start, entry_stop=stop)
        return Jagged.from_awkward(array) if array.ndim > 1 else np.asarray(array)

    def columns(self, branches, start=None, stop=None):
        """Read branches."""
        return {branch: self.column(branch, start, stop) for branch in branches}


@cache
def open_real(folder, name):
    """Open a file of ../shared/data."""
    file = uproot.open(SHARED / "data" / folder / name)
    trees = {key: file[key] for key in ("mini", "CollectionTree", "EventData", "analysis", "Events") if key in file}
    branches = {key: list(tree.keys()) for key, tree in trees.items()}
    short = {key: {path.rpartition("/")[2] for path in paths} for key, paths in branches.items()}
    schema, key = schemas.recognise(name, short, schemas.load(""))
    names = spellings(branches[key])
    present = frozenset(names) | ({MENU_KEY} if "TrigConfKeys" in names else frozenset())
    with open_trees(str(SHARED / "data" / folder / name)) as of_file:
        menus = {number: counters_of(payload) for number, payload in read_menus(of_file, name).items()}
    unmarked = EventFile(schema.name, False, present)
    real = RealFile(unmarked, schema, trees[key], names, trees[key].num_entries)
    marked = {name: real.column(name) for mark in schema.simulation for name in mark.branches if name in names}
    numbers = [_first(getattr(schema.event, what), names) for what in ("run", "luminosity_block", "event")]
    simulation = is_simulation(schema.simulation, present, marked)
    return real._replace(event_file=EventFile(schema.name, simulation, present, *numbers, menus=menus))


def settings_for(real, **options):
    """Make the default settings of a file; options as `EventSettings`, with the default selection."""
    events = load_model(SELECTIONS / "default.yaml", Selection).events
    return EventSettings(events, lists=find_run_lists([AUTO], real.schema.experiment), **options)


def apply(real, settings, parts=1):
    """Apply the event level to a file, in *parts* chunks; the mask and the sum of the results."""
    step = -(-real.n_events // parts)
    branches = event_branches(real.event_file, settings)
    masks, total = [], None
    for start in range(0, real.n_events, step):
        stop = min(start + step, real.n_events)
        columns = real.columns(branches, start, stop)
        mask, result = select_events(columns, stop - start, real.event_file, settings)
        masks.append(mask)
        total = result if total is None else total.add(result)
    total.check()
    return np.concatenate(masks), total


def _first(patterns, names):
    canonical = (pattern.replace("Dyn:", "Dyn.") for pattern in patterns)
    return next((name for name in canonical if name in names), None)
