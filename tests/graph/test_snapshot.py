"""Snapshots: a value as it was when it was recorded, whatever became of it since."""

from __future__ import annotations

import collections
import datetime
import enum
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, ClassVar, NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from agentopt import backward, node, parameter, trace
from agentopt.graph.snapshot import MAX_BYTES, Opaque, Record, Snapshot, snapshot, text_of

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.binary()
DATA = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner) | st.lists(inner).map(tuple) | st.dictionaries(st.text() | st.integers(), inner),
    max_leaves=12,
) | st.sets(st.integers())


class Color(enum.Enum):
    """A few."""

    RED = 1


class Text(str):
    """A text of a class of its own."""

    def __str__(self) -> str:
        return "wrong"


@dataclass
class Point:
    """Two numbers, and what is no field."""

    x: int
    y: list[int] = field(default_factory=list)
    origin: ClassVar[int] = 0


class Pair(NamedTuple):
    """Two values."""

    one: int
    other: list[int]


class Person(BaseModel):
    """A name."""

    name: str
    tags: list[str] = []


@given(DATA)
def test_data_comes_back_equal(value: Any) -> None:
    """Any data is given back as it was, of the same type."""
    kept = snapshot(value)
    back = value if kept is None else kept.value
    assert back == value
    assert type(back) is type(value)


@given(st.lists(DATA, min_size=1), DATA, st.data())
def test_change_is_seen(value: list[Any], new: Any, data: st.DataObject) -> None:
    """A snapshot differs from a later one whenever the value does."""
    before = snapshot(value)
    assert before is not None
    old, number = list(value), data.draw(st.integers(0, len(value) - 1))
    value[number] = new
    if value != old:
        assert not before.same(snapshot(value))
    assert before.value == old


@given(st.lists(DATA) | st.dictionaries(st.text(), DATA))
def test_no_change_is_no_change(value: Any) -> None:
    """Two snapshots of a value that nothing happened to are the same."""
    before = snapshot(value)
    assert before is not None
    assert before.same(snapshot(value))


@pytest.mark.parametrize(
    "value",
    [
        None, 3, "a", 2.5, b"x", True, range(3), len, int, ..., (1, "a"), Color.RED, Text("a"), Decimal("1.5"),
        datetime.date(2026, 1, 1),
    ],
)  # fmt: skip
def test_fixed_values_need_none(value: object) -> None:
    """What cannot change is its own snapshot."""
    assert snapshot(value) is None


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        (bytearray(b"ab"), bytearray(b"ab")), ({1, 2}, {1, 2}), (collections.deque([1], 3), collections.deque([1], 3)),
        (collections.OrderedDict(a=1), {"a": 1}), (collections.Counter("aab"), {"a": 2, "b": 1}),
        ([Decimal("1.5"), datetime.date(2026, 1, 1)], [Decimal("1.5"), datetime.date(2026, 1, 1)]),
        ([Text("a")], ["a"]), ([Point(1, [2])], [Record("Point", {"x": 1, "y": [2]})]),
        (Pair(1, [2]), Record("Pair", {"one": 1, "other": [2]})),
        (Person(name="a"), Record("Person", {"name": "a", "tags": []})), ([Color.RED], [Opaque("<Color.RED: 1>")]),
        ([len], [len]), ([object()], [Opaque("<object>")]),
    ],
)  # fmt: skip
def test_what_is_kept(value: object, kept: object) -> None:
    """Collections come back as the built-in ones, records by name and fields, other objects by their text."""
    made = snapshot(value)
    assert made is not None
    assert made.value == kept


def test_arrays_come_back() -> None:
    """Arrays are kept whole, and a change in one is seen."""
    value = np.arange(6).reshape(2, 3)
    before = snapshot(value)
    assert before is not None
    value[0, 0] = 9
    assert before.value.tolist() == [[0, 1, 2], [3, 4, 5]]
    assert not before.same(snapshot(value))


def test_object_is_kept_by_its_text() -> None:
    """An object of a class that is no container is kept by its text; its address is left out."""
    made = snapshot(object())
    assert made is not None
    assert repr(made.value) == "<object>"


def test_empty_text_of_an_object() -> None:
    """Even an object that shows as nothing is kept."""

    class Silent:
        def __repr__(self) -> str:
            return ""

    made = snapshot(Silent())
    assert made is not None
    assert made.value == Opaque("")


def test_list_that_holds_itself() -> None:
    """A list that holds itself comes back as one, and changes are seen."""
    value: list[Any] = [1]
    value.append(value)
    before = snapshot(value)
    assert before is not None
    back = before.value
    assert back[1] is back
    value[0] = 2
    assert not before.same(snapshot(value))


def test_record_that_holds_itself() -> None:
    """A record that holds itself does not hang or fail."""

    @dataclass
    class Link:
        next: Any = None

    link = Link()
    link.next = link
    assert isinstance(snapshot(link), Snapshot)


def test_deep_nesting() -> None:
    """Nesting deeper than Python's stack is kept by its kind, and does not fail."""
    value: list[Any] = []
    for _ in range(100_000):
        value = [value]
    made = trace(lambda x: 1)(node(value, "deep"))
    assert made.data == 1
    while value:
        value = value.pop()


def test_large_value_is_kept_by_its_ends() -> None:
    """Above MAX_BYTES a hash and the two ends are kept, and a change in the middle is still seen."""
    value = list(range(MAX_BYTES // 2))
    before = snapshot(value)
    assert before is not None
    assert "0, 1, 2" in before.value.text
    assert len(before.value.text) < 5000
    value[MAX_BYTES // 4] = -1
    assert not before.same(snapshot(value))


def test_hostile_element() -> None:
    """An element whose own methods raise does not keep a call from being recorded."""

    class Hostile:
        def __repr__(self) -> str:
            raise RuntimeError

        def __reduce_ex__(self, protocol: Any) -> Any:
            raise RuntimeError

    assert "Hostile" in text_of(Hostile())
    assert trace(len)([Hostile()]).data == 1


def test_change_by_the_call_itself() -> None:
    """Inputs show what a call was given, though it changed it; what comes after depends on the call."""
    values, more = node([1], "values"), parameter(2)
    push = trace(name="push")(lambda given, value: given.append(value))
    made = push(values, more)
    assert made.inputs["given"].then == [1]
    after = trace(len)(values)
    assert after.inputs["obj"].then == [1, 2]
    assert backward(after, "x").parameters == (more,)


def test_change_outside_of_calls() -> None:
    """A value changed between two calls shows in each as it was."""
    values = node([1], "values")
    first = trace(len)(values)
    values.data.append(2)
    second = trace(len)(values)
    assert (first.inputs["obj"].then, second.inputs["obj"].then) == ([1], [1, 2])
    assert values in second.inputs["obj"].parents


def test_plain_argument_is_kept_too() -> None:
    """So does a plain list that was never made a node."""
    values = [1]
    first = trace(len)(values)
    values.append(2)
    second = trace(len)(values)
    assert (first.inputs["obj"].then, second.inputs["obj"].then) == ([1], [1, 2])


def test_result_is_kept_as_it_was() -> None:
    """A result that is changed later shows in the trace as the call gave it."""
    made = trace(lambda x: [x])(parameter(1))
    made.data.append(2)
    assert made.then == [1]
    assert "[1]" in backward(made, "x").render()
