"""Why there is no answer, in the owner's words: every sentence is true, and holds a figure where there is one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from agentopt.solvers.modeling.data.bind import bind
from agentopt.solvers.modeling.engines.diagnosis import constraint_sentence, crossed_bounds, without_objective
from agentopt.solvers.modeling.engines.route import solve_instance
from agentopt.solvers.modeling.formulation import Formulation
from agentopt.solvers.modeling.instance import Instance
from agentopt.solvers.modeling.language.analysis import analyze
from agentopt.solvers.modeling.solution import Conflict

Build = Callable[..., Instance]
FREE: dict[str, Any] = {"lower": None}
WHOLE: dict[str, Any] = {"domain": "integer"}


@pytest.fixture(scope="session")
def conflict(instance: Build) -> Callable[..., Conflict]:
    """Solves what `instance` takes and gives the explanation."""

    def explained(variables: dict[str, Any], **stated: Any) -> Conflict:
        found = solve_instance(instance(variables, **stated), 20)
        assert found.conflict is not None
        assert found.termination_condition == found.conflict.kind
        return found.conflict

    return explained


@pytest.mark.parametrize(
    ("variables", "constraints", "members"),
    [
        # LP, MIP
        ({"x": {}, "y": {}}, {"a": "x + y <= 1", "b": "x >= 2", "c": "y <= 5"}, ("a", "b")),
        ({"x": WHOLE, "y": WHOLE}, {"a": "x + y >= 1.2", "b": "x + y <= 1.8", "c": "x <= 9"}, ("a", "b")),
        # QCP, NLP, MINLP: by leaving constraints out, with a global solver
        ({"x": {}, "y": {}}, {"a": "x * y >= 4", "b": "x + y <= 3", "c": "x <= 9"}, ("a", "b")),
        ({"x": {"upper": 9}}, {"a": "x <= 8", "b": "exp(x) <= 2", "c": "x >= 1"}, ("b", "c")),
        ({"x": {**WHOLE, "upper": 9}}, {"a": "x ** 2 == 7", "b": "x >= 1"}, ("a",)),
        # Bounds alone, whatever the class
        ({"x": {"lower": 5, "upper": 3}}, {"a": "x <= 9"}, ("x",)),
        ({"x": {"lower": 5, "upper": 3}}, {"a": "exp(x) <= 9"}, ("x",)),
        ({"x": {**WHOLE, "lower": 0.2, "upper": 0.8}, "y": {}}, {"a": "x * y <= 9"}, ("x",)),
    ],
)
def test_the_members_of_a_conflict(
    variables: dict[str, Any], constraints: dict[str, str], members: tuple[str, ...], conflict: Callable[..., Conflict]
) -> None:
    """Only what is needed for the conflict is named, in every class of problem."""
    assert conflict(variables, constraints=constraints).members == members


def test_an_objective_without_a_value_is_not_blamed_on_a_constraint(conflict: Callable[..., Conflict]) -> None:
    """Where only the objective rules out every point, it is what is named."""
    found = conflict({"x": {"upper": 3}, "y": {}}, minimize="log(x - 5) + y", constraints={"c": "y >= 1"})
    assert found.members == ("objective",)


STORY: dict[str, Any] = {
    "sets": [{"name": "CITIES", "elements": ["Oslo", "Rome"]}],
    "parameters": [
        {"name": "demand", "index": ["CITIES"], "unit": "t", "value": [40, 20]},
        {"name": "stock", "unit": "t", "value": 50},
    ],
    "variables": [{"name": "ship", "index": ["CITIES"], "unit": "t", "meaning": "Tonnes to ship"}],
    "objective": {"sense": "minimize", "expression": "sum(ship[c] for c in CITIES)"},
    "constraints": [
        {
            "name": "met",
            "meaning": "Every city gets what it needs",
            "expression": "ship[c] >= demand[c] for c in CITIES",
        },
        {"name": "supply", "source": "only 50 t in stock", "expression": "stock >= sum(ship[c] for c in CITIES)"},
    ],
}


@pytest.fixture(scope="module")
def story(conflict: Callable[..., Conflict]) -> Conflict:
    """The conflict of sixty tonnes asked of fifty."""
    found = solve_instance(bind(analyze(Formulation.model_validate(STORY)))).conflict
    assert found is not None
    return found


def test_a_conflict_is_told_in_the_owners_words(story: Conflict) -> None:
    """Each sentence is the label and the meaning, the quoted source, or the expression, in this order."""
    assert story.sentences == (
        "met[Oslo]: Every city gets what it needs",
        "met[Rome]: Every city gets what it needs",
        "supply: only 50 t in stock",
    )


def test_a_repair_says_what_to_change_with_its_unit(story: Conflict) -> None:
    """A side written the other way round is told as a reader would say it."""
    assert story.repair == ("raise supply from at most 50 to 60 t (10 more)",)


def test_a_bound_of_zero_is_missed_not_lowered(conflict: Callable[..., Conflict]) -> None:
    """Where the right-hand side is 0 the amount is told by itself."""
    found = conflict({"x": {"lower": 2}, "y": {"upper": 1}}, constraints={"even": "x == y"})
    assert found.repair == ("let even be missed by 1",)


def test_long_conflicts_are_told_in_part(conflict: Callable[..., Conflict]) -> None:
    """Members are all named; sentences are cut to what a reader takes in."""
    found = conflict(
        {"x": {"index": ["T"]}},
        sets={"T": "range(60)"},
        constraints={"chain": "x[t + 1] >= x[t] + 1 for t in T if t < 59", "end": "x[59] <= 58"},
    )
    assert (len(found.members), len(found.sentences)) == (60, 20)


@pytest.mark.parametrize(
    ("variables", "stated", "sentences"),
    [
        ({"x": {}, "y": {}}, {"maximize": "x", "constraints": {"a": "y <= 5"}}, {"x can grow without end"}),
        ({"x": FREE}, {"minimize": "x"}, {"x can fall without end"}),
        ({"x": {**WHOLE, "meaning": "Trucks"}}, {"maximize": "x"}, {"x (Trucks) can grow without end"}),
        ({"x": {"upper": 1e6}, "y": {}}, {"maximize": "x + y"}, {"y can grow without end"}),
        # Quadratic: by solving in a box of a million
        ({"x": {}, "y": {}}, {"minimize": "x ** 2 - x - y"}, {"y can grow without end"}),
        ({"x": {"upper": 1e6}, "y": FREE, "z": {}}, {"minimize": "y ** 2 - x - z"}, {"z can grow without end"}),
        ({"x": {}, "y": {"upper": 4}}, {"maximize": "x * y"}, {"x can grow without end"}),
        ({"a": {"index": ["NONE"]}, "b": {}}, {"maximize": "b", "constraints": {"c": "b >= 1"},
                                               "sets": {"T": [1], "NONE": "[t for t in T if t > 9]"}},
         {"b can grow without end"}),
    ],
)  # fmt: skip
def test_what_runs_away_is_named(
    variables: dict[str, Any], stated: dict[str, Any], sentences: set[str], conflict: Callable[..., Conflict]
) -> None:
    """Exactly the variables that can change without end, with their direction; none that is at its own bound."""
    assert set(conflict(variables, **stated).sentences) == sentences


def test_crossed_bounds_are_told_with_both(instance: Build) -> None:
    """An integer is told with its rounded bounds."""
    made = instance(
        {"x": {"index": ["T"], "lower": "t for t in T", "upper": 2}, "n": {**WHOLE, "lower": 0.2, "upper": 0.8}},
        sets={"T": [1, 2, 3]},
    )
    assert crossed_bounds(made) == Conflict(
        "infeasible",
        ("x[3]", "n"),
        ("x[3] must be at least 3 and at most 2", "n must be at least 1 and at most 0"),
    )


def test_bounds_that_touch_are_not_crossed(instance: Build) -> None:
    """A fixed variable is no conflict."""
    assert crossed_bounds(instance({"x": {"lower": 2, "upper": 2}})) is None


def test_without_objective_keeps_what_is_asked_for(instance: Build) -> None:
    """The instance of a trial has the chosen constraints, the same data, and nothing to optimize."""
    made = instance({"x": {}}, maximize="x", constraints={"a": "x <= 1", "b": "x <= 2"})
    trial = without_objective(made, {"b"})
    assert (list(trial.analysis.constraints), solve_instance(trial).incumbent_objective) == (["b"], 0)


def test_a_constraint_without_words_is_told_by_its_expression(formulation: Callable[..., Formulation]) -> None:
    """There is always something to say."""
    made = formulation({"x": {}}, constraints={"a": "x <= 1"})
    assert constraint_sentence(made, "a", ("Oslo", 3)) == "a[Oslo, 3]: x <= 1"
