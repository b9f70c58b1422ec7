"""The analysis of names: each wrong thing is one sentence with the element, the column and a suggestion."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from agentopt.errors import FormulationError
from agentopt.solvers.modeling.formulation import Formulation
from agentopt.solvers.modeling.language.analysis import Symbol, analyze

Make = Callable[..., Formulation]

SETS: dict[str, Any] = {"PLANTS": ["a", "b"], "DAYS": [1, 2, 3], "ARCS": [["a", 1], ["b", 2]]}
WORLD: dict[str, Any] = {
    "sets": SETS,
    "parameters": {
        "cost": {"index": ["PLANTS"], "value": [1, 2]},
        "length": {"index": ["ARCS"], "value": 1},
        "limit": 5,
    },
}
VARIABLES: dict[str, Any] = {"make": {"index": ["PLANTS", "DAYS"]}, "flow": {"index": ["ARCS"]}, "total": {}}


@pytest.fixture(scope="session")
def refused(formulation: Make) -> Callable[..., FormulationError]:
    """Gives the error of the analysis of the small world with a constraint `c`, or with other changes."""

    def analyzed(constraint: str = "total >= 1", **changes: Any) -> FormulationError:
        stated = {"variables": VARIABLES, **WORLD, "constraints": {"c": constraint}, **changes}
        with pytest.raises(FormulationError) as caught:
            analyze(formulation(**stated))
        return caught.value

    return analyzed


@pytest.mark.parametrize(
    "constraint",
    [
        "total >= 1",
        "sum(make[p, d] for p in PLANTS for d in DAYS if d > 1 and p != 'a') <= limit",
        "make[p, d] <= cost[p] for p in PLANTS for d in DAYS if (p, d) in ARCS",
        "flow[p, d] <= length[p, d] for (p, d) in ARCS",
        "make['a', 1] + make[p, first(DAYS)] == 2 for p in ('a', 'b')".replace("('a', 'b')", "PLANTS"),
        "make[p, d] == (make[p, d - 1] if d > 1 else limit) for p in PLANTS for d in DAYS",
        "(total >= d if d in (1, 2) else total <= d) for d in DAYS",
        "1 <= total <= len(DAYS)",
        "total >= sum(t * d for d in DAYS for t in range(1, d + 1))",
        "make[prev(p, PLANTS) if p != first(PLANTS) else p, 1] >= 0 for p in PLANTS",
        "make['b' if d == 1 else 'a', d] >= 0 for d in DAYS",
        "total >= d for d in range(1, 4) if d in range(2, 9) and d not in DAYS or not d == 3",
        "total >= prod(cost[p] for p in PLANTS) ** 2 % 7 // 2 - abs(-limit)",
    ],
)
def test_what_the_language_can_say_is_accepted(constraint: str, formulation: Make) -> None:
    """Each construct passes where it belongs."""
    stated = {"variables": VARIABLES, **WORLD, "constraints": {"c": constraint}}
    assert "c" in analyze(formulation(**stated)).constraints


@pytest.mark.parametrize(
    ("constraint", "column", "what"),
    [
        ("totl >= 1", 1, "unknown name 'totl'; did you mean 'total'?"),
        ("total >= zzz", 10, "unknown name 'zzz'; known: ARCS, DAYS, PLANTS, cost"),
        ("total >= cost", 10, "parameter 'cost' takes 1 index(es), got 0"),
        ("total >= limit[1]", 10, "parameter 'limit' takes 0 index(es), got 1"),
        ("make[p] >= 1 for p in PLANTS", 1, "variable 'make' takes 2 index(es), got 1"),
        ("total >= PLANTS", 10, "'PLANTS' is a set, not a number; len(PLANTS) counts it"),
        ("total >= p[1] for p in DAYS", 10, "'p' is an index and takes no brackets"),
        ("total >= d for d in DAY", 21, "'DAY' is no set; did you mean 'DAYS'?"),
        ("total >= d for d in limit", 21, "'limit' is no set; known: ARCS, DAYS, PLANTS"),
        ("total >= 1 for p in ARCS", 16, "the set has members of 2 position(s), got 1 name(s)"),
        ("total >= 1 for (p, d) in DAYS", 16, "the set has members of 1 position(s), got 2 name(s)"),
        ("total >= sum(d for d in DAYS) for d in DAYS", 20, "the index 'd' is bound already"),
        ("total >= 1 for (d, d) in ARCS", 16, "the index 'd' is bound already"),
        ("total >= 1 for limit in DAYS", 16, "'limit' is a parameter; take another index name"),
        ("total >= 'a'", 10, "expected a number, got the text 'a'"),
        ("total >= (1, 2)", 10, "expected a number here, got a condition or a tuple"),
        ("total >= (1 <= 2)", 11, "expected a number here, got a condition or a tuple"),
        ("total > 1", 1, "'>' cannot stand in a constraint; a strict bound has no optimum: use <= or >="),
        ("1 < total <= 2", 1, "'<' cannot stand"),
        ("total != 1", 1, "'!=' cannot stand in a constraint; use <=, >= or =="),
        ("total in DAYS", 1, "'in' cannot stand in a constraint"),
        ("total + 1", 1, "expected a comparison by <=, >= or =="),
        ("limit >= 1", 1, "no variable stands in this constraint, so it decides nothing"),
        ("d >= 1 for d in DAYS", 1, "no variable stands in this constraint"),
        ("total >= 1 if total > 0 else total <= 1", 15, "'total' is a variable, but only data may stand here"),
        ("sum(make[p, 1] for p in PLANTS if make[p, 2] > 0) <= 1", 35, "'make' is a variable, but only data may"),
        ("make['a', total] >= 1", 11, "'total' is a variable, but only data may stand here"),
        ("total >= sum(1 for d in range(total))", 31, "'total' is a variable, but only data may stand here"),
        ("total >= range(3)", 10, "range(...) stands only after `in` or as a whole set"),
        ("total >= len(limit)", 14, "len() takes the name of a set here"),
        ("total >= first(ARCS)", 16, "first() takes a set of single members"),
        ("total >= ord(1, cost)", 17, "ord() takes the name of a set here"),
        ("total >= d for d in DAYS if d", 29, "expected a condition on data, as `i != j`"),
        ("total >= 1 for d in DAYS if 1 < d in DAYS", 29, "`in` cannot be chained with another comparison"),
        ("total >= 1 for d in DAYS if (d, d) in DAYS", 29, "the set has members of 1 position(s), got 2"),
        ("total >= 1 for d in DAYS if d in ARCS", 29, "the set has members of 2 position(s), got 1"),
        ("total >= 1 for d in DAYS if d in limit", 34, "'limit' is no set"),
        ("total >= 1 for d in DAYS if d in 3", 34, "expected a set, range(...) or ('A', 'B') after `in`"),
        ("total >= 1 for d in DAYS if d in max(1, 2)", 34, "expected a set, range(...) or ('A', 'B') after `in`"),
        ("total >= 1 for d in DAYS if (d, 1) == d", 29, "expected a number here, got a condition or a tuple"),
        ("total >= 1 for d in DAYS if d == (d, 1)", 34, "expected a number here, got a condition or a tuple"),
        ("total >= 1 for d in DAYS if (d,) in (1, 2)", 29, "a tuple can only be looked up in a set"),
        ("total >= 1 for d in DAYS if (d,) in range(2)", 29, "a tuple can only be looked up in a set"),
        ("total >= 1 for d in DAYS if (d, 1) in ('a', 'b')", 29, "a tuple can only be looked up in a set"),
        ("total.x >= 1", 1, "an attribute (a dot) is outside of the expression language"),
        ("[total >= 1] for d in DAYS", 1, "expected a comparison"),
        ("sum(make[p, d] for p in PLANTS) <= 1", 13, "unknown name 'd'"),
    ],
)
def test_each_wrong_thing_is_one_sentence(
    constraint: str, column: int, what: str, refused: Callable[..., FormulationError]
) -> None:
    """The element comes first, then what is wrong and what to do, then the column and the text there."""
    error = refused(constraint)
    assert str(error).startswith(f"constraint c: {what}")
    assert f", at column {column} of " in str(error)
    assert error.element == "constraint c"
    assert "\n" not in str(error)


@pytest.mark.parametrize(
    ("changes", "element", "what"),
    [
        ({"minimize": "totl"}, "objective", "unknown name 'totl'; did you mean 'total'?"),
        ({"minimize": "make[p, 1] for p in PLANTS"}, "objective", "expected one number, got a `for`; use sum("),
        ({"minimize": "total >= 1"}, "objective", "expected a number here, got a condition"),
        ({"variables": {"total": {"index": ["PLANT"]}}}, "variable total", "the index names 'PLANT', which is no set;"
                                                                          " did you mean 'PLANTS'?"),
        ({"variables": {"total": {"index": ["limit"]}}}, "variable total", "the index names 'limit', which is no set"),
        ({"variables": {"total": {"upper": "limt"}}}, "variable total, upper bound", "unknown name 'limt'"),
        ({"variables": {"total": {"lower": "total"}}}, "variable total, lower bound", "'total' is a variable"),
        ({"variables": {"total": {"upper": "p for p in DAYS"}}}, "variable total, upper bound",
         "expected a `for` that binds 0 index name(s), got 1"),
        ({"variables": {"total": {"upper": "-Infinity"}}}, "variable total, upper bound",
         "expected a number, an expression, or null for no bound; got '-Infinity'"),
        ({"sets": {"A": [1, ["a", "b"]]}}, "set A", "expected members of one length, got lengths [1, 2]"),
        ({"sets": {"A": [[]]}}, "set A", "expected members of one length"),
        ({"sets": {**SETS, "A": "3"}}, "set A", "expected range(...) or [... for ... in SET]"),
        ({"sets": {**SETS, "A": "(1, 2)"}}, "set A", "expected range(...) or [... for ... in SET]"),
        ({"sets": {**SETS, "A": "[i for i in B]"}}, "set A", "'B' is no set"),
        ({"sets": {**SETS, "A": "[i + total for i in range(3)]"}}, "set A", "'total' is a variable"),
        ({"parameters": {"q": {"expression": "2 * r"}}}, "parameter q", "unknown name 'r'"),
        ({"parameters": {"q": {"expression": "total"}}}, "parameter q", "'total' is a variable"),
        ({"parameters": {"q": {"expression": "1 for p in PLANTS"}}}, "parameter q",
         "expected a `for` that binds 0 index name(s), got 1"),
        ({"parameters": {"q": {"index": ["PLANTS"], "expression": "2"}}}, "parameter q",
         "expected a `for` that binds 1 index name(s), got 0"),
        ({"parameters": {"q": {"index": ["ARCS"], "expression": "1 for i in"}}}, "parameter q", "not an expression"),
    ],
)  # fmt: skip
def test_every_element_is_looked_at(
    changes: dict[str, Any], element: str, what: str, refused: Callable[..., FormulationError]
) -> None:
    """Sets, parameters, bounds and the objective are refused by name too, the first of them first."""
    error = refused(**changes)
    assert str(error).startswith(f"{element}: {what}")
    assert error.element == element


def test_the_first_fault_in_the_order_of_elements_is_told(refused: Callable[..., FormulationError]) -> None:
    """A wrong set is told before a wrong constraint that may follow from it."""
    assert refused("nothing >= 1", sets={**SETS, "A": "[i for i in B]"}).element == "set A"


def test_a_set_of_pairs_stands_for_two_positions(formulation: Make) -> None:
    """Arities add up over the index sets."""
    stated = {**VARIABLES, "x": {"index": ["ARCS", "DAYS"]}}
    assert analyze(formulation(stated, **WORLD)).symbols["x"] == Symbol("variable", 3)


def test_a_computed_set_has_the_arity_of_its_member(formulation: Make) -> None:
    """[(i, j) for ...] is a set of pairs before any data are seen."""
    sets = {**SETS, "PAIRS": "[(i, j) for i in DAYS for j in PLANTS]"}
    assert analyze(formulation({"x": {"index": ["PAIRS"]}}, sets=sets)).symbols["PAIRS"] == Symbol("set", 2)


def test_a_constraint_in_words_only_is_listed(formulation: Make) -> None:
    """An empty expression is no fault here: a program may be able to say it."""
    assert analyze(formulation({"x": {}}, constraints={"said": "x >= 1", "unsaid": " "})).unsaid == ("unsaid",)
