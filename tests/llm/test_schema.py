"""Types become schemas that the strict mode of providers takes, or say that they cannot."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, Field, TypeAdapter

from agentopt.llm.schema import shape_of
from agentopt.testing.format import not_strict


class Leaf(BaseModel):
    kind: Literal["leaf"] = "leaf"
    size: int = Field(3, ge=1, le=9, description="how big")


class Tree(BaseModel):
    kind: Literal["tree"]
    parts: list[Annotated[Leaf | Tree, Field(discriminator="kind")]] = []
    when: date | None = None


class Plain(BaseModel):
    name: str = Field(min_length=1, pattern="^[a-z]+$")
    leaf: Leaf = Field(default_factory=Leaf, description="the only one")


class Free(BaseModel):
    cost: dict[str, float]


class Loose(BaseModel):
    anything: Any


class Two(BaseModel):
    pair: tuple[int, str]


def _shape(kind: type) -> Any:
    return shape_of(kind.__name__, TypeAdapter(kind).json_schema())


@pytest.mark.parametrize("kind", [Leaf, Tree, Plain])
def test_strict_schemas_pass_a_providers_check(kind: type) -> None:
    """Defaults, unions, references and recursion are said as the strict dialect wants them."""
    shape = _shape(kind)
    assert (shape.strict, not_strict(shape.schema)) == (True, None)


@pytest.mark.parametrize("kind", [Free, Loose, Two])
def test_what_strict_mode_cannot_say_is_asked_for_loosely(kind: type) -> None:
    """Free keys, anything at all and fixed tuples keep pydantic's own schema."""
    shape = _shape(kind)
    assert (shape.strict, shape.schema) == (False, TypeAdapter(kind).json_schema())


def test_bounds_are_told_in_words() -> None:
    """A constraint that providers do not take stays in the description."""
    said = _shape(Leaf).schema["properties"]["size"]
    assert said["description"] == "how big (minimum 1, maximum 9)"


def test_names_fit_the_providers_rules() -> None:
    """The name of a generic type is reduced to letters, digits, - and _."""
    assert shape_of("dict[str, list[int]]", {"type": "object"}).name == "dict_str_list_int"
