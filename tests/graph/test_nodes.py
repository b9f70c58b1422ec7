"""Nodes: leaves, parents, copies, and what they say of themselves."""

from __future__ import annotations

import copy
import json
import pickle
from contextlib import nullcontext

import pytest

from agentopt import backward, node, parameter, trace
from agentopt.errors import TraceError
from agentopt.graph import Node, unwrap
from agentopt.graph.nodes import Constant


@trace
def joined(one: str, other: str) -> str:
    """Join two texts."""
    return one + other


def test_node_of_a_node_is_the_node() -> None:
    """Putting a node into the graph once more changes nothing."""
    made = node("a")
    assert node(made) is made


def test_leaf_has_no_parents() -> None:
    """A leaf was made by nothing and of nothing."""
    made = node([1], "list")
    assert (made.operation, made.parents, made.inputs, made.label) == (None, (), {}, "list")


def test_same_node_twice_is_one_parent() -> None:
    """A node passed as two arguments is one parent and two inputs."""
    made = node("a")
    both = joined(made, made)
    assert both.parents == (made,)
    assert list(both.inputs) == ["one", "other"]


def test_hash_is_by_identity() -> None:
    """Equal nodes are two keys of a dict, and one element of a list."""
    one, other = node(1), node(1)
    assert len({one, other}) == 2
    assert other in [one]


def test_detach_cuts_the_edge() -> None:
    """No feedback passes a detached node."""
    start = parameter("a")
    assert backward((start + "b").detach(), "long").parameters == ()


def test_detach_keeps_value_and_name() -> None:
    """A detached node has the value and the name."""
    made = node([1], "list").detach()
    assert (made.data, made.label) == ([1], "list")


def test_clone_keeps_the_edge() -> None:
    """Feedback passes a clone, whose value is a copy."""
    start = node([1])
    made = start.clone()
    made.data.append(2)
    assert made.parents == (start,)
    assert start.data == [1]


def test_copy_is_clone() -> None:
    """copy.copy keeps the edge."""
    start = node([1])
    assert copy.copy(start).parents == (start,)


def test_deepcopy_cuts_the_edge() -> None:
    """copy.deepcopy makes a leaf with a copy of the value."""
    made = node([[1]]) * 2
    copied = copy.deepcopy(made)
    assert (copied.data, copied.parents) == ([[1], [1]], ())
    assert copied.data is not made.data


def test_deepcopy_keeps_what_is_shared() -> None:
    """A node that stands in two places of a structure is one node in the copy."""
    made = node([1])
    one, other = copy.deepcopy([made, made])
    assert one is other


def test_pickle_carries_the_value() -> None:
    """What crosses to another process is the value and the name."""
    made = pickle.loads(pickle.dumps(node([1], "list") * 2))
    assert (made.data, made.parents) == ([1, 1], ())


def test_json_takes_nodes_by_unwrap() -> None:
    """json.dumps(x, default=unwrap) writes nodes, also inside of containers."""
    assert json.dumps({"a": node([1]), "b": [node("x")]}, default=unwrap) == '{"a": [1], "b": ["x"]}'


def test_json_alone_refuses() -> None:
    """json.dumps without help refuses a node, as it does any object that it does not know."""
    with pytest.raises(TypeError, match="Node is not JSON serializable"):
        json.dumps(node("x"))


def test_unwrap_reaches_into_containers() -> None:
    """unwrap gives the plain value of nodes at any depth, and everything else as it is."""
    thing = object()
    assert unwrap({"a": (node(1), [node(2)], thing)}) == {"a": (1, [2], thing)}


def test_assignment_to_an_item_says_what_to_do() -> None:
    """A recorded value takes no item assignment, and the message shows the way."""
    with pytest.raises(TraceError, match=r"make a new value, as in node\("):
        node({"a": 1})["a"] = 2  # type: ignore[index]


def test_deleting_an_item_says_what_to_do() -> None:
    """Nor can an item be deleted."""
    with pytest.raises(TraceError, match="make a new value"):
        del node({"a": 1})["a"]  # type: ignore[attr-defined]


def test_plain_small_leaf_is_a_constant() -> None:
    """A leaf of a fixed type without a name is kept in the smallest form."""
    assert type(node(3)) is Constant
    assert type(node(3, "three")) is Node


@pytest.mark.parametrize(
    ("value", "text"),
    [(3, "Node(3)"), ("a" * 100, "..."), ([1], "Node([1])")],
)
def test_repr_is_short(value: object, text: str) -> None:
    """A node shows its class and a brief of its value."""
    made = repr(node(value))
    assert text in made
    assert len(made) < 80


def test_repr_names_the_node() -> None:
    """A named node shows its name."""
    assert repr(node(3, "three")) == "Node(three: 3)"


def test_node_survives_a_hostile_repr() -> None:
    """A value whose repr raises does not keep its node from being shown."""

    class Hostile:
        def __repr__(self) -> str:
            raise RuntimeError

    assert "Hostile" in repr(node(Hostile()))


def test_container_becomes_child_of_its_nodes() -> None:
    """A container that holds nodes is their child, and holds plain values."""
    one, other = node(1, "one"), node(2, "other")
    made = node([one, {"k": other}], "pair")
    assert made.data == [1, {"k": 2}]
    assert made.inputs == {"[0]": one, "[1]['k']": other}
    assert made.label == "pair"


def test_assignment_to_data_says_what_to_do() -> None:
    """A node's value cannot be assigned."""
    made = node("a", "made")
    with pytest.raises(TraceError, match=r"^the node 'made' .* make a new node\(value\)$"):
        made.data = "b"  # type: ignore[assignment]
    assert made.data == "a"


def test_attributes_cannot_be_assigned() -> None:
    """Neither can an attribute of the value, in Python's own words: saying more would cost every node."""
    with pytest.raises(AttributeError, match="colour"):
        node([1]).colour = "red"  # type: ignore[attr-defined]


def test_with_says_what_to_do() -> None:
    """A node is not entered; its value is."""
    with pytest.raises(TraceError, match=r"with x\.data"), node(nullcontext(), "lock"):
        pass
