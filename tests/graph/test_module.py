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


class Shared(Module):
    """Holds parameters and nodes in its class and in a slot."""

    __slots__ = ("slotted", "unset")

    prompt = parameter("a")
    tools = (parameter("b"), Client())
    limit = node(4, "limit")

    def __init__(self) -> None:
        self.own = parameter("c")
        self.slotted = parameter("d")

    @trace
    def read(self) -> str:
        return f"{self.prompt.data}{self.tools[0]}{self.limit}{self.own}{self.slotted}"

    @classmethod
    @trace
    def of_class(cls) -> str:
        return cls.prompt.data  # type: ignore[no-any-return]


def test_class_attributes_and_slots_are_found() -> None:
    """Parameters are found in the class, before the object's own, and in slots."""
    assert list(Shared().named_parameters()) == ["prompt", "tools[0]", "own", "slotted"]


def test_class_attributes_are_shared() -> None:
    """A parameter of the class is one and the same for all instances and copies."""
    one = Shared()
    assert one.copy().parameters()[0] is Shared().parameters()[0] is Shared.prompt


def test_own_attribute_hides_that_of_the_class() -> None:
    """As in Python, an attribute of the object stands before one of its class."""
    one = Shared()
    one.prompt = parameter("z")
    assert one.named_parameters()["prompt"].data == "z"
    assert len(one.parameters()) == 4


def test_method_reads_parameters_of_its_class() -> None:
    """What a method reads of its class is an input by its path; so is what a class method reads."""
    assert list(Shared().read().inputs) == [
        "self", "self.prompt", "self.tools[0]", "self.limit", "self.own", "self.slotted"
    ]  # fmt: skip
    assert list(Shared.of_class().inputs) == ["cls", "cls.prompt"]


class Hostile:
    """Answers no question about its attributes."""

    def __getattr__(self, name: str) -> Any:
        raise RuntimeError(name)


class Lazy:
    """A proxy that wakes up when it is asked for anything, its class and its attributes included."""

    def __getattribute__(self, name: str) -> Any:
        raise RuntimeError(name)

    @property
    def __dict__(self) -> Any:  # type: ignore[override]
        raise RuntimeError


@pytest.mark.parametrize("kind", [Hostile, Lazy])
def test_search_asks_objects_for_nothing(kind: type) -> None:
    """Objects that fail or wake when they are asked for an attribute are passed by, also where a search begins."""
    agent = Agent()
    agent.client = kind()
    assert list(agent.named_parameters()) == PATHS  # type: ignore[attr-defined]
    assert parameters([kind(), agent.prompt]) == {"[1]": agent.prompt}
    assert parameters(kind()) == {}


def test_search_by_a_read_is_no_part_of_the_body() -> None:
    """Code of the user's that a search runs may read nodes: the body did not, and no search begins another."""

    class Key:
        def __repr__(self) -> str:
            return str(other.data)

    class Holder(Module):
        def __init__(self) -> None:
            self.by_key = {Key(): parameter("a")}
            self.prompt = parameter("b")

        @trace
        def read(self) -> str:
            return self.prompt.data  # type: ignore[no-any-return]

    other = parameter("k")
    assert list(Holder().read().inputs) == ["self", "self.prompt"]
