"""Says in one sentence what is wrong with a value that was read as a typed record."""

from __future__ import annotations

import difflib
import json
from collections.abc import Sequence
from typing import Any

from pydantic import ValidationError

from ..shorten import cut

_EXPECTED = {
    "string_type": "a text",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "int_parsing": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "finite_number": "a finite number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "list_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping with named fields",
    "model_attributes_type": "a mapping with named fields",
    "none_required": "nothing",
}
_SINGULAR = {"variables": "variable", "sets": "set", "parameters": "parameter", "constraints": "constraint"}

Place = tuple[int | str, ...]


def explain_validation(error: ValidationError, raw: object) -> str:
    """One sentence for a ValidationError: the element by its name, the field, what was expected, what came.

    Args:
        error: What pydantic found.
        raw: The value that was validated, in which the names are looked up.

    Returns:
        The first fault, and how many more there are.
    """
    faults: dict[Place, list[dict[str, Any]]] = {}
    for fault in error.errors(include_url=False):
        # The branches of a union fail one by one, each with its own label after the place itself.
        faults.setdefault(_place(fault["loc"], raw, fault["type"]), []).append(dict(fault))
    place, first = next(iter(faults.items()))
    more = len(faults) - 1
    also = f" (and {more} more fault{'s' * (more > 1)})" if more else ""
    element, fields = _named(place, raw)
    message = _message(first, fields, raw, place)
    kind, _, name = element.partition(" ")
    message = message.removeprefix(f"{kind} {name!r}: ")  # the record's own check names it too
    where = ", ".join(part for part in (element, f"field {fields}" if fields else "") if part)
    return f"{where}: {message}{also}" if where else f"{message}{also}"


def element_of(error: ValidationError, raw: object) -> str:
    """The element that the first fault concerns, as "parameter cost"; "" when it is none."""
    fault = error.errors(include_url=False)[0]
    return _named(_place(fault["loc"], raw, fault["type"]), raw)[0]


def _place(loc: Sequence[int | str], raw: object, kind: str) -> Place:
    """The part of a location that leads to a value in the raw data, or to a field missing from it."""
    place: list[int | str] = []
    for step in loc:
        if (isinstance(raw, dict) and step in raw) or (
            isinstance(raw, list) and isinstance(step, int) and step < len(raw)
        ):
            raw = raw[step]  # type: ignore[index]
            place.append(step)
        else:
            if kind == "missing":
                place.append(step)
            break
    return tuple(place)


def _named(place: Place, raw: object) -> tuple[str, str]:
    """The element's name, and the path of fields below it."""
    element, fields = "", ""
    for k, step in enumerate(place):
        if isinstance(step, str):
            fields = f"{fields}.{step}" if fields else step
        else:
            group = str(place[k - 1]) if k else "item"
            item = _at(raw, place[: k + 1])
            if group in _SINGULAR:
                name = item.get("name") if isinstance(item, dict) else None
                element = f"{_SINGULAR[group]} {cut(name) if isinstance(name, str) and name else f'number {step + 1}'}"
                fields = ""
            else:
                fields += f"[{step}]"
    if not element and fields.split(".")[0] == "objective":
        return "objective", fields.partition(".")[2]
    return element, fields


def _at(raw: Any, place: Place) -> Any:
    for step in place:
        if not isinstance(raw, list | dict):
            return None
        raw = raw[step]  # type: ignore[index]
    return raw


def _message(faults: list[dict[str, Any]], fields: str, raw: object, place: Place) -> str:
    own = [fault for fault in faults if fault["type"] in ("value_error", "assertion_error")]
    first = (own or faults)[0]
    kind, context = first["type"], first.get("ctx") or {}
    if own:
        return str(context.get("error", first["msg"]))
    if kind == "missing":
        return "is missing"
    if kind == "extra_forbidden":
        name = str(first["loc"][-1])
        return f"unknown field{_near(name, raw, place)}"
    got = _shown(first["input"])
    if kind == "literal_error":
        return f"expected {context.get('expected')}, got {got}"
    expected = list(dict.fromkeys(_EXPECTED[f["type"]] for f in faults if f["type"] in _EXPECTED))
    if expected:
        return f"expected {' or '.join(expected)}, got {got}"
    message = str(first["msg"])
    return f"{message[:1].lower()}{message[1:]}, got {got}"


def _near(name: str, raw: object, place: Place) -> str:
    from ..formulation import Constraint, Formulation, Objective, Parameter, SetElement, TableRef, Variable

    models: dict[str, Any] = {
        "": Formulation,
        "sets": SetElement,
        "parameters": Parameter,
        "variables": Variable,
        "objective": Objective,
        "constraints": Constraint,
        "data": TableRef,
    }
    holders = [step for step in place[:-1] if isinstance(step, str)]
    model = models.get(holders[-1] if holders else "")
    if model is None:
        return ""
    near = difflib.get_close_matches(name, list(model.model_fields), 1)
    return f"; did you mean {near[0]!r}?" if near else f"; its fields: {', '.join(model.model_fields)}"


def _shown(value: object) -> str:
    if isinstance(value, str):
        return f"the text {cut(value)!r}"
    try:
        return cut(json.dumps(value, ensure_ascii=False), 60)
    except (TypeError, ValueError, RecursionError):
        return f"a {type(value).__name__}"
