"""Optimizers that draw new values at random, and ask no model."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Hashable, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

from agentopt.errors import InputError
from agentopt.graph.domains.choice import Choice
from agentopt.graph.domains.domain import same
from agentopt.graph.parameter_node import Parameter, Version
from agentopt.optimizers.optimizer import Asked, Optimizer, Settings, latest_versions
from agentopt.optimizers.proposal import Proposal

if TYPE_CHECKING:
    from numpy.random import Generator

Starts: TypeAlias = Mapping[Parameter[Any], Version[Any]]
Draw: TypeAlias = "Callable[[Generator], Mapping[Parameter[Any], Any]]"
_TRIES = 20
"""Draws for one proposal; the last one stands, also if it was tried before."""
OF_LATE = 200
"""The latest trials, by which the next draw goes."""


class Drawn(Optimizer):
    """Turns evaluations into proposals that are drawn at random, and none that was tried while it finds another.

    Args:
        parameters: As for every `Optimizer`; those that it cannot change are left alone.
        settings: As for every `Optimizer`.
        seed: The same seed gives the same proposals to the same asks.

    Raises:
        InputError: There is no trainable parameter that it can change, or the seed is no whole number from 0 on.
    """

    def __init__(self, parameters: Any, settings: Settings | None = None, *, seed: int = 0) -> None:
        super().__init__(parameters, settings)
        if type(seed) is not int or seed < 0:
            raise InputError(f"expected the seed as a whole number from 0 on, got {seed!r}")
        named = ", ".join(f"{one.described()} ({one.domain.kind})" for one in self.parameters)
        self.parameters = [one for one in self.parameters if self.can_change(one)]
        if not self.parameters:
            raise InputError(f"expected a trainable parameter that {type(self).__name__} can change, found {named}")
        self._seed = seed

    @staticmethod
    @abstractmethod
    def can_change(parameter: Parameter[Any]) -> bool:
        """Whether it has new values for such a parameter."""

    @abstractmethod
    def _drawing(self, starts: Starts) -> Draw:
        """What draws new values of some trainable parameters for this ask; the same value is no change."""

    def _reached(self) -> bool:
        # What is told need not be traced: nothing is read of it.
        return bool(self._pending and self.trainable)

    def _asked(self, n: int) -> Asked:
        import numpy as np

        rng = np.random.default_rng([self._seed, self.asks])
        starts = self._starts()
        draw, tried = self._drawing(starts), self._tried()
        made = [self._fresh(draw, rng, starts, tried) for _ in range(n)]
        proposals = tuple(self._proposal(changes, starts) for changes in made if changes)
        return Asked(proposals, "" if proposals else "there is no other value")

    def _fresh(self, draw: Draw, rng: Generator, starts: Starts, tried: set[Hashable]) -> dict[Parameter[Any], Any]:
        """Changes that lead to no combination that was tried, as far as some are found; they are added to these."""
        changes: dict[Parameter[Any], Any] = {}
        for _ in range(_TRIES):
            other = {one: new for one, new in draw(rng).items() if not same(new, starts[one].then)}
            changes = other or changes
            values = self._values({one: version.then for one, version in starts.items()} | other)
            if other and values not in tried:
                tried.add(values)
                break
        return changes

    def _proposal(self, changes: dict[Parameter[Any], Any], starts: Starts) -> Proposal:
        made_from = {parameter: starts[parameter].number for parameter in changes}
        return Proposal(changes, "drawn at random", made_from=made_from)

    def _tried(self) -> set[Hashable]:
        """The values of the latest trials that differ in nothing but this optimizer's parameters from what was told."""
        told = latest_versions(self._pending)
        mine = set(map(id, self.parameters))
        return {
            self._values({one: trial.versions[one].then for one in self.parameters})
            for trial in self.memory.latest(OF_LATE)
            if all(id(one) in mine or told.get(one, one.version) is was for one, was in trial.versions.items())
        }

    def _values(self, values: Mapping[Parameter[Any], Any]) -> Hashable:
        # An option need not be hashable, its place is.
        return tuple(
            option_place(one.domain, values[one]) if isinstance(one.domain, Choice) else values[one]
            for one in self.parameters
        )


def option_place(domain: Choice[Any], value: Any) -> int:
    """The place of a value among the options."""
    return next(place for place, option in enumerate(domain.options) if same(option, value))
