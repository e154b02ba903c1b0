"""The laws of the house, read from the source: who imports whom, how long things are, what they are called.

Nothing is imported here: every check looks at the syntax tree of a file. Each check is itself tested on a few lines of
code that break it.
"""

import ast
import re
import textwrap
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("compiled", "edm", "physics", "plots", "targets", "steps", "results", "tasks", "submit")
FILES = {
    str(path.relative_to(ROOT)): path.read_text() for room in ROOMS for path in sorted(ROOT.glob(f"{room}/**/*.py"))
}

ARROWS = {  # what each room may import of the house, itself always; a room stands for all rooms inside it
    "compiled": set[str](),
    "edm": {"compiled"},
    "physics": {"edm", "compiled"},
    "plots": {"physics", "edm"},
    "targets": {"edm", "compiled"},
    "steps": {"plots", "physics", "targets", "edm"},
    "submit": {"targets.storage", "targets.errors"},
    "results": {"targets", "edm"},
    "tasks": {"results", "steps", "submit", "plots", "physics", "targets", "edm"},
}
WINGS = {  # the same for the rooms inside targets, tasks, physics, steps and submit
    "targets.storage": set[str](),
    "targets.documents": {"targets.storage"},
    "targets.network": {"targets.documents", "targets.storage"},
    "targets.catalogue": {"targets.network", "targets.documents", "targets.storage"},
    "targets.rootio": {"targets.network", "targets.storage"},
    "targets.events": {
        "targets.rootio",
        "targets.catalogue",
        "targets.network",
        "targets.documents",
        "targets.storage",
    },
    "targets.products": {"targets.rootio", "targets.documents", "targets.storage"},
    "targets.report": {"targets.documents", "targets.storage"},
    "tasks.parameters": set[str](),
    "tasks.cli": {"tasks.parameters"},
    "tasks.framework": {"tasks.cli", "tasks.parameters"},
    "tasks.stages.inputs": {"tasks.framework", "tasks.cli", "tasks.parameters"},
    "tasks.stages.masses": {"tasks.stages.inputs", "tasks.framework", "tasks.cli", "tasks.parameters"},
    "tasks.stages.histograms": {
        *("tasks.stages.masses", "tasks.stages.inputs", "tasks.framework", "tasks.cli", "tasks.parameters"),
    },
    "tasks.stages.output": {"tasks.stages", "tasks.framework", "tasks.cli", "tasks.parameters"},
    "physics.selection": set[str](),
    "physics.toys": set[str](),
    "physics.scan": set[str](),
    "steps.output": set[str](),
    "steps.scan": {"steps.output"},
    "steps.report": {"steps.output", "steps.scan"},
    "submit.pbs": set[str](),
}
OUTSIDE = {  # modules from elsewhere that a room does without
    "compiled": {"luigi", "law", "uproot", "awkward"},
    "edm": {"luigi", "law", "uproot", "requests", "yaml", "pathlib", "os"},
    "physics": {"luigi", "law", "uproot", "requests", "yaml", "pathlib", "os"},
    "plots": {"luigi", "law", "uproot", "requests", "pathlib", "os"},
    "targets": {"luigi", "law"},
    "steps": {"luigi", "law"},
    "results": {"luigi", "law"},
    "submit": {"uproot", "awkward"},
    "tasks": set[str](),
}
HEAVY = {"uproot", "awkward", "numba", "numpy", "matplotlib"}  # may wait until a task runs, so that --help stays quick
OPTIONAL = {"XRootD"}  # an extra of pyproject.toml: not every installation has it, so only a root:// address imports it
FILE_LINES, FUNCTION_LINES, RUN_LINES = 300, 40, 12
FILES_IN_FOLDER = 14
EMPTY_NAMES = re.compile(r"(^|_)(utils?|helpers?|common|misc)($|_)")

Function = ast.FunctionDef | ast.AsyncFunctionDef


def imports(tree: ast.AST, path: str) -> Iterator[tuple[int, str]]:
    """Yield the line and every module that an import may mean: `from a import b` names a, and perhaps a.b."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = list(Path(path).parent.parts)[: 1 - node.level or None] if node.level else []
            module = ".".join([*above, *([node.module] if node.module else [])])
            yield node.lineno, module
            yield from ((node.lineno, f"{module}.{alias.name}") for alias in node.names)
        elif isinstance(node, ast.Call) and ast.unparse(node.func) in ("__import__", "importlib.import_module"):
            yield node.lineno, str(getattr(node.args[0], "value", "?")) if node.args else "?"


@cache
def parsed(text: str) -> ast.Module:
    """Return the syntax tree of a file, which several checks look at."""
    return ast.parse(text)


def functions(tree: ast.AST) -> Iterator[Function]:
    yield from (node for node in ast.walk(tree) if isinstance(node, Function))


def upward_imports(text: str, path: str) -> list[str]:
    """Find imports against the arrows of the house, of its wings, and of what a room does without."""
    parts = Path(path).parts
    room, wing = parts[0], ".".join(parts[:-1])
    return sorted(
        {
            f"{path}:{line} imports {module}"
            for line, module in imports(parsed(text), path)
            if module == "?" or module.split(".")[0] in OUTSIDE[room] or not _is_allowed(module, room, wing)
        }
    )


def _is_allowed(module: str, room: str, folder: str) -> bool:
    top = module.split(".")[0]
    if top not in ROOMS:
        return True
    if top != room:  # `from targets import storage` names targets too
        return _within(module, ARROWS[room]) or any(allowed.startswith(f"{module}.") for allowed in ARROWS[room])
    source, target = _wing(folder), _wing(module)
    return source is None or target in (None, source) or _within(str(target), WINGS[source])


def _wing(module: str) -> str | None:
    """Return the wing that a module lies in; None for those that lie in none."""
    return next((wing for wing in WINGS if _within(module, {wing})), None)


def _within(module: str, rooms: set[str]) -> bool:
    return any(module == name or module.startswith(f"{name}.") for name in rooms)


def hidden_imports(text: str, path: str) -> list[str]:
    """Find imports inside functions; tasks may put off heavy libraries and the modules that do their work."""
    allowed = OPTIONAL | ({*HEAVY, *ROOMS} if Path(path).parts[0] == "tasks" else set())
    return sorted(
        {f"{path}:{line} imports {module} in {function.name}()" for function in functions(parsed(text))
         for line, module in imports(function, path) if module.split(".")[0] not in allowed}
    )  # fmt: skip


def too_long(text: str, path: str) -> list[str]:
    found = [f"{path}: {lines} lines"] if (lines := len(text.splitlines())) > FILE_LINES else []
    for function in functions(parsed(text)):
        body = function.body[1:] if ast.get_docstring(function) else function.body
        is_run = function.name == "run" and Path(path).parts[0] == "tasks"
        ceiling = RUN_LINES if is_run else FUNCTION_LINES
        first = body[0].lineno if is_run and body else function.lineno
        lines = (function.end_lineno or first) - first + 1 if body else 0
        if lines > ceiling:
            found.append(f"{path}:{function.lineno} {function.name}() has {lines} lines, at most {ceiling} are allowed")
    return found


def bad_habits(text: str, path: str) -> list[str]:
    found = []
    for node in ast.walk(parsed(text)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("print", "breakpoint"):
            found.append(f"{path}:{node.lineno} {node.func.id}()")
        if isinstance(node, ast.ExceptHandler) and node.type is None:
            found.append(f"{path}:{node.lineno} bare except")
    return found


def crowded(paths: Iterable[str]) -> list[str]:
    """Find folders with too many files; that of the package itself does not count."""
    numbers = Counter(str(Path(path).parent) for path in paths if Path(path).name != "__init__.py")
    return [f"{folder}: {number} files" for folder, number in numbers.items() if number > FILES_IN_FOLDER]


def modules_of_the_house(files: dict[str, str]) -> dict[str, set[str]]:
    """Return for every module those of the house that it imports anywhere, inside functions too."""
    names = {path.removesuffix(".py").removesuffix("/__init__").replace("/", "."): path for path in files}
    return {
        name: {module for _, module in imports(parsed(files[path]), path) if module in names and module != name}
        for name, path in names.items()
    }


def cycle(graph: dict[str, set[str]]) -> list[str]:
    """Return the modules that cannot be put into an order in which each imports only earlier ones."""
    left = dict(graph)
    while ready := [name for name, needs in left.items() if not needs & left.keys()]:
        for name in ready:
            del left[name]
    return sorted(left)


@pytest.mark.parametrize("path", FILES)
@pytest.mark.parametrize("check", [upward_imports, hidden_imports, too_long, bad_habits])
def test_the_laws_of_the_house(check, path):
    assert check(FILES[path], path) == []


def test_every_room_is_looked_at():
    assert {Path(path).parts[0] for path in FILES} == set(ROOMS)


def test_no_folder_is_crowded():
    assert crowded(FILES) == []


def test_a_crowded_folder_is_found():
    paths = ["a/__init__.py", "a/b/x.py", *(f"a/{number}.py" for number in range(14))]
    assert crowded(paths) == []
    assert crowded([*paths, "a/x.py"]) == ["a: 15 files"]


def test_no_module_imports_itself_by_way_of_others():
    # An import inside a function would hide a cycle from Python; the graph here has those too. Importing tasks.x runs
    # tasks/__init__.py first, which imports the tasks: a package is not counted as imported by its own modules.
    graph = modules_of_the_house(FILES)
    assert cycle({name: {module for module in used if module not in ROOMS} for name, used in graph.items()}) == []


@pytest.mark.parametrize("path", FILES)
def test_names_say_something(path):
    assert not EMPTY_NAMES.search(Path(path).stem)


BROKEN = [
    (upward_imports, "physics/x.py", "import os.path", "physics/x.py:1 imports os.path"),
    (upward_imports, "physics/x.py", "from pathlib import Path", "physics/x.py:1 imports pathlib"),
    (upward_imports, "physics/x.py", "def f():\n    import uproot", "physics/x.py:2 imports uproot"),
    (upward_imports, "physics/x.py", "from targets import masses", "physics/x.py:1 imports targets"),
    (upward_imports, "physics/x.py", "__import__('law')", "physics/x.py:1 imports law"),
    (upward_imports, "physics/x.py", "import importlib\nimportlib.import_module(name)", "physics/x.py:2 imports ?"),
    (
        upward_imports,
        "targets/x.py",
        "if True:\n    from physics.masses import f",
        "targets/x.py:2 imports physics.masses",
    ),
    (
        upward_imports,
        "targets/x.py",
        "import tasks.stages.masses.count_masses as p",
        "targets/x.py:1 imports tasks.stages.masses.count_masses",
    ),
    (upward_imports, "submit/x.py", "import awkward as ak", "submit/x.py:1 imports awkward"),
    (hidden_imports, "physics/x.py", "def f():\n    import numpy", "physics/x.py:2 imports numpy in f()"),
    (
        hidden_imports,
        "targets/x.py",
        "class A:\n    def f(self):\n        from . import b",
        "targets/x.py:3 imports targets",
    ),
    (hidden_imports, "tasks/x.py", "def run():\n    import requests", "tasks/x.py:2 imports requests in run()"),
    (too_long, "physics/x.py", "a = 1\n" * 301, "physics/x.py: 301 lines"),
    (too_long, "physics/x.py", "def f():\n" + "    a = 1\n" * 40, "physics/x.py:1 f() has 41 lines"),
    (too_long, "tasks/x.py", "class T:\n  def run(self):\n" + "    a = 1\n" * 13, "tasks/x.py:2 run() has 13 lines"),
    (bad_habits, "tasks/x.py", "def f():\n    print('x')", "tasks/x.py:2 print()"),
    (bad_habits, "submit/x.py", "try:\n    a = 1\nexcept:\n    pass", "submit/x.py:3 bare except"),
]


@pytest.mark.parametrize(("check", "path", "code", "finding"), BROKEN)
def test_a_broken_law_is_found(check, path, code, finding):
    assert any(found.startswith(finding) for found in check(code, path))


FINE = [
    (upward_imports, "physics/x.py", "import numpy as np\nfrom physics.masses import compute\nimport osmium"),
    (upward_imports, "tasks/x.py", "import luigi, physics.masses\nfrom targets import storage"),
    (upward_imports, "submit/pbs/x.py", "from submit import errors\nfrom targets.storage import atomic"),
    (upward_imports, "targets/events/x.py", "from targets.rootio import files\nfrom targets.errors import A"),
    (upward_imports, "tasks/stages/output/x.py", "from tasks.stages.masses.a import B\nimport steps.output.c"),
    (hidden_imports, "tasks/x.py", "def run():\n    import uproot\n    from tasks import find_peaks"),
    (too_long, "physics/x.py", "def f():\n" + "    a = 1\n" * 39 + "a = 1\n" * 260),
    (too_long, "tasks/x.py", 'class T:\n  def run(self):\n    """Two lines\n\n    of text."""\n' + "    a = 1\n" * 12),
    (bad_habits, "physics/x.py", "try:\n    a.print()\nexcept ValueError:\n    raise"),
]


@pytest.mark.parametrize(("check", "path", "code"), FINE)
def test_what_keeps_the_law_is_not_found(check, path, code):
    assert check(textwrap.dedent(code), path) == []


def test_cycles_are_found():
    files = {
        "tasks/a.py": "from tasks.b import f",
        "tasks/b.py": "def f():\n    from tasks import c",
        "tasks/c.py": "import tasks.a",
        "tasks/d.py": "from tasks import a",
    }
    assert cycle(modules_of_the_house(files)) == ["tasks.a", "tasks.b", "tasks.c", "tasks.d"]
    assert cycle(modules_of_the_house(files | {"tasks/c.py": "import numpy"})) == []


@pytest.mark.parametrize("name", ["utils", "physics_utils", "helpers", "common", "misc", "mass_helper", "util"])
def test_names_that_say_nothing_are_found(name):
    assert EMPTY_NAMES.search(name)
