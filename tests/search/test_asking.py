"""What the optimizer's model is shown of a parent's trials."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from agentopt import Budget, Model
from agentopt.llm import Message
from agentopt.optimizers import Mixed, OptoPrime
from agentopt.search import Processes, Settings
from agentopt.testing import ScriptedModel
from tests.search.program import limit, prompt, search, teach, tone


def prompts(optimizer: Callable[[Model], Any], **changes: Any) -> list[str]:
    """All that the model was asked in a search with three trials an ask."""
    shown: list[str] = []

    def remember(messages: tuple[Message, ...]) -> str:
        shown.append(messages[-1].text)
        return teach(messages)

    # One ask at a time, so that the order in which the model is asked is that of the search.
    alone = Settings(width=1)
    search(optimizer=optimizer(ScriptedModel(remember)), budget=Budget(evaluations=80), settings=alone, **changes)
    return shown


def test_a_model_that_all_trials_used_is_shown_once() -> None:
    """Three runs with one student are three calls with one input."""
    first = prompts(lambda model: Mixed([prompt, limit, tone], model))[0]
    calls = re.findall(r"ask\(student=(\w+),", first)
    assert (calls, first.count("student = ScriptedModel")) == (["student"] * 3, 1)


def test_a_parameter_that_is_not_the_optimizers_is_an_input() -> None:
    """A search of the prompt alone runs, and shows the other parameters as values that are given."""
    first = prompts(lambda model: OptoPrime([prompt], model))[0]
    inputs = first.partition("# Inputs\n")[2].partition("\n\n")[0].split("\n")
    assert inputs == ["student = ScriptedModel('scripted/model')", "limit = 2", "tone = 'plain'"]


def test_the_model_is_told_how_a_search_judges() -> None:
    """It is shown none of the inputs on which candidates are compared."""
    asked: list[str] = []

    def remember(messages: tuple[Message, ...]) -> str:
        asked.append(messages[0].text)
        return teach(messages)

    search(optimizer=Mixed([prompt, limit, tone], ScriptedModel(remember)), budget=Budget(evaluations=80))
    assert "on up to 8 inputs of the same kind, none of which you are shown" in asked[0]


def test_trials_in_other_processes_read_like_those_in_threads() -> None:
    """What is one object here is one object for whoever reads traces of several processes."""

    def mixed(model: Model) -> Mixed:
        return Mixed([prompt, limit, tone], model)

    here = prompts(mixed)
    pool = Processes(2)
    try:
        there = prompts(mixed, executor=pool)
    finally:
        pool.shutdown()
    assert there == here
