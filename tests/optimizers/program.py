"""A small traced program and the replies of a scripted model, for tests of every optimizer."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from agentopt import Node, trace
from agentopt.graph import Parameter


@trace
def speak(greeting: str, times: int, mark: str) -> str:
    """Say it a number of times."""
    return (greeting.format(name="Bob") + mark) * times


@dataclass
class Program:
    """Three parameters of three kinds, and a run of them."""

    greeting: Parameter[Any]
    times: Parameter[Any]
    mark: Parameter[Any]

    @property
    def parameters(self) -> list[Parameter[Any]]:
        return [self.greeting, self.times, self.mark]

    def run(self) -> Node[Any]:
        return speak(self.greeting, self.times, self.mark)  # type: ignore[no-any-return]


def reply(*candidates: dict[str, Any], nothing: str = "") -> str:
    """A reply with these candidates, each as {parameter: value}."""
    made = [
        {"reason": "because", "edits": [{"parameter": name, "value": value} for name, value in edits.items()]}
        for edits in candidates
    ]
    return json.dumps({"analysis": "seen", "nothing_to_change": nothing, "candidates": made})
