"""Hidden dependencies: a traced function that reads a node which was not passed to it is found out."""

from __future__ import annotations

import asyncio
import contextlib
import copy
import pickle
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest

from agentopt import Node, backward, no_trace, node, parameter, trace
from agentopt.errors import HiddenDependencyError, TraceError

SECRET = parameter("secret", name="secret")
LEAF = node(3, "leaf")


@pytest.mark.parametrize(
    "read",
    [
        lambda: SECRET.data, lambda: SECRET + "a", lambda: SECRET == "a", lambda: len(SECRET), lambda: f"{SECRET}",
        lambda: SECRET.upper(), lambda: list(SECRET), lambda: SECRET[0], lambda: "e" in SECRET, lambda: bool(SECRET),
        lambda: LEAF.data, lambda: LEAF + 1, lambda: SECRET, lambda: [SECRET], lambda: node([SECRET]),
    ],
)  # fmt: skip
def test_any_way_of_reading_is_found(read: Callable[[], object]) -> None:
    """However a body reads a node that was not passed in, the call fails and names it."""
    with pytest.raises(HiddenDependencyError, match="which was not passed to it"):
        trace(read)()


def test_message_names_node_and_remedy() -> None:
    """The message says which node, and both ways to put it right."""
    with pytest.raises(
        HiddenDependencyError, match=r"^peek read the parameter 'secret', .*allow_hidden=True"
    ) as caught:
        trace(name="peek")(lambda: SECRET.data)()
    with pytest.raises(TraceError):
        backward(caught.value, "x")


def test_passed_node_may_be_read() -> None:
    """A node that was passed in may also be read where the body finds it elsewhere."""
    assert trace(lambda text: text + SECRET.data)(SECRET).data == "secretsecret"


def test_node_passed_in_a_container_may_be_read() -> None:
    """So may one that was passed in a container."""
    assert trace(lambda texts: texts[0] + SECRET.data)([SECRET]).data == "secretsecret"


def test_passed_node_may_be_read_after_the_body_changed_it() -> None:
    """A body that changes what it was given may read the node of it."""
    values = node([1], "values")

    @trace
    def push(given: list[int]) -> int:
        given.append(2)
        return len(values.data)

    assert push(values).data == 2


def test_swallowed_error_still_fails_the_call() -> None:
    """A body cannot hide the read by catching the error."""

    @trace
    def swallow() -> str:
        try:
            return SECRET.data
        except HiddenDependencyError:
            return "nothing"

    with pytest.raises(HiddenDependencyError):
        swallow()


def test_error_that_replaces_it_does_not_hide_it() -> None:
    """Nor by raising another error in its place."""

    @trace
    def replace() -> str:
        try:
            return SECRET.data
        except HiddenDependencyError:
            raise ValueError("other") from None

    with pytest.raises(HiddenDependencyError):
        replace()


def test_read_in_a_thread_is_found() -> None:
    """A thread that the body starts counts as the body, even if it swallows the error."""

    @trace
    def peek() -> int:
        def work() -> None:
            with contextlib.suppress(HiddenDependencyError):
                seen.append(SECRET.data)

        seen: list[str] = []
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
        return len(seen)

    with pytest.raises(HiddenDependencyError):
        peek()


def test_read_in_a_subclass_of_thread_is_found() -> None:
    """So does a thread that overrides run."""

    class Worker(threading.Thread):
        error: Exception | None = None

        def run(self) -> None:
            try:
                _ = SECRET.data
            except HiddenDependencyError as error:
                self.error = error

    @trace
    def peek() -> None:
        worker = Worker()
        worker.start()
        worker.join()

    with pytest.raises(HiddenDependencyError):
        peek()


def test_read_in_a_pool_made_inside_is_found() -> None:
    """A pool that the body makes counts as the body."""

    @trace
    def peek() -> str:
        with ThreadPoolExecutor(1) as pool:
            return pool.submit(lambda: SECRET.data).result()

    with pytest.raises(HiddenDependencyError):
        peek()


def test_read_in_a_pool_made_outside_is_found() -> None:
    """So does work that the body gives to a pool whose threads run already."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(int).result()
        with pytest.raises(HiddenDependencyError):
            trace(lambda: list(pool.map(lambda _: SECRET.data, [1])))()


def test_pool_that_a_body_began_serves_others_afterwards() -> None:
    """Threads of a pool do not stay in the call that started them."""
    with ThreadPoolExecutor(1) as pool:
        trace(lambda: pool.submit(int).result())()
        made = pool.submit(lambda: trace(lambda x: x)(SECRET)).result()
    assert isinstance(made, Node)
    assert made.parents == (SECRET.version,)


def test_read_in_asyncio_to_thread_is_found() -> None:
    """asyncio.to_thread inside of a body counts as the body."""

    @trace
    async def peek() -> str:
        return await asyncio.to_thread(lambda: SECRET.data)

    with pytest.raises(HiddenDependencyError):
        asyncio.run(peek())


def test_read_in_a_generator_is_found() -> None:
    """A read in any piece of a generator is found when it happens."""

    @trace
    def items() -> Any:
        yield 1
        yield SECRET.data

    stream = items()
    assert next(stream).data == 1
    with pytest.raises(HiddenDependencyError):
        next(stream)


def test_allowed_reads_become_inputs() -> None:
    """With allow_hidden a node that was read is an input under its name, and feedback reaches it."""
    made = trace(allow_hidden=True)(lambda: SECRET.data + str(LEAF.data))()
    assert made.inputs == {"secret": SECRET.version, "leaf": LEAF}
    assert backward(made, "x").parameters == (SECRET,)


def test_allowed_read_beside_an_argument_of_its_name() -> None:
    """An input that was read keeps apart from an argument of the same name."""
    made = trace(allow_hidden=True)(lambda secret: SECRET.data + secret)("a")
    assert list(made.inputs) == ["secret", "secret_"]


def test_two_nodes_of_one_name_are_two_inputs() -> None:
    """Two hidden nodes of one name are kept apart, and one read twice is one input."""
    one, other = node(1, "n"), node(2, "n")
    made = trace(allow_hidden=True)(lambda: one.data + other.data + one.data)()
    assert made.inputs == {"n": one, "n_": other}


def test_reads_through_self_are_inputs() -> None:
    """What a method reads of its object, at any depth, is an input by its path."""

    @dataclass
    class Settings:
        limits: list[Any]

    class Thing:
        def __init__(self) -> None:
            self.settings = Settings([parameter(3, name="limit")])

        @trace
        def work(self) -> int:
            return self.settings.limits[0] + 1

    assert list(Thing().work().inputs) == ["self", "self.settings.limits[0]"]


def test_reads_through_an_argument_are_inputs() -> None:
    """So is what a function reads of an object that it was given."""

    class Thing:
        def __init__(self) -> None:
            self.prompt = parameter("a")

    thing = Thing()
    made = trace(lambda thing: f"{thing.prompt}")(thing)
    assert backward(made, "x").parameters == (thing.prompt,)


def test_learned_code_passed_in_may_be_called() -> None:
    """A trainable function given as an argument may be called, and its code is reached."""

    @trace(trainable=True)
    def double(x: int) -> int:
        """Double."""
        return 2 * x

    made = trace(lambda function, x: function(x))(double, 2)
    assert made.data == 4
    assert backward(made, "x").parameters == (double.parameter,)


def test_learned_code_not_passed_in_is_hidden() -> None:
    """Calling a trainable function reads its code, which has to be allowed."""

    @trace(trainable=True)
    def double(x: int) -> int:
        """Double."""
        return 2 * x

    with pytest.raises(HiddenDependencyError, match="double"):
        trace(lambda x: double(x))(2)
    made = trace(allow_hidden=True)(lambda x: double(x))(2)
    assert backward(made, "x").parameters == (double.parameter,)


@pytest.mark.parametrize(
    "make",
    [lambda: node("a"), lambda: parameter("a"), lambda: node("b").detach(), lambda: copy.deepcopy(parameter("a"))],
)
def test_what_a_body_makes_it_may_read(make: Callable[[], Any]) -> None:
    """Leaves and parameters made inside of a call are no hidden dependencies of it."""
    assert trace(lambda: len(make().data))().data == 1


def test_what_another_call_made_is_hidden() -> None:
    """A leaf made inside of one call is hidden from another."""
    kept: list[Node[Any]] = []
    trace(lambda: kept.append(node("a")))()
    with pytest.raises(HiddenDependencyError):
        trace(lambda: kept[0].data)()


def test_no_trace_inside_of_a_body_is_not_watched() -> None:
    """What a body reads under no_trace does not count, and it may read what came of it."""

    @trace
    def evaluate() -> int:
        with no_trace():
            made = trace(lambda text: len(text))(SECRET)
        return made.data + 1

    made = evaluate()
    assert (made.data, made.parents) == (7, ())


def test_a_failed_call_leaves_no_state() -> None:
    """After a hidden dependency was found, calls are recorded as before."""
    with pytest.raises(HiddenDependencyError):
        trace(lambda: SECRET.data)()
    assert isinstance(SECRET + "a", Node)


@pytest.mark.parametrize(
    "read",
    [
        lambda: SECRET.then, lambda: SECRET.version.data, lambda: SECRET.version.then, lambda: SECRET.versions[0].data,
        lambda: SECRET.versions[0].then, lambda: SECRET.detach(), lambda: copy.deepcopy(SECRET), lambda: SECRET.diff(),
        lambda: copy.deepcopy(SECRET.version), lambda: pickle.dumps(SECRET), lambda: LEAF.then, lambda: LEAF.detach(),
        lambda: copy.deepcopy([LEAF]), lambda: pickle.dumps(LEAF),
    ],
)  # fmt: skip
def test_ways_around_data_are_found(read: Callable[[], object]) -> None:
    """The value of a node as it was, of a version, in a copy or in a pickle is read as much as its data."""
    with pytest.raises(HiddenDependencyError, match=r"read the (parameter 'secret'|node 'leaf'),"):
        trace(lambda: bool(read()))()


def test_own_earlier_version_is_an_input() -> None:
    """An earlier version that a method reads of its object is an input of the call."""

    class Thing:
        def __init__(self) -> None:
            self.prompt = parameter("a")

        @trace
        def first(self) -> str:
            return self.prompt.versions[0].data  # type: ignore[no-any-return]

    thing = Thing()
    thing.prompt.set("b")
    assert thing.first().inputs["self.prompt"] is thing.prompt.versions[0]


def test_writing_a_node_is_no_read() -> None:
    """repr, which debuggers and logs ask for, reads nothing."""
    assert trace(lambda: len(repr(SECRET)) > 0)().data


def test_setting_a_parameter_is_no_read() -> None:
    """A body that gives a parameter a value has not read it."""
    target = parameter("a")
    trace(lambda: bool(target.set("b")._parents))()
    assert target.data == "b"


def test_reads_while_another_thread_searches() -> None:
    """A read never waits for another one: code that a search runs may itself wait for a thread that reads."""

    class Key:
        def __repr__(self) -> str:
            reader = threading.Thread(target=lambda: held.prompt.data, daemon=True)
            reader.start()
            reader.join(10)
            return f"{reader.is_alive()}"

    class Held:
        def __init__(self) -> None:
            self.prompt = parameter("a")
            self.by_key = {Key(): parameter("b")}

        @trace
        def read(self) -> str:
            return f"{self.prompt}{next(iter(self.by_key.values()))}"

    held = Held()
    assert list(held.read().inputs) == ["self", "self.prompt", "self.by_key[False]"]
