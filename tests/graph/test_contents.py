"""Containers that hold nodes: of each kind, at any depth, and in circles."""

from __future__ import annotations

import collections
from dataclasses import dataclass
from typing import Any, NamedTuple

import pytest
from pydantic import BaseModel

from agentopt import backward, node, parameter, trace
from agentopt.graph import Node, unwrap


class Pair(NamedTuple):
    """Two values."""

    one: Any
    other: Any


@dataclass
class Open:
    """Two values."""

    one: Any
    other: Any


@dataclass(frozen=True, slots=True)
class Frozen:
    """Two values that stay."""

    one: Any
    other: Any


class Model(BaseModel):
    """Two values."""

    one: Any
    other: Any


class Longer(list[Any]):
    """A list of a class of its own."""


def container(kind: str, one: Any, other: Any) -> Any:
    """Two values in a container of a kind."""
    made: dict[str, Any] = {
        "list": [one, other], "tuple": (one, other), "dict": {"one": one, "other": other},
        "deque": collections.deque([one, other]), "ordered": collections.OrderedDict(one=one, other=other),
        "named": Pair(one, other), "open": Open(one, other), "frozen": Frozen(one, other),
        "model": Model(one=one, other=other), "longer": Longer([one, other]), "nested": [({"x": one},), [other]],
    }  # fmt: skip
    return made[kind]


KINDS = ["list", "tuple", "dict", "deque", "ordered", "named", "open", "frozen", "model", "longer", "nested"]


@pytest.mark.parametrize("kind", KINDS)
def test_nodes_inside_are_parents(kind: str) -> None:
    """Of any kind of container the nodes inside are parents, and the value is the same kind with plain values."""
    one, other = parameter("a"), node("b", "other")
    made = node(container(kind, one, other), "both")
    assert made.data == container(kind, "a", "b")
    assert type(made.data) is type(container(kind, "a", "b"))
    assert made.parents == (one.version, other)


@pytest.mark.parametrize("kind", KINDS)
def test_given_container_stays_as_it_was(kind: str) -> None:
    """The container that was given still holds its nodes."""
    one, other = parameter("a"), node("b")
    given = container(kind, one, other)
    node(given)
    assert repr(given) == repr(container(kind, one, other))


@pytest.mark.parametrize("kind", [*KINDS, "set"])
def test_call_sees_through(kind: str) -> None:
    """A function gets the container with plain values, and feedback reaches what was inside."""
    one, other = parameter("a"), parameter("b")
    given = {one, other} if kind == "set" else container(kind, one, other)
    made = trace(lambda values: str(values))(given)
    assert "Parameter" not in made.data
    assert set(backward(made, "x").parameters) == {one, other}


@pytest.mark.parametrize("kind", KINDS)
def test_result_is_seen_through(kind: str) -> None:
    """A container of nodes that a function gives back holds plain values."""
    made = trace(lambda one, other: container(kind, node(one), node(other)))("a", "b")
    assert made.data == container(kind, "a", "b")


def test_sets_of_nodes_come_out_in_one_order() -> None:
    """Nodes lie in a set in an order of chance, and are recorded in that of their texts."""
    for _ in range(5):
        made = node({node(number, f"n{number}") for number in range(9)})
        assert [parent.label for parent in made.parents] == [f"n{number}" for number in range(9)]


def test_container_without_nodes_is_not_copied() -> None:
    """A container without nodes is passed on as it is."""
    values = [1, [2]]
    assert trace(lambda given: given is values)(values).data is True
    assert unwrap(values) is values


def test_parts_without_nodes_are_not_copied() -> None:
    """Of a container with nodes only what leads to them is copied."""
    inner: list[int] = [1]
    assert unwrap([inner, node(2)])[0] is inner


def test_list_that_holds_itself_and_a_node() -> None:
    """A list that holds itself and a node becomes one that holds itself and a value."""
    values: list[Any] = [node(1)]
    values.append(values)
    made = unwrap(values)
    assert made[0] == 1
    assert made[1] is made


def test_dict_and_record_that_hold_one_another() -> None:
    """So do dicts and records."""
    record = Open(node(1), None)
    record.other = {"back": record}
    made = unwrap(record)
    assert made.one == 1
    assert made.other["back"] is made


def test_shared_part_stays_shared() -> None:
    """A part that stands in two places is one part in the copy."""
    inner = [node(1)]
    made = unwrap([inner, inner])
    assert made[0] is made[1]


def test_record_keeps_what_is_no_field() -> None:
    """What is set beside the fields of a record is still there."""
    record = Open(node(1), 2)
    record.more = 3  # type: ignore[attr-defined]
    assert unwrap(record).more == 3


def test_objects_are_not_looked_into() -> None:
    """An object of any other class is passed as it is."""

    class Thing:
        def __init__(self) -> None:
            self.inner = node(1)

    thing = Thing()
    assert trace(lambda given: given is thing)(thing).data is True
    assert isinstance(thing.inner, Node)
