"""Modules: where parameters are found, and what they are called."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
from pydantic import BaseModel

from agentopt import Module, backward, node, parameter, parameters, trace
from agentopt.errors import TraceError


class Tool(Module):
    """One prompt."""

    def __init__(self, prompt: str) -> None:
        self.prompt = parameter(prompt)


@dataclass
class Settings:
    """Numbers."""

    limit: Any = field(default_factory=lambda: parameter(3))


class Config(BaseModel):
    """A value."""

    value: Any


@trace
class Agent:
    """Holds parameters in every way."""

    size = 4

    def __init__(self) -> None:
        self.prompt = parameter("a")
        self.tools = [Tool("b"), Tool("c")]
        self.by_name = {"x": parameter("d")}
        self.settings = Settings()
        self.config = Config(value=parameter("e"))
        self.named = parameter("f", name="own name")
        self.client = Client()
        self.fixed = node(7)

    @trace(trainable=True)
    def plan(self, x: int) -> int:
        """Count on."""
        return x + 1


class Client:
    """Some object that is no module."""

    def __init__(self) -> None:
        self.not_found = parameter("g")


PATHS = [
    "plan",
    "prompt",
    "tools[0].prompt",
    "tools[1].prompt",
    "by_name['x']",
    "settings.limit",
    "config.value",
    "named",
]


def test_parameters_are_found_everywhere() -> None:
    """Attributes, lists, dicts, dataclasses, pydantic models, modules and code are searched; other objects are not."""
    assert list(Agent().named_parameters()) == PATHS  # type: ignore[attr-defined]


def test_parameters_without_a_name_are_named_by_path() -> None:
    """A parameter is named by its path, unless it has a name."""
    found = Agent().parameters()  # type: ignore[attr-defined]
    assert [one.name for one in found] == [*PATHS[:-1], "own name"]


def test_traced_class_stays_the_class() -> None:
    """@trace on a class keeps the class, its name, docstring and plain attributes."""
    assert (Agent.__name__, Agent.__doc__, Agent.size) == ("Agent", "Holds parameters in every way.", 4)
    assert isinstance(Agent(), Agent)


def test_own_methods_are_kept() -> None:
    """A method of the class that is called like one of a module's stays."""

    @trace
    class Own:
        def copy(self) -> str:
            return "own"

    assert Own().copy() == "own"


def test_settings_on_a_class_are_refused() -> None:
    """A class takes @trace alone."""
    with pytest.raises(TraceError, match="its functions take the settings"):
        trace(trainable=True)(Tool)


def test_copy_is_independent() -> None:
    """A copied module has its own parameters with the same values."""
    agent = Agent()
    agent.prompt.set("z")
    copied = agent.copy()  # type: ignore[attr-defined]
    assert copied.prompt.data == "z"
    copied.prompt.set("y")
    assert agent.prompt.data == "z"
    assert list(copied.named_parameters()) == PATHS


def test_parameter_that_is_held_twice_is_one() -> None:
    """A parameter in two places is found once, by the first path."""
    agent = Agent()
    agent.again = agent.prompt  # type: ignore[attr-defined]
    assert list(agent.named_parameters()) == PATHS  # type: ignore[attr-defined]


def test_module_that_holds_itself() -> None:
    """Circles are no trouble."""
    agent = Agent()
    agent.me = [agent]  # type: ignore[attr-defined]
    assert list(agent.named_parameters()) == PATHS  # type: ignore[attr-defined]
    assert agent.copy().me[0].prompt.data == "a"  # type: ignore[attr-defined]


def test_parameters_of_anything() -> None:
    """parameters() looks into a function, a parameter, or a container of such."""

    @trace(trainable=True)
    def double(x: int) -> int:
        """Double."""
        return 2 * x

    one = parameter("a", name="one")
    assert parameters(double) == {"double": double.parameter}
    assert parameters(one) == {"one": one}
    assert list(parameters({"f": double, "p": [one]})) == ["['f']", "['p'][0]"]
    assert parameters(3) == {}


def test_parameter_held_by_a_node_of_a_module() -> None:
    """A module inside of a node is looked into."""
    assert list(parameters([node(Tool("a"))])) == ["[0].prompt"]


def test_whole_agent_is_reached() -> None:
    """A method that reads every parameter of its object is reached from all of them."""

    class Whole(Agent):
        @trace
        def read(self) -> str:
            held = [self.prompt, *[tool.prompt for tool in self.tools], self.by_name["x"], self.settings.limit]
            return "".join(str(one) for one in [*held, self.config.value, self.named, self.plan(1)])

    agent = Whole()
    made = agent.read()
    assert made.data == "abcd3ef2"
    assert {one.name for one in backward(made, "x").parameters} == {*PATHS[:-1], "own name"}
