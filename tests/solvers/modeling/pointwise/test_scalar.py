"""The scalar evaluator: values against brute force, and what it says where there is no value."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentopt.errors import FormulationError
from agentopt.solvers.modeling.instance import Key
from agentopt.solvers.modeling.language.parser import parse
from agentopt.solvers.modeling.pointwise.scalar import Evaluator

IS: list[Key] = [(1,), (2,), (3,)]
JS: list[Key] = [("a",), ("b",)]
ARCS: list[Key] = [(1, 2), (2, 3), (3, 1)]
COST = {(i, j): float(3 * i + len(j) - i * i) + 0.25 * (j == "b") for (i,) in IS for (j,) in JS}
WEIGHT = {(i,): 1.5 * i - 2.0 for (i,) in IS}
POINT = {(i, j): 0.5 * i if j == "a" else -1.0 for (i,) in IS for (j,) in JS}


def evaluator(**changes: Any) -> Evaluator:
    """An evaluator over a small world: two sets, arcs, two parameters, one variable."""
    world: dict[str, Any] = {
        "sets": {"I": IS, "J": JS, "ARCS": ARCS},
        "parameters": {"cost": COST, "weight": WEIGHT, "rate": {(1,): 7.0}},
        "defaults": {"rate": 0.5},
        "variables": {"x": POINT},
    }
    return Evaluator(**{**world, **changes})


def value(text: str, **changes: Any) -> Any:
    """The value of one expression in the small world."""
    return evaluator(**changes).value(parse(text), "objective")


# Random expressions, each with its meaning as a plain Python function of the bound indices


@dataclass(frozen=True)
class Meant:
    """An expression and what it means."""

    text: str
    compute: Callable[[Mapping[str, Any]], float]


def _leaves(indices: tuple[str, ...]) -> Iterator[Meant]:
    yield Meant("2.5", lambda at: 2.5)
    yield Meant("len(J)", lambda at: 2.0)
    for name in indices:
        if name.startswith("i"):
            yield Meant(name, lambda at, n=name: float(at[n]))
            yield Meant(f"weight[{name}]", lambda at, n=name: WEIGHT[(at[n],)])
            yield Meant(f"rate[{name}]", lambda at, n=name: 7.0 if at[n] == 1 else 0.5)
            yield Meant(f"ord({name}, I)", lambda at, n=name: float(at[n]))
            yield Meant(f"x[{name}, 'a']", lambda at, n=name: POINT[(at[n], "a")])
            yield Meant(f"weight[{name} - 1 if {name} > 1 else 3]", lambda at, n=name: WEIGHT[((at[n] - 2) % 3 + 1,)])
    if "j1" in indices:
        yield Meant("cost[i1, j1]", lambda at: COST[(at["i1"], at["j1"])])
        yield Meant("x[i1, j1]", lambda at: POINT[(at["i1"], at["j1"])])


def _joined(a: Meant, b: Meant, op: str) -> Meant:
    meaning = {"+": lambda p, q: p + q, "-": lambda p, q: p - q, "*": lambda p, q: p * q, "min": min, "max": max}[op]
    text = f"{op}({a.text}, {b.text})" if len(op) > 1 else f"({a.text} {op} {b.text})"
    return Meant(text, lambda at: meaning(a.compute(at), b.compute(at)))


def _summed(body: Meant, depth: int, inner: str) -> Meant:
    name = f"i{depth}"
    keeps: dict[str, Callable[[int], bool]] = {
        "": lambda i: True,
        f" if {name} != 2": lambda i: i != 2,
        f" if {name} == 3": lambda i: i == 3,
        f" if ({name}, 3) in ARCS or {name} in (1,)": lambda i: i in (1, 2),
        f" if {name} in range(2, 9) and not weight[{name}] > 1": lambda i: i in (2,),
    }
    keep = keeps[inner.replace("i?", name)]
    return Meant(
        f"sum({body.text} for {name} in I{inner.replace('i?', name)})",
        lambda at: math.fsum(body.compute({**at, name: i}) for (i,) in IS if keep(i)),
    )


CONDITIONS = ("", " if i? != 2", " if i? == 3", " if (i?, 3) in ARCS or i? in (1,)")


@st.composite
def meant(draw: st.DrawFn, indices: tuple[str, ...] = (), depth: int = 0) -> Meant:
    """An expression of a few levels with its meaning."""
    kind = draw(st.sampled_from(("leaf", "+", "-", "*", "min", "max", "sum", "choice")))
    if kind == "leaf" or depth >= 4:
        return draw(st.sampled_from(list(_leaves(indices))))
    if kind == "sum":
        inner = (*indices, f"i{depth}")
        return _summed(draw(meant(inner, depth + 1)), depth, draw(st.sampled_from(CONDITIONS)))
    a, b = draw(meant(indices, depth + 1)), draw(meant(indices, depth + 1))
    if kind == "choice":
        c = draw(st.sampled_from(list(_leaves(indices))))
        if "x[" in c.text:
            return a
        return Meant(
            f"({a.text} if {c.text} <= 1.5 else {b.text})",
            lambda at: a.compute(at) if c.compute(at) <= 1.5 else b.compute(at),
        )
    return _joined(a, b, kind)


@given(meant())
def test_random_expressions_have_the_value_of_plain_python(case: Meant) -> None:
    """Sums, conditions, choices, indices and functions nest as they do in Python."""
    assert value(case.text) == pytest.approx(case.compute({}), rel=1e-12, abs=1e-9)


@given(meant(("i1", "j1"), 1))
def test_rows_come_once_for_each_binding_in_order(case: Meant) -> None:
    """A trailing `for` gives a row for every combination, the last set running fastest."""
    rows = list(evaluator().rows(parse(f"{case.text} for i1 in I for j1 in J"), "parameter p"))
    expected = [((i, j), case.compute({"i1": i, "j1": j})) for (i,) in IS for (j,) in JS]
    assert [key for key, _ in rows] == [key for key, _ in expected]
    assert [v for _, v in rows] == pytest.approx([v for _, v in expected], rel=1e-12, abs=1e-9)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("sum(1 for i in I if i > 5)", 0.0),
        ("prod(i for i in I if i > 5)", 1.0),
        ("max(weight[i] for i in I)", 2.5),
        ("min(x[i, 'b'] for i in I if i == 2)", -1.0),
        ("sum(1 for (i, j) in ARCS for (k, l) in ARCS if k == j and l == i + 2)", 1.0),
        ("sum(i * k for i in I for k in range(i, 4))", 25.0),
        ("sum(t for t in range(9, 0, -4))", 15.0),
        ("weight[prev(3, I)] + weight[next(first(I), I)]", 2.0),
        ("ord(last(J), J) + first(I)", 3.0),
        ("7 // 2 + -7 % 3 + 2 ** -1", 5.5),
        ("abs(-2) + floor(2.5) + ceil(2.5) + sqrt(9) + log10(100)", 12.0),
        ("exp(0) + log(1) + sin(0) + cos(0) + tan(0)", 2.0),
        ("weight[6 / 2]", 2.5),
        ("sum(1 for i in I if 1 < i <= 3 and not (i == 3 or i in range(0)))", 1.0),
        ("sum(1 for j in J if j in ('b', 'c') and j not in ('a',))", 1.0),
        ("sum(1 for j in J if j == 1)", 0.0),
        ("rate[1] + rate[99]", 7.5),
    ],
)
def test_the_language_means_what_python_means(text: str, expected: float) -> None:
    """Each function, operator and condition has the value of Python's own."""
    assert value(text) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("sum(cost[i, k] for i in I for k in I)", "parameter cost has no value for (1, 1) (at i=1, k=1)"),
        ("weight[9.0]", "parameter weight has no value for 9"),
        ("x[1, 'z']", "variable x has no key (1, 'z')"),
        ("sum(1 / (i - 2) for i in I)", "division by zero (at i=2)"),
        ("sum(0 ** (1 - i) for i in I)", "zero to a negative power (at i=2)"),
        ("sum((i - 2) ** 0.5 for i in I)", "(-1) ** 0.5 is no real number (at i=1)"),
        ("sum(log(i - 1) for i in I)", "log(0) is no finite real number (at i=1)"),
        ("exp(1000)", "exp(1000) is no finite real number"),
        ("1e300 * 1e300", "the result is too large"),
        ("2.0 ** 9999", "the result is too large"),
        ("max(i for i in I if i > 3)", "max(...) over nothing"),
        ("prev(1, I)", "prev(1, I) goes past the end of I"),
        ("next('b', J)", "next('b', J) goes past the end of J"),
        ("ord(9, I)", "9 is no member of I"),
        ("first(NONE)", "first(NONE): the set is empty"),
        ("sum(j + 1 for j in J)", "the index 'j' is the text 'a', not a number (at j='a')"),
        ("last(J) * 2", "last(...) is the text 'b', not a number"),
        ("sum(1 for t in range(0.5))", "range(...) needs whole numbers, got 0.5"),
        ("sum(1 for t in range(0, 9, 0))", "a step other than 0"),
        ("sum(1 for t in range(10 ** 30))", "more than 5e+07 combinations"),
        ("sum(1 for s in range(9) for t in range(s * 10 ** 8))", "more than 5e+07 combinations"),
    ],
)
def test_what_has_no_value_is_said_with_element_and_index(text: str, said: str) -> None:
    """An error names the element, the part, and the index values where it happened."""
    with pytest.raises(FormulationError) as caught:
        value(text, sets={"I": IS, "J": JS, "NONE": []})
    assert str(caught.value).startswith("objective: ")
    assert said in str(caught.value)
    assert caught.value.element == "objective"


def test_an_equality_looks_members_up() -> None:
    """`if a == i` inside of a loop does not try every arc for every i: 10^8 trials would be refused."""
    n = 10_000
    arcs = [(k, k + 1) for k in range(n)]
    world = evaluator(sets={"N": [(k,) for k in range(n)], "ARCS": arcs})
    total = sum(v for _, v in world.rows(parse("sum(b for (a, b) in ARCS if a == i) for i in N"), "objective"))
    assert total == n * (n + 1) / 2


def test_a_guarded_equality_waits_for_its_guard() -> None:
    """What an earlier condition guards is not evaluated where that fails."""
    assert value("sum(1 for i in range(3) for (a, b) in ARCS if i > 0 and a == 2 / i)") == 2.0


def test_a_lookup_in_an_empty_set_evaluates_nothing() -> None:
    """A condition is never evaluated when there is no member to hold it against."""
    assert value("sum(1 for a in NONE if a == 1 / 0)", sets={"NONE": []}) == 0.0


def test_a_choice_evaluates_only_the_chosen_branch() -> None:
    """stock[t - 1] is not asked for at the first t."""
    rows = evaluator().rows(parse("weight[i - 1] if i > 1 else 10 for i in I"), "parameter p")
    assert dict(rows) == {(1,): 10.0, (2,): -0.5, (3,): 1.0}


def test_a_chain_gives_its_links() -> None:
    """a <= b <= c states both, and each side is evaluated once."""
    (row,) = evaluator().comparisons(parse("1 <= x[2, 'a'] <= weight[i] for i in I if i == 3"), "constraint c")
    assert row == ((3,), [(1.0, "<=", 1.0), (1.0, "<=", 2.5)])


def test_a_choice_of_comparisons_is_made_row_by_row() -> None:
    """A constraint may state different comparisons at different keys."""
    rows = evaluator().comparisons(parse("x[i, 'a'] <= 5 if i == 1 else x[i, 'b'] >= -9 for i in I"), "constraint c")
    assert [sides[0][1] for _, sides in rows] == ["<=", ">=", ">="]


def test_one_row_is_evaluated_at_its_key() -> None:
    """The comparisons of a row are had again from its key alone."""
    world, statement = evaluator(), parse("x[i, j] <= cost[i, j] for i in I for j in J")
    assert all(world.comparison_at(statement, "c", key) == sides for key, sides in world.comparisons(statement, "c"))


@pytest.mark.parametrize(
    ("text", "members"),
    [
        ("range(2, 8, 3)", [(2,), (5,)]),
        ("[(i, j) for i in I for j in J if i == 2]", [(2, "a"), (2, "b")]),
        ("[i + 0.0 for i in I]", [(1,), (2,), (3,)]),
        ("[(next(i, I), i * 10) for i in I if i < 3]", [(2, 10), (3, 20)]),
        ("[a for (a, b) in ARCS if a > b]", [(3,)]),
    ],
)
def test_computed_sets_have_text_and_whole_numbers(text: str, members: list[Key]) -> None:
    """Members come in order, numbers among them as int."""
    found = evaluator().members(parse(text), "set S")
    assert found == members
    assert all(type(part) in (int, str) for member in found for part in member)


def test_a_broken_number_is_no_member() -> None:
    """A member must be text or a whole number."""
    with pytest.raises(FormulationError, match=r"set S: expected text or a whole number as a member, got 0\.5"):
        evaluator().members(parse("[i / 2 for i in I]"), "set S")


def test_mappings_are_looked_up_when_they_are_needed() -> None:
    """What is filled after the evaluator was made is seen, and so is a set that is replaced."""
    sets: dict[str, list[Key]] = {"S": [(1,)]}
    world, statement = Evaluator(sets, {}, {}), parse("sum(1 for s in S if s == 2) + (1 if 2 in S else 0)")
    before = world.value(statement, "objective")
    sets["S"] = [(1,), (2,)]
    assert (before, world.value(statement, "objective")) == (0.0, 2.0)


def test_any_number_that_adds_up_can_stand_for_a_variable() -> None:
    """Complex numbers, as one example, go through sums and products as they are."""
    assert value("sum(2 * z[i] for i in I)", variables={"z": dict.fromkeys(IS, 1j)}, functions={"sum": sum}) == 6j
