"""The optimizers' contract suite: our own keep every promise, and a broken one is caught at each."""

from __future__ import annotations

from typing import Any

import pytest

from agentopt.llm import Model
from agentopt.optimizers import OPRO, Optimizer, OptoPrime, Step, TextGrad
from agentopt.testing.optimizer import broken_promises


@pytest.mark.parametrize("kind", [OptoPrime, OPRO, TextGrad])
def test_ours_keep_every_promise(kind: type[Optimizer]) -> None:
    """Every optimizer that is shipped passes its own suite."""
    assert broken_promises(kind) == []


class Idle(OptoPrime):
    """Never does anything."""

    def step(self, n: int = 1) -> Step:
        return Step("unchanged")


class Greedy(OptoPrime):
    """Sets what it is told without a look at the domain."""

    def step(self, n: int = 1) -> Step:
        for parameter in self.parameters:
            parameter._value = 40
        return super().step(n)


class Blind(OptoPrime):
    """Takes every parameter for trainable."""

    def __init__(self, parameters: Any, model: Model) -> None:
        for parameter in parameters:
            parameter.trainable = True
        super().__init__(parameters, model)


@pytest.mark.parametrize(
    ("kind", "said"),
    [(Idle, "step applies a good proposal"), (Greedy, "outside of its domain"), (Blind, "not trainable is left alone")],
)
def test_a_broken_promise_is_named(kind: type[OptoPrime], said: str) -> None:
    """An optimizer that breaks a promise is told which."""
    assert any(said in promise for promise in broken_promises(kind))


def test_one_that_cannot_be_made_breaks_all() -> None:
    """An optimizer whose constructor fails is reported, not raised."""

    def make(parameters: Any, model: Model) -> Optimizer:
        raise RuntimeError("no")

    assert all("RuntimeError: no" in promise for promise in broken_promises(make))
