"""Figures of the text and of the formulation, compared both ways."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from agentopt.solvers.modeling.doubts.doubt import Doubt
from agentopt.solvers.modeling.doubts.numbers import compare_figures
from agentopt.solvers.modeling.instance import Instance

Make = Callable[..., Instance]
X: dict[str, Any] = {"x": {}}


def doubts(made: Instance, text: str) -> list[str]:
    return [found.detail for found in compare_figures(made, text) if found.level == "doubt"]


def test_a_figure_that_is_used_nowhere_is_told_with_its_words(instance: Make) -> None:
    """A dropped requirement leaves its figure behind."""
    made = instance(X, parameters={"price": 5}, maximize="price * x", constraints={"c": "x <= 70"})
    told = doubts(made, "A chair earns 5 EUR, at most 70 can be made and no more than 40 can be sold.")
    assert told == ['40 stands nowhere in the formulation: "…can be made and no more than 40 can be sold."']


def test_a_parameter_that_nobody_stated_is_told_by_name(instance: Make) -> None:
    """An invented figure is named with its parameter."""
    made = instance(X, parameters={"price": 5, "most": 37}, maximize="price * x", constraints={"c": "x <= most"})
    assert doubts(made, "A chair earns 5 EUR.") == ["most: most = 37 stands nowhere in the text"]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("There are 8 hours.", 480), ("It takes 90 minutes.", 1.5), ("They send 2.5 tonnes.", 2500),
        ("a rate of 20%", 0.2), ("20% less than now", 0.8), ("two thirds of all", 0.6667), ("half a million", 5e5),
        ("in thousands of USD: 30", 30000), ("a loss of 5 EUR", -5), ("a dozen", 12), ("It holds 2 litres.", 2000),
        ("| h (hours) |\n| 3 |", 180),
    ],
)  # fmt: skip
def test_a_converted_figure_is_neither_missed_nor_invented(text: str, value: float, instance: Make) -> None:
    """Percentages, shares, units and words for numbers stand for the value that a formulation holds."""
    made = instance({"x": {"lower": None}}, parameters={"p": {"value": value, "unit": ""}}, constraints={"c": "x >= p"})
    assert doubts(made, text) == []


def test_a_wrong_conversion_is_missed_and_invented(instance: Make) -> None:
    """8 hours are 480 minutes: 800 is nobody's figure, and the 8 is lost."""
    made = instance(X, parameters={"minutes": 800}, maximize="x", constraints={"c": "x <= minutes"})
    assert len(doubts(made, "The oven is free for 8 hours.")) == 2


def test_a_conversion_is_known_by_its_unit(instance: Make) -> None:
    """A factor that its unit contradicts is told with the right one; the right one needs no text."""
    factor = {"factor": {"value": 100, "unit": "min/h"}}
    made = instance(X, parameters={"hours": 8, **factor}, maximize="x", constraints={"c": "x <= hours * factor"})
    assert doubts(made, "It is free for 8 hours.") == [
        "factor: factor = 100 stands nowhere in the text; in min/h it is 60"
    ]


def test_counts_and_members_explain_a_figure(instance: Make) -> None:
    """How many shops there are, and what they are called, need no parameter."""
    made = instance({"x": {"index": ["SHOPS"]}}, sets={"SHOPS": [11, 12, 17]}, maximize="sum(x[s] for s in SHOPS)")
    assert doubts(made, "The three shops are those at 11, 12 and 17 High Street.") == []


def test_a_count_does_not_explain_a_limit(instance: Make) -> None:
    """There may be two shops, but "at least two" asks for something."""
    made = instance({"x": {"index": ["SHOPS"]}}, sets={"SHOPS": [5, 6]}, maximize="sum(x[s] for s in SHOPS)")
    assert len(doubts(made, "Two shops, and at least two workers each.")) == 1


def test_a_range_explains_its_ends(instance: Make) -> None:
    """Twelve months are range(1, 13)."""
    made = instance({"x": {"index": ["T"]}}, sets={"T": "range(1, 13)"}, maximize="sum(x[t] for t in T)")
    assert doubts(made, "Plan the next twelve months.") == []


def test_what_follows_from_two_figures_is_told_as_that(instance: Make) -> None:
    """A profit that the writer worked out is no invention, and the figures are used."""
    made = instance(X, parameters={"profit": 5}, maximize="profit * x", constraints={"c": "x <= 40"})
    found = compare_figures(made, "It sells for 12 EUR, costs 7 EUR, and 40 can be sold.")
    assert not doubts(made, "It sells for 12 EUR, costs 7 EUR, and 40 can be sold.")
    assert any(finding.detail.startswith("profit = 5 is taken for 12 - 7") for finding in found)


def test_constants_of_logic_are_no_inventions(instance: Make) -> None:
    """A large constant by name or size, and a small one, may be anybody's."""
    data = {"big_m": 777, "bound": 1e6, "eps": 3e-5}
    made = instance(X, parameters=data, constraints={"c": "x <= big_m + bound + eps", "d": "x >= 40"})
    assert doubts(made, "Open at least 40 of them.") == []


def test_an_assumption_explains_a_figure(
    right: Callable[[str], dict[str, Any]], prepared: Callable[..., Instance]
) -> None:
    """What is assumed openly is not invented."""
    problem = right("plain")
    problem["formulation"]["parameters"] = [{"name": "most", "value": 123}]
    problem["formulation"]["variables"][0]["upper"] = "most"
    problem["formulation"]["assumptions"] = ["No more than 123 trains fit into the shop."]
    assert doubts(prepared(problem), problem["text"]) == []


def test_quotes_stand_for_a_missing_text(instance: Make) -> None:
    """Without a text, each element is held against the words that it quotes."""
    most = {"value": 37, "source": "no more than 40 can be sold"}
    made = instance(X, parameters={"most": most}, maximize="x", constraints={"c": "x <= most"})
    assert len(doubts(made, "")) == 2


def test_without_any_words_nothing_is_tried(instance: Make) -> None:
    """No text, no quotes, no claim."""
    found: list[Doubt] = compare_figures(instance(X, maximize="-x"), "")
    assert [finding.level for finding in found] == ["not tried"]


def test_a_changed_figure_is_not_held_against_the_text(
    right: Callable[[str], dict[str, Any]], prepared: Callable[..., Instance]
) -> None:
    """A what-if changes a value on purpose; the text still speaks of the old one."""
    problem = right("quarters")
    problem["formulation"]["parameters"][1]["changes"] = [{"by": "scale", "amount": 1.37}]
    assert doubts(prepared(problem), problem["text"]) == []
