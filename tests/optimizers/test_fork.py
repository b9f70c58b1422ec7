"""Forks: asked at the same time from threads, each with feedback of its own."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Any

import pytest

from agentopt.graph import using
from agentopt.llm import Message
from agentopt.optimizers import OPRO, Mixed, Optimizer, OptoPrime, TextGrad
from agentopt.testing import ScriptedModel
from tests.optimizers.program import Program, reply


@pytest.mark.parametrize("kind", [OptoPrime, Mixed])
def test_two_forks_ask_at_once(kind: type[Any], program: Program) -> None:
    """Two asks are in flight at the same time, and each prompt holds its own feedback and its own version only."""
    both = threading.Barrier(2, timeout=30)

    def answer(messages: tuple[Message, ...]) -> str:
        both.wait()
        return reply({"greeting": "again {name}"})

    model = ScriptedModel(answer)
    optimizer: Optimizer = kind(program.parameters, model)
    contexts = []
    for place, said in enumerate(("too short", "too long")):
        fork, version = optimizer.fork(2 * place), program.greeting.add(f"hi {place} {{name}}")
        with using({program.greeting: version}):
            fork.backward(program.run(), said)
            contexts.append((copy_context(), fork))
    with ThreadPoolExecutor(2) as pool:
        asked = [pool.submit(context.run, fork.ask) for context, fork in contexts]
        made = [proposal.made_from[program.greeting] for one in asked for proposal in one.result()]
    # What was tried before is shown to both; what is said is not.
    prompts = sorted(request.messages[-1].text.partition("# Earlier trials")[0] for request in model.requests)
    held = [[said in text for said in ("too short", "too long", "hi 0", "hi 1")] for text in prompts]
    assert sorted(held) == [[False, True, False, True], [True, False, True, False]]
    assert made == [1, 2]


@pytest.mark.parametrize("kind", [OptoPrime, OPRO, TextGrad])
def test_forks_count_what_they_take_themselves(kind: type[Any], program: Program) -> None:
    """A fork's calls are not those of what it was forked from, and its steps are its own."""
    optimizer: Optimizer = kind(program.parameters, ScriptedModel(lambda _: reply({"times": 3}, {"times": 4})))
    fork = optimizer.fork()
    fork.backward(program.run(), "more")
    fork.step()
    assert (optimizer.steps, optimizer._usage.calls, len(fork.steps)) == ([], 0, 1)


def test_forks_are_numbered(program: Program) -> None:
    """Without a number forks count on."""
    optimizer = OPRO(program.parameters, ScriptedModel([]))
    assert [optimizer.fork().asks for _ in range(3)] == [0, 1, 2]
