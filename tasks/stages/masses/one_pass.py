"""One pass over a branch: what its chain lacks is made together, without reading anything again."""

from contextlib import ExitStack
from typing import Any

from tasks.framework.recording import NewProduct, recording
from tasks.framework.stage import Stage

__all__ = ["make_masses", "make_missing"]


def make_masses(parsing: Any, computing: Any, counting: Any = None) -> None:
    """Make the masses of a branch, and count them; parsed data that are not there are made on the way.

    Args:
        parsing: ParseFile's task of the branch.
        computing: ComputeMasses's.
        counting: CountMasses's; None makes masses only.
    """
    head, branch = counting or computing, computing.branch_data
    if computing.compares("remove", branch.dataset) and not parsing.has_objects(branch):
        parsing.run()  # copies are told by their place in parsed data, which somebody has deleted
    computing_kept = counting is None or computing.keep_masses
    with ExitStack() as stack:  # ParseFile's product is named first: what is done has all that it was made of
        counted = stack.enter_context(recording(counting)) if counting else None
        computed = stack.enter_context(recording(computing, computing_kept))
        outputs = computing.options(), computed.path if computing_kept else None, _counting(counting, counted)
        if parsing.has_objects(branch):
            results = _from_parsed_data(parsing.product(branch), outputs)
        else:
            parsed = stack.enter_context(recording(parsing))
            results = _from_files(parsing, computing, parsed, outputs)
            head.parsed_on_the_way = results.parsed
        _describe(computed, results.computed, results.seconds)
        if counted:
            _describe(counted, results.counted, results.seconds)


def make_missing(reading: Any, stage: type[Stage]) -> Any:
    """Make the product of a stage upstream for the files of a branch where it is missing: in a chain nothing else does.

    Args:
        reading: The task of the branch that reads it.
        stage: The stage upstream.

    Returns:
        The stage's task for these files.
    """
    task, branch = reading.upstream_task(stage), reading.branch_data
    if not task.is_branch():  # of a combined dataset: the groups of its samples come before
        task = task.task_of_branch(branch)
    if not task.product(task.branch_data).exists():
        task.run()
    return task


def _from_parsed_data(source: Any, outputs: tuple[Any, ...]) -> Any:
    from steps import one_pass

    return one_pass.from_parsed_data(source, *outputs)


def _from_files(parsing: Any, computing: Any, parsed: NewProduct, outputs: tuple[Any, ...]) -> Any:
    from steps.one_pass import Parsing, from_files

    branch, location = computing.branch_data, parsing.location(computing.branch_data)
    storage = parsing.parsed_format if parsing.keep_parsed else None
    kept = Parsing(parsed.path, storage, with_numbers=computing.compares("check", branch.dataset))
    results = from_files(branch.files, parsing.options(branch.dataset), kept, *outputs)
    if not parsing.keep_parsed:
        parsed.destination = location.incomplete_record if results.parsed.failures else location.record
    _describe(parsed, results.parsed, results.seconds)
    return results


def _counting(counting: Any, counted: NewProduct | None) -> Any:
    """Return how masses are counted."""
    from steps.counts.mass_counter import MassCounter
    from steps.one_pass import Counting

    if counted is None:
        return None
    counter = MassCounter(counting.peak_search(), counting.weight_unit(counting.branch_data.sample))
    return Counting(counted.path, counter, counting.grids)


def _describe(product: NewProduct, results: Any, seconds: dict[str, float]) -> None:
    product.results, product.seconds = results, seconds[results.stage]
