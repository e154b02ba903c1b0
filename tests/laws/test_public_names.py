"""`__all__` is what we meant, everything public is described, and every error that a docstring promises exists."""

import ast
import builtins
import functools
import importlib
import inspect
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("compiled", "edm", "physics", "plots", "targets", "steps", "results", "tasks", "submit")
PATHS = [path.relative_to(ROOT) for room in ROOMS for path in ROOT.glob(f"{room}/**/*.py")]
TREES = {".".join(path.with_suffix("").parts).removesuffix(".__init__"): (ROOT / path).read_text() for path in PATHS}
MODULES = sorted(TREES)

Definition = ast.FunctionDef | ast.ClassDef


def defined(tree: ast.Module) -> set[str]:
    """Return the names that the module's own lines give a meaning to; imports are not among them."""
    names = set()
    for node in tree.body:
        if isinstance(node, Definition):
            names.add(node.name)
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        names |= {part.id for target in targets if target for part in ast.walk(target) if isinstance(part, ast.Name)}
    return names


def listed(tree: ast.Module) -> list[str] | None:
    """Return `__all__` as it is written; None where there is none."""
    for node in tree.body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            names: list[str] = ast.literal_eval(node.value)
            return names
    return None


def order(name: str) -> tuple[int, str]:
    """Sort constants first, then classes and types, then functions (ruff's RUF022)."""
    return (0 if name.isupper() else 1 if name[0].isupper() else 2), name


def undescribed(tree: ast.Module) -> list[str]:
    """Return the public functions, classes and methods without a docstring."""
    found = []
    for node in ast.walk(tree):
        if not isinstance(node, ast.Module | ast.ClassDef) or getattr(node, "name", "").startswith("_"):
            continue
        for one in node.body:
            if isinstance(one, Definition) and not one.name.startswith("_") and not ast.get_docstring(one):
                found.append(one.name)
    return found


def promised(docstring: str) -> list[str]:
    """Return the errors that the section `Raises` of a docstring names."""
    section = re.search(r"^Raises:\n((?:[ ]+.*\n?|\n)*)", inspect.cleandoc(docstring) + "\n", re.MULTILINE)
    return re.findall(r"^[ ]{4}([A-Za-z_]\w*):", section[1], re.MULTILINE) if section else []


def documented(tree: ast.Module) -> dict[str, list[str]]:
    nodes = [node for node in ast.walk(tree) if isinstance(node, Definition) and ast.get_docstring(node)]
    return {node.name: promised(ast.get_docstring(node) or "") for node in nodes}


@functools.cache
def errors_of_the_house() -> dict[str, type]:
    """Return the classes of all modules: an error may come from a function of a module that is not imported."""
    loaded = [vars(importlib.import_module(module)) for module in MODULES]
    return {name: value for names in loaded for name, value in names.items() if inspect.isclass(value)}


def raised(function: ast.FunctionDef) -> set[str]:
    """Return the classes that a function's own lines raise; what is raised again or made elsewhere is not seen."""
    calls = [node.exc for node in ast.walk(function) if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call)]
    names = {ast.unparse(call.func).split(".")[-1] for call in calls}
    return {name for name in names if name[0].isupper()}


def silent(tree: ast.Module) -> list[str]:
    """Return public functions that raise what their docstring does not say (a class may say it for its methods)."""
    found = []
    for node in tree.body:
        said = promised(ast.get_docstring(node) or "") if isinstance(node, Definition) else []
        members = node.body if isinstance(node, ast.ClassDef) else [node]
        for one in members:
            if isinstance(one, ast.FunctionDef) and not one.name.startswith("_"):
                for name in raised(one) - {*said, *promised(ast.get_docstring(one) or "")}:
                    found.append(f"{one.name} raises {name}")
    return found


@pytest.mark.parametrize("module", MODULES)
def test_all_is_exactly_what_is_public(module):
    tree = ast.parse(TREES[module])
    public = {name for name in defined(tree) if not name.startswith("_")}
    names = listed(tree)
    if names is None:
        assert not public, "a module with public names needs __all__"
        return
    if (ROOT / module.replace(".", "/")).is_dir():  # a package also shows what it takes from its modules
        public |= {name for name in names if hasattr(importlib.import_module(module), name)}
    assert set(names) == public


@pytest.mark.parametrize("module", MODULES)
def test_all_is_sorted_and_true(module):
    names = listed(ast.parse(TREES[module])) or []
    assert names == sorted(set(names), key=order)
    loaded = importlib.import_module(module)
    assert [name for name in names if not hasattr(loaded, name)] == []


@pytest.mark.parametrize("module", MODULES)
def test_everything_public_is_described(module):
    tree = ast.parse(TREES[module])
    assert ast.get_docstring(tree)
    assert undescribed(tree) == []


@pytest.mark.parametrize("module", MODULES)
def test_every_promised_error_exists(module):
    loaded = importlib.import_module(module)
    for function, errors in documented(ast.parse(TREES[module])).items():
        for name in errors:
            error = getattr(loaded, name, None) or getattr(builtins, name, None) or errors_of_the_house().get(name)
            assert inspect.isclass(error), f"{function} promises {name}, which nobody knows"
            assert issubclass(error, BaseException), f"{function} promises {name}, which is no error"


@pytest.mark.parametrize("module", MODULES)
def test_every_error_is_promised(module):
    assert silent(ast.parse(TREES[module])) == []


CODE = '''
"""A module."""
__all__ = ["LIMIT", "Thing", "work"]
LIMIT: int = 3
_hidden, Other = 1, 2
class _Helper:
    def method_of_a_helper(self): ...
class Thing:
    """A thing."""
    def method(self): ...
    def _own(self): ...
def work(path):
    """Work.

    Raises:
        ValueError: When it is wrong; see
            Nothing: this line goes on.
        PhysicsError: Never.

    Yields:
        KeyError: Not an error here.
    """
    raise TypeError(path)
'''


def test_the_checks_see_what_they_should():
    tree = ast.parse(CODE)
    assert defined(tree) == {"__all__", "LIMIT", "_hidden", "Other", "_Helper", "Thing", "work"}
    assert listed(tree) == ["LIMIT", "Thing", "work"] == sorted(["work", "Thing", "LIMIT"], key=order)
    assert undescribed(tree) == ["method"]
    assert documented(tree)["work"] == ["ValueError", "PhysicsError"]
    assert silent(tree) == ["work raises TypeError"]
