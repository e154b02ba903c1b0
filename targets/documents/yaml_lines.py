"""YAML documents as nodes that know their lines."""

from pathlib import Path
from typing import Any

import yaml
from yaml.constructor import SafeConstructor

from targets.errors import ConfigurationError

__all__ = ["compose", "construct", "read", "repeated_keys"]

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml's, ten times faster, where it was compiled in


def read(path: Path) -> str:
    """Read the text of a YAML document.

    Args:
        path: The file.

    Returns:
        Its text.

    Raises:
        ConfigurationError: When it cannot be read or is no text.
    """
    try:
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
        ConfigurationError: When it is no YAML or empty.
    """
    try:
        root = yaml.compose(text, Loader=_LOADER)
    except yaml.YAMLError as error:
        raise ConfigurationError(_not_yaml(path, error)) from error
    if root is None:
        msg = f"{path}: the file is empty: start with a copy of one of the project's, in selections/ or schemas/"
        raise ConfigurationError(msg)
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


def repeated_keys(root: yaml.Node) -> list[tuple[int, str]]:
    """Find the keys that a mapping has twice; YAML would silently keep the last.

    Args:
        root: What :func:`compose` gave.

    Returns:
        Line and complaint of each, by line.
    """
    problems: list[tuple[int, str]] = []
    nodes, seen = [root], set[int]()  # an alias is the same node again
    while nodes:
        node = nodes.pop()
        if id(node) in seen or not isinstance(node, yaml.CollectionNode):
            continue
        seen.add(id(node))
        if isinstance(node, yaml.SequenceNode):
            nodes += node.value
            continue
        lines: dict[str, int] = {}
        for key, value in node.value:
            line = key.start_mark.line + 1
            if isinstance(key, yaml.ScalarNode) and lines.setdefault(key.value, line) != line:
                text = f"the key {key.value!r} is there already, on line {lines[key.value]}; leave one of them out"
                problems.append((line, text))
            nodes.append(value)
    return sorted(problems)


def _not_yaml(path: Path, error: Exception) -> str:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    problem = getattr(error, "problem", None) or str(error)
    return f"{path}:{mark.line + 1 if mark else 1}: not valid YAML ({problem})"
