"""Answers in words: figures are computed, and those that nothing computes are not shown."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from agentopt.solvers.modeling.engines.route import solve_instance
from agentopt.solvers.modeling.instance import Instance
from agentopt.solvers.modeling.words.answer import UnfitAnswer, answered, fill_in, shown

Build = Callable[..., Instance]


@pytest.fixture
def plants(instance: Build) -> Instance:
    """Two plants, one opened: make 40 in oslo, profit 2 * 40 - 30 = 50."""
    return instance(
        {
            "make": {"index": ["P"]},
            "open": {"index": ["P"], "domain": "binary"},
            "rush": {"domain": "binary"},
            "far": {"index": ["T"]},
        },
        sets={"P": ["oslo", "rome"], "T": "range(1, 21)"},
        parameters={"capacity": {"index": ["P"], "value": [40, 10]}, "fee": 30},
        maximize="sum(2 * make[p] - fee * open[p] for p in P) - sum(far[t] for t in T) - rush",
        constraints={"room": "make[p] <= capacity[p] * open[p] for p in P", "distant": "far[20] >= 1.25"},
    )


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("Make {make['oslo']} t.", "Make 40 t."),
        ("Make {make[Oslo]} t.", "Make 40 t."),
        ("It earns {objective} USD.", "It earns 48.75 USD."),
        ("Half is {objective / 2}, in all {sum(make[p] for p in P)}.", "Half is 24.375, in all 40."),
        ("Make {make}.", "Make oslo 40, rome 0."),
        ("Open {open}.", "Open oslo."),
        ("Rush: {rush}.", "Rush: no."),
        ("Far: {far}.", "Far: 20 1.25."),
        ("Of the 40 t that fit, the fee being 30, all.", "Of the 40 t that fit, the fee being 30, all."),
        ("No figure at all.", "No figure at all."),
    ],
)
def test_expressions_become_figures(plants: Instance, template: str, expected: str) -> None:
    """Values, sums, lists, choices; figures that the data hold may be repeated."""
    assert fill_in(template, plants, solve_instance(plants)) == expected


@pytest.mark.parametrize(
    ("template", "why"),
    [
        ("It earns 4711 USD.", "figure 4711 is in no expression"),
        ("It earns {5000} USD.", "figure 5000 is in no expression"),
        ("It earns 9999USD.", "figure 9999 is in no expression"),
        ("Make {bake['oslo']}.", "unknown name 'bake'"),
        ("Make {make['bonn']}.", "bonn"),
        ("Make {make['oslo']", "braces do not match"),
        ("{__import__('os')}", "__import__"),
        ("{open.__class__}", "attribute|expected"),
        ("{1 / rush}", "division"),
        ("x" * 3000, "longer than"),
    ],
)
def test_what_cannot_be_computed_is_not_shown(plants: Instance, template: str, why: str) -> None:
    """A made-up figure, an unknown name, a hostile expression."""
    solution = solve_instance(plants)
    with pytest.raises(UnfitAnswer, match=why):
        fill_in(template, plants, solution)
    assert answered(template, plants, solution) == ""


def test_a_figure_of_the_text_may_be_repeated(plants: Instance) -> None:
    """The problem says 12, so the answer may."""
    assert answered("Within 12 hours.", plants, solve_instance(plants), "It takes 12 hours.") == "Within 12 hours."


def test_without_a_point_there_is_no_answer(instance: Build) -> None:
    """What is infeasible has no figures."""
    nothing = instance({"x": {"upper": 1}}, constraints={"most": "x >= 2"})
    assert answered("Take {x}.", nothing, solve_instance(nothing)) == ""


def test_small_figures_are_not_rounded_to_zero() -> None:
    """Four digits, whatever the size."""
    assert [shown(value) for value in (1e-7, 0.0012345, -0.5, 1e-12)] == ["1e-07", "0.001234", "-0.5", "0"]
