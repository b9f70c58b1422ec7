"""The optimizers' contract suite: our own keep every promise, and a broken one is caught at each."""

from __future__ import annotations

from typing import Any

import pytest

from agentopt import optimizers
from agentopt.llm import Model
from agentopt.optimizers import OPRO, LocalSearch, Mixed, Optimizer, OptoPrime, Proposal, Random, Step, TextGrad
from agentopt.optimizers.drawn import Drawn
from agentopt.optimizers.optimizer import Asked
from agentopt.testing.optimizer import Make, broken_promises

OURS: dict[str, Make] = {
    "OptoPrime": OptoPrime,
    "OPRO": OPRO,
    "TextGrad": TextGrad,
    "LocalSearch": lambda parameters, model: LocalSearch(parameters),
    "Random": lambda parameters, model: Random(parameters),
    "Mixed": Mixed,
}


@pytest.mark.parametrize("name", OURS)
def test_ours_keep_every_promise(name: str) -> None:
    """Every optimizer that is shipped passes its own suite."""
    assert broken_promises(OURS[name]) == []


def test_none_of_ours_is_left_out() -> None:
    """The suite above runs on every class that is shipped."""
    shipped = [getattr(optimizers, name) for name in optimizers.__all__]
    kinds = {kind.__name__ for kind in shipped if issubclass(kind, Optimizer)}
    assert kinds - {"Optimizer", "Prompted"} == OURS.keys()


def test_a_mix_of_prompted_members_keeps_every_promise() -> None:
    """A member that asks a model is a good member too."""
    assert broken_promises(lambda parameters, model: Mixed(parameters, members=[OptoPrime(parameters, model)])) == []


class Idle(OptoPrime):
    """Never does anything."""

    def step(self, n: int = 1) -> Step:
        return Step("unchanged")


class Greedy(OptoPrime):
    """Sets what it is told without a look at the domain."""

    def step(self, n: int = 1) -> Step:
        for parameter in self.parameters:
            parameter.version._value = 40
        return super().step(n)


class Blind(OptoPrime):
    """Takes every parameter for trainable."""

    def __init__(self, parameters: Any, model: Model) -> None:
        for parameter in parameters:
            parameter.trainable = True
        super().__init__(parameters, model)


class Shared(OptoPrime):
    """Has forks that are itself."""

    def fork(self, number: int | None = None) -> Shared:
        return self


class Present(LocalSearch):
    """Starts from what a parameter is for everybody, whatever was told."""

    def _starts(self) -> Any:
        return {one: one._current for one in self.parameters}


class Moody(LocalSearch):
    """Draws something else each time."""

    made = 0

    def _asked(self, n: int) -> Asked:
        Moody.made += 1
        self._seed = Moody.made
        return super()._asked(n)


class Same(LocalSearch):
    """Proposes one thing as often as it is asked for."""

    def _asked(self, n: int) -> Asked:
        return Asked(tuple(Proposal({self.parameters[0]: 5}, made_from={self.parameters[0]: 0}) for _ in range(n)))


class Deaf(LocalSearch):
    """Hears no judgement."""

    def judge(self, *_: Any, **__: Any) -> None:
        return None


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (Idle, "step applies a good proposal"),
        (Greedy, "outside of its domain"),
        (Blind, "not trainable is left alone"),
        (Shared, "a fork has feedback of its own"),
        (Present, "from the version that was told"),
        (Moody, "the same number of an ask"),
        (Same, "no two that are equal"),
        (Deaf, "what is judged is remembered"),
    ],
)
def test_a_broken_promise_is_named(kind: type[Optimizer], said: str) -> None:
    """An optimizer that breaks a promise is told which."""
    make: Make = (lambda parameters, model: kind(parameters)) if issubclass(kind, Drawn) else kind
    assert any(said in promise for promise in broken_promises(make))


def test_one_that_cannot_be_made_breaks_all() -> None:
    """An optimizer whose constructor fails is reported, not raised."""

    def make(parameters: Any, model: Model) -> Optimizer:
        raise RuntimeError("no")

    assert all("RuntimeError: no" in promise for promise in broken_promises(make))
