"""Small items with answers, and a model that knows a reply to each question."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from agentopt.llm import Message
from agentopt.solvers.modeling.bench.item import Benchmark, Item, Label
from agentopt.solvers.modeling.bench.record import Found, Other, Record, Spent, Status
from agentopt.solvers.modeling.formulation import Formulation

ONE: dict[str, Any] = {
    "variables": [{"name": "x"}],
    "objective": {"sense": "minimize", "expression": "x"},
    "constraints": [{"name": "least", "expression": "x >= 3"}],
}


def _formulation(least: float) -> dict[str, Any]:
    return ONE | {"constraints": [{"name": "least", "expression": f"x >= {least}"}]}


def _said(formulation: dict[str, Any]) -> str:
    return json.dumps({"reasoning": "as it is", "no_problem": "", "formulation": formulation})


@pytest.fixture(scope="session")
def least() -> Callable[[float], str]:
    """A model's reply that formulates: the least x that is at least this much."""
    return lambda number: _said(_formulation(number))


@pytest.fixture(scope="session")
def reply() -> Callable[[dict[str, Any]], str]:
    """A model's reply of this formulation."""
    return _said


@pytest.fixture(scope="session")
def benchmark_of() -> Callable[..., Benchmark]:
    """Makes a benchmark whose n-th question asks for the least x of at least n, with these answers; None has none."""

    def make(*answers: float | None, kinds: Sequence[str] = ("even", "odd")) -> Benchmark:
        items = tuple(
            Item(f"p{n}", kinds[n % len(kinds)], f"Question {n}: what is the least x of at least {n}?")
            for n in range(len(answers))
        )
        labels = (Label(()) if answer is None else Label((("", answer),)) for answer in answers)
        return Benchmark(items, {item.id: label for item, label in zip(items, labels, strict=True)})

    return make


@pytest.fixture(scope="session")
def answering(least: Callable[[float], str]) -> Callable[[Sequence[Message]], str]:
    """A script that formulates what `benchmark_of` asks, whatever the order of the questions."""

    def answer(messages: Sequence[Message]) -> str:
        text = next(message.text for message in messages if "Question " in message.text)
        return least(float(text.split("Question ")[1].split(":")[0]))

    return answer


@pytest.fixture(scope="session")
def record() -> Callable[..., Record]:
    """Makes a record of a status, with an objective, other numbers and what it took."""

    def make(
        status: Status = "solved",
        objective: float | None = None,
        *,
        name: str = "p0",
        kind: str = "odd",
        numbers: Sequence[float] = (),
        others: Sequence[float] = (),
        spent: Spent | None = None,
        **more: Any,
    ) -> Record:
        found = None
        if status != "failed":
            found = Found(
                termination_condition="optimal" if status == "solved" else status,
                guarantee="global",
                problem_class="LP",
                solver="HiGHS",
                objective=objective,
                objective_bound=objective,
                variables=tuple((f"x[{place}]", number) for place, number in enumerate(numbers)),
                n_findings=3,
                notes=(),
                formulation=Formulation.model_validate(ONE),
                others=tuple(Other("Which?", "the other", "optimal", number) for number in others),
            )
        return Record(name, kind, status, found, spent or Spent(), **more)

    return make
