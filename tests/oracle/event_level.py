"""The event level in plain Python: one event after the other, one step after the other, from PHYSICS.md's words.

Events are dictionaries of branch -> number or list. Nothing of the project's own code is used.
"""

__all__ = ["cutflow", "good_block", "half", "passes", "splitmix", "value_passes"]

MASK = 2**64 - 1


def good_block(run, block, lists):
    """Say True or False, None where no list covers the run; *lists*: (span, {run: [(first, last)]})."""
    covering = [ranges for span, ranges in lists if span[0] <= run <= span[1]]
    if not covering:
        return None
    return any(first <= block <= last for ranges in covering for first, last in ranges.get(run, []))


def value_passes(rule, value):
    """Compare one value with a rule, a dictionary of comparisons."""
    if isinstance(value, float):
        if value != value or value in (float("inf"), float("-inf")):
            return False
        value = int(value)
    value = int(value)
    if "field" in rule:
        low, high = rule["field"]
        value = sum(((value >> bit) & 1) << (bit - low) for bit in range(low, high + 1))
    others = [key for key in ("min", "max", "equals", "not_equals", "one_of", "any_equals") if key in rule]
    if "bits" in rule:
        value &= rule["bits"]
        if not others:
            return value == rule["bits"]
    checks = {
        "min": lambda limit: value >= limit,
        "max": lambda limit: value <= limit,
        "equals": lambda wanted: value == wanted,
        "any_equals": lambda wanted: value == wanted,
        "not_equals": lambda wanted: value != wanted,
        "one_of": lambda wanted: value in wanted,
    }
    return all(checks[key](rule[key]) for key in others)


def passes(rule, value):
    """Compare a value, or with any_equals the elements of a list, with a rule."""
    if "any_equals" in rule:
        return any(value_passes(rule, element) for element in value)
    return value_passes(rule, value)


def splitmix(seed):
    """Give the first output of splitmix64."""
    mixed = (seed + 0x9E3779B97F4A7C15) & MASK
    mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & MASK
    return mixed ^ (mixed >> 31)


def half(run, event):
    """Say a or b."""
    return "a" if splitmix(((event & MASK) ^ (run << 32)) & MASK) % 2 == 0 else "b"


def cutflow(events, lists, steps, menus, wanted_half="all"):
    """Apply everything to collisions.

    Args:
        events: with run, block, event, paths (a set of those that fired), and what steps look at.
        lists: as for `good_block`, None for none.
        steps: (name, branch, rule).
        menus: (first run, last run, paths).
        wanted_half: all, a or b.

    Returns:
        Rows (name, passed, applied), and the numbers of the events left.
    """
    left = list(range(len(events)))
    rows = [("events read", len(left), len(left))]

    def row(name, keep, applied=True):
        nonlocal left
        asked = len(left) if applied else 0
        left = [number for number in left if keep(events[number])] if applied else left
        rows.append((name, len(left), asked))

    def menu(event):
        return next((paths for first, last, paths in menus if first <= event["run"] <= last), None)

    row("good runs", lambda event: good_block(event["run"], event["block"], lists), lists is not None)
    for name, branch, rule in steps:
        row(name, lambda event, branch=branch, rule=rule: passes(rule, event[branch]))
    row("trigger: no menu", lambda event: menu(event) is not None)
    row("trigger", lambda event: any(path in event["paths"] for path in menu(event)))
    row("stream", None, False)
    row("halves", lambda event: half(event["run"], event["event"]) == wanted_half, wanted_half != "all")
    return rows, left
