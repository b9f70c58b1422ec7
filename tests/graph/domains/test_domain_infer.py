"""A domain follows from the first value."""

from __future__ import annotations

import dataclasses
import enum
import json
import math
from types import NoneType
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, JsonValue

from agentopt.errors import DomainError, InputError
from agentopt.graph.domains.choice import Choice
from agentopt.graph.domains.data import Data
from agentopt.graph.domains.domain import same
from agentopt.graph.domains.infer import infer
from agentopt.graph.domains.number import Integer, Real
from agentopt.graph.domains.text import Text


@dataclasses.dataclass
class Point:
    x: float
    y: float = 0.0


class Setting(BaseModel):
    names: list[str]


class Colour(enum.Enum):
    RED = "red"


@pytest.mark.parametrize(
    ("value", "domain"),
    [
        ("say {word}", Text(("word",), template=True)),
        ('{"a": 1} {word}', Text(("word",))),
        ("say", Text()), (True, Choice((False, True))), (3, Integer()), (0.5, Real()),
        ([1, 2], Data(list[int])), ([1, None], Data(list[JsonValue])), ([], Data(list[JsonValue])),
        ({"a": None}, Data(dict[str, JsonValue])), ((1, None), Data(tuple[int, JsonValue])),
        ([b"", None], Data(list[JsonValue | bytes])), ({None: 1}, Data(dict[NoneType, int])),
        ({None}, Data(set[NoneType])),
        ({"a": 1.0}, Data(dict[str, float])), ({1: "a"}, Data(dict[int, str])), ((1, "a"), Data(tuple[int, str])),
        ({1}, Data(set[int])), ([[1], ["a"]], Data(list[list[int] | list[str]])), (None, Data(JsonValue)),
        (Point(1.0), Data(Point)), (Setting(names=[]), Data(Setting)), (Colour.RED, Data(Colour)),
    ],
)  # fmt: skip
def test_a_value_names_its_domain(value: object, domain: object) -> None:
    """Each kind of value gets the widest domain of its type."""
    assert infer(value) == domain


_LEAVES = st.none() | st.booleans() | st.integers(-9, 9) | st.floats(allow_nan=False, allow_infinity=False) | st.text()


@given(
    st.recursive(
        _LEAVES,
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.text(), inner, max_size=3)
            | st.lists(inner, max_size=3).map(tuple)
        ),
        max_leaves=8,
    )
)
def test_a_value_is_in_the_domain_that_follows_from_it(value: Any) -> None:
    """The domain takes the value it was made from, and keeps its exact type through text."""
    domain = infer(value)
    domain.check(value)


@given(st.lists(st.tuples(st.integers(), st.text(), st.none() | st.floats(allow_nan=False, allow_infinity=False))))
def test_tuples_come_back_from_json(value: Any) -> None:
    """What is shown as JSON is read back with its tuples, ints and floats."""
    domain = infer(value)
    assert same(domain.parse(json.loads(domain.show(value))), value)


def test_fields_of_objects_are_checked() -> None:
    """An object whose field has a wrong type is refused."""
    with pytest.raises(DomainError, match=r"x.*valid number"):
        infer(Point(1.0)).check(Point("a"))  # type: ignore[arg-type]


def test_objects_come_back_from_json() -> None:
    """A reply's object becomes the dataclass, and one that is made already is taken."""
    assert [infer(Point(1.0)).parse(raw) for raw in ({"x": 2}, Point(2.0))] == [Point(2.0), Point(2.0)]


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (np.float64(1), r"numpy float64; pass value.item\(\)"),
        (np.arange(3), r"numpy ndarray; pass value.tolist\(\)"),
        ([np.int64(1)], r"pass value.item\(\)"),
        (math.nan, "finite"),
        (math.inf, "finite"),
        (len, "trainable=True"),
        (object(), r"pass parameter\(value, domain\)"),
    ],
)
def test_values_without_a_domain_are_refused(value: object, said: str) -> None:
    """What no parameter can hold is refused with what to do."""
    with pytest.raises(InputError, match=said):
        infer(value)
