"""What people write of a plan is read as a constraint, or refused by one sentence."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from agentopt.errors import FormulationError, UnitError
from agentopt.solvers.modeling.insight.wish import fresh_name, statement_of
from agentopt.solvers.modeling.instance import Instance

Build = Callable[..., Instance]


@pytest.fixture(scope="session")
def shop(instance: Build) -> Instance:
    """Names with a space, numbers as names, pairs, and a member that is called as an index is."""
    return instance(
        {
            "make": {"index": ["P"], "unit": "t"},
            "ship": {"index": ["CITIES", "T"]},
            "flow": {"index": ["ARCS"]},
            "total": {"unit": "USD"},
        },
        sets={
            "P": ["A", "B", "p"],
            "CITIES": ["New York", "Oslo", "O'Hare"],
            "T": "range(1, 4)",
            "ARCS": [["A", "B"], ["B", "A"]],
            "CODES": ["1", "2"],
        },
        parameters={"need": {"index": ["CODES"], "value": [3, 4]}, "budget": {"value": 9, "unit": "USD"}},
        minimize="total",
    )


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("make[B] >= 1", "make['B'] >= 1"),
        ("make['B'] >= 1", "make['B'] >= 1"),
        ('make["B"] = 1', "make[\"B\"] == 1"),
        ("make[ A ] ≥ make[B]", "make['A'] >= make['B']"),
        ("make[A] => 1", "make['A'] >= 1"),
        ("ship[New York, 2] ≤ 5", "ship['New York', 2] <= 5"),
        ("ship[O'Hare, 2] <= 5", "ship[\"O'Hare\", 2] <= 5"),
        ("flow[A, B] == 0", "flow['A', 'B'] == 0"),
        ("make[A] >= need[1]", "make['A'] >= need['1']"),
        # An index has its own name, whatever the members are called.
        ("make[p] >= 1 for p in P", "make[p] >= 1 for p in P"),
        ("make[p] >= 1", "make['p'] >= 1"),
        ("ship['Oslo', t] >= ship['Oslo', t - 1] for t in T if t > 1",
         "ship['Oslo', t] >= ship['Oslo', t - 1] for t in T if t > 1"),
        ("sum(make[q] for q in P) <= 7", "sum(make[q] for q in P) <= 7"),
    ],
)  # fmt: skip
def test_what_people_write_is_read(text: str, read: str, shop: Instance) -> None:
    """Members need no quotes, and comparisons may be written as on paper."""
    assert statement_of(shop, text).expression == read


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "got an empty text"),
        ("make[C] >= 1", r"^'C' is no member of P; its members: A, B, p$"),
        ("make['C'] >= 1", r"^'C' is no member of P"),
        ("ship[Osl, 2] >= 1", r"^'Osl' is no member of CITIES; did you mean Oslo\?$"),
        ("ship[Oslo, 9] >= 1", r"^9 is no member of T; its members: 1, 2, 3$"),
        ("flow[A, A] >= 1", r"^\('A', 'A'\) is no member of ARCS"),
        ("make[A]", "expected a comparison"),
        ("make[A] > 1", "a strict bound has no optimum"),
        ("make[A, B] >= 1", r"takes 1 index\(es\), got 2"),
        ("mak[A] >= 1", "unknown name 'mak'; did you mean 'make'"),
        ("budget >= 1", "no variable stands in this constraint"),
        ("make B >= 1", "not an expression"),
        ("make[A] >= 1) + (2", r"'\)' closes no bracket"),
        ("__import__('os').system('true') >= total", "outside of the expression language"),
        ("make[A] >= " + "1 + " * 9000 + "1", "at most 20000 characters"),
    ],
)
def test_what_is_no_wish_is_refused_by_one_sentence(text: str, sentence: str, shop: Instance) -> None:
    """The sentence names what is wrong and, where it can, what was meant."""
    with pytest.raises(FormulationError, match=sentence) as caught:
        statement_of(shop, text)
    assert "\n" not in str(caught.value)


def test_units_are_checked(shop: Instance) -> None:
    """Tonnes are not compared with dollars."""
    with pytest.raises(UnitError, match="USD"):
        statement_of(shop, "make[A] <= budget")


def test_a_wish_takes_no_name_that_is_taken(instance: Build) -> None:
    """The name of an element, of whatever kind, is passed by."""
    made = instance({"asked": {}, "x": {}}, constraints={"asked_2": "x <= 3"})
    assert statement_of(made, "x >= 1").name == "asked_3"
    assert fresh_name(made.formulation, "mine") == "mine"
