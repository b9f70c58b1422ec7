"""The promises that every optimizer keeps; whoever adds one runs them against a scripted model.

    assert broken_promises(MyOptimizer) == []

The model answers every request for new values with one good candidate, or with a bad one, and every other request
with an empty value of the type that is asked for. An optimizer that asks no model ignores it, and keeps those promises
that are not about what a model says; the others are asked of whoever is a `Prompted`.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from agentopt.errors import AgentoptError, AuthError
from agentopt.graph.choosing import using
from agentopt.graph.domains.number import Integer
from agentopt.graph.parameter_node import Parameter
from agentopt.graph.tracing import trace
from agentopt.graph.variable import parameter
from agentopt.llm.message import Message
from agentopt.optimizers.optimizer import Optimizer
from agentopt.optimizers.prompted import Prompted
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
    for check in (*_CHECKS, *(_CHECKS_OF_PROMPTED if _is_prompted(make) else ())):
        try:
            found = check(make)
        except Exception as error:  # noqa: BLE001
            # Whatever it raises is what happened instead.
            found = f"{type(error).__name__}: {error}"
        if found:
            broken.append(f"{check.__doc__}: {found}")
    return broken


def _is_prompted(make: Make) -> bool:
    try:
        return isinstance(_begin(make, _setting(_GOOD))[0], Prompted)
    except Exception:  # noqa: BLE001
        # That it cannot be made is what the checks find out.
        return False


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
    right = n.data != 2 and step.outcome == "applied" and optimizer.steps == [step]
    return "" if right else f"n is {n.data}, the record says {step}"


def _follows(make: Make) -> str:
    """what the model proposes is what step applies"""
    optimizer, n = _begin(make, _setting(_GOOD))
    optimizer.step()
    return "" if n.data == _GOOD else f"n is {n.data}"


def _asks(make: Make) -> str:
    """ask gives proposals from the domain and applies none"""
    optimizer, n = _begin(make, _setting(_GOOD))
    proposals = optimizer.ask()
    values = [proposal.changes.get(n) for proposal in proposals]
    right = len(values) == 1 and n.data == 2 and all(type(value) is int and 0 <= value <= 9 for value in values)
    return "" if right else f"proposed {values}, n is {n.data}"


def _bounds(make: Make) -> str:
    """ask gives no more proposals than it is asked for, and no two that are equal"""
    optimizer, n = _begin(make, _setting(_GOOD))
    values = [proposal.changes.get(n) for proposal in optimizer.ask(3)]
    return "" if 1 <= len(values) <= 3 and len(set(values)) == len(values) else f"proposed {values} when asked for 3"


def _starts_as_told(make: Make) -> str:
    """proposals are made from the version that was told and that the context has"""
    n = parameter(2, Integer(0, 9), name="n")
    optimizer, other = make([n], _setting(_GOOD)), n.add(7)
    with using({n: other}):
        optimizer.backward(_square(n), "larger")
        made_from = [proposal.made_from.get(n) for proposal in optimizer.ask()]
    return "" if made_from == [other.number] else f"made from the versions {made_from}, told was {other.number}"


def _forks(make: Make) -> str:
    """a fork has feedback of its own, and remembers the same trials"""
    n = parameter(2, Integer(0, 9), name="n")
    optimizer = make([n], _setting(_GOOD))
    fork = optimizer.fork(3)
    fork.backward(_square(n), "larger")
    if optimizer.step().outcome != "no feedback":
        return "what a fork was told reached the others"
    found = len(fork.ask()), len(optimizer.memory), fork.memory is optimizer.memory
    return "" if found == (1, 1, True) else f"proposals, trials remembered, whether by both: {found}"


def _draws_by_number(make: Make) -> str:
    """the same feedback and the same number of an ask give the same proposals"""
    found = []
    for _ in range(2):
        n = parameter(2, Integer(0, 9), name="n")
        optimizer = make([n], _setting(_GOOD))
        asked = []
        for number in range(4):
            fork = optimizer.fork(number)
            fork.backward(_square(n), "larger")
            asked.append([proposal.changes.get(n) for proposal in fork.ask(2)])
        found.append(asked)
    return "" if found[0] == found[1] else f"two equal runs proposed {found[0]} and {found[1]}"


def _judges(make: Make) -> str:
    """what is judged is remembered, ranked by its latest estimate, and changes no parameter"""
    optimizer, n = _begin(make, _setting(_GOOD))
    worse, better = n.add(5), n.add(6)
    for estimate in (0.75, 0.25):
        optimizer.judge({n: worse}, estimate, parent={n: n.versions[0]})
    optimizer.judge({n: better}, 0.5)
    best = optimizer.memory.best
    found = best is not None and best.versions[n] is better, worse.score, n.data
    return "" if found == (True, 0.25, 2) else f"whether the best was known, the score of another, n: {found}"


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


_CHECKS: tuple[Check, ...] = (
    _applies,
    _asks,
    _bounds,
    _waits,
    _leaves_fixed,
    _starts_as_told,
    _forks,
    _draws_by_number,
    _judges,
)
_CHECKS_OF_PROMPTED: tuple[Check, ...] = (_follows, _refuses, _fails_aloud, _repeats)
