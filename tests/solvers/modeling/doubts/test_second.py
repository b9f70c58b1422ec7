"""A second formulation of the same text, by a scripted second reader."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import pytest

from agentopt.solvers.modeling.data.tables import Tables
from agentopt.solvers.modeling.doubts.second import Opinion, second_opinion
from agentopt.solvers.modeling.engines.route import solve_instance
from agentopt.solvers.modeling.formulation import Formulation
from agentopt.solvers.modeling.solving import prepare
from agentopt.solvers.modeling.words.author import Author, Means
from agentopt.testing import ScriptedModel

Problem = dict[str, Any]


@pytest.fixture
def opinion(right: Callable[[str], Problem]) -> Callable[..., tuple[Opinion, ScriptedModel]]:
    """Asks a second reader who says the given formulations about the toys, of which the first one is right."""

    def ask(*formulations: Any) -> tuple[Opinion, ScriptedModel]:
        problem = right("plain")
        first = solve_instance(prepare(Formulation.model_validate(problem["formulation"])))
        replies = [
            {"reasoning": "", "no_problem": "" if f else "nothing to decide", "formulation": f} for f in formulations
        ]
        model = ScriptedModel([json.dumps(reply) for reply in replies])
        means = Means(20, lambda: nullcontext(None))  # type: ignore[arg-type, return-value]
        return second_opinion(Author(model, problem["text"], Tables()), means, first), model

    return ask


@pytest.fixture
def other() -> Problem:
    """The toys in another way, with sets and parameters."""
    return {
        "sets": [{"name": "TOYS", "elements": ["train", "soldier"]}],
        "parameters": [
            {"name": "profit", "index": ["TOYS"], "value": [3, 2]},
            {"name": "finish", "index": ["TOYS"], "value": [2, 1]},
            {"name": "trains_sold", "value": 35},
        ],
        "variables": [{"name": "make", "index": ["TOYS"], "domain": "integer"}],
        "objective": {"sense": "maximize", "expression": "sum(profit[t] * make[t] for t in TOYS)"},
        "constraints": [
            {"name": "finishing", "expression": "sum(finish[t] * make[t] for t in TOYS) <= 100"},
            {"name": "carpentry", "expression": "sum(make[t] for t in TOYS) <= 80"},
            {"name": "sold", "expression": "make['train'] <= trains_sold"},
        ],
    }


def test_two_that_agree_are_evidence(opinion: Callable[..., Any], other: Problem) -> None:
    """Other variables, the same optimum."""
    found, _ = opinion(other)
    assert (found.agrees, "180" in found.finding.detail) == (True, True)


def test_the_other_sense_with_the_other_sign_agrees(opinion: Callable[..., Any], other: Problem) -> None:
    """To minimize the negative profit is the same problem."""
    other["objective"] = {"sense": "minimize", "expression": "-sum(profit[t] * make[t] for t in TOYS)"}
    assert opinion(other)[0].agrees


def spoil_sense(other: Problem) -> None:
    other["objective"]["sense"] = "minimize"


def spoil_domain(other: Problem) -> None:
    other["variables"][0]["domain"] = "continuous"
    other["parameters"][1]["value"] = [2, 1.01]


def spoil_figure(other: Problem) -> None:
    other["constraints"][1]["expression"] = "sum(make[t] for t in TOYS) <= 60"


@pytest.mark.parametrize(
    ("spoil", "words"),
    [(spoil_sense, "to minimize"), (spoil_domain, "has none"), (spoil_figure, "only the second uses 3 (profit)")],
)
def test_what_differs_most_is_told(
    spoil: Callable[[Problem], None], words: str, opinion: Callable[..., Any], other: Problem
) -> None:
    """The sense before what is whole, and that before the figures."""
    spoil(other)
    found, _ = opinion(other)
    assert (found.finding.level, words in found.finding.detail) == ("doubt", True)


def test_an_outcome_without_an_optimum_is_compared_too(opinion: Callable[..., Any], other: Problem) -> None:
    """A second formulation that has no finite optimum disagrees with one that has."""
    other["constraints"] = other["constraints"][2:]
    assert "the second as unbounded" in opinion(other)[0].finding.detail


def test_the_second_reader_does_not_see_the_first(opinion: Callable[..., Any], other: Problem) -> None:
    """It is given the language and the text, and works in another way."""
    _, model = opinion(other)
    asked = "\n".join(message.text for message in model.requests[0].messages)
    assert ("sentence by sentence" in asked, "toy maker" in asked, "2 * trains" in asked) == (True, True, False)


def test_a_slip_of_the_second_reader_is_corrected(opinion: Callable[..., Any], other: Problem) -> None:
    """An expression that cannot be read goes back once."""
    wrong = json.loads(json.dumps(other))
    wrong["constraints"][0]["expression"] = "sum(finish[t] * mak[t] for t in TOYS) <= 100"
    found, model = opinion(wrong, other)
    assert (found.agrees, len(model.requests)) == (True, 2)


def test_a_second_reader_who_fails_proves_nothing(opinion: Callable[..., Any], other: Problem) -> None:
    """No usable formulation is no disagreement; a text without a problem is."""
    other["constraints"][0]["expression"] = "make <= 100"
    assert [opinion(other, other)[0].finding.level, opinion(None)[0].finding.level] == ["not tried", "doubt"]
