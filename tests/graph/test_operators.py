"""Operators on nodes: what is recorded, what is plain, and that values are Python's."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentopt import backward, node, parameter, trace
from agentopt.graph import Node, error_node

BINARY: list[Callable[[Any, Any], Any]] = [
    operator.add, operator.sub, operator.mul, operator.truediv, operator.floordiv, operator.mod, operator.pow,
    operator.lshift, operator.rshift, operator.and_, operator.or_, operator.xor, divmod,
    operator.lt, operator.le, operator.gt, operator.ge,
]  # fmt: skip
UNARY: list[Callable[[Any], Any]] = [
    operator.neg, operator.pos, operator.invert, abs, round, math.floor, math.ceil, math.trunc,
]  # fmt: skip


@pytest.mark.parametrize("compute", BINARY)
def test_binary_operator_has_both_parents(compute: Callable[[Any, Any], Any]) -> None:
    """`a op b` has Python's value, and both operands as parents."""
    one, other = node(7, "one"), node(2, "other")
    made = compute(one, other)
    assert made.data == compute(7, 2)
    assert made.parents == (one, other)


@pytest.mark.parametrize("compute", BINARY)
def test_plain_left_operand_is_wrapped(compute: Callable[[Any, Any], Any]) -> None:
    """A plain value on the left becomes a parent."""
    other = node(2, "other")
    made = compute(7, other)
    assert made.data == compute(7, 2)
    assert {parent.data for parent in made.parents} == {7, 2}


@pytest.mark.parametrize("compute", BINARY)
def test_plain_right_operand_is_wrapped(compute: Callable[[Any, Any], Any]) -> None:
    """A plain value on the right becomes a parent."""
    made = compute(node(7, "one"), 2)
    assert made.data == compute(7, 2)
    assert [parent.data for parent in made.parents] == [7, 2]


@pytest.mark.parametrize("compute", UNARY)
def test_unary_operator_is_recorded(compute: Callable[[Any], Any]) -> None:
    """`op a` has Python's value and a as its parent."""
    one = node(7, "one")
    made = compute(one)
    assert made.data == compute(7)
    assert made.parents == (one,)


def test_pow_with_modulus() -> None:
    """pow takes its third argument."""
    assert pow(node(7), 2, 5).data == 4


def test_round_with_digits() -> None:
    """round takes digits."""
    assert round(node(1.234), 2).data == 1.23


def test_text_is_joined() -> None:
    """`str + str` works from both sides."""
    name = node("Bob")
    assert ("Hi " + name + "!").data == "Hi Bob!"


def test_list_is_joined_from_the_left() -> None:
    """`list + node` is the node's."""
    before = [1]
    assert (before + node([2])).data == [1, 2]


def test_augmented_assignment_makes_a_new_node() -> None:
    """`+=` leaves the old node and its value alone."""
    start = made = node([1])
    made += [2]
    assert (start.data, made.data) == ([1], [1, 2])
    assert start in made.parents


@pytest.mark.parametrize(
    ("compute", "value"),
    [
        (lambda x: x == "abc", True), (lambda x: x != "abc", False), (lambda x: x == node("abc"), True),
        (lambda x: "b" in x, True), (lambda x: node("b") in x, True), (bool, True), (len, 3), (str, "abc"),
        (lambda x: f"{x:>5}", "  abc"), (lambda x: format(x, "s"), "abc"), (lambda x: not x, False),
    ],
)  # fmt: skip
def test_plain_operators(compute: Callable[[Node[str]], object], value: object) -> None:
    """==, !=, in, bool, len, str, format and f-strings give plain values."""
    made = compute(node("abc"))
    assert type(made) is type(value)
    assert made == value


@pytest.mark.parametrize(("compute", "value"), [(int, 3), (float, 3.7), (complex, 3.7 + 0j), (math.sqrt, 3.7**0.5)])
def test_plain_numbers(compute: Callable[[Any], object], value: object) -> None:
    """int, float, complex and the functions of math give plain numbers."""
    assert compute(node(3.7)) == value


def test_index_is_plain() -> None:
    """A node of an integer indexes a plain list, and counts a range."""
    assert ["a", "b"][node(1)] == "b"
    assert list(range(node(2))) == [0, 1]


def test_bytes_are_plain() -> None:
    """bytes() gives plain bytes."""
    assert bytes(node(b"ab")) == b"ab"


def test_comparison_is_a_node_that_decides() -> None:
    """`<` gives a node with both parents, and an `if` takes it."""
    low = node(1, "low")
    made = low < 2
    assert isinstance(made, Node)
    assert ("yes" if made else "no") == "yes"
    assert not low > 2


def test_and_or_keep_pythons_meaning() -> None:
    """`and` and `or` give one of the operands."""
    full, empty = node("a"), node("")
    assert (full and empty) is empty
    assert (empty or full) is full


def test_item_is_child_of_list() -> None:
    """An item of a list, tuple, text or dict has the container and the key as parents."""
    whole = node({"a": [1, 2]}, "whole")
    made = whole["a"][1]
    assert made.data == 2
    assert made.parents[0].parents[0] is whole


def test_item_by_a_node() -> None:
    """The key may be a node, and is a parent."""
    key = node(1, "key")
    assert node("abc")[key].inputs["key"] is key


def test_slice_is_recorded() -> None:
    """A slice of a text is a node."""
    assert node("abcdef")[1:3].data == "bc"


def test_unpacking_gives_children() -> None:
    """Unpacking gives nodes with the container as parent."""
    pair = node((1, "x"), "pair")
    one, other = pair
    assert (one.data, other.data) == (1, "x")
    assert one.parents[0] is pair
    assert other.parents[0] is pair


@pytest.mark.parametrize("value", ["ab", [1, 2], (1, 2), {1: 2, 3: 4}, {5}, range(3), np.array([1, 2])])
def test_iteration_gives_children(value: Any) -> None:
    """Iterating over whatever can be iterated gives nodes with Python's values."""
    whole = node(value, "whole")
    made = list(whole)
    assert [item.data for item in made] == list(value)
    assert all(item.parents[0] is whole for item in made)


def test_reversed_is_recorded() -> None:
    """reversed() gives children too."""
    whole = node([1, 2], "whole")
    assert [item.data for item in reversed(whole)] == [2, 1]  # type: ignore[call-overload]


def test_unpacking_none_fails_as_a_node() -> None:
    """Unpacking None raises TypeError at once, carrying a node made of it."""
    nothing = node(None, "nothing")
    with pytest.raises(TypeError) as caught:
        _one, _other = nothing
    assert error_node(caught.value).parents == (nothing,)


def test_failed_operator_carries_a_node() -> None:
    """An operator that raises leaves a node of both operands on the exception."""
    start = parameter("a")
    with pytest.raises(TypeError) as caught:
        start + 1
    assert backward(caught.value, "a text and a number").parameters == (start,)


def test_missing_key_carries_a_node() -> None:
    """So does a missing key."""
    start = parameter({"a": 1})
    with pytest.raises(KeyError) as caught:
        start["b"]
    assert backward(caught.value, "no b").parameters == (start,)


def test_method_is_recorded() -> None:
    """A method of the value gives a node, with the arguments as inputs."""
    text, old = node("a-b", "text"), node("-", "old")
    made = text.replace(old, "+")
    assert made.data == "a+b"
    assert made.parents[:2] == (text, old)


def test_method_takes_arguments_called_like_its_inputs() -> None:
    """`prompt.format(x=...)` keeps the prompt and the argument apart."""
    prompt, name = node("{x} {args_0}", "prompt"), parameter("Bob", name="name")
    made = prompt.format(x=name, args_0=2)
    assert made.data == "Bob 2"
    assert made.parents[:2] == (prompt, name.version)
    assert "prompt.format(x=name, args_0=2)" in backward(made, "x").render()


def test_method_that_fails_carries_a_node() -> None:
    """A method that raises leaves a node on the exception."""
    start = parameter("a")
    with pytest.raises(ValueError, match="substring") as caught:
        start.index("b")
    assert backward(caught.value, "no b").parameters == (start,)


def test_method_changes_its_value() -> None:
    """What a method changed in place depends on the call, and so does what comes after."""
    values, more = node([1], "values"), parameter(2)
    values.append(more)
    assert backward(values * 2, "long").parameters == (more,)


def test_attribute_is_recorded() -> None:
    """An attribute gives a node with the object as its parent."""

    @dataclass
    class Point:
        x: int

    point = node(Point(3), "point")
    assert (point.x.data, point.x.parents) == (3, (point,))


def test_property_is_evaluated_once() -> None:
    """Reading a property through a node runs it once."""
    seen: list[int] = []

    class Thing:
        @property
        def value(self) -> int:
            seen.append(1)
            return 5

    assert node(Thing()).value.data == 5
    assert seen == [1]


def test_missing_attribute_fails_as_python_does() -> None:
    """hasattr works on nodes, and a missing attribute carries a node."""
    made = node("a", "text")
    assert not hasattr(made, "nothing")
    assert hasattr(made, "upper")


def test_function_in_a_node_is_called() -> None:
    """Calling a node whose value is a function is recorded."""
    function = node(len, "function")
    made = function([1, 2])
    assert (made.data, made.parents[0]) == (2, function)


def test_method_of_a_module_reaches_its_parameters() -> None:
    """A method called through a node is opaque, and what it reads of its object is an input."""

    class Agent:
        def __init__(self) -> None:
            self.prompt = parameter("be nice")

        @trace
        def act(self, x: str) -> str:
            return f"{self.prompt} {x}"

    agent = Agent()
    made = node(agent, "agent").act("now")
    assert made.data == "be nice now"
    assert backward(made, "rude").parameters == (agent.prompt,)


@pytest.mark.parametrize("shape", [(), (1,), (2,), (0,), (2, 2)])
def test_numpy_values_compare(shape: tuple[int, ...]) -> None:
    """Equality of nodes of arrays is one plain bool, whatever the shapes."""
    one = node(np.ones(shape))
    assert (one == np.ones(shape)) is True
    assert (one == node(np.ones((3, 3)))) is False
    assert (one != np.ones(shape)) is False
    assert (np.ones(shape) == one) is True


def test_numpy_values_have_a_truth() -> None:
    """The truth of a node of an array is one plain bool: whether it has elements and all are true."""
    assert [bool(node(np.array(value))) for value in ([1, 1], [1, 0], [])] == [True, False, False]


def test_numpy_inside_of_containers_compares() -> None:
    """Containers of arrays, which numpy does not compare, never raise."""
    one = node([np.ones(2)])
    assert one == one.data
    assert one != [np.ones(2)]


def test_node_is_found_among_nodes_of_arrays() -> None:
    """`in` on a list of nodes of arrays works."""
    one = node(np.zeros(2))
    assert one in [node(np.ones(2)), one]


def test_array_on_the_left_leaves_the_operator() -> None:
    """`array op node` is one node, not an array of nodes."""
    made = np.array([1, 2]) + node(np.array([3, 4]), "right")
    assert isinstance(made, Node)
    assert made.data.tolist() == [4, 6]
    assert (np.float64(2) * node(3.0)).data == 6.0


def test_functions_of_numpy_are_recorded() -> None:
    """numpy's functions on nodes give nodes with the arguments as parents."""
    start = parameter([1.0, 2.0])
    array = trace(np.array)(start)
    for made in (np.exp(array), np.sum(array), np.concatenate([array, array]), np.maximum(array, 1)):
        assert isinstance(made, Node)
        assert backward(made, "x").parameters == (start,)


def test_array_of_a_node_is_plain() -> None:
    """numpy.asarray gives the plain array, as float() gives the plain number."""
    assert np.asarray(node([1, 2])).tolist() == [1, 2]
    assert np.array([node(1), node(2)]).tolist() == [1, 2]


@given(st.integers(), st.integers(1, 10**6))
def test_operators_follow_python(one: int, other: int) -> None:
    """Values are Python's for any integers."""
    made = (node(one) + other) * 2 - node(other) // other % 7
    assert made == (one + other) * 2 - other // other % 7


def test_operators_inside_of_a_call_are_plain() -> None:
    """Inside of an opaque traced function an operator on a node gives a plain value."""
    start = parameter(2)

    @trace(allow_hidden=True)
    def double() -> int:
        made = start * 2
        assert type(made) is int
        return made

    assert double().data == 4
