"""Changes in the few forms that need no model."""

from __future__ import annotations

from typing import Any

import pytest

from agentopt.errors import FormulationError
from agentopt.solvers.modeling.edits.phrase import read_phrase
from agentopt.solvers.modeling.formulation import Formulation
from agentopt.solvers.modeling.instance import Instance
from agentopt.solvers.modeling.solving import prepare

RAW: dict[str, Any] = {
    "sets": [{"name": "PLANTS", "elements": ["Oslo", "New York"]}, {"name": "T", "expression": "range(1, 4)"}],
    "parameters": [
        {"name": "capacity", "index": ["PLANTS"], "value": [40, 50]},
        {"name": "price", "value": 2},
        {"name": "oven_hours", "index": ["PLANTS", "T"], "value": 8},
        {"name": "double", "expression": "2 * price"},
        {"name": "make_time", "index": ["PLANTS"], "value": 1},
    ],
    "variables": [{"name": "make", "index": ["PLANTS"]}, {"name": "x"}],
    "objective": {"sense": "maximize", "expression": "price * sum(make[p] for p in PLANTS) + 0 * x"},
    "constraints": [{"name": "room", "expression": "make[p] <= capacity[p] for p in PLANTS"}],
}


@pytest.fixture(scope="module")
def plants() -> Instance:
    return prepare(Formulation.model_validate(RAW))


@pytest.mark.parametrize(
    ("text", "by", "amount", "key"),
    [
        ("price = 3", "set", 3, None),
        ("price = 1,250.5", "set", 1250.5, None),
        ("set price to 3", "set", 3, None),
        ("price *= 1.1", "scale", 1.1, None),
        ("price /= 4", "scale", 0.25, None),
        ("price += 2", "add", 2, None),
        ("price -= 2", "add", -2, None),
        ("price up 10 %", "scale", 1.1, None),
        ("Price up 10%?", "scale", 1.1, None),
        ("price down by 25 percent", "scale", 0.75, None),
        ("price + 10 %", "scale", 1.1, None),
        ("price up 3", "add", 3, None),
        ("capacity[Oslo] = 120", "set", 120, ["Oslo"]),
        ("capacity[oslo] = 120", "set", 120, ["Oslo"]),
        ("capacity['New York'] up 5%", "scale", 1.05, ["New York"]),
        ("oven_hours[*, 2] = 4", "set", 4, [None, 2]),
        ("hours down 1", "add", -1, None),
    ],
)
def test_a_change_of_data(plants: Instance, text: str, by: str, amount: float, key: list[Any] | None) -> None:
    """Signs, words, percent, keys in any case, and a star for every member."""
    (edit,) = read_phrase(text, plants)
    found = edit.model_dump()
    assert (found["op"], found["by"], found["amount"], found["key"]) == ("change_data", by, pytest.approx(amount), key)


@pytest.mark.parametrize(
    ("text", "op"),
    [
        ("drop room", "drop"),
        ("without the room", "drop"),
        ("remove Oslo from PLANTS", "remove_member"),
        ("close new york in PLANTS", "remove_member"),
        ("make integer", "set_domain"),
        ("make is whole", "set_domain"),
        ("minimize sum(make[p] for p in PLANTS)", "set_objective"),
        ("make[Oslo] >= 5", "put_constraint"),
        ("x = 3", "put_constraint"),
    ],
)
def test_a_change_of_the_model(plants: Instance, text: str, op: str) -> None:
    """What is dropped, bounded, whole or optimized."""
    assert [edit.op for edit in read_phrase(text, plants)] == [op]


def test_several_changes_stand_apart_by_semicolons(plants: Instance) -> None:
    """All of them are read, or none."""
    assert len(read_phrase("price = 3; capacity up 10 %", plants)) == 2
    assert read_phrase("price = 3; and something else", plants) == []


@pytest.mark.parametrize(
    "text",
    [
        "", "what if prices rise?", "price", "price = cheap", "price = 10 %", "double = 4", "add a third plant",
        "make up", "drop everything", "maximize price", "price = e5", "price = 1e999", "price up 1e400 %",
        "Why is nothing made in Oslo?", "nothing = 3", "price up", "room <= 3",
    ],
)  # fmt: skip
def test_what_is_in_no_form_is_left_to_a_model(plants: Instance, text: str) -> None:
    """Nothing is guessed."""
    assert read_phrase(text, plants) == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("capacity[Rome] = 3", "'Rome' is no member of PLANTS"),
        ("capacity[Oslo, 3] = 3", "takes 1 key"),
        ("remove Rome from PLANTS", "'Rome' is no member of PLANTS"),
    ],
)
def test_a_key_that_is_none_is_told(plants: Instance, text: str, message: str) -> None:
    """The form is clear, so no model could know better."""
    with pytest.raises(FormulationError, match=message):
        read_phrase(text, plants)


def test_a_figure_of_a_variable_is_required_and_sets_no_parameter(plants: Instance) -> None:
    """`make` is a variable, and make_time has nothing to do with it."""
    (edit,) = read_phrase("make[Oslo] = 5", plants)
    assert edit.model_dump()["element"]["expression"] == "make['Oslo'] == 5"
