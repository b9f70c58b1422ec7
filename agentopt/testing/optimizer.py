"""The promises that every optimizer keeps; whoever adds one runs them against a scripted model.

    assert broken_promises(MyOptimizer) == []

The model answers every request for new values with one good candidate, or with a bad one, and every other request
with an empty value of the type that is asked for.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from agentopt.errors import AgentoptError, AuthError
from agentopt.graph.domains.number import Integer
from agentopt.graph.parameter_node import Parameter
from agentopt.graph.tracing import trace
from agentopt.graph.variable import parameter
from agentopt.llm.message import Message
from agentopt.optimizers.optimizer import Optimizer
from agentopt.testing.model import ScriptedModel

Make = Callable[[Any, ScriptedModel], Optimizer]
Check = Callable[[Make], str]
_GOOD, _BAD = 4, 40


def broken_promises(make: Make) -> list[str]:
    """The promises that an optimizer does not keep, each with what happened instead; [] is a pass.

    Args:
        make: Makes the optimizer of parameters and a model.
    """
    broken = []
    for check in _CHECKS:
        try:
            found = check(make)
        except Exception as error:  # noqa: BLE001
            # Whatever it raises is what happened instead.
            found = f"{type(error).__name__}: {error}"
        if found:
            broken.append(f"{check.__doc__}: {found}")
    return broken


def _setting(value: int) -> ScriptedModel:
    """A model that always proposes this value for n."""
    edits = [{"parameter": "n", "value": value}]
    changes = {"analysis": "", "nothing_to_change": "", "candidates": [{"reason": "", "edits": edits}]}

    def answer(messages: tuple[Message, ...]) -> str:
        asks_for_values = "candidate" in messages[0].text
        return json.dumps(changes) if asks_for_values else json.dumps({"comments": [_comment(messages)]})

    return ScriptedModel(answer)


def _comment(messages: tuple[Message, ...]) -> dict[str, str]:
    # The one parameter of the program below, under its name in the trace.
    return {"input": "n", "comment": "larger"}


@trace
def _square(n: int) -> int:
    """The square of n."""
    return n * n


def _begin(make: Make, model: ScriptedModel) -> tuple[Optimizer, Parameter[Any]]:
    n = parameter(2, Integer(0, 9), name="n")
    optimizer = make([n], model)
    optimizer.backward(_square(n), "larger")
    return optimizer, n


def _applies(make: Make) -> str:
    """step applies a good proposal and records it"""
    optimizer, n = _begin(make, _setting(_GOOD))
    step = optimizer.step()
    right = n.data == _GOOD and step.outcome == "applied" and optimizer.steps == [step]
    return "" if right else f"n is {n.data}, the record says {step}"


def _asks(make: Make) -> str:
    """ask gives proposals and applies none"""
    optimizer, n = _begin(make, _setting(_GOOD))
    proposals = optimizer.ask()
    values = [list(proposal.changes.values()) for proposal in proposals]
    return "" if values == [[_GOOD]] and n.data == 2 else f"proposed {values}, n is {n.data}"


def _refuses(make: Make) -> str:
    """a value outside of its domain is never applied, and the record says why"""
    optimizer, n = _begin(make, _setting(_BAD))
    step = optimizer.step()
    right = n.data == 2 and step.outcome == "rejected" and bool(step.rejected)
    return "" if right else f"n is {n.data}, the record says {step}"


def _waits(make: Make) -> str:
    """without feedback no model is asked"""
    model = _setting(_GOOD)
    optimizer, n = _begin(make, model)
    optimizer.zero_feedback()
    step = optimizer.step()
    right = not model.requests and step.outcome == "no feedback" and n.data == 2
    return "" if right else f"{len(model.requests)} requests, the record says {step}"


def _leaves_fixed(make: Make) -> str:
    """a parameter that is not trainable is left alone"""
    n = parameter(2, Integer(0, 9), name="n", trainable=False)
    other = parameter(1, Integer(0, 9), name="other")
    optimizer = make([n, other], _setting(_GOOD))
    optimizer.backward(_square(n) + other, "larger")
    optimizer.step()
    return "" if n.data == 2 else f"n is {n.data}"


def _fails_aloud(make: Make) -> str:
    """an error of the call is raised and recorded, and changes nothing"""

    def refuse(messages: tuple[Message, ...]) -> str:
        raise AuthError("no key")

    optimizer, n = _begin(make, ScriptedModel(refuse))
    try:
        step = optimizer.step()
    except AgentoptError:
        right = n.data == 2 and [step.outcome for step in optimizer.steps] == ["failed"]
        return "" if right else f"n is {n.data}, the record says {optimizer.steps}"
    return f"nothing was raised, the record says {step}"


def _repeats(make: Make) -> str:
    """the same evaluations give the same prompts"""
    prompts = []
    for _ in range(2):
        model = _setting(_GOOD)
        _begin(make, model)[0].ask()
        prompts.append([request.messages for request in model.requests])
    return "" if prompts[0] == prompts[1] else "two equal runs asked differently"


_CHECKS: tuple[Check, ...] = (_applies, _asks, _refuses, _waits, _leaves_fixed, _fails_aloud, _repeats)
