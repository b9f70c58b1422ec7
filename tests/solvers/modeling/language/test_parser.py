"""The parser: what each construct becomes, what is refused and where, and that it means what Python means."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from agentopt.errors import ExpressionError, FormulationError
from agentopt.solvers.modeling.language.expression import (
    Binary,
    Call,
    Choice,
    Clause,
    Compare,
    Item,
    Logic,
    Name,
    Negate,
    Node,
    Number,
    Reduce,
    Text,
    Tuple,
    names_in,
)
from agentopt.solvers.modeling.language.parser import MAX_DEPTH, MAX_LENGTH, parse
from agentopt.solvers.modeling.pointwise.scalar import Evaluator

# Each construct becomes its node


@pytest.mark.parametrize(
    ("text", "node"),
    [
        ("3", Number(1, 3.0)),
        ("1e-3", Number(1, 0.001)),
        ("-4", Number(1, -4.0)),
        ("+x", Name(2, "x")),
        ("-x", Negate(1, Name(2, "x"))),
        ("'Oslo'", Text(1, "Oslo")),
        ("x[i]", Item(1, "x", (Name(3, "i"),))),
        ("x[i, 'a']", Item(1, "x", (Name(3, "i"), Text(6, "a")))),
        ("x[i][j]", Item(1, "x", (Name(3, "i"), Name(6, "j")))),
        ("x // 2", Binary(1, "//", Name(1, "x"), Number(6, 2.0))),
        ("a <= x < b", Compare(1, ("<=", "<"), (Name(1, "a"), Name(6, "x"), Name(10, "b")))),
        ("i not in S", Compare(1, ("not in",), (Name(1, "i"), Name(10, "S")))),
        ("not a == b", Logic(1, "not", (Compare(5, ("==",), (Name(5, "a"), Name(10, "b"))),))),
        ("a if i<j else b", Choice(1, Compare(6, ("<",), (Name(6, "i"), Name(8, "j"))), Name(1, "a"), Name(15, "b"))),
        ("max(a, b)", Call(1, "max", (Name(5, "a"), Name(8, "b")))),
        ("sum(x for i in S)", Reduce(1, "sum", Name(5, "x"), (Clause(11, ("i",), Name(16, "S"), ()),))),
        ("(i, j)", Tuple(1, (Name(2, "i"), Name(5, "j")))),
    ],
)  # fmt: skip
def test_construct_becomes_its_node(text: str, node: object) -> None:
    """Every form of the language has one node, which knows its column."""
    assert parse(text).body == node


@pytest.mark.parametrize(
    "text",
    [
        "x[i] >= 0 for i in S",
        "forall(x[i] >= 0 for i in S)",
        "all(x[i] >= 0 for i in S)",
        "[x[i] >= 0 for i in S]",
        "x[i] >= 0\n  for i in S",
    ],
)
def test_every_way_to_say_for_all_gives_the_clauses(text: str) -> None:
    """A trailing for, forall(...), all(...) and brackets mean the same."""
    statement = parse(text)
    assert isinstance(statement.body, Compare)
    assert [(c.targets, c.domain.name) for c in statement.clauses if isinstance(c.domain, Name)] == [(("i",), "S")]


def test_conditions_stay_with_their_loop() -> None:
    """Each `if` belongs to the `for` before it."""
    outer, inner = parse("x[i, j] for i in S if i != k for j in T if j > 1 if j < 9").clauses
    assert (len(outer.conditions), len(inner.conditions)) == (1, 2)


def test_a_sum_of_two_thousand_terms_is_a_shallow_tree() -> None:
    """Long sums, as models write them out, parse and stay evaluable."""
    text = " + ".join(f"{k} * x" for k in range(1000)) + "".join(f" - {k} * x" for k in range(1000))
    node, depth = parse(text).body, 0
    while isinstance(node, Binary):
        node, depth = node.left, depth + 1
    assert depth < 20


def test_a_sum_of_two_thousand_terms_has_its_value() -> None:
    """Balancing the tree of a sum does not change what it adds and takes away."""
    text = "0" + "".join(f" {'+-'[k % 3 == 0]} {k}" for k in range(2000))
    assert _value(text) == eval(text)


def test_text_of_the_greatest_length_is_read() -> None:
    """The limit on length is the last length that is accepted."""
    assert parse("x" * 10 + " " * (MAX_LENGTH - 10)).body == Name(1, "xxxxxxxxxx")


# Each refusal names the column


@pytest.mark.parametrize(
    ("text", "column", "what"),
    [
        ("x.real", 1, "an attribute (a dot) is outside"),
        ("2 + lambda: 3", 5, "not an expression"),
        ("2 + (lambda: 3)", 6, "a lambda is outside"),
        ("f'{x}'", 1, "a formatted string is outside"),
        ("{'a': 1}", 1, "a dictionary is outside"),
        ("x[1:2]", 3, "a slice is outside"),
        ("(y := 3)", 2, "an assignment is outside"),
        ("a ^ b", 1, "write ** for powers"),
        ("a | b", 1, "the operator | is outside"),
        ("a @ b", 1, "the operator @ is outside"),
        ("~a", 1, "the operator ~ is outside"),
        ("a is b", 1, "got `is`"),
        ("5 + True", 5, "got True"),
        ("None", 1, "got None"),
        ("3j", 1, "got 3j"),
        ("b'x'", 1, "got b'x'"),
        ("1 + 1e999", 5, "too large"),
        ("x[()]", 1, "an index inside the brackets"),
        ("(a + b)[i]", 1, "a name before the bracket"),
        ("open('x')", 1, "unknown function 'open'"),
        ("a.b(1)", 1, "methods and attributes are outside"),
        ("log(x, base=2)", 1, "plain arguments only"),
        ("max(*x)", 1, "plain arguments only"),
        ("sum(x)", 1, "sum() takes one `expression for"),
        ("abs(1, 2)", 1, "abs() takes 1 argument(s), got 2"),
        ("max(1)", 1, "max() takes 2 or more argument(s), got 1"),
        ("1 + [i for i in S]", 5, "a list in this place is outside"),
        ("1 + ()", 5, "empty brackets"),
        ("sum(x for i[0] in S)", 11, "an index name after `for`"),
        ("sum(x for i in S + T)", 16, "the name of a set, or range(...)"),
        ("sum(x for i in [1, 2])", 16, "the name of a set, or range(...)"),
        ("x +", 4, "not an expression"),
        ("a b", 1, "not an expression"),
        ("x) + (y", 2, "')' closes no bracket"),
        ("a +\nb.c", 5, "an attribute"),
        ("é + b.c", 5, "an attribute"),
        ("yield", 1, "yield"),
    ],
)
def test_refusal_says_what_and_where(text: str, column: int, what: str) -> None:
    """What is outside of the language is named, with its column counted in characters over all lines."""
    with pytest.raises(ExpressionError) as caught:
        parse(text)
    assert what.lower() in str(caught.value).lower()
    assert caught.value.column == column
    assert f"at column {column} " in str(caught.value)


@pytest.mark.parametrize("text", ["", "  \n "])
def test_empty_text_is_refused(text: str) -> None:
    """Nothing is no expression."""
    with pytest.raises(ExpressionError, match="got an empty text"):
        parse(text)


def test_text_beyond_the_limit_is_refused() -> None:
    """A text one character too long is not read at all."""
    with pytest.raises(ExpressionError, match=f"at most {MAX_LENGTH} characters, got {MAX_LENGTH + 1}"):
        parse("1" + " " * MAX_LENGTH)


@pytest.mark.parametrize(
    "text",
    [
        "(" * 150 + "x" + ")" * 150,
        "-" * (MAX_DEPTH + 5) + "x",
        "abs(" * (MAX_DEPTH + 5) + "x" + ")" * (MAX_DEPTH + 5),
        " ** ".join(["x"] * (MAX_DEPTH + 5)),
        "*".join(["x"] * (MAX_DEPTH + 5)),
        "-" * 9000 + "x",
        "x" + "[i" * 5000 + "]" * 5000,
        "(" * 9000 + ")" * 9000,
        "not " * 4000 + "x",
    ],
    ids=["brackets", "minus", "calls", "powers", "products", "thousands of minus", "indices", "empty", "not"],
)
def test_deep_nesting_ends_in_one_error(text: str) -> None:
    """However deep a text is nested, reading it ends in a tree within the limit or in an ExpressionError."""
    body = _parsed(text)
    assert "\n" not in str(body) if isinstance(body, ExpressionError) else names_in(body) == {"x"}


def _parsed(text: str) -> Node | ExpressionError:
    """The tree of a text, or what is wrong with it; any other error is the test's failure."""
    try:
        return parse(text).body
    except ExpressionError as error:
        return error


def test_a_wide_text_is_quoted_in_part() -> None:
    """The message shows the surroundings of the trouble, not thousands of characters."""
    with pytest.raises(ExpressionError) as caught:
        parse(" + ".join(["alpha"] * 1000) + " + x.y + " + " + ".join(["omega"] * 1000))
    assert len(str(caught.value)) < 200
    assert "x.y" in str(caught.value)


_TOKENS = (
    "x y[i] sum( prod( min( max( for in if else and or not ( ) [ ] , + - * / // % ** <= >= == != < > 1 2.5 'a' \" '"
    " i j S T range( forall( all( len( prev( lambda : . := { } @ \\ # \n \t é \0 is await yield * ** f' 1e999 ..."
    " 0x1F 1_000 007 b'' _ import ; = $ ? ! ´"
)
_WORDS = st.sampled_from(_TOKENS.split(" "))


@given(st.text(max_size=60) | st.lists(_WORDS, max_size=25).map(" ".join) | st.lists(_WORDS, max_size=25).map("".join))
@example("'")
@example("\\")
@example("x # (")
@example('"""')
@example("\ud800")
@example("0" * 5000)
@example("9" * 5000)
def test_any_text_is_parsed_or_refused(text: str) -> None:
    """Whatever a model writes gives a statement or an ExpressionError of one line."""
    found = _parsed(text)
    assert not isinstance(found, ExpressionError) or ("\n" not in str(found) and found.column >= 1)


_PARAMETERS: dict[str, Any] = {"a": 3.0, "b": -2.0, "c": 0.5, "w": {1: 2.0, 2: -1.0, 3: 4.0}}
_SETS = {"S": [1, 2, 3], "E": []}


def _value(text: str) -> Any:
    """The value by our parser and the plain evaluator."""
    parameters = {
        name: {(key,): v for key, v in value.items()} if isinstance(value, dict) else {(): value}
        for name, value in _PARAMETERS.items()
    }
    sets = {name: [(member,) for member in members] for name, members in _SETS.items()}
    return Evaluator(sets, parameters, {}).value(parse(text), "objective")


def _by_python(text: str) -> Any:
    """The value by Python's own reading of the same text; None where there is no real and finite one."""
    names = {**_PARAMETERS, **_SETS, "prod": math.prod, **{f: getattr(math, f) for f in ("floor", "ceil", "sqrt")}}
    try:
        value = eval(text, {"__builtins__": {"sum": sum, "min": min, "max": max, "abs": abs, "range": range}, **names})
        return float(value) if math.isfinite(value) else None
    except (ZeroDivisionError, OverflowError, ValueError, TypeError):
        return None


_NUMBERS = "0 1 2 3 7 0.25 a b c w[1] w[2] w[1+1] -a -2 2**3 -c**2 a**-1 i k"
_LEAVES = st.sampled_from(_NUMBERS.split())


def _extended(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Texts made of texts, without the brackets that would make precedence plain."""
    two = st.tuples(inner, inner)
    conditions = st.builds(
        "{} {} {}{}".format, inner, st.sampled_from(["<=", "<", "==", "!=", ">"]), inner, st.sampled_from(["", " <= 3"])
    )
    return st.one_of(
        st.builds("{0[0]} {1} {0[1]}".format, two, st.sampled_from(["+", "-", "-", "*", "/", "//", "%"])),
        st.builds("({})".format, inner),
        st.builds("-{}".format, inner),
        st.builds("{0}({1[0]}, {1[1]})".format, st.sampled_from(["min", "max"]), two),
        st.builds("abs({})".format, inner),
        st.builds("({0[0]} if {1} else {0[1]})".format, two, conditions),
        st.builds("({0[0]} if not {1} or {2} and {1} else {0[1]})".format, two, conditions, conditions),
        st.builds("{0}({1} for k in S if {2})".format, st.sampled_from(["sum", "prod", "max"]), inner, conditions),
        st.builds("sum({0} for i in S for k in range(i, 4) if k not in (2, 5))".format, inner),
    )


_EXPRESSIONS = st.recursive(_LEAVES, _extended, max_leaves=8).map(
    lambda text: f"sum({text} for i in S if i == 2 for k in range(3, 4))"
)


@given(_EXPRESSIONS)
@example("sum(-2 ** 2 - 3 - 4 + 5 * 2 / 4 // 1 % 3 for i in S for k in S)")
@example("sum(2 ** 3 ** 2 - -a for i in S for k in S)")
@example("sum(max(k for k in E) for i in S)")
def test_a_text_means_what_python_reads_in_it(text: str) -> None:
    """Precedence, chains, choices, loops: the value is that of Python's eval, and none where that has none."""
    # Names i and k may be bound again inside: Python allows it, and so does the evaluator.
    expected = _by_python(text)
    try:
        value = _value(text)
    except FormulationError:
        assert expected is None
    else:
        assert value == pytest.approx(expected, rel=1e-9, abs=1e-9)
