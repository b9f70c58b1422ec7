"""Turns a type into the JSON schema that providers accept, strict where the type allows it."""

from __future__ import annotations

import re
from typing import Any

from agentopt.llm.exchange import Shape

# Providers differ in which of these they take and none enforces them all; the type itself checks
# every one, so the schema only tells the model, in words, what they say.
_CONSTRAINTS = (
    "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength", "maxLength",
    "pattern", "format", "minItems", "maxItems", "uniqueItems",
)  # fmt: skip
_KEPT = ("type", "enum", "const", "description", "title")
_ALONE = frozenset(("$ref", "$defs"))


class _NotStrict(Exception):
    """The type says something that a strict schema cannot."""


def shape_of(name: str, schema: dict[str, Any]) -> Shape:
    """The shape that a pydantic schema asks for, in the strict dialect if it can be said in it."""
    safe = re.sub(r"[^a-zA-Z0-9_-]+", "_", name).strip("_")[:64] or "reply"
    try:
        return Shape(safe, strict_schema(schema), strict=True)
    except _NotStrict:
        return Shape(safe, schema, strict=False)


def strict_schema(schema: dict[str, Any]) -> dict[str, Any]:
    """Rewrite a schema so that every property is required and nothing else is allowed."""
    definitions = schema.get("$defs", {})
    root = schema
    if "$ref" in schema:
        # The root of a recursive type is a reference, which providers refuse.
        root = definitions[schema["$ref"].rpartition("/")[2]]
    strict = _strict(root)
    if definitions:
        strict["$defs"] = {name: _strict(inner) for name, inner in definitions.items()}
    return strict


def _strict(schema: dict[str, Any]) -> dict[str, Any]:
    if "$ref" in schema:
        return {"$ref": schema["$ref"]}
    if not schema.keys() - _ALONE or "prefixItems" in schema or "patternProperties" in schema:
        raise _NotStrict
    if not schema.keys() & {"type", "enum", "const", "anyOf", "oneOf", "allOf"}:
        raise _NotStrict
    made = {key: schema[key] for key in _KEPT if key in schema}
    _describe(made, schema)
    for key in ("anyOf", "oneOf"):
        if key in schema:
            made["anyOf"] = [_strict(option) for option in schema[key]]
    if "allOf" in schema:
        raise _NotStrict
    if schema.get("type") == "array":
        if "items" not in schema:
            raise _NotStrict
        made["items"] = _strict(schema["items"])
    if schema.get("type") == "object":
        made |= _strict_object(schema)
    return made


def _strict_object(schema: dict[str, Any]) -> dict[str, Any]:
    if schema.get("additionalProperties") or "properties" not in schema:
        raise _NotStrict
    properties = {name: _strict(inner) for name, inner in schema["properties"].items()}
    return {"properties": properties, "required": list(properties), "additionalProperties": False}


def _describe(made: dict[str, Any], schema: dict[str, Any]) -> None:
    said = ", ".join(f"{key} {schema[key]}" for key in _CONSTRAINTS if key in schema)
    if said:
        made["description"] = f"{made['description']} ({said})" if "description" in made else said
