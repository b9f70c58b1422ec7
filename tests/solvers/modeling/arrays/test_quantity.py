"""The vectorised numbers of a statement: what is said where there is none, and what is beyond a quadratic form."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from agentopt.errors import FormulationError
from agentopt.solvers.modeling.arrays.form import Form, Nonlinear
from agentopt.solvers.modeling.arrays.quantity import Quantities
from agentopt.solvers.modeling.arrays.vector import Vectors
from agentopt.solvers.modeling.instance import Instance
from agentopt.solvers.modeling.language.parser import parse


@pytest.fixture(scope="session")
def world(instance: Callable[..., Instance]) -> Instance:
    """Sets of text and numbers, a set without members, and parameters with a zero and a negative value."""
    return instance(
        {"v": {}, "x": {"index": ["S"]}, "y": {"index": ["T"]}},
        sets={"S": ["a", "b"], "T": [1, 2, 3, 5], "ARCS": [["a", 1], ["b", 3]], "NONE": "[t for t in T if t > 9]"},
        parameters={
            "zero": 0,
            "cost": {"index": ["S"], "value": [1.5, -2]},
            "level": {"index": ["T"], "value": [0, 4, -1, 0.25]},
            "gap": {"index": ["ARCS"], "value": [1, 2]},
        },
    )


def form_of(text: str, instance: Instance) -> Form:
    """The rows of a statement, the variables symbolic."""
    statement = parse(text)
    quantities = Quantities(Vectors(instance), statement, "objective")
    return quantities.form(statement.body, quantities.frame())


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("gap[s, t] for s in S for t in T", "parameter gap has no value for 'a', 2 (at s='a', t=2)"),
        ("y[t + 1] for t in T", "variable y has no value for 4 (at t=3)"),
        ("y[t / 2] for t in T", "variable y has no value for 0.5 (at t=1)"),
        ("cost['z']", "parameter cost has no value for 'z'"),
        ("1 / level[t] for t in T", "division by zero (at t=1)"),
        ("v / zero", "division by zero"),
        ("level[t] ** -1 for t in T", "zero to a negative power (at t=1)"),
        ("cost[s] ** 0.5 for s in S", "the result of ** is no finite number (at s='b')"),
        ("s + 1 for s in S", "the index 's' is text, not a number (at s='a')"),
        ("first(S) + 1", "first(...) is text, not a number"),
        ("sqrt(cost[s]) for s in S", "sqrt(...) of this value is no finite number (at s='b')"),
        ("exp(1000 * t) for t in T", "exp(...) of this value is no finite number (at t=1)"),
        ("prev(t, T) for t in T", "prev(...) goes past the end of T (at t=1)"),
        ("next(t, T) for t in T", "next(...) goes past the end of T (at t=5)"),
        ("ord(4, T)", "ord(...) of what is no member of T"),
        ("first(NONE)", "first(NONE): the set is empty"),
        ("min(level[t] for t in T if t > s_) for s_ in T", "min(...) over nothing (at s_=5)"),
        ("sum(1e308 for t in T)", "sum(...) is no finite number"),
        ("prod(1e200 for t in T)", "prod(...) is no finite number"),
        ("1e200 * 1e200", "the result of * is no finite number"),
        ("sum(t for t in range(0.5))", "range(...) needs whole numbers"),
        ("sum(t for t in range(1, 5, zero))", "range(...) needs a step other than 0"),
        ("sum(t for t in range(10 ** 12))", "the loops have 1.0e+12 combinations, more than 50000000"),
    ],
)
def test_what_has_no_value_is_said_with_the_index(text: str, what: str, world: Instance) -> None:
    """The message names the element, what is wrong, and the first row where it is."""
    with pytest.raises(FormulationError) as caught:
        form_of(text, world)
    assert str(caught.value).startswith(f"objective: {what}")
    assert caught.value.element == "objective"


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("v * v * v", "a product of more than two variables"),
        ("sin(v)", "objective: sin(...) of a variable"),
        ("1 / v", "objective: / with a variable"),
        ("v ** 3", "objective: ** with a variable"),
        ("2 ** v", "objective: ** with a variable"),
        ("y[t] ** t for t in T", "objective: ** with a variable"),
        ("max(x[s] for s in S)", "objective: max over variables"),
        ("prod(x[s] for s in S)", "objective: prod over variables"),
        ("abs(v)", "objective: abs(...) of a variable"),
    ],
)
def test_what_is_not_quadratic_is_told_apart(text: str, what: str, world: Instance) -> None:
    """Anything beyond a quadratic form is no error but another class of problem."""
    with pytest.raises(Nonlinear) as caught:
        form_of(text, world)
    assert caught.value.what == what


def test_more_keys_than_memory_holds_are_refused(instance: Callable[..., Instance]) -> None:
    """A variable over a product of sets with a hundred million keys is one sentence."""
    stated = instance({"x": {"index": ["A", "A"]}}, sets={"A": "range(10000)"})
    with pytest.raises(FormulationError, match="variable x: more than 50000000 keys"):
        Vectors(stated)
