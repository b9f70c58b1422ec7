"""Domains take exactly their own values, read JSON back as them, and say in a sentence what is wrong with others."""

from __future__ import annotations

import copy
import json
import math
import pickle
from collections.abc import Callable
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentopt.errors import DomainError, InputError
from agentopt.graph.code.code import Code
from agentopt.graph.domains.choice import Choice
from agentopt.graph.domains.data import Data
from agentopt.graph.domains.domain import Domain, brief, same
from agentopt.graph.domains.exemplars import Exemplars
from agentopt.graph.domains.number import Integer, Real
from agentopt.graph.domains.text import Text

DOMAINS: list[tuple[Domain[Any], str, Any]] = [
    (Text(("topic",), 40), "text", "about {topic}"),
    (Code.from_source("def f(x): return x"), "code", "def f(x): return 2 * x\n"),
    (Real(0, 1), "number", 0.1),
    (Integer(1, 10), "integer", 3),
    (Choice((1, True, "a", None, 0.5)), "choice", True),
    (Exemplars(["a", "b", "c"], 2), "exemplars", (2, 0)),
    (Data(dict[str, list[int]]), "data", {"a": [1, 2]}),
]
VALUES = [
    "", "3", "a", 0, 1, 3, 11, 0.0, 1.0, 3.0, 3.5, True, False, None, math.nan, math.inf, -math.inf, [], [1], (),
    (0, 1), (True, 0), [2, 0], {}, {"a": [1]}, {"a": [True]}, {"a": (1,)}, {1}, b"x", len, 1 << 20_000,
    10**400, "\ud800",
]  # fmt: skip


@pytest.mark.parametrize(("domain", "kind", "value"), DOMAINS)
def test_a_domain_is_whole(domain: Domain[Any], kind: str, value: Any) -> None:
    """Each domain is a Domain, names its kind, is described in one line, and shows its values as text."""
    assert isinstance(domain, Domain)
    assert (domain.kind, "\n" in domain.describe(), type(domain.show(value))) == (kind, False, str)


@pytest.mark.parametrize(("domain", "kind", "value"), DOMAINS)
def test_json_comes_back_as_the_value(domain: Domain[Any], kind: str, value: Any) -> None:
    """A value written as JSON and read back is the same value, type included."""
    assert same(domain.parse(json.loads(json.dumps(value))), value)


@pytest.mark.parametrize(("domain", "kind", "value"), DOMAINS)
def test_a_domain_can_be_copied(domain: Domain[Any], kind: str, value: Any) -> None:
    """Copies and pickles of a domain are equal to it and work."""
    for copied in (copy.deepcopy(domain), pickle.loads(pickle.dumps(domain))):
        copied.check(value)
        assert copied == domain


@pytest.mark.parametrize("domain", [domain for domain, _, _ in DOMAINS])
@pytest.mark.parametrize("raw", VALUES, ids=brief)
def test_what_is_read_is_in_the_domain(domain: Domain[Any], raw: Any) -> None:
    """Whatever a reply holds, reading gives a value that the domain takes, or one short sentence."""
    said = ""
    try:
        domain.check(domain.parse(raw))
    except DomainError as error:
        said = str(error)
    assert len(said) < 400
    assert "\n" not in said


@given(st.floats() | st.integers() | st.booleans() | st.text())
def test_numbers_are_read_by_value_and_kept_by_type(raw: Any) -> None:
    """A number from JSON becomes the float or int of the same value; booleans and texts never do."""
    number = type(raw) in (int, float) and math.isfinite(raw)
    assert _parsed(Real(), raw) == ((float, float(raw)) if number else None)
    assert _parsed(Integer(), raw) == ((int, int(raw)) if number and raw == int(raw) else None)


def _parsed(domain: Domain[Any], raw: Any) -> tuple[type, Any] | None:
    try:
        value = domain.parse(raw)
    except DomainError:
        return None
    return type(value), value


@pytest.mark.parametrize(
    ("domain", "value", "said"),
    [
        (Real(0, 1), 1, r"a number from 0 to 1, as a float \(write 1.0\), got 1 \(int\)"),
        (Real(0, 1), 1.5, "expected a number from 0 to 1, got 1.5"),
        (Real(), math.nan, "expected a number, got nan"),
        (Real(1, None, True), True, "of at least 1 on a logarithmic scale"),
        (Integer(1, 10), 11, "expected a whole number from 1 to 10, got 11"),
        (Integer(None, 3), 3.0, r"a whole number of at most 3, got 3.0 \(float\)"),
        (Integer(), 1 << 9000, "at most 8192 bits"),
        (Choice((1, 2)), True, "expected one of 1, 2, got True"),
        (Choice((1, 2)), 1.0, r"got 1.0 \(float\)"),
        (Choice(("only",)), "x", 'always "only"'),
        (Text(), 3, r"expected a text, got 3 \(int\)"),
        (Text(max_chars=3), "four", "at most 3 characters, got 4"),
        (Text(pattern="a+"), "aab", "matches 'a\\+' as a whole"),
        (Text(), "\ud800", "UTF-8"),
        (Exemplars(["a", "b", "c"], 2), (0,), "expected 2 places, got 1"),
        (Exemplars(["a", "b", "c"], 2), (0, 0), "2 different places"),
        (Exemplars(["a", "b", "c"], 2), (0, 3), r"from 0 to 2 in \(0, 3\), got 3"),
        (Exemplars(["a", "b", "c"], 2), (0, True), "got True"),
        (Exemplars(["a", "b", "c"], 2), [0, 1], "as a tuple, got"),
        (Data(list[int]), [1, "2"], r"a value of the type list\[int\].*\[1\]: input should be a valid integer"),
        (Data(list[float]), [1], "by exact types"),
        (Data(list[float]), [math.inf], "that JSON can say"),
        (Data(tuple[int, str]), [1, "a"], "valid tuple"),
    ],
)
def test_a_refusal_says_what_was_expected_and_what_came(domain: Domain[Any], value: object, said: str) -> None:
    """The sentence names the domain and the value with its type."""
    with pytest.raises(DomainError, match=said):
        domain.check(value)


def test_long_values_are_cut_in_a_refusal() -> None:
    """A refusal stays short whatever came."""
    with pytest.raises(DomainError) as caught:
        Integer().check("x" * 100_000)
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize(
    "make",
    [
        lambda: Real(1, 1),
        lambda: Real(math.nan),
        lambda: Real(0, 1, log=True),
        lambda: Real(None, 1, log=True),
        lambda: Real("0"),
        lambda: Real(10**400),
        lambda: Real(log=1),
        lambda: Integer(2, 1),
        lambda: Integer(True),
        lambda: Integer(0.0),
        lambda: Choice(()),
        lambda: Choice("ab"),
        lambda: Choice((1, 1)),
        lambda: Choice((object(),)),
        lambda: Choice((math.nan,)),
        lambda: Exemplars((), 1),
        lambda: Exemplars("abc", 1),
        lambda: Exemplars(("a",), 2),
        lambda: Exemplars(("a",), True),
        lambda: Text("topic"),
        lambda: Text(("a b",)),
        lambda: Text(max_chars=0),
        lambda: Text(pattern="("),
        lambda: Text(pattern=3),
        lambda: Data(object()),
        lambda: Data("Nowhere"),
        lambda: Data(type("Odd", (), {})),
    ],
)
def test_a_domain_that_makes_no_sense_is_refused(make: Callable[[], object]) -> None:
    """Bad arguments are an InputError when the domain is made."""
    with pytest.raises(InputError):
        make()


def test_a_choice_gives_the_very_option() -> None:
    """What a reply names is the option itself, an array for a tuple included."""
    options = ((1, 2), {"a": (3,)}, 1, True)
    domain = Choice(options)
    assert [domain.parse(raw) for raw in ([1, 2], {"a": [3]}, 1, True)] == list(options)
    assert domain.parse([1, 2]) is options[0]


@pytest.mark.parametrize(
    ("domain", "schema"),
    [
        (Text(), str), (Real(), float), (Integer(), int), (Choice(("a", 1)), Literal["a", 1]),
        (Choice((0.5, 1)), int | float), (Exemplars(["ab"], 1), list[int]), (Data(list[int]), list[int]),
    ],
)  # fmt: skip
def test_a_schema_is_what_a_reply_gives(domain: Domain[Any], schema: Any) -> None:
    """Each domain names the annotation of a whole value."""
    assert domain.schema() == schema


def test_exemplars_are_shown_with_what_they_are() -> None:
    """A model sees places and the exemplars that stand there."""
    assert Exemplars(["red", "green"], 2).show((1, 0)) == "[1, 0]\n1: green\n0: red"


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.sets(st.integers()),
        max_leaves=9,
    )
)
def test_same_is_equality_of_text(value: object) -> None:
    """A value is the same as its copy, and not as one of another type."""
    assert same(value, copy.deepcopy(value))
    assert not same(value, [value])


@pytest.mark.parametrize(("one", "other"), [(1, True), (1, 1.0), ([1], (1,)), ({1}, {True}), ({"a": 1}, {"a": 1.0})])
def test_equal_is_not_the_same(one: object, other: object) -> None:
    """Values that are equal but of different types are different."""
    assert not same(one, other)
