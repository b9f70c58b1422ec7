"""The library's way in: what counts as a problem, where its data come from, and what is refused at the door."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from agentopt.errors import ConfigError, DataError, FileError, InputError, UnitError
from agentopt.solvers.modeling import ModelingBackend
from agentopt.solvers.modeling.formulation import Formulation
from agentopt.solvers.modeling.solving import prepare, solve, solve_formulation
from agentopt.testing import ScriptedModel

Make = Callable[..., Formulation]

FILE = """
sets:
  - {name: S, data: {table: goods, keys: [good]}}
parameters:
  - {name: price, index: [S], data: {table: goods, keys: [good], column: price}}
variables:
  - {name: x, index: [S], upper: 2}
objective: {sense: maximize, expression: 'sum(price[s] * x[s] for s in S)'}
"""
GOODS = "good,price\nsalt,3\nflour,4\n"
REPLY = json.dumps(
    {
        "reasoning": "r",
        "no_problem": "",
        "formulation": {
            "variables": [{"name": "x", "upper": 4}],
            "objective": {"sense": "maximize", "expression": "x"},
        },
    }
)


def test_a_formulation_is_solved_without_a_model(formulation: Make) -> None:
    """Five elements need no one to be asked, so nothing is said of usage."""
    found = solve(formulation({"x": {"upper": 4}}, maximize="x"))
    assert (found.incumbent_objective, found.usage) == (4, None)


def test_a_file_takes_its_tables_from_beside_it(tmp_path: Path) -> None:
    """A path of five elements is read together with the tables that it names."""
    (tmp_path / "goods.csv").write_text(GOODS)
    (tmp_path / "problem.yaml").write_text(FILE)
    assert solve(tmp_path / "problem.yaml").incumbent_objective == 14


def test_given_data_are_used_for_a_formulation(tmp_path: Path) -> None:
    """Tables may lie anywhere when they are named."""
    from agentopt.solvers.modeling import load_formulation

    (tmp_path / "goods.csv").write_text(GOODS)
    assert solve(load_formulation(FILE), [tmp_path / "goods.csv"]).incumbent_objective == 14


def test_a_file_in_words_is_put_to_the_model(tmp_path: Path) -> None:
    """What is no formulation is prose, and reaches the model as it was written."""
    model = ScriptedModel([REPLY])
    (tmp_path / "problem.txt").write_text("As much as you can, at most 4.")
    assert solve(tmp_path / "problem.txt", model=model).incumbent_objective == 4
    assert "As much as you can, at most 4." in model.requests[0].messages[-1].text


def test_a_text_that_names_a_file_is_a_text(tmp_path: Path) -> None:
    """Only a Path is opened, so a problem in words can never make a file be read."""
    (tmp_path / "problem.yaml").write_text(FILE)
    model = ScriptedModel([REPLY])
    solve(str(tmp_path / "problem.yaml"), model=model)
    assert str(tmp_path / "problem.yaml") in model.requests[0].messages[-1].text


def test_words_without_a_model_say_what_to_configure() -> None:
    """No model is one sentence on how to get one."""
    with pytest.raises(ConfigError):
        solve("Make as much as you can.", model="nobody/nothing")


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"", "is empty"),
        (b" \n \t\n", "is empty"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "is binary"),
        (b"Make \xff\xfe chairs", "is no UTF-8 text"),
        ("Chairs".encode("utf-16"), "UTF-16"),
    ],
)
def test_a_file_that_is_no_text_is_refused(content: bytes, what: str, tmp_path: Path) -> None:
    """Empty and binary files are one sentence, and no model is asked."""
    (tmp_path / "problem").write_bytes(content)
    model = ScriptedModel([])
    with pytest.raises(FileError, match=what) as caught:
        solve(tmp_path / "problem", model=model)
    assert "\n" not in str(caught.value)
    assert model.requests == []


def test_a_file_of_ten_megabytes_is_refused(tmp_path: Path) -> None:
    """No model is asked to read a book; the sentence says where data belong."""
    (tmp_path / "problem.txt").write_text("Make as many chairs as you can, variables: and objective:\n" * 180_000)
    model = ScriptedModel([])
    with pytest.raises(
        InputError, match=r"^expected a problem of at most 200000 characters, got \d+; put its data into"
    ):
        solve(tmp_path / "problem.txt", model=model)
    assert model.requests == []


@pytest.mark.parametrize("name", ["missing.yaml", ".", "pipe"])
def test_what_cannot_be_read_is_a_file_error(name: str, tmp_path: Path) -> None:
    """A missing file, a folder and a pipe are told without waiting."""
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(FileError):
        solve(tmp_path / name)


@pytest.mark.parametrize("seconds", [0, -1, float("nan"), float("-inf")])
def test_a_time_limit_is_above_zero(seconds: float, formulation: Make) -> None:
    """No time is no limit but a slip."""
    with pytest.raises(InputError, match="expected a time limit above 0 seconds"):
        solve(formulation({"x": {"upper": 4}}), time_limit_s=seconds)


def test_an_endless_time_limit_is_none(formulation: Make) -> None:
    """Infinity may be said."""
    assert solve(formulation({"x": {"upper": 4}}, maximize="x"), time_limit_s=float("inf")).incumbent_objective == 4


def test_a_clash_of_units_in_a_file_is_an_error() -> None:
    """Without a model there is no one to ask, so the clash names its element and stops."""
    raw: dict[str, Any] = {
        "parameters": [{"name": "most", "value": 4, "unit": "kg"}],
        "variables": [{"name": "x", "unit": "m"}],
        "objective": {"sense": "maximize", "expression": "x"},
        "constraints": [{"name": "c", "expression": "x <= most"}],
    }
    with pytest.raises(UnitError, match="constraint c: x is m but most is kg") as caught:
        solve(Formulation.model_validate(raw))
    assert caught.value.element == "constraint c"


def test_missing_tables_are_named(tmp_path: Path) -> None:
    """A table that is nowhere is one sentence."""
    (tmp_path / "problem.yaml").write_text(FILE)
    with pytest.raises(DataError, match="set S: no table 'goods'"):
        solve(tmp_path / "problem.yaml")


def test_preparing_gives_the_data_in_plain_python(formulation: Make) -> None:
    """The instance holds members and values by key."""
    made = prepare(
        formulation({"x": {"index": ["S"]}}, sets={"S": ["a", 2]}, parameters={"p": {"index": ["S"], "value": [1, 2]}})
    )
    assert (made.data.sets["S"], made.data.parameters["p"]) == ((("a",), (2,)), {("a",): 1.0, (2,): 2.0})


def test_the_ways_in_are_one(formulation: Make) -> None:
    """The backend, the function and the function for formulations give the same answer."""
    stated = formulation({"x": {"upper": 4}}, maximize="x")
    answers = {way(stated).incumbent_objective for way in (ModelingBackend().solve, solve, solve_formulation)}
    assert answers == {4}


def test_what_is_no_problem_at_all_is_told_by_type() -> None:
    """An argument of another type is no traceback from the depths."""
    with pytest.raises(InputError, match="expected a text, a Path or a Formulation, got dict"):
        solve({"variables": []})  # type: ignore[arg-type]
