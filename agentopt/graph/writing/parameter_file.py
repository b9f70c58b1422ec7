"""Parameters in a file that a person can read, compare and mend: YAML with every version as text."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from agentopt.errors import CodecError, DomainError, FileError, InputError
from agentopt.graph.domains.domain import Domain, brief
from agentopt.graph.parameter_node import HUMAN, Origin, Parameter, Version
from agentopt.graph.walk import name_parameters
from agentopt.graph.writing.textfile import write_text
from agentopt.graph.writing.value_data import value_as_data, value_from_data
from agentopt.graph.writing.yaml_text import MAX_BYTES, read_yaml, yaml_text
from agentopt.values import Value

_FORMAT = 1
_HEAD = "# Parameters written by agentopt. `current` is the number of the version in use, counted from 0.\n"
History = list[tuple[Any, Origin, float | None]]


def save(thing: object, path: str | Path) -> None:
    """Write the parameters that an object holds, with all their versions.

    Args:
        thing: A module, a traced function, a parameter, or a container of such.
        path: The file; it is replaced in one step.

    Raises:
        FileError: It cannot be written, is larger than MAX_BYTES, or a value cannot be put into text; what stood
            there is still there.
    """
    text = _HEAD + yaml_text({"format": _FORMAT, "parameters": _parameters_as_data(thing)})
    if len(text.encode("utf-8", "replace")) > MAX_BYTES:
        raise FileError(f"cannot write {path}: the parameters take more than {MAX_BYTES >> 20} MiB")
    write_text(path, text)


def load(thing: object, path: str | Path) -> None:
    """Give the parameters that an object holds the versions of a file.

    Raises:
        FileError: The file cannot be read, is larger than MAX_BYTES, or is no such file.
        InputError: Its parameters are not those of the object.
        DomainError: A version is not in its parameter's domain. In all three cases no parameter was changed.
    """
    entries = _read(Path(path))
    found = _by_path(thing)
    if missing := [name for name in found if name not in entries]:
        raise InputError(f"{path} has no parameter {missing[0]!r}; it has {', '.join(entries) or 'none'}")
    if unknown := [name for name in entries if name not in found]:
        raise InputError(f"{path} has a parameter {unknown[0]!r}, which is not among {', '.join(found) or 'none'}")
    histories = {name: _history(parameter, name, entries[name], path) for name, parameter in found.items()}
    for name, parameter in found.items():
        for value, _, _ in histories[name][0]:
            try:
                parameter.domain.check(value)
            except DomainError as error:
                raise DomainError(f"{path}, parameter {name!r}: {error}") from error
    for name, parameter in found.items():
        history, current = histories[name]
        parameter.restore(history, current)


def _by_path(thing: object) -> dict[str, Parameter[Any]]:
    return {name: parameter for name, parameter in name_parameters(thing).items() if parameter.versions}


def _parameters_as_data(thing: object) -> dict[str, Value]:
    data: dict[str, Value] = {}
    for name, parameter in _by_path(thing).items():
        try:
            versions: list[Value] = [_version_as_data(version) for version in parameter.versions]
        except CodecError as error:
            raise FileError(f"the parameter {name!r} cannot be put into text: {error}") from error
        data[name] = {"current": parameter.version.number, "versions": versions}
    return data


def _version_as_data(version: Version[Any]) -> dict[str, Value]:
    """What is not said is as usual: by a human, without a reason, made from nothing, not scored."""
    data: dict[str, Value] = {}
    if version.author != HUMAN:
        data["author"] = version.author
    if version.reason:
        data["reason"] = version.reason
    if version.parent is not None:
        data["parent"] = version.parent
    if version.score is not None:
        data["score"] = version.score
    return data | value_as_data(version)


def _history(parameter: Parameter[Any], name: str, entry: Any, path: str | Path) -> tuple[History, int]:
    """The versions of one parameter in a file, and the number of the current one.

    Raises:
        FileError: The entry is none.
    """
    try:
        versions = [_version(data, parameter.domain) for data in entry["versions"]]
        current = entry["current"]
        if type(current) is not int or not 0 <= current < len(versions):
            raise ValueError(f"current is {current!r}, of {len(versions)} versions")
        for place, (_, origin, _) in enumerate(versions):
            if origin.parent is not None and not 0 <= origin.parent < place:
                raise ValueError(f"version {place} names {origin.parent} as its parent, which is not before it")
    except DomainError as error:
        raise DomainError(f"{path}, parameter {name!r}: {error}") from error
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        said = f"no {error}" if isinstance(error, KeyError) else str(error)
        raise FileError(
            f"{path}, parameter {name!r}: expected current and versions, each with a value; {said}"
        ) from error
    return versions, current


def _version(data: Mapping[str, Any], domain: Domain[Any]) -> tuple[Any, Origin, float | None]:
    score = data.get("score")
    if score is not None and (
        isinstance(score, bool) or not isinstance(score, int | float) or not math.isfinite(score)
    ):
        raise ValueError(f"expected a number as score, got {score!r}")
    parent = data.get("parent")
    if parent is not None and type(parent) is not int:
        raise ValueError(f"expected the number of a version as parent, got {parent!r}")
    origin = Origin(str(data.get("author", HUMAN)), str(data.get("reason", "")), parent)
    return value_from_data(data, domain), origin, score


def _read(path: Path) -> dict[str, Any]:
    data = read_yaml(path)
    entries = data.get("parameters") if isinstance(data, dict) and data.get("format") == _FORMAT else None
    if not isinstance(entries, dict):
        raise FileError(f"{path} is no file of parameters: expected 'format: {_FORMAT}' and 'parameters' in it")
    if other := [name for name in entries if type(name) is not str]:
        raise FileError(f"{path} is no file of parameters: expected the name of a parameter, got {brief(other[0])}")
    return entries
