"""Units: how they are read and multiplied, and where a clash is found or passed over."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentopt.solvers.modeling.formulation import Formulation
from agentopt.solvers.modeling.language.analysis import analyze
from agentopt.solvers.modeling.language.units import Unit, check_units, parse_unit

WORDS = ["kg", "hours", "USD", "km", "chairs", "boxes", "kWh", "m", "man", "buses", "glasses"]
EXPONENTS = st.fractions(min_value=-4, max_value=4, max_denominator=6)


@st.composite
def units(draw: st.DrawFn) -> Unit:
    """A product of powers of a few words."""
    unit = Unit()
    for word, exponent in draw(st.dictionaries(st.sampled_from(WORDS), EXPONENTS, max_size=4)).items():
        factor = parse_unit(word)
        assert factor is not None
        unit = unit * factor**exponent
    return unit


@given(units(), units(), units())
def test_multiplication_is_associative_and_commutative(a: Unit, b: Unit, c: Unit) -> None:
    """The order in which units are multiplied does not matter."""
    assert (a * b) * c == (c * b) * a


@given(units(), units())
def test_division_undoes_multiplication(a: Unit, b: Unit) -> None:
    """A unit multiplied and divided by another is itself."""
    assert a * b / b == a


@given(units(), EXPONENTS.filter(bool), EXPONENTS.filter(bool))
def test_powers_multiply(a: Unit, p: Fraction, q: Fraction) -> None:
    """A power of a power has the product of the exponents."""
    assert (a**p) ** q == a ** (p * q)


@given(units())
def test_unit_that_is_shown_is_read_back(unit: Unit) -> None:
    """What a message shows of a unit means that unit."""
    assert parse_unit(str(unit)) == unit


@given(st.text(max_size=120))
def test_any_text_is_a_unit_or_unknown(text: str) -> None:
    """No text makes the reader fail, and what it reads can be shown and read again."""
    unit = parse_unit(text)
    assert unit is None or len(str(unit)) > 100 or parse_unit(str(unit)) == unit


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("USD/kg", "dollars per kilogram"),
        ("$ / KG", "usd kg^-1"),
        ("kg*h", "hours kg"),
        ("m^2", "sq m"),
        ("m2", "m²"),
        ("m^3", "cubic meters"),
        ("kWh", "kW * h"),
        ("man-hours", "man*h"),
        ("h-1", "1/h"),
        ("USD/(kg*day)", "USD/kg/day"),
        ("USD/unit", "$"),
        ("%", "share"),
        ("minutes", "min"),
        ("boxes", "box"),
        ("companies", "company"),
    ],
)
def test_spellings_of_one_unit_are_equal(one: str, other: str) -> None:
    """Case, plurals, symbols, "per" and products written side by side do not matter."""
    assert parse_unit(one) == parse_unit(other)


@pytest.mark.parametrize("text", ["", "  ", "kg, h", "(kg", "kg^", "/", "kg//h", "m^(1/0)", "x" * 500])
def test_what_cannot_be_read_is_unknown(text: str) -> None:
    """A text that is no unit is unknown, not an error."""
    assert parse_unit(text) is None


def clashes(
    expression: str, units: dict[str, str], objective_unit: str = "", index: dict[str, list[str]] | None = None
) -> list[str]:
    """Messages for one constraint; names in capitals are parameters, others variables, with their units."""
    indexed = index or {}
    raw = {
        "sets": [{"name": "S", "elements": ["a", "b", 1]}],
        "parameters": [
            {"name": n, "unit": u, "value": 1, "index": indexed.get(n, [])} for n, u in units.items() if n.isupper()
        ],
        "variables": [{"name": n, "unit": u, "index": indexed.get(n, [])} for n, u in units.items() if not n.isupper()],
        "objective": {"sense": "minimize", "expression": next(n for n in units if n.islower() and n not in indexed)},
        "constraints": [{"name": "time", "expression": expression}],
    }
    raw["objective"]["unit"] = objective_unit  # type: ignore[index,call-overload]
    return [clash.message for clash in check_units(analyze(Formulation.model_validate(raw)))]


def test_clash_names_element_sides_and_remedy() -> None:
    """The message says where, what both sides are, and what to do."""
    assert clashes("hours_used <= LIMIT", {"hours_used": "h", "LIMIT": "min"}) == [
        "constraint time: hours_used is h but LIMIT is min;"
        " give one of them the other's unit or multiply by a parameter in min/h"
    ]


@pytest.mark.parametrize(
    "expression",
    [
        "x + y <= 5",
        "x <= y",
        "x <= RATE * y * y",
        "min(x, y) <= 5",
        "(x if N > 1 else y) <= 5",
        "log(x) <= 2",
        "x ** 2 <= x",
        "sqrt(x) <= x",
        "-x <= y",
        "5 <= x + 1 + y",
        "abs(x) <= y",
    ],
)
def test_different_measures_clash(expression: str) -> None:
    """Sums, comparisons, choices and functions of h, USD and their powers are found."""
    assert len(clashes(expression, {"x": "h", "y": "USD", "RATE": "h/USD", "N": ""})) == 1


@pytest.mark.parametrize(
    "expression",
    [
        "x <= RATE * y",
        "x / RATE <= y",
        "x + u <= 5",
        "u <= y",
        "5 * x <= y",
        "x / 60 <= y",
        "x * N <= y",
        "x ** 2 <= x * RATE * y",
        "sqrt(x * x) <= RATE * y",
        "-1 * x <= RATE * y",
        "(1 - SHARE) * x <= RATE * y",
        "x <= 24",
        "log(x / (RATE * y)) <= 2",
        "chairs + tables <= 10",
        "PER_CHAIR * tables <= x",
    ],
)
def test_what_fits_or_may_fit_is_no_clash(expression: str) -> None:
    """Equal units, unknown units, bare factors and nouns for things raise no alarm."""
    known = {"x": "h", "y": "USD", "u": "", "RATE": "h/USD", "N": "", "SHARE": "%"}
    assert clashes(expression, {**known, "chairs": "chairs", "tables": "tables", "PER_CHAIR": "h/chair"}) == []


def test_objective_is_compared_with_its_stated_unit() -> None:
    """An objective in h whose unit is stated as USD is a clash of the objective."""
    (message,) = clashes("x >= 1", {"x": "h"}, objective_unit="USD")
    assert message.startswith("objective: its unit is USD but x is h")


def test_conditions_are_compared_too() -> None:
    """A condition that compares h with USD is found inside of a sum."""
    units = {"x": "h", "y": "h", "COST": "USD", "TIME": "h"}
    index = {"x": ["S"], "COST": ["S"], "TIME": ["S"]}
    expression = "sum(x[i] for i in S if COST[i] <= TIME[i]) <= 5"
    assert len(clashes(expression, units, index=index)) == 1


def test_number_of_an_index_carries_no_unit() -> None:
    """An index used as a number fits any unit, for it may count months or steps."""
    assert clashes("x >= sum(i * RATE for i in range(3))", {"x": "h", "RATE": "h/day"}) == []


def test_bounds_and_computed_parameters_are_checked() -> None:
    """A bound and a computed parameter must have the unit of their element."""
    raw = {
        "parameters": [
            {"name": "a", "unit": "kg", "value": 1},
            {"name": "b", "unit": "kg", "expression": "a * a"},
        ],
        "variables": [{"name": "x", "unit": "h", "upper": "a"}],
        "objective": {"sense": "minimize", "expression": "x"},
    }
    found = check_units(analyze(Formulation.model_validate(raw)))
    assert [clash.element for clash in found] == ["parameter b", "variable x, upper bound"]
