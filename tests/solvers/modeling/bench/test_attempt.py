"""One item: what its record holds, whatever happens on the way."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from agentopt.errors import AuthError, InputError, TransportError
from agentopt.solvers.modeling.bench.attempt import Settings, attempt
from agentopt.solvers.modeling.bench.item import Item
from agentopt.solvers.modeling.bench.record import Record
from agentopt.testing import ScriptedModel

Reply = Callable[[dict[str, Any]], str]
ITEM = Item("stools", "LP", "Each stool brings 4. At most five can be made. What is the most that can be earned?")
STOOLS: dict[str, Any] = {
    "variables": [{"name": "stools"}],
    "objective": {"sense": "maximize", "expression": "4 * stools"},
    "constraints": [{"name": "most", "expression": "stools <= 5"}],
}
WRONG = STOOLS | {"constraints": [{"name": "most", "expression": "stool <= 5"}]}
IMPOSSIBLE = STOOLS | {"constraints": [*STOOLS["constraints"], {"name": "least", "expression": "stools >= 6"}]}
ENDLESS = STOOLS | {"constraints": []}


def tried(*script: Any, max_rounds: int = 2) -> Record:
    return attempt(ITEM, ScriptedModel(list(script)), Settings(max_rounds=max_rounds), threading.Event())


def test_a_solved_item_holds_its_facts(reply: Reply) -> None:
    """Objective, point, formulation and solver; and the calls that it took."""
    record = tried(reply(STOOLS))
    assert record.found is not None
    assert (record.id, record.kind, record.status, record.objective) == ("stools", "LP", "solved", 20.0)
    assert (record.found.problem_class, record.found.guarantee) == ("LP", "global")
    assert record.found.variables == (("stools", 5.0),)
    assert record.found.formulation.constraints[0].expression == "stools <= 5"
    assert record.found.n_findings > 0
    assert (record.spent.calls, record.spent.rounds, record.error) == (1, 0, "")
    assert record.spent.input_tokens > 0
    assert record.spent.output_tokens > 0


def test_a_correction_is_a_round(reply: Reply) -> None:
    """The second reply was asked for, so it counts."""
    record = tried(reply(WRONG), reply(STOOLS))
    assert (record.status, record.spent.calls, record.spent.rounds) == ("solved", 2, 1)


@pytest.mark.parametrize(("formulation", "status"), [(IMPOSSIBLE, "infeasible"), (ENDLESS, "unbounded")])
def test_a_proof_that_there_is_no_solution_is_an_outcome(
    reply: Reply, formulation: dict[str, Any], status: str
) -> None:
    """The solver proved it, and the model stood by its formulation."""
    record = tried(reply(formulation), reply(formulation))
    assert (record.status, record.objective, record.error) == (status, None, "")


def test_a_formulation_that_stays_wrong_is_a_failure_with_its_cost(reply: Reply) -> None:
    """The sentence of the error is kept, and what was spent in vain."""
    record = tried(reply(WRONG), reply(WRONG), max_rounds=1)
    assert (record.status, record.found, record.error_kind) == ("failed", None, "InputError")
    assert "unknown name 'stool'" in record.error
    assert record.spent.calls == 2
    assert record.spent.output_tokens > 0


def test_a_broken_connection_is_a_failure_of_the_provider() -> None:
    """It is told apart from what the model did wrong."""
    record = tried(TransportError("the connection broke"))
    assert (record.status, record.error, record.failed_at_provider) == ("failed", "the connection broke", True)


def test_an_error_of_ours_is_a_failure_too() -> None:
    """A bug that one item meets does not take the others down."""

    def broken(messages: object) -> str:
        raise ZeroDivisionError("division by zero")

    record = attempt(ITEM, ScriptedModel(broken), Settings(), threading.Event())
    assert (record.status, record.error) == ("failed", "internal error (ZeroDivisionError: division by zero)")


def test_a_refused_key_is_no_record(reply: Reply) -> None:
    """Also where an answer was there before: what the correction would have been nobody knows."""
    with pytest.raises(AuthError):
        tried(reply(IMPOSSIBLE), AuthError("the key is wrong"))


def test_the_model_is_given_the_question_alone(reply: Reply) -> None:
    """Neither id nor kind reach it, for they may tell of the answer."""
    model = ScriptedModel([reply(STOOLS)])
    attempt(Item("id-71c", "kind-88d", ITEM.question), model, Settings(), threading.Event())
    said = "".join(message.text for message in model.requests[0].messages)
    assert ITEM.question in said
    assert "71c" not in said
    assert "88d" not in said


@pytest.mark.parametrize(
    ("wrong", "finding"),
    [
        ({"time_limit_s": 0}, "time limit above 0"),
        ({"time_limit_s": float("nan")}, "time limit above 0"),
        ({"max_rounds": -1}, "at least 0 rounds"),
        ({"workers": 0}, "at least 1 worker"),
    ],
)
def test_settings_out_of_range_are_refused(wrong: dict[str, Any], finding: str) -> None:
    """Before anything is run."""
    with pytest.raises(InputError, match=finding):
        Settings(**wrong)
