"""Calls that were made before are not made again, where nothing can have changed."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentopt import Module, Node, backward, no_trace, node, parameter, trace
from agentopt.errors import HiddenDependencyError
from agentopt.graph import error_node, using
from agentopt.graph.memo import Memo
from agentopt.llm import Message
from agentopt.testing import ScriptedModel


class Counted:
    """A traced function that knows how often its body ran."""

    def __init__(self, function: Callable[..., Any], **settings: Any) -> None:
        self.runs: list[tuple[Any, ...]] = []

        def body(*args: Any, **kwargs: Any) -> Any:
            self.runs.append(args)
            return function(*args, **kwargs)

        self.call = trace(**settings)(body)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.call(*args, **kwargs)

    @property
    def n(self) -> int:
        return len(self.runs)


def twice(memo: Memo, call: Callable[[], Any]) -> tuple[Any, Any]:
    """What a call gives in each of two stretches of a memo."""
    found = []
    for _ in range(2):
        with memo.active():
            found.append(call())
    return found[0], found[1]


def test_known_call_is_not_made() -> None:
    """A call with equal inputs gives an equal value, and its body is not run."""
    double = Counted(lambda x: [x, x])
    memo = Memo()
    one, other = twice(memo, lambda: double("a"))
    assert one.data == other.data == ["a", "a"]
    assert double.n == 1
    assert (memo.hits, memo.misses) == (1, 1)


def test_node_is_recorded_as_if_it_had_run() -> None:
    """The node of a call that was not made has the operation, the inputs and the trace of one that was."""
    join = Counted(lambda text, more: text + more)
    text = parameter("a", name="text")
    one, other = twice(Memo(), lambda: join(text, "b"))
    assert other.operation is one.operation
    assert other.inputs.keys() == one.inputs.keys()
    assert other.parents[0] is text.version
    assert str(backward(other, "x")) == str(backward(one, "x"))


def test_outside_nothing_is_remembered() -> None:
    """Outside of `active` every call is made."""
    double = Counted(lambda x: x * 2)
    twice(Memo(), lambda: double(1))
    double(1)
    assert double.n == 2


def test_memos_are_apart() -> None:
    """What one memo knows another does not."""
    double = Counted(lambda x: x * 2)
    for _ in range(2):
        with Memo().active():
            double(1)
    assert double.n == 2


@pytest.mark.parametrize("values", [(1, 1.0), (1, True), ("1", b"1"), ([1], (1,)), (0.0, -0.0), ({"a": 1}, {"a": 2})])
def test_other_inputs_are_another_call(values: tuple[Any, Any]) -> None:
    """Inputs that differ in kind or value are looked at apart."""
    same = Counted(lambda x: x)
    with Memo().active():
        found = [same(value).data for value in values]
    assert list(map(repr, found)) == list(map(repr, values))
    assert same.n == 2


def test_names_of_inputs_count() -> None:
    """The same values under other names are another call."""
    show = Counted(lambda **given: str(given))
    with Memo().active():
        assert (show(a=1).data, show(b=1).data) == ("{'a': 1}", "{'b': 1}")


def test_repeats_are_apart() -> None:
    """What one repeat drew is not given to another."""
    draw = Counted(lambda x: x)
    memo = Memo()
    for repeat in (0, 1, 0, 1):
        with memo.active(repeat):
            draw("a")
    assert draw.n == 2


def test_equal_calls_of_one_stretch_are_each_made() -> None:
    """A workflow that draws three samples gets three, and the next stretch the same three."""
    numbers = iter(range(9))
    draw = Counted(lambda _: next(numbers))
    memo = Memo()
    found = []
    for _ in range(2):
        with memo.active():
            found.append([draw("a").data for _ in range(3)])
    assert found == [[0, 1, 2]] * 2


def test_candidates_share_what_they_have_in_common() -> None:
    """Of a workflow of two steps only the one whose parameter differs is run for a second candidate."""
    first, second = Counted(lambda prompt, x: f"{prompt}{x}"), Counted(lambda prompt, x: f"{prompt}{x}")
    p, q = parameter("p"), parameter("q")
    memo = Memo()
    found = []
    for versions in ({}, {q: q.add("Q")}, {p: p.add("P")}, {p: p.add("P")}):
        with using(versions), memo.active():
            found.append(second(q, first(p, "x")).data)
    assert found == ["qpx", "Qpx", "qPx", "qPx"]
    assert (first.n, second.n) == (2, 3)


def test_feedback_goes_to_the_version_in_use() -> None:
    """Where another version of the same value is in use, it is that which the node is made of."""
    call = Counted(lambda prompt: prompt)
    p = parameter("a", name="p")
    again = p.add("a")
    memo = Memo()
    with memo.active():
        call(p)
    with using({p: again}), memo.active():
        made = call(p)
    assert call.n == 1
    assert made.parents == (again,)


def test_value_is_made_anew() -> None:
    """What is done to a value that was given does not reach the next who gets it."""
    make = Counted(lambda x: [[x]])
    memo = Memo()
    for _ in range(3):
        with memo.active():
            made = make(1)
            assert made.data == [[1]]
            made.data[0].append(2)


def test_code_of_a_trainable_function_counts() -> None:
    """Another version of a function's code is another function."""

    @trace(trainable=True)
    def double(x: int) -> int:
        """Double."""
        return 2 * x

    triple = double.parameter.add(double.parameter.data.replace("2 * x", "3 * x"))
    memo = Memo()
    with memo.active():
        assert double(5).data == 10
    with using({double.parameter: triple}):
        found = twice(memo, lambda: double(5))
    assert [one.data for one in found] == [15, 15]
    assert (memo.hits, memo.misses) == (1, 2)
    assert found[1].inputs["code"] is triple


class Agent(Module):
    def __init__(self, prompt: str) -> None:
        self.prompt = parameter(prompt, name="prompt")
        self.settings: dict[str, Any] = {"k": 1}
        self.inner = Plain(1)
        self.runs = RUNS

    @trace
    def run(self, x: str) -> str:
        self.runs.list.append(x)
        return f"{self.prompt}{x}{self.settings['k']}{self.inner.k}"


class Plain:
    """No module."""

    factor = 1

    def __init__(self, k: int) -> None:
        self.k = k
        self.runs = RUNS

    @trace
    def run(self, x: str) -> str:
        self.runs.list.append(x)
        return f"{x}{self.k}{self.factor}"


class Runs:
    """Counts as itself, as a model does, so that it may change."""

    name = "runs"

    def __init__(self) -> None:
        self.list: list[str] = []

    def complete(self, messages: Any, reply: Any, sampling: Any, budget: Any) -> None: ...


RUNS = Runs()


@pytest.fixture
def runs() -> list[str]:
    """What the bodies of methods were called with."""
    RUNS.list = []
    return RUNS.list


def test_method_of_an_unchanged_object(runs: list[str]) -> None:
    """A method of an object that stayed as it was is not run again, and the parameters that it read are inputs."""
    agent = Agent("p")
    one, other = twice(Memo(), lambda: agent.run("x"))
    assert one.data == other.data == "px11"
    assert runs == ["x"]
    assert list(other.inputs) == list(one.inputs) == ["self", "x", "self.prompt"]
    assert other.inputs["self.prompt"] is agent.prompt.version
    assert backward(other, "x").parameters == (agent.prompt,)


@pytest.mark.parametrize(
    "change",
    [
        lambda agent: agent.prompt.set("q"), lambda agent: agent.settings.update(k=2),
        lambda agent: setattr(agent.inner, "k", 2), lambda agent: setattr(agent, "settings", {"k": 3}),
        lambda agent: setattr(agent, "inner", Plain(4)),
    ],
)  # fmt: skip
@pytest.mark.usefixtures("runs")
def test_method_of_a_changed_object(change: Callable[[Agent], object]) -> None:
    """Whatever changes in an object, its methods give what they give now."""
    agent, memo = Agent("p"), Memo()
    before, _ = twice(memo, lambda: agent.run("x"))
    change(agent)
    with memo.active():
        now = agent.run("x").data
    assert now == agent.run("x").data != before.data
    assert memo.hits == 1


def test_method_of_an_object_that_is_no_module(runs: list[str]) -> None:
    """So it is for an object of any class, whose class counts as well."""
    thing, memo = Plain(1), Memo()
    twice(memo, lambda: thing.run("x"))
    assert runs == ["x"]
    thing.k = 2
    with memo.active():
        assert thing.run("x").data == "x21"
    Plain.factor = 3
    try:
        with memo.active():
            assert thing.run("x").data == "x23"
    finally:
        Plain.factor = 1


def test_parameters_of_an_equal_object_are_its_own(runs: list[str]) -> None:
    """What is known of one object holds for an equal one, whose own parameters get the feedback and their names."""
    one, other = Agent("p"), Agent("p")
    for agent in (one, other):
        agent.prompt = parameter("p")
    memo = Memo()
    with memo.active():
        one.run("x")
    with memo.active():
        made = other.run("x")
    assert runs == ["x"]
    assert backward(made, "x").parameters == (other.prompt,)
    assert other.prompt.name == one.prompt.name == "prompt"


def test_earlier_version_that_a_method_reads() -> None:
    """A call that read another version than the one in use is made again: the key does not have that value."""

    class Historian(Module):
        def __init__(self) -> None:
            self.prompt = parameter("a")
            self.prompt.set("b")

        @trace
        def run(self) -> str:
            return self.prompt.versions[0].data  # type: ignore[no-any-return]

    memo = Memo()
    first = Historian()
    with memo.active():
        first.run()
    second = Historian()
    second.prompt.restore([("z", second.prompt.versions[0].origin, None), ("b", first.prompt.version.origin, None)], 1)
    with memo.active():
        assert second.run().data == "z"


def test_method_that_changes_its_object_is_run() -> None:
    """A method that leaves its object other than it found it is run each time."""

    class Counter(Module):
        def __init__(self) -> None:
            self.n = 0

        @trace
        def run(self) -> int:
            self.n += 1
            return self.n

    counter, memo = Counter(), Memo()
    for count in (1, 2, 3):
        with memo.active():
            assert counter.run().data == count
    counter.n = 0
    with memo.active():
        counter.run()
    assert counter.n == 1


def test_object_that_cannot_be_looked_into_is_passed_on() -> None:
    """A call that was given what cannot be told from others, such as a lock, is made each time."""
    take = Counted(lambda lock, x: x)
    twice(Memo(), lambda: take(threading.Lock(), 1))
    assert take.n == 2


def test_objects_of_equal_text_are_apart() -> None:
    """Two objects whose texts are equal, alone or in a list, are not taken for one another."""

    class Silent:
        def __init__(self, k: int) -> None:
            self.k = k

        def __repr__(self) -> str:
            return "silent"

    read = Counted(lambda things: [thing.k for thing in things])
    memo = Memo()
    for k in (1, 2):
        with memo.active():
            assert read([Silent(k)]).data == [k]


def test_model_counts_as_itself() -> None:
    """A model that was asked is not asked again, and another one is."""
    models = [ScriptedModel(["a", "b"]), ScriptedModel(["c"])]
    ask = Counted(lambda model, text: model.complete([Message("user", text)]).value)
    memo = Memo()
    one, other = twice(memo, lambda: ask(models[0], "q"))
    with memo.active():
        last = ask(models[1], "q")
    assert [one.data, other.data, last.data] == ["a", "a", "c"]
    assert len(models[0].requests) == 1


@pytest.mark.parametrize("number", [1, 2])
def test_closures_by_what_they_hold(number: int) -> None:
    """A function that is passed in counts by its code and by what it holds."""

    def add(k: int) -> Callable[[int], int]:
        return lambda x: x + k

    apply = Counted(lambda function, x: function(x))
    memo = Memo()
    for k in (1, number):
        with memo.active():
            assert apply(add(k), 1).data == 1 + k
    assert apply.n == number


def test_bound_method_of_a_changed_object() -> None:
    """A method that is passed in counts by what its object holds."""
    thing = Plain(1)
    thing.give = lambda: thing.k  # type: ignore[attr-defined]
    apply = Counted(lambda function: function())
    memo = Memo()
    for k in (1, 2):
        thing.k = k
        with memo.active():
            assert apply(thing.give).data == k  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "give",
    [
        lambda: Plain(1), lambda: threading.Lock(), lambda: (lambda k: lambda: k)([1]),
        lambda: [Plain(1)], lambda: [1].append, lambda: iter([1]), lambda: Agent("a"), lambda: "a" * (9 << 20),
    ],
)  # fmt: skip
def test_only_data_is_kept(give: Callable[[], Any]) -> None:
    """A call that gave an object, or too much, is made again: a copy would not be what the call gives."""
    make = Counted(give, allow_hidden=False)
    twice(Memo(), make)
    assert make.n == 2


def test_call_that_changes_its_input_is_made() -> None:
    """A call that changes what it was given is made each time."""
    push = Counted(lambda values: values.append(1))
    memo = Memo()
    for _ in range(2):
        with memo.active():
            values: Node[list[int]] = node([])
            push(values)
            assert values.data == [1]


def test_failed_call_is_made_again() -> None:
    """A call that failed is made again, and each failure has its node."""
    fail = Counted(lambda x: 1 // x)
    memo = Memo()
    for _ in range(2):
        with pytest.raises(ZeroDivisionError) as caught, memo.active():
            fail(0)
        assert error_node(caught.value).inputs["args_0"].data == 0
    assert fail.n == 2


def test_hidden_dependency_is_found_each_time() -> None:
    """A call that read what it may not fails each time."""
    secret = parameter("s", name="secret")
    peek = Counted(lambda: secret.data)
    memo = Memo()
    for _ in range(2):
        with pytest.raises(HiddenDependencyError), memo.active():
            peek()


@pytest.mark.parametrize("settings", [{"memo": False}, {"allow_hidden": True}, {"opaque": False}])
def test_functions_that_are_always_run(settings: dict[str, bool]) -> None:
    """Who says so, who may read hidden nodes, and a block whose inside is recorded, is run each time."""
    call = Counted(lambda x: x + "", **settings)
    memo = Memo()
    twice(memo, lambda: call("a"))
    assert call.n == 2
    assert (memo.hits, memo.misses) == (0, 0)


def test_inside_of_a_block_calls_are_remembered() -> None:
    """The opaque calls inside of a block are remembered, and lie in the block that was run now."""
    inner = Counted(lambda x: x + "b")
    outer = trace(opaque=False, name="outer")(lambda x: inner(x))
    one, other = twice(Memo(), lambda: outer("a"))
    assert inner.n == 1
    assert other._scope is not one._scope
    assert str(backward(other, "x")) == str(backward(one, "x"))


def test_inside_of_an_opaque_call_nothing_is_remembered() -> None:
    """Inside of an opaque call functions are plain, and run as often as they are called."""
    inner = Counted(lambda x: x)
    outer = trace(memo=False)(lambda x: inner(x))
    memo = Memo()
    twice(memo, lambda: outer("a"))
    assert inner.n == 2
    assert (memo.hits, memo.misses) == (0, 0)


def test_unwatched_reads_are_not_relied_on() -> None:
    """A call that may have read what nobody noted, under no_trace, is made each time."""
    secret = parameter("s")

    def peek(x: str) -> str:
        with no_trace():
            return secret.data + x  # type: ignore[no-any-return]

    call = Counted(peek)
    memo = Memo()
    for value in ("s", "t"):
        secret.set(value)
        with memo.active():
            assert call("x").data == f"{value}x"


def test_nothing_is_remembered_under_no_trace() -> None:
    """Where nothing is recorded, nothing is remembered."""
    call = Counted(lambda x: x)
    memo = Memo()
    with no_trace():
        twice(memo, lambda: call("a"))
    assert call.n == 2


def test_asynchronous_functions_are_always_run() -> None:
    """A coroutine is awaited each time."""
    runs = []

    @trace
    async def ask(x: str) -> str:
        runs.append(x)
        return x

    memo = Memo()
    found = twice(memo, lambda: asyncio.run(ask("a")))
    assert [one.data for one in found] == ["a", "a"]
    assert (runs, memo.misses) == (["a", "a"], 0)


def test_generators_are_always_run() -> None:
    """So is a generator, also one that a plain function gives."""

    def items(x: int) -> Iterator[int]:
        yield from range(x)

    direct, given = Counted(items), trace(items)
    memo = Memo()
    for _ in range(2):
        with memo.active():
            assert [one.data for one in direct(2)] == [one.data for one in given(2)] == [0, 1]
    assert direct.n == 2


def test_equal_values_of_classes_of_ones_own() -> None:
    """Dataclasses come back as objects of their class."""
    make = Counted(lambda x: Point(x, [x]))
    one, other = twice(Memo(), lambda: make(1))
    assert make.n == 1
    assert other.data == one.data == Point(1, [1])
    assert other.data.more is not one.data.more


@dataclass
class Point:
    x: int
    more: list[int]


def test_recursion_runs() -> None:
    """A function that calls itself with what it was given, in its own thread, does not wait for itself."""
    depth = []

    @trace(opaque=False)
    def again(x: int) -> Any:
        return once(x)

    @trace
    def once(x: int) -> int:
        depth.append(x)
        # A context of its own, as a library may make: nothing of the call around is known there.
        return 0 if len(depth) > 2 else _fresh(lambda: once(x), memo)

    memo = Memo()
    with memo.active():
        assert again(1).data == 0
    assert len(depth) == 3


def _fresh(call: Callable[[], Any], memo: Memo) -> Any:
    from contextvars import Context

    def run() -> Any:
        with memo.active():
            return call().data

    return Context().run(run)


def test_one_thread_makes_the_call_and_others_wait() -> None:
    """Of eight threads that need one call at the same time, one makes it."""
    together, begun, go = threading.Barrier(8, timeout=30), threading.Event(), threading.Event()

    def slow(x: str) -> str:
        begun.set()
        assert go.wait(30)
        return x

    call = Counted(slow)
    memo = Memo()

    def work(_: int) -> str:
        together.wait()
        with memo.active():
            return call("a").data  # type: ignore[no-any-return]

    with ThreadPoolExecutor(8) as pool:
        waiting = [pool.submit(work, number) for number in range(8)]
        assert begun.wait(30)
        go.set()
        assert [one.result() for one in waiting] == ["a"] * 8
    assert call.n == 1
    assert (memo.hits, memo.misses) == (7, 1)


def test_after_a_failure_another_thread_makes_the_call() -> None:
    """Where the thread that makes a call fails, those who waited make it themselves."""
    asked, failed = threading.Event(), threading.Event()
    memo = Memo()

    def first_fails(x: str) -> str:
        if not failed.is_set():
            assert asked.wait(30)
            failed.set()
            raise ValueError("first")
        return x

    call = Counted(first_fails)

    def work() -> str:
        with memo.active():
            return call("a").data  # type: ignore[no-any-return]

    def late() -> str:
        asked.set()
        return work()

    with ThreadPoolExecutor(2) as pool:
        one = pool.submit(work)
        other = pool.submit(late)
        assert isinstance(one.exception(), ValueError)
        assert other.result() == "a"


def test_calls_that_cannot_be_kept_run_side_by_side() -> None:
    """Threads that waited for a call that cannot be kept make theirs at the same time, not one by one."""
    n_others = 4
    memo, begun = Memo(), threading.Event()
    all_in = threading.Barrier(n_others, timeout=30)
    go, lock, n_runs = threading.Event(), threading.Lock(), [0]

    def make(_: str) -> Plain:
        with lock:
            n_runs[0] += 1
            is_first = n_runs[0] == 1
        if is_first:
            begun.set()
            assert go.wait(30)
        else:
            all_in.wait()
        return Plain(1)

    call = trace(make)

    def work() -> int:
        with memo.active():
            return call("a").data.k  # type: ignore[no-any-return]

    class Told(threading.Event):
        """Lets the first call end once all others wait for it."""

        n_waiting = 0

        def wait(self, timeout: float | None = None) -> bool:
            with lock:
                Told.n_waiting += 1
                if Told.n_waiting == n_others:
                    go.set()
            return super().wait(timeout)

    with pytest.MonkeyPatch.context() as patch, ThreadPoolExecutor(n_others + 1) as pool:
        first = pool.submit(work)
        assert begun.wait(30)
        (flight,) = memo._flights.values()
        patch.setattr(flight.over, "__class__", Told)
        others = [pool.submit(work) for _ in range(n_others)]
        assert [one.result() for one in [first, *others]] == [1] * (n_others + 1)


def test_a_stuck_call_holds_nobody_up_for_ever() -> None:
    """Whoever waited for longer than the patience lasts makes the call too, and later ones have what it gave."""
    begun, go = threading.Event(), threading.Event()

    def stuck_once(x: str) -> str:
        if not begun.is_set():
            begun.set()
            assert go.wait(30)
        return x

    call = Counted(stuck_once)
    memo = Memo(patience_s=0)

    def work() -> str:
        with memo.active():
            return call("a").data  # type: ignore[no-any-return]

    with ThreadPoolExecutor(1) as pool:
        stuck = pool.submit(work)
        assert begun.wait(30)
        assert (work(), work()) == ("a", "a")
        assert call.n == 2
        go.set()
        assert stuck.result() == "a"
    assert not memo._flights


def test_threads_started_inside_remember() -> None:
    """A thread that is started inside is part of the stretch."""
    call = Counted(lambda x: x)
    memo = Memo()
    for _ in range(2):
        with memo.active(), ThreadPoolExecutor(2) as pool:
            assert [one.data for one in pool.map(call, "ab")] == ["a", "b"]
    assert call.n == 2


def test_oldest_goes_first() -> None:
    """Where the values take too much room, what was not needed for longest is forgotten."""
    make = Counted(lambda x: x * 1000)
    memo = Memo(max_bytes=7000)
    for text in ("a", "b", "c", "d", "a", "e"):
        with memo.active():
            make(text)
    make.runs.clear()
    for text in ("a", "b"):
        with memo.active():
            make(text)
    assert make.runs == [("b",)]
    assert memo._n_bytes == sum(kept.n_bytes for kept in memo._kept.values()) <= 7000


def test_value_that_takes_a_quarter_of_all_is_not_kept() -> None:
    """One value does not drive all others out."""
    make = Counted(lambda x: x * 1000)
    twice(Memo(max_bytes=2000), lambda: make("a"))
    assert make.n == 2


def test_memo_keeps_no_graph_alive() -> None:
    """What is remembered holds no node, so that graphs are freed with their outputs."""
    import gc
    import weakref

    memo, call = Memo(), Counted(lambda x: x + "b")
    agent = Agent("p")
    with memo.active():
        made = call(call(agent.run(node("a"))))
    gone = [weakref.ref(made), weakref.ref(made.parents[0]), weakref.ref(agent)]
    del made, agent
    RUNS.list.clear()
    gc.collect()
    assert [one() for one in gone] == [None] * 3
    assert len(memo._kept) == 3


Steps = st.lists(
    st.tuples(st.sampled_from(["prompt", "k", "inner", "pass"]), st.integers(0, 2), st.integers(0, 1)), max_size=12
)


@given(Steps)
def test_values_are_as_without_a_memo(steps: list[tuple[str, int, int]]) -> None:
    """Whatever changes between calls, with a memo they give what they give without one."""
    agent, memo = Agent("0"), Memo()
    other = Counted(lambda text, more: [text, more])
    for what, number, repeat in steps:
        if what == "prompt":
            agent.prompt.set(str(number))
        elif what == "k":
            agent.settings["k"] = number
        elif what == "inner":
            agent.inner.k = number
        plain = other(agent.run("x"), [number]).data
        with memo.active(repeat):
            made: Node[Any] = other(agent.run("x"), [number])
        assert made.data == plain
        assert made.parents[0].inputs["self.prompt"] is agent.prompt.version
