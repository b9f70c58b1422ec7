"""The nodes of the expression language and the ways to look through them."""

from __future__ import annotations

import pytest

from agentopt.solvers.modeling.language.expression import (
    FUNCTIONS,
    SET_FUNCTIONS,
    Binary,
    Item,
    Name,
    Number,
    names_in,
    walk,
)
from agentopt.solvers.modeling.language.parser import parse


def test_walk_yields_parents_before_their_parts() -> None:
    """A tree is walked from the top, left to right."""
    body = parse("a + b[i]").body
    assert list(walk(body)) == [body, Name(1, "a"), Item(5, "b", (Name(7, "i"),)), Name(7, "i")]


def test_walk_reaches_the_parts_of_loops() -> None:
    """Domains and conditions of a sum are parts of it too."""
    assert names_in(parse("sum(c[i] for i in S for j in range(n) if i != k)").body) == {"c", "i", "S", "n", "k"}


def test_indices_of_a_statement_stand_in_the_order_of_its_loops() -> None:
    """The trailing clauses bind index names, outermost first; those of an inner sum are not among them."""
    assert parse("sum(x[i, j, k] for k in K) <= 1 for (i, j) in ARCS for t in T").indices == ("i", "j", "t")


def test_children_of_a_leaf_are_none() -> None:
    """A number has no parts."""
    assert list(Number(1, 2.0).children()) == []


def test_nodes_with_the_same_parts_are_equal() -> None:
    """Trees are values: equal when their parts are."""
    assert parse("x + 1").body == Binary(1, "+", Name(1, "x"), Number(5, 1.0))


@pytest.mark.parametrize("function", SET_FUNCTIONS)
def test_a_function_of_a_set_has_room_for_the_set(function: str) -> None:
    """The argument that names the set is one of those that the function takes."""
    assert SET_FUNCTIONS[function] < FUNCTIONS[function][0]
