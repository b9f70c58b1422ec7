"""A formulation with its data: what every compiler, solver and checker reads."""

from __future__ import annotations

from dataclasses import dataclass

from .formulation import Formulation
from .language.analysis import Analysis

Member = str | int
Key = tuple[Member, ...]
"""An index as a tuple; () for a scalar. A member of a set of pairs is flattened into it."""


@dataclass(frozen=True)
class Data:
    """The members of every set and the values of every parameter, in plain Python."""

    sets: dict[str, tuple[Key, ...]]
    """Members in order, each as a tuple: ("Oslo",) or ("Oslo", "Rome")."""
    parameters: dict[str, dict[Key, float]]
    """Values by key; a key that is absent has the parameter's default."""
    defaults: dict[str, float]
    """Value of an absent key, for the parameters that have one."""


@dataclass(frozen=True)
class Instance:
    """An analyzed formulation and its data; complete, so that it can be compiled."""

    analysis: Analysis
    data: Data

    @property
    def formulation(self) -> Formulation:
        """The five elements as they were stated."""
        return self.analysis.formulation
