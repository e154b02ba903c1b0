"""Documents: JSON that tasks write, YAML that physicists write.

YAML is checked against a model given by the caller, and everything that is wrong with a file is said at once, with
line, key and the nearest valid key.
"""

import hashlib
import json
import os
import re
from collections.abc import Hashable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from edm.wording import did_you_mean
from targets.documents import yaml_lines
from targets.errors import ConfigurationError

__all__ = ["content", "fingerprint", "load_model", "named_file"]

_Model = TypeVar("_Model", bound=BaseModel)

_SHOWN, _LISTED = 60, 20  # characters of a wrong value, and mistakes, in one message


def load_model(path: Path, model: type[_Model]) -> _Model:
    """Read a YAML document and check it.

    Args:
        path: The file.
        model: What may stand in it.

    Returns:
        The model made from the document; the same one for the same text, not to be changed.

    Raises:
        ConfigurationError: When the file cannot be read, is not YAML, repeats a key or does not fit the model. The
            message lists what is wrong (20 at most), one line each: file, line, key, what is wrong and the remedy.
    """
    checked: _Model = _checked(path, yaml_lines.read(path), model)  # lru_cache hides its type
    return checked


@lru_cache(maxsize=64)  # every branch asks for the same few: reading them takes as long as opening its file
def _checked(path: Path, text: str, model: type[_Model]) -> _Model:
    root = yaml_lines.compose(path, text)
    problems = [_say(path, line, "", text) for line, text in yaml_lines.repeated_keys(root)]
    if problems:
        raise ConfigurationError("\n".join(problems))
    try:
        return model.model_validate(yaml_lines.construct(path, root))
    except ValidationError as error:
        mistakes = error.errors(include_url=False)[:_LISTED]
        problems = [_explain(path, root, model, details) for details in mistakes]
        raise ConfigurationError("\n".join(problems)) from error


def fingerprint(path: Path, ignored: Sequence[str] = ()) -> str:
    """Identify the content of a YAML document; comments, white space and the order of keys do not count.

    Args:
        path: The file.
        ignored: Keys of the document that do not count either.

    Returns:
        A SHA-256 sum, 64 hexadecimal digits.

    Raises:
        ConfigurationError: When the file cannot be read or is not YAML.
    """
    document = content(path)
    if isinstance(document, dict):
        document = {key: value for key, value in document.items() if key not in ignored}
    return hashlib.sha256(json.dumps(document, sort_keys=True, default=str).encode()).hexdigest()


def content(path: Path) -> Any:
    """Read the content of a YAML document without a model.

    Args:
        path: The file.

    Returns:
        Mappings, lists, numbers and texts, as JSON has them; what JSON does not know (dates) as YAML makes it.

    Raises:
        ConfigurationError: When the file cannot be read or is not YAML.
    """
    try:
        return _with_text_keys(yaml_lines.construct(path, yaml_lines.compose(path, yaml_lines.read(path))))
    except RecursionError as error:
        msg = f"{path}: an alias (*name) is used inside the value it names: write that value out"
        raise ConfigurationError(msg) from error


def named_file(what: str, name: str, folder: Path) -> Path:
    """Find a YAML document by its name or its path.

    Args:
        what: What kind of document it is, for the message: the parameter that names it.
        name: A name without suffix in *folder*, or the path of a file.
        folder: Where the documents that come with the project are.

    Returns:
        The path.

    Raises:
        ConfigurationError: When there is neither a document nor a file of that name.
    """
    built_in = {path.stem: path for path in sorted(folder.glob("*.yaml"))}
    if name in built_in:
        return built_in[name]
    if os.path.isfile(name):  # noqa: PTH113 (Path.is_file raises for a name that is too long)
        return Path(name)
    msg = (
        f"{what} {name!r}: there is no such file, and no {what} of that name{did_you_mean(name, built_in)}; there are "
        f"{', '.join(built_in) or 'none'}, or give the path of a YAML file"
    )
    raise ConfigurationError(msg)


def _explain(path: Path, root: yaml.Node, model: type[BaseModel], details: ErrorDetails) -> str:
    location = details["loc"]
    key, line = _locate(root, location)
    last, valid = str(location[-1]) if location else "", _keys(model, location[:-1])
    match details["type"]:
        case "missing":
            return _say(path, line, key, f"the key {last!r} is missing")
        case "extra_forbidden":
            near = did_you_mean(last, valid) or f"; valid keys are {', '.join(valid)}"
            return _say(path, line, key.rpartition(".")[0], f"unknown key {last!r}{near}")
        case "value_error":
            return _say(path, line, key, str(details["ctx"]["error"]))
        case "literal_error":
            valid = re.findall(r"'([^']*)'", details["ctx"]["expected"])
            near = did_you_mean(str(details["input"]), valid)
            return _say(path, line, key, f"{_short(details['input'])} is none of {', '.join(valid)}{near}")
    text = details["msg"].replace("Input should be", "should be").replace("valid dictionary", "mapping")
    text = re.sub(r"mapping or instance of \w+", "mapping", text).replace("valid tuple", "list")
    return _say(path, line, key, f"{text[0].lower()}{text[1:]}, but is {_short(details['input'])}")


def _locate(node: yaml.Node, location: Sequence[Hashable]) -> tuple[str, int]:
    """Return the key, as ``objects.e.cuts[0].min``, and line; parts that are not in the document are passed over."""
    key, line = "", node.start_mark.line + 1
    for part in location:
        if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            node = node.value[part]
            key, line = f"{key}[{part}]", node.start_mark.line + 1
        elif isinstance(node, yaml.MappingNode):
            for name, value in node.value:
                if name.value == str(part):
                    node, line = value, name.start_mark.line + 1
                    key = f"{key}.{part}" if key else str(part)
                    break
    return key, line


def _keys(model: type[BaseModel], location: Sequence[Hashable]) -> list[str]:
    """List the keys that are valid at a place of a document, by the model's JSON schema."""
    schema = model.model_json_schema()
    places = _alternatives(schema, [schema])
    for part in location:
        inner = [part_schema for place in places for part_schema in _inside(place, part)]
        places = _alternatives(schema, inner) or places  # not in the schema: the name of an alternative
    return [key for place in places for key in place.get("properties", {})]


def _inside(place: dict[str, Any], part: Hashable) -> list[dict[str, Any]]:
    inner = place.get("items") if isinstance(part, int) else place.get("properties", {}).get(part)
    inner = inner or place.get("additionalProperties")
    return [inner] if isinstance(inner, dict) else []


def _alternatives(schema: dict[str, Any], places: list[dict[str, Any]]) -> list[dict[str, Any]]:
    flat = []
    for place in places:
        if "$ref" in place:
            flat += _alternatives(schema, [schema["$defs"][place["$ref"].rpartition("/")[2]]])
        elif inner := place.get("anyOf") or place.get("oneOf"):
            flat += _alternatives(schema, inner)
        else:
            flat.append(place)
    return flat


def _with_text_keys(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _with_text_keys(item) for key, item in value.items()}
    return [_with_text_keys(item) for item in value] if isinstance(value, list) else value


def _say(path: Path, line: int, key: str, text: str) -> str:
    return f"{path}:{line}: {key}: {text}" if key else f"{path}:{line}: {text}"


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."
