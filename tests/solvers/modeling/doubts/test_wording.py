"""At least and at most, against <= and >=."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from agentopt.solvers.modeling.doubts.wording import compare_words
from agentopt.solvers.modeling.instance import Instance

Make = Callable[..., Instance]
TEXT = "Chairs and tables are made. At most 70 chairs can be sold, and at least 20% of all must be tables."
DATA = {"most": 70, "share": 0.2}
AB: dict[str, Any] = {"chairs": {}, "tables": {}}


def levels(made: Instance, text: str = TEXT) -> set[str]:
    return {finding.level for finding in compare_words(made, text)}


@pytest.mark.parametrize("sold", ["chairs <= most", "most >= chairs", "chairs + 0 * tables <= 70", "chairs == most"])
@pytest.mark.parametrize("part", ["tables >= share * (chairs + tables)", "share * (chairs + tables) <= tables"])
def test_right_directions_hold_however_they_are_written(sold: str, part: str, instance: Make) -> None:
    """Sides may be turned round, and a limit may multiply."""
    made = instance(AB, parameters=DATA, maximize="chairs + tables", constraints={"sold": sold, "part": part})
    assert levels(made) == {"holds"}


@pytest.mark.parametrize(
    ("sold", "part"),
    [
        ("chairs >= most", "tables >= share * (chairs + tables)"),
        ("chairs <= most", "tables <= share * (chairs + tables)"),
        ("chairs <= most", "share * (chairs + tables) >= tables"),
    ],
)
def test_a_swapped_sign_is_a_doubt(sold: str, part: str, instance: Make) -> None:
    """A limit that points the other way than its words is told."""
    made = instance(AB, parameters=DATA, maximize="chairs + tables", constraints={"sold": sold, "part": part})
    assert levels(made) == {"doubt"}


@pytest.mark.parametrize(
    ("text", "constraint"),
    [
        ("At most 30% may be tables.", "chairs >= 0.7 * (chairs + tables)"),
        ("They differ by no more than 10.", "chairs - tables <= 10"),
        ("They differ by no more than 10.", "chairs >= tables - 10"),
        ("At least 3 of the 24 hours are rest.", "chairs <= 24 - 3"),
        ("No more than half as many chairs.", "2 * chairs <= tables"),
        ("At most 12 go into a crate.", "12 * chairs >= tables"),
    ],
)
def test_what_may_be_said_the_other_way_round_is_no_doubt(text: str, constraint: str, instance: Make) -> None:
    """Remainders, differences and contents of a box turn the sign rightly."""
    assert levels(instance(AB, minimize="chairs + tables", constraints={"c": constraint}), text) == {"holds"}


def test_a_bound_is_a_limit_too(instance: Make) -> None:
    """An upper bound of what must be reached is a doubt."""
    assert levels(instance({"x": {"upper": 40}}, minimize="x"), "Make at least 40.") == {"doubt"}


def test_a_constraint_is_held_against_its_own_words(right: Callable[[str], dict[str, Any]], prepared: Make) -> None:
    """A meaning that says "no more" and an expression that says >= clash, whatever the text says."""
    problem = right("plain")
    problem["formulation"]["constraints"][0] |= {
        "meaning": "Finishing takes no more hours than there are", "expression": "2 * trains + soldiers >= 100",
    }  # fmt: skip
    assert levels(prepared(problem), problem["text"]) == {"doubt"}


def test_the_sense_is_held_against_the_text(instance: Make) -> None:
    """Who is asked to maximize and minimizes is told; a negative objective is the same thing."""
    text = "Maximize the profit."
    found = [levels(instance(AB, minimize=expression), text) for expression in ("chairs", "-(chairs)")]
    assert found == [{"doubt"}, {"holds"}]
