"""YAML documents as nodes that know their lines: what is too large, too deep or no YAML is refused in time."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from yaml.constructor import SafeConstructor

from targets.errors import ConfigurationError

__all__ = ["compose", "construct", "read", "repeated_keys"]

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml's, ten times faster, where it was compiled in
_MAX_BYTES, _MAX_NODES, _MAX_LEVELS, _MAX_NUMBER = 1_000_000, 100_000, 50, 1000
_TOO_LARGE = (  # the default selection has a hundredth of these; aliases of aliases would fill the memory
    f"{{}}: more than {_MAX_BYTES} bytes, {_MAX_NODES} values (aliases unfolded), {_MAX_LEVELS} levels or "
    f"{_MAX_NUMBER} digits: no document of this kind needs that many; give another file"
)


def read(path: Path) -> str:
    """Read the text of a YAML document.

    Args:
        path: The file.

    Returns:
        Its text.

    Raises:
        ConfigurationError: When it cannot be read, is no text or too large.
    """
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise ConfigurationError(_TOO_LARGE.format(path))
        return path.read_text(encoding="utf-8")
    except OSError as error:
        msg = f"{path}: cannot be read ({error.strerror})"
        raise ConfigurationError(msg) from error
    except UnicodeDecodeError as error:
        msg = f"{path}: not a text file in UTF-8 ({error.reason} at byte {error.start})"
        raise ConfigurationError(msg) from error


def compose(path: Path, text: str) -> yaml.Node:
    """Make nodes of a YAML document.

    Args:
        path: The file.
        text: What :func:`read` gave.

    Returns:
        Its root.

    Raises:
        ConfigurationError: When it is no YAML, empty, too large or too deep.
    """
    try:
        _check_levels(path, text)
        root = yaml.compose(text, Loader=_LOADER)
    except yaml.YAMLError as error:
        raise ConfigurationError(_not_yaml(path, error)) from error
    if root is None:
        msg = f"{path}: the file is empty: start with a copy of one of the project's, in selections/ or schemas/"
        raise ConfigurationError(msg)
    _measure(path, root, {}, level=1)
    return root


def construct(path: Path, root: yaml.Node) -> Any:
    """Make dictionaries, lists and values of nodes.

    Args:
        path: The file that they are from.
        root: What :func:`compose` gave.

    Returns:
        The document.

    Raises:
        ConfigurationError: When a value is not what its tag says.
    """
    try:
        return SafeConstructor().construct_document(root)
    except Exception as error:  # yaml lets through what a date that no calendar has, or `!!int ""`, makes Python raise
        raise ConfigurationError(_not_yaml(path, error)) from error


def repeated_keys(root: yaml.Node) -> Iterator[tuple[int, str]]:
    """Find the keys that a mapping has twice; YAML would silently keep the last.

    Args:
        root: What :func:`compose` gave.

    Yields:
        Line and complaint.
    """
    return _repeated_keys(root, set())


def _repeated_keys(node: yaml.Node, seen: set[int]) -> Iterator[tuple[int, str]]:
    if id(node) in seen:
        return
    seen.add(id(node))
    lines: dict[str, int] = {}
    for key, value in _items(node):
        line = key.start_mark.line + 1
        if isinstance(key, yaml.ScalarNode) and lines.setdefault(key.value, line) != line:
            yield line, f"the key {key.value!r} is there already, on line {lines[key.value]}; leave one of them out"
        yield from _repeated_keys(value, seen)


def _check_levels(path: Path, text: str) -> None:
    """Refuse what is too deep before nodes are made of it: libyaml recurses, which would end the process."""
    level = 0
    for event in yaml.parse(text, Loader=_LOADER):
        level += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if level > _MAX_LEVELS:
            raise ConfigurationError(_TOO_LARGE.format(path))


def _measure(path: Path, node: yaml.Node, known: dict[int, tuple[int, int]], level: int) -> tuple[int, int]:
    """Give nodes and levels of what a node holds, an alias as often as it is used; refuse too many."""
    number = isinstance(node, yaml.ScalarNode) and not node.tag.endswith(":str") and len(node.value) > _MAX_NUMBER
    nodes, levels = known.get(id(node), (1, 1))
    if id(node) not in known and level <= _MAX_LEVELS:  # what holds itself has no end
        inner = [_measure(path, part, known, level + 1) for pair in _items(node) for part in dict.fromkeys(pair)]
        nodes, levels = (1 + sum(one[0] for one in inner), 1 + max((one[1] for one in inner), default=0))
        known[id(node)] = nodes, levels
    if number or nodes > _MAX_NODES or levels + level - 1 > _MAX_LEVELS:
        raise ConfigurationError(_TOO_LARGE.format(path))
    return nodes, levels


def _items(node: yaml.Node) -> list[tuple[yaml.Node, yaml.Node]]:
    if isinstance(node, yaml.MappingNode):
        return list(node.value)
    return [(item, item) for item in node.value] if isinstance(node, yaml.SequenceNode) else []


def _not_yaml(path: Path, error: Exception) -> str:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    problem = getattr(error, "problem", None) or str(error)
    return f"{path}:{mark.line + 1 if mark else 1}: not valid YAML ({problem})"
