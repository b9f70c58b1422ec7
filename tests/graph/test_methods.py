"""Methods: static, of classes, properties, inherited, and each object's own code."""

from __future__ import annotations

import copy
import functools
import pickle
from collections.abc import Callable
from typing import Any

import pytest

from agentopt import Module, backward, node, parameter, parameters, trace
from agentopt.errors import TraceError


def passed(thing: Callable[..., Any]) -> Callable[..., Any]:
    """A decorator as others write it."""

    @functools.wraps(thing)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        return thing(*args, **kwargs)

    return wrapper


@trace
class Agent:
    """An object with a prompt and code of its own."""

    def __init__(self, prompt: str = "be nice") -> None:
        self.prompt = parameter(prompt)
        self.n_calls = 0

    @trace
    def act(self, text: str) -> str:
        """Answer."""
        self.n_calls += 1
        return f"{self.prompt}: {text}"

    @trace(trainable=True)
    def plan(self, x: int) -> int:
        """Count on."""
        return x + 1

    @passed
    @trace(trainable=True)
    def wrapped(self, x: int) -> int:
        """Count on by two."""
        return x + 2

    @staticmethod
    @trace
    def fixed(x: int) -> int:
        """Double."""
        return 2 * x

    @trace
    @staticmethod
    def fixed_below(x: int) -> int:
        """Double."""
        return 2 * x

    @classmethod
    @trace
    def named(cls, x: int) -> str:
        """Name the class."""
        return f"{cls.__name__} {x}"

    @trace
    @classmethod
    def named_below(cls, x: int) -> str:
        """Name the class."""
        return f"{cls.__name__} {x}"

    @property
    @trace
    def short(self) -> str:
        """The prompt's beginning."""
        return str(self.prompt)[:2]

    @trace
    @property
    def short_below(self) -> str:
        """The prompt's beginning."""
        return str(self.prompt)[:2]


class Child(Agent):
    """One that does more before it acts."""

    @trace
    def act(self, text: str) -> Any:
        """Answer loudly."""
        return super().act(text).upper()

    @trace
    def plan(self, x: int) -> Any:
        """Count on twice."""
        return super().plan(x) + 1


def test_method_reads_parameters_of_its_object() -> None:
    """What a method reads of self is an input by its path, and feedback reaches it."""
    agent = Agent()
    made = agent.act("now")
    assert made.data == "be nice: now"
    assert made.inputs["self.prompt"] is agent.prompt.version
    assert backward(made, "rude").parameters == (agent.prompt,)


def test_method_changes_its_object() -> None:
    """A method gets the object itself, not a copy."""
    agent = Agent()
    agent.act("now")
    assert agent.n_calls == 1


def test_methods_do_not_show_their_object() -> None:
    """A line for a method's call has its arguments; of the object there is nothing to see."""
    agent = Agent()
    graph = backward(agent.act("a"), "x")
    assert [step.name for step in graph.steps if step.kind == "input"] == []
    assert "self=" not in graph.render()


def test_object_is_one_input_of_many_calls() -> None:
    """An object that is passed to several functions is shown as one input."""
    agent, start = Agent(), parameter("a", name="start")
    take = trace(lambda agent, text: text)
    made = trace(lambda a, b: a + b)(take(agent, start), take(agent, start))
    assert [step.name for step in backward(made, "x").steps if step.kind == "input"] == ["agent"]


@pytest.mark.parametrize("name", ["fixed", "fixed_below"])
def test_static_method(name: str) -> None:
    """Static methods are traced from above and from below, on the class and on an object."""
    value = node(2, "x")
    for thing in (Agent, Agent()):
        made = getattr(thing, name)(value)
        assert (made.data, made.parents) == (4, (value,))


@pytest.mark.parametrize("name", ["named", "named_below"])
def test_class_method(name: str) -> None:
    """Class methods get the class, also that of a child."""
    assert getattr(Agent, name)(2).data == "Agent 2"
    assert getattr(Child(), name)(2).data == "Child 2"


@pytest.mark.parametrize("name", ["short", "short_below"])
def test_property(name: str) -> None:
    """Properties are traced from above and from below."""
    agent = Agent()
    made = getattr(agent, name)
    assert made.data == "be"
    assert backward(made, "x").parameters == (agent.prompt,)


def test_each_object_has_code_of_its_own() -> None:
    """Two objects of a class have two code parameters for one method, the same at each look."""
    one, other = Agent(), Agent()
    assert one.plan.parameter is one.plan.parameter
    assert one.plan.parameter is not other.plan.parameter
    assert backward(one.plan(1), "x").parameters == (one.plan.parameter,)


def test_code_under_a_decorator_is_the_objects_own() -> None:
    """A decorator above a trainable method calls it as a function, and the object's own code runs all the same."""
    agent = Agent()
    made = agent.wrapped(1)
    assert made.data == 3
    assert backward(made, "x").parameters == (parameters(agent)["wrapped"],)


def test_call_through_the_class() -> None:
    """Calling a method through its class is calling it on the object."""
    agent = Agent()
    assert backward(Agent.plan(agent, 1), "x").parameters == (agent.plan.parameter,)
    assert list(Agent.act(agent, "now").inputs) == ["self", "text", "self.prompt"]


def test_override_that_calls_the_method_above() -> None:
    """super() reaches a traced method, which is plain inside of the one that calls it."""
    child = Child()
    made = child.act("now")
    assert made.data == "BE NICE: NOW"
    assert backward(made, "x").parameters == (child.prompt,)


def test_override_that_calls_learned_code_above() -> None:
    """Code that runs through super() is reached by feedback."""
    child = Child()
    made = child.plan(1)
    assert made.data == 3
    (reached,) = backward(made, "x").parameters
    assert reached.domain.kind == "code"
    assert any(reached is known for known in parameters(child).values())


def test_deepcopy_has_parameters_of_its_own() -> None:
    """A copy of an object has its own parameters with the same values, code included."""
    agent = Agent()
    agent.plan(1)
    agent.prompt.set("be brief")
    copied = copy.deepcopy(agent)
    assert copied.prompt is not agent.prompt
    assert copied.prompt.data == "be brief"
    assert copied.plan.parameter is not agent.plan.parameter
    assert backward(copied.plan(1), "x").parameters == (copied.plan.parameter,)
    assert backward(copied.act("a"), "x").parameters == (copied.prompt,)


def test_copy_shares_parameters() -> None:
    """A shallow copy shares the parameters."""
    agent = Agent()
    assert copy.copy(agent).prompt is agent.prompt


def test_pickled_object_has_its_values() -> None:
    """An object crosses to another process with the values of its parameters."""
    agent = Agent("be quick")
    agent.prompt.set("be brief", author="model:m", reason="shorter")
    came = pickle.loads(pickle.dumps(agent))
    assert [version.data for version in came.prompt.versions] == ["be quick", "be brief"]
    assert came.prompt.version.author == "model:m"


def test_bound_method_is_pickled() -> None:
    """A method crosses to another process with its object."""
    assert pickle.loads(pickle.dumps(Agent("be quick").act))("a").data == "be quick: a"


def test_methods_compare_by_object() -> None:
    """Methods are equal if they are the same function of the same object."""
    one, other = Agent(), Agent()
    assert one.act == one.act
    assert len({one.act, one.act, other.act}) == 2


def test_method_shows_its_own_signature() -> None:
    """inspect.signature of a method leaves out self."""
    import inspect

    assert str(inspect.signature(Agent().act)) == "(text: 'str') -> 'str'"
    assert Agent().act.__name__ == "act"


def test_builtin_in_a_class_is_no_method() -> None:
    """As in Python, a built-in function in a class does not get the object."""

    class Thing:
        size = trace(len)

    assert Thing().size([1, 2]).data == 2


def test_object_without_room_for_code_is_refused() -> None:
    """An object with __slots__ cannot have learned code, and the message says why."""

    class Slotted:
        __slots__ = ()

        @trace(trainable=True)
        def plan(self, x: int) -> int:
            """Count on."""
            return x + 1

    with pytest.raises(TraceError, match="__slots__"):
        Slotted().plan(1)


def test_trainable_above_another_decorator_is_refused() -> None:
    """New code would lose a decorator below @trace(trainable=True), so that is refused."""
    with pytest.raises(TraceError, match="put @trace directly above the def"):

        @trace(trainable=True)
        @passed
        def plan(x: int) -> int:
            """Count on."""
            return x + 1


def test_module_by_inheritance() -> None:
    """A class may inherit from Module in place of being decorated."""

    class Tool(Module):
        def __init__(self) -> None:
            self.prompt = parameter("a")

    assert [one.name for one in Tool().parameters()] == ["prompt"]


def test_module_inside_of_a_module() -> None:
    """A method that uses a module of its object reaches that one's parameters by their path."""

    class Team(Module):
        def __init__(self) -> None:
            self.agents = {"first": Agent("a"), "second": Agent("b")}

        @trace
        def run(self, text: str) -> str:
            """Ask both."""
            return "".join(str(agent.act(text)) for agent in self.agents.values())

    team = Team()
    made = team.run("x")
    assert made.data == "a: xb: x"
    assert set(backward(made, "x").parameters) == {agent.prompt for agent in team.agents.values()}
    assert "self.agents['first'].prompt" in made.inputs
