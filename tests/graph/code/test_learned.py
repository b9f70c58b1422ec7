"""Trainable functions: the human's own code runs in process, every other version in the sandbox, each as it was set."""

from __future__ import annotations

import asyncio
import copy
import os
import textwrap
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from agentopt import Module, no_trace, trace
from agentopt.errors import CodeError, DomainError, HiddenDependencyError, InputError, SandboxError, TraceError
from agentopt.graph import error_node, parameters
from agentopt.graph.code.workplace import default_sandbox

LIMIT = 10
SET_LATER: dict[str, int] = {}


@pytest.fixture(autouse=True)
def _isolated() -> None:
    """Skip where this machine offers no isolation."""
    try:
        _ = default_sandbox().level
    except SandboxError as error:
        pytest.skip(f"no sandbox here: {error}")


def helper(x: int) -> int:
    return x + LIMIT


def make() -> Any:
    """A trainable function of its own for each test: parameters are shared state."""

    @trace(trainable=True)
    def where(x: Any) -> Any:
        """Tell a process."""
        return os.getpid(), x

    return where


class Agent(Module):
    def __init__(self, factor: int = 2) -> None:
        self.factor = factor
        self.tool: Any = None

    @trace(trainable=True)
    def solve(self, x: int) -> int:
        """Scale a number."""
        return self.factor * x

    @trace(trainable=True)
    def refine(self, x: int) -> int:
        return self.solve(x) + 1  # type: ignore[no-any-return]


def as_method(name: str, expression: str) -> str:
    return f"def {name}(self, x: int) -> int:\n    return {expression}\n"


def test_own_version_runs_in_process() -> None:
    """The function as the human wrote it runs in this process, and may take and give any object."""
    thing = object()
    assert make()(thing).data == (os.getpid(), thing)


def test_new_version_runs_elsewhere() -> None:
    """A version with another source runs in another process, even if a human set it."""
    where = make()
    where.parameter.set("import os\n\ndef where(x):\n    return os.getpid(), x\n", author="human")
    process, x = where(3).data
    assert (process != os.getpid(), x) == (True, 3)


def test_undo_returns_to_process() -> None:
    """Going back to the first version runs the human's function again."""
    where = make()
    where.parameter.set("def where(x):\n    return None, x\n")
    where(1)
    where.parameter.undo()
    assert where(1).data == (os.getpid(), 1)


def test_version_is_input() -> None:
    """The version that ran is an input of the call, and stays it after later versions."""
    where = make()
    version = where.parameter.set("def where(x):\n    return x\n")
    out = where(1)
    where.parameter.set("def where(x):\n    return -x\n")
    assert out.inputs["code"] is version


def test_constants_functions_and_imports_of_the_module() -> None:
    """New code finds the module's constants and functions, and may bring helpers and imports of its own."""
    where = make()
    source = """
        import math

        def twice(x):
            return 2 * x

        def where(x):
            return [helper(twice(x)), LIMIT, math.floor(1.5)]
        """
    where.parameter.set(textwrap.dedent(source))
    assert where(4).data == [18, 10, 1]


def test_recursion() -> None:
    """New code may call itself by its name, also by way of a helper."""
    where = make()
    where.parameter.set(
        "def down(x):\n    return where(x - 1)\n\ndef where(x):\n    return 0 if x < 1 else 1 + down(x)\n"
    )
    assert where(50).data == 50


def test_async() -> None:
    """A new version of an async function is awaited, and several run at the same time."""

    @trace(trainable=True)
    async def later(x: int) -> int:
        return x

    later.parameter.set("import asyncio\n\nasync def later(x):\n    await asyncio.sleep(0)\n    return 10 * x\n")

    async def main() -> list[Any]:
        return list(await asyncio.gather(*(later(number) for number in range(4))))

    nodes = asyncio.run(main())
    assert [(node.data, node.inputs["x"].data) for node in nodes] == [(0, 0), (10, 1), (20, 2), (30, 3)]


def test_no_trace() -> None:
    """Without recording a new version runs all the same, and its result has no parents."""
    where = make()
    where.parameter.set("def where(x):\n    return x + 1\n")
    with no_trace():
        out = where(1)
    assert (out.data, out.parents) == (2, ())


def test_inside_of_a_traced_function_it_has_to_be_passed() -> None:
    """Calling learned code is a read of its parameter, in the sandbox as in process, so it may not stay hidden."""
    inner = make()

    @trace(trainable=True)
    def outer(x: Any) -> Any:
        return inner(x)

    with pytest.raises(HiddenDependencyError, match="where"):
        outer(1)
    outer.parameter.set("def outer(x):\n    return [inner(x)]\n")
    with pytest.raises(HiddenDependencyError, match="where"):
        outer(1)


def test_hidden_learned_code_becomes_input() -> None:
    """Where hidden reads are allowed, the version of learned code that new code called is an input of the call."""
    inner = make()

    @trace(trainable=True, allow_hidden=True)
    def outer(x: Any) -> Any:
        return inner(x)

    outer.parameter.set("def outer(x):\n    return [inner(x)]\n")
    version = inner.parameter.set("def where(x):\n    return x + 1\n")
    out = outer(1)
    assert (out.data, version in out.parents) == ([2], True)


def test_follows_what_it_calls() -> None:
    """A new version of a function that new code calls counts from the next call on, and so does going back."""
    inner = make()

    @trace(trainable=True, allow_hidden=True)
    def outer(x: Any) -> Any:
        return inner(x)

    outer.parameter.set("def outer(x):\n    return 10 * inner(x)\n")
    seen = []
    for offset in (1, 2):
        inner.parameter.set(f"def where(x):\n    return x + {offset}\n")
        seen.append(outer(0).data)
    inner.parameter.undo()
    assert [*seen, outer(0).data] == [10, 20, 10]


def test_follows_what_a_helper_calls() -> None:
    """The same holds where only a plain helper between the two calls it."""
    inner = make()

    def between(x: Any) -> Any:
        return inner(x)

    @trace(trainable=True, allow_hidden=True)
    def outer(x: Any) -> Any:
        return between(x)

    outer.parameter.set("def outer(x):\n    return [between(x)]\n")
    seen = []
    for offset in (1, 2):
        inner.parameter.set(f"def where(x):\n    return x + {offset}\n")
        seen.append(outer(0).data)
    assert seen == [[1], [2]]


def test_method_reads_its_object() -> None:
    """A learned method sees what its object holds at the time of the call."""
    agent = Agent(2)
    agent.solve.parameter.set(as_method("solve", "100 * self.factor + x"))
    first = agent.solve(1).data
    agent.factor = 3
    assert (first, agent.solve(1).data) == (201, 301)


def test_objects_have_versions_of_their_own() -> None:
    """A new version of one object's method leaves another's alone."""
    one, other = Agent(2), Agent(2)
    one.solve.parameter.set(as_method("solve", "-x"))
    assert (one.solve(5).data, other.solve(5).data) == (-5, 10)


def test_methods_call_their_own_objects_versions() -> None:
    """Two objects with one version of a method call each its own version of another method."""
    one, other = Agent(2), Agent(2)
    for agent, factor in ((one, 100), (other, 200)):
        agent.refine.parameter.set(as_method("refine", "[self.solve(x)]"))
        agent.solve.parameter.set(as_method("solve", f"{factor} * x"))
    assert [agent.refine(1).data for agent in (one, other, one)] == [[100], [200], [100]]


def test_functions_in_attributes_are_each_objects_own() -> None:
    """Two objects with one version of a method use each the function, or the data, in its own attribute."""
    one, two, three = Agent(), Agent(), Agent()
    one.tool, two.tool, three.tool = helper, abs, None
    for agent in (one, two, three):
        agent.solve.parameter.set(as_method("solve", "self.tool(x) if self.tool else None"))
    assert [agent.solve(-1).data for agent in (one, two, three)] == [9, 1, None]


def test_method_cannot_change_its_object() -> None:
    """A version that would change its object is refused, since the change would be lost."""
    with pytest.raises(DomainError, match="cannot change the object"):
        Agent().solve.parameter.set("def solve(self, x: int) -> int:\n    self.factor = 3\n    return x\n")


def test_deepcopy_takes_learned_code_along() -> None:
    """A copy of an object has the same versions, and its later ones are its own."""
    agent = Agent(2)
    agent.solve.parameter.set(as_method("solve", "self.factor + x"))
    twin = copy.deepcopy(agent)
    twin.factor = 50
    before = twin.solve(1).data
    twin.solve.parameter.set(as_method("solve", "0"))
    assert (before, twin.solve(1).data, agent.solve(1).data, len(agent.solve.parameter.versions)) == (51, 0, 3, 2)


def test_copied_domain_means_the_copy() -> None:
    """A source for the copy is checked against the copy's attributes."""
    agent = Agent()
    _ = agent.solve.parameter
    twin = copy.deepcopy(agent)
    twin.extra = 7  # type: ignore[attr-defined]
    twin.solve.parameter.set(as_method("solve", "self.extra"))
    with pytest.raises(DomainError, match=r"self\.extra"):
        agent.solve.parameter.set(as_method("solve", "self.extra"))


def test_examples_are_a_contract() -> None:
    """A source that breaks an example in the docstring is refused, and nothing changes."""

    @trace(trainable=True)
    def square(x: int) -> int:
        """Square a number.

        >>> square(3)
        9
        """
        return x * x

    with pytest.raises(DomainError, match="expects '9', got '6'"):
        square.parameter.set("def square(x: int) -> int:\n    return 2 * x\n")
    square.parameter.set("def square(x: int) -> int:\n    return x ** 2\n")
    assert (square(4).data, len(square.parameter.versions)) == (16, 2)


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("def where(y):\n    return y\n", "parameters"),
        ("def there(x):\n    return x\n", "where"),
        ("def where(x):\n    return (\n", "syntax error"),
        ("def where(x):\n    return unknown_thing(x)\n", "unknown_thing"),
        ("def where(x):\n    global SET_LATER\n    SET_LATER = x\n", "SET_LATER"),
        ("def where(x):\n    yield x\n", "generator"),
    ],
)
def test_unfit_sources(source: str, reason: str) -> None:
    """A source that does not keep the contract, or needs what is not there, is refused with the reason."""
    where = make()
    with pytest.raises(DomainError, match=reason):
        where.parameter.set(source)
    assert len(where.parameter.versions) == 1


def test_decorated_below() -> None:
    """A trainable function with another decorator below is refused, since new code would lose that."""
    from functools import cache

    with pytest.raises(TraceError, match="decorated below"):
        trace(trainable=True)(cache(helper))


def test_slots() -> None:
    """An object without a place for its code cannot have a trainable method; the error says why."""

    class Slotted:
        __slots__ = ()

        @trace(trainable=True)
        def solve(self) -> int:
            return 1

    with pytest.raises(TraceError, match="__slots__"):
        Slotted().solve()


def test_dataclass_methods() -> None:
    """A dataclass may have a trainable method, which reads its fields."""

    @dataclass
    class Point:
        x: int

        @trace(trainable=True)
        def far(self) -> int:
            return self.x

    point = Point(4)
    point.far.parameter.set("def far(self) -> int:\n    return self.x * 10\n")
    assert (point.far().data, point == Point(4), list(parameters(point))) == (40, True, ["far"])


def test_builtin_exceptions() -> None:
    """What new code raises of Python's own exceptions is caught by their name, and as a CodeError with the place."""
    where = make()
    where.parameter.set("def where(x):\n    if x:\n        raise ValueError('too much')\n")
    with pytest.raises(ValueError, match=r"^too much$") as caught:
        where(1)
    error = caught.value
    assert isinstance(error, CodeError)
    assert (error.kind, error.place) == ("ValueError", "line 3: raise ValueError('too much')")


def test_builtin_exceptions_by_their_base() -> None:
    """A KeyError of new code is a LookupError here, too."""
    where = make()
    where.parameter.set("def where(x):\n    return {}[x]\n")
    with pytest.raises(LookupError, match="'a'"):
        where("a")


def test_exceptions_of_its_own() -> None:
    """An exception class of new code becomes a CodeError that names it."""
    where = make()
    where.parameter.set("class Odd(Exception):\n    pass\n\ndef where(x):\n    raise Odd(x)\n")
    with pytest.raises(CodeError, match=r"^Odd: why$") as caught:
        where("why")
    assert (caught.value.kind, caught.value.place) == ("Odd", "line 5: raise Odd(x)")


def test_exceptions_carry_a_node() -> None:
    """The node of an exception has the arguments and the version of the code as inputs."""
    where = make()
    version = where.parameter.set("def where(x):\n    assert x > 1\n")
    with pytest.raises(AssertionError) as caught:
        where(1)
    node = error_node(caught.value)
    assert node is not None
    assert (node.inputs["x"].data, node.inputs["code"]) == (1, version)


def test_timeout() -> None:
    """A call that takes longer than the function's time is a TimeoutError, and the next call works."""

    @trace(trainable=True, timeout_s=0.2)
    def slow(x: int) -> int:
        return x

    slow.parameter.set("def slow(x: int) -> int:\n    while x:\n        pass\n    return 7\n")
    with pytest.raises(TimeoutError) as caught:
        slow(1)
    assert (getattr(caught.value, "verdict", ""), slow(0).data) == ("timeout", 7)


def test_death() -> None:
    """Code that ends its process is a CodeError, and the next call works."""
    where = make()
    where.parameter.set("import os\n\ndef where(x):\n    if x:\n        os._exit(3)\n    return 7\n")
    with pytest.raises(CodeError):
        where(1)
    assert where(0).data == 7


def test_what_new_code_needs_may_vanish() -> None:
    """Where a helper can no longer be had, the call fails with a sentence, and the error carries a node."""
    other: Any = helper

    @trace(trainable=True)
    def outer(x: Any) -> Any:
        return other(x)

    outer.parameter.set("def outer(x):\n    return [other(x)]\n")
    other = threading.Lock()
    with pytest.raises(DomainError, match="other") as caught:
        outer(1)
    assert error_node(caught.value) is not None


def call_all(calls: list[Callable[[], Any]]) -> list[Any]:
    results: list[Any] = [None] * len(calls)

    def run(place: int) -> None:
        results[place] = calls[place]()

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_threads() -> None:
    """Many threads that call one learned function get each its own result, with its own inputs."""
    where = make()
    where.parameter.set("def where(x):\n    return x * x\n")
    nodes = call_all([lambda number=number: [where(number + i) for i in range(20)] for number in range(8)])  # type: ignore[misc]
    assert all(node.data == node.inputs["x"].data ** 2 for row in nodes for node in row)


def test_concurrent_versions() -> None:
    """Versions that run at the same time do not mix."""
    agents = [Agent(number) for number in range(4)]
    for number, agent in enumerate(agents):
        agent.solve.parameter.set(as_method("solve", f"[{number}, self.factor, x]"))
    rows = call_all([lambda agent=agent: [agent.solve(i).data for i in range(10)] for agent in agents])  # type: ignore[misc]
    assert rows == [[[number, number, i] for i in range(10)] for number in range(4)]


def test_unknown_version() -> None:
    """Asking for a version that is not there is an error that says which there are."""
    with pytest.raises(InputError, match="0 to 0"):
        make().parameter.use(3)
