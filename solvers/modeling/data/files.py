"""Formulations as files that people read and write: YAML or JSON, and back without a loss."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from pydantic import ValidationError

from agentopt.errors import DataError, FormulationError

from ..formulation import Formulation
from ..language.explain import element_of, explain_validation
from ..shorten import cut
from .json_table import parse_json
from .tables import ENDINGS, Tables, read_tables
from .textfile import read_text
from .yaml_text import MAX_DEPTH, read_yaml, write_yaml

__all__ = [
    "dump_formulation",
    "explain_validation",
    "load_formulation",
    "load_problem",
    "looks_like_formulation",
]

MAX_TEXT_BYTES = 50 << 20

_TOP_LEVEL = re.compile(r"^(variables|objective)[ \t]*:[ \t]*(?:$|[\[{#])", re.MULTILINE)
_IN_BRACES = re.compile(r"[{,]\s*[\"']?(variables|objective)[\"']?\s*:")
_OBJECTIVE = re.compile(r"^[ \t]+(?:sense|expression)[ \t]*:|[{,][ \t]*sense[ \t]*:", re.MULTILINE)


def looks_like_formulation(text: str) -> bool:
    """Whether a text means to be five elements in YAML or JSON, rather than a problem in prose.

    A text with a mistake in it still looks like one, so that the mistake is reported
    instead of the text being sent to a model.
    """
    start = text.lstrip("\ufeff \t\r\n")[:1]
    if start == "{":
        return len(set(_IN_BRACES.findall(text))) == 2
    return len(set(_TOP_LEVEL.findall(text))) == 2 and _OBJECTIVE.search(text) is not None


def load_formulation(source: Path | str) -> Formulation:
    """Load the five elements from a file, or from a text when a str is given.

    Raises:
        FileError: The file cannot be read as UTF-8 text.
        FormulationError: The text is neither YAML nor JSON, or an element is wrong;
            the message is one sentence that names the element and the field.
    """
    where = source.name if isinstance(source, Path) else "the formulation"
    text = read_text(source, MAX_TEXT_BYTES) if isinstance(source, Path) else source.removeprefix("\ufeff")
    if len(text) > MAX_TEXT_BYTES:
        raise FormulationError(f"expected at most {MAX_TEXT_BYTES} characters, got {len(text)}")
    try:
        raw = _read(text, where)
    except DataError as error:
        raise FormulationError(str(error)) from error
    if not isinstance(raw, dict):
        raise FormulationError(
            f"{where}: expected the five elements (sets, parameters, variables, objective, constraints),"
            f" got {cut(text.strip(), 60)!r}"
        )
    try:
        return Formulation.model_validate(raw)
    except ValidationError as error:
        raise FormulationError(f"{where}: {explain_validation(error, raw)}", element_of(error, raw)) from error


def _read(text: str, where: str) -> Any:
    if not text.lstrip().startswith("{"):
        return read_yaml(text, where)
    try:
        value = parse_json(text, where)
    except DataError as not_json:
        # Braces begin a mapping in YAML too; a text that is neither is taken for JSON with a mistake.
        try:
            return read_yaml(text, where)
        except DataError:
            raise not_json from None
    _require_shallow(value, where)
    return value


def _require_shallow(value: Any, where: str) -> None:
    level = [value]
    for _ in range(MAX_DEPTH + 1):
        level = [
            item
            for part in level
            if isinstance(part, dict | list)
            for item in (part.values() if isinstance(part, dict) else part)
            if isinstance(item, dict | list)
        ]
        if not level:
            return
    raise DataError(f"{where}: nested deeper than {MAX_DEPTH} levels")


def dump_formulation(formulation: Formulation, format: Literal["yaml", "json"] = "yaml") -> str:
    """Write the five elements as text; `load_formulation` gives back an equal formulation.

    What has its default is left out, and the order is that of the elements.
    """
    raw = _without_defaults(formulation.model_dump(mode="python", exclude_defaults=True))
    if format == "json":
        return json.dumps(raw, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    return write_yaml(raw)


def _without_defaults(raw: dict[str, Any]) -> dict[str, Any]:
    """Write whole numbers without a point where the field takes any number, so that they are easy to read."""
    for group in ("parameters", "variables"):
        for element in raw.get(group, []):
            for name in ("value", "default", "lower", "upper"):
                if name in element:
                    element[name] = _short(element[name])
    return raw


def _short(value: Any) -> Any:
    if isinstance(value, list):
        return [_short(item) for item in value]
    is_short = isinstance(value, float) and value.is_integer() and abs(value) < 1e15
    # Minus zero is a number of its own and would be lost.
    return int(value) if is_short and str(value) != "-0.0" else value


def load_problem(path: Path, data: Sequence[Path] = ()) -> tuple[Formulation, Tables]:
    """Load the five elements of a file and the tables they name.

    Tables are looked for in `data` first, then beside the file, by the name that the
    formulation gives them. Nothing outside of the file's own folder is read unless
    `data` names it.

    Raises:
        FileError: A file is not there or cannot be read.
        DataError: A table cannot be read.
        FormulationError: An element is wrong.
    """
    formulation = load_formulation(path)
    tables = read_tables(data)
    refs = [s.data.table for s in formulation.sets if s.data] + [p.data.table for p in formulation.parameters if p.data]
    beside = [file for name in dict.fromkeys(refs) if not tables.matches(name) for file in _beside(path, name)]
    return formulation, Tables((*tables, *read_tables(beside)))


def _beside(path: Path, name: str) -> list[Path]:
    """The files in the formulation's folder that a table's name may mean; none when it leads out of the folder."""
    folder = path.parent.resolve()
    wanted = name.strip().replace("\\", "/")
    book, colon, _ = wanted.partition(":")
    try:
        place = (folder / (book if colon else wanted)).resolve()
        if not place.is_relative_to(folder) or not place.parent.is_dir():
            return []
        names = {place.name.casefold(), *(place.name.casefold() + ending for ending in ENDINGS)}
        found = [file for file in sorted(place.parent.iterdir()) if file.name.casefold() in names and file.is_file()]
    except (OSError, ValueError, RuntimeError):
        return []
    exact = [file for file in found if file.name == place.name]
    return [file for file in exact or found if file.suffix.lower() in ENDINGS and file.resolve() != path.resolve()]
