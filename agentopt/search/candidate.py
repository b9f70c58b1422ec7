"""One combination of values that is tried: a version for every parameter."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from agentopt.graph.parameter_node import Parameter, Version
from agentopt.graph.writing.value_data import value_as_data
from agentopt.values import Value

START = 0
"""The number of the candidate that a search begins with."""


@dataclass(eq=False)
class Candidate:
    """A version for every trainable parameter, and what became of it."""

    number: int
    versions: Mapping[str, Version[Any]]
    """By the keys of the parameters."""
    parents: tuple[int, ...] = ()
    """The numbers of the candidates that it was made from; none for the start."""
    reason: str = ""
    """Of whoever proposed it."""
    dropped: str = ""
    """Why it is out of the race; "" while it is not."""
    passed: bool = False
    """Whether it held its ground against its parent on the parent's minibatch; the start need not."""
    features: tuple[int, ...] = field(default=())
    """Its cell in an archive of different ones; see `strategies.islands`."""
    island: int = 0

    @property
    def alive(self) -> bool:
        return not self.dropped

    @property
    def author(self) -> str:
        """Who made what is new in it: of the latest version among its own."""
        return max(self.versions.values(), key=lambda version: version.number).author

    @property
    def live(self) -> dict[Parameter[Any], Version[Any]]:
        """As `using` takes it."""
        return {version.parameter: version for version in self.versions.values()}

    @property
    def values(self) -> dict[str, Any]:
        """The plain values by key."""
        return {key: version.then for key, version in self.versions.items()}

    @property
    def encoded(self) -> dict[str, Value]:
        """The values as data.

        Raises:
            CodecError: A value is none that can leave the process.
        """
        return {key: value_as_data(version) for key, version in self.versions.items()}

    @cached_property
    def fingerprint(self) -> str:
        """Tells its values from those of any other candidate, in any session."""
        return fingerprint(self.encoded)

    def apply(self) -> None:
        """Let every parameter have this candidate's version from now on.

        Raises:
            InputError: A parameter no longer has this version.
        """
        for version in self.versions.values():
            version.parameter.use(version.number)

    def __repr__(self) -> str:
        return f"<Candidate {self.number} of {', '.join(map(str, self.parents)) or 'the start'}>"


def fingerprint(values: Mapping[str, Value]) -> str:
    """Of values as data, by key."""
    text = json.dumps(dict(values), sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()[:32]
