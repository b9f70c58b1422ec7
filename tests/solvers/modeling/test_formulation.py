"""The five elements as data: what is accepted, what is refused, and in which words."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from agentopt.solvers.modeling.formulation import Formulation, Parameter, SetElement, Variable

DONE: dict[str, Any] = {"sense": "minimize", "expression": "x"}


def refusal(kind: type, raw: dict[str, Any]) -> str:
    """The message for what a record refuses; only a ValidationError counts."""
    with pytest.raises(ValidationError) as caught:
        kind.model_validate(raw)
    return str(caught.value.errors()[0]["msg"])


@pytest.mark.parametrize("name", ["x", "x_1", "_", "ACHSE", "sum_", "match", "lowered"])
def test_identifiers_are_names(name: str) -> None:
    """Letters, digits and underscores make a name."""
    assert Variable(name=name).name == name


@pytest.mark.parametrize("name", ["", "1x", "a b", "a-b", "a.b", "größe", "__class__", "x\n", "x[i]"])
def test_what_is_no_identifier_is_no_name(name: str) -> None:
    """A name that an expression could not say is refused."""
    assert "expected a name of letters a-z, digits and underscores" in refusal(Variable, {"name": name})


@pytest.mark.parametrize("name", ["sum", "max", "prev", "for", "in", "True", "None", "forall", "range", "lambda"])
def test_words_of_the_language_are_no_names(name: str) -> None:
    """A name that means something else in an expression is refused."""
    assert f"{name!r} is a word of the expression language" in refusal(Variable, {"name": name})


@pytest.mark.parametrize(
    ("first", "second"),
    [("sets", "sets"), ("sets", "parameters"), ("parameters", "variables"), ("sets", "constraints")],
)
def test_a_name_stands_once(first: str, second: str) -> None:
    """Two elements of one name are refused, whatever their kinds."""
    fields: dict[str, dict[str, Any]] = {
        "sets": {"name": "twin", "elements": [1]},
        "parameters": {"name": "twin", "value": 1},
        "variables": {"name": "twin"},
        "constraints": {"name": "twin", "expression": "x >= 1"},
    }
    raw: dict[str, Any] = {"variables": [{"name": "x"}], "objective": DONE}
    for group in (first, second):
        raw[group] = [*raw.get(group, []), fields[group]]
    assert f"the name 'twin' stands twice: as {first[:-1]} and as {second[:-1]}" in refusal(Formulation, raw)


def test_something_must_be_decided() -> None:
    """A formulation without a variable is refused."""
    assert "there is nothing to decide" in refusal(Formulation, {"variables": [], "objective": DONE})


@pytest.mark.parametrize(
    ("kind", "raw", "got"),
    [
        (SetElement, {}, "none"),
        (SetElement, {"elements": [1], "expression": "range(3)"}, "elements, expression"),
        (Parameter, {}, "none"),
        (Parameter, {"value": 1, "rows": [[1]]}, "value, rows"),
        (Parameter, {"value": {"a": 1}, "expression": "2"}, "rows, expression"),
    ],
)
def test_values_have_one_origin(kind: type, raw: dict[str, Any], got: str) -> None:
    """Sets and parameters say in exactly one way what they hold."""
    message = refusal(kind, {"name": "p", **raw})
    assert "expected exactly one of" in message
    assert message.endswith(f"got {got}")


@pytest.mark.parametrize(
    ("mapping", "rows"),
    [
        ({"a": 3, "b": 5}, [["a", 3], ["b", 5]]),
        ({"a": {1: 3.5, 2: 4}, "b": {1: 0}}, [["a", 1, 3.5], ["a", 2, 4], ["b", 1, 0]]),
        ({}, []),
    ],
)
def test_a_mapping_of_values_becomes_rows(mapping: dict[Any, Any], rows: list[list[Any]]) -> None:
    """{key: value}, nested for several positions, is read as sparse rows."""
    assert Parameter.model_validate({"name": "p", "value": mapping}).rows == rows


@pytest.mark.parametrize(
    "value",
    ["x", [1, [2, "3"]], [True], float("nan"), [float("inf")], 10**400, [-(10**400)], [10**5000]],
    ids=["text", "nested", "truth", "nan", "inf", "huge", "negative", "unprintable"],
)
def test_values_are_finite_numbers(value: Any) -> None:
    """Text, truth values, NaN, infinities and numbers beyond a float are no values."""
    assert "number" in refusal(Parameter, {"name": "p", "value": value})


@pytest.mark.parametrize("field", ["lower", "upper"])
@pytest.mark.parametrize("bound", [float("nan"), float("inf"), [1], {"a": 1}])
def test_bounds_are_finite_numbers_texts_or_nothing(field: str, bound: Any) -> None:
    """An infinite bound is said by null."""
    refusal(Variable, {"name": "x", field: bound})


def test_unknown_fields_are_refused() -> None:
    """A field that means nothing is an error, not ignored."""
    assert refusal(Variable, {"name": "x", "bounds": [0, 1]}) == "Extra inputs are not permitted"


def test_a_variable_is_not_negative_unless_said_otherwise() -> None:
    """The default lower bound is 0, and none above."""
    assert (Variable(name="x").lower, Variable(name="x").upper) == (0.0, None)


def test_members_keep_their_type() -> None:
    """The text '1' and the number 1 are different members."""
    assert SetElement.model_validate({"name": "S", "elements": ["1", 1, ["a", 2]]}).elements == ["1", 1, ["a", 2]]


@pytest.mark.parametrize("member", [1.5, True, None, ["a", 1.5]])
def test_members_are_text_or_whole_numbers(member: Any) -> None:
    """Nothing else can be an index."""
    refusal(SetElement, {"name": "S", "elements": [member]})


def test_elements_come_in_the_order_of_the_five() -> None:
    """All named elements are listed with their kinds."""
    raw = {
        "constraints": [{"name": "c", "expression": "x >= p"}],
        "variables": [{"name": "x"}],
        "objective": DONE,
        "parameters": [{"name": "p", "value": 1}],
        "sets": [{"name": "S", "elements": [1]}],
    }
    listed = [(kind, element.name) for kind, element in Formulation.model_validate(raw).elements()]
    assert listed == [("set", "S"), ("parameter", "p"), ("variable", "x"), ("constraint", "c")]


def test_the_schema_shown_to_models_has_no_loop() -> None:
    """Providers refuse recursive schemas, so the dense values are described to a fixed depth."""
    assert "$ref" not in str(Parameter.model_json_schema()["properties"]["value"])
