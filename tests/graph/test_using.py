"""In a context, parameters have versions of one's choice; elsewhere they stay as they are."""

from __future__ import annotations

import asyncio
import copy
import pickle
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentopt import Module, Node, backward, no_trace, node, parameter, trace
from agentopt.errors import DomainError, InputError
from agentopt.graph import Data, Integer, Parameter, Version, parameters, using
from agentopt.graph.parameter_node import Origin
from agentopt.graph.snapshot import snapshot


def two(first: Any = "a", second: Any = "b", **settings: Any) -> tuple[Parameter[Any], Version[Any]]:
    """A parameter at its first version, and its second."""
    made = parameter(first, **settings)
    return made, made.add(second)


@trace
def shout(text: str) -> str:
    return text.upper()


@trace
def same(value: int) -> int:
    return value


@pytest.mark.parametrize(
    "read",
    [
        lambda p: p.data, lambda p: p.then, lambda p: p.version.data, lambda p: p.recorded().data,
        lambda p: p.latest().data, lambda p: (p + "").data, lambda p: f"{p}", lambda p: str(p), lambda p: p[0].data,
        lambda p: p.lower().data, lambda p: next(iter(p)).data, lambda p: shout(p).data.lower(),
        lambda p: shout(text=p).data.lower(), lambda p: trace(lambda many: many[0])([p]).data,
        lambda p: p.detach().data, lambda p: copy.deepcopy(p).data, lambda p: pickle.loads(pickle.dumps(p)).data,
        lambda p: p.lineage()[0].data,
        lambda p: node([p]).data[0], lambda p: trace(allow_hidden=True)(lambda: p.data)().data,
        lambda p: trace(opaque=False)(lambda text: text + "")(p).data,
        lambda p: next(iter(parameters([p]).values())).data,
    ],
)  # fmt: skip
def test_any_way_of_reading(read: Callable[[Any], str]) -> None:
    """However a parameter is read, inside it reads as the version, before and after as it was."""
    one, second = two()
    assert read(one) == "a"
    with using({one: second}):
        assert read(one) == "b"
        with no_trace():
            assert read(one) == "b"
    assert read(one) == "a"


def test_traces_record_the_version() -> None:
    """What is recorded inside is made of the version, and feedback reaches the parameter."""
    one, second = two(name="text")
    with using({one: second}):
        made = shout(one)
    assert made.parents == (second,)
    graph = backward(made, "louder")
    assert graph.versions == {"text": second}
    assert graph.parameters == (one,)


def test_hidden_read_through_self() -> None:
    """What a method reads of its object is the version."""

    class Agent(Module):
        def __init__(self) -> None:
            self.prompt = parameter("a")

        @trace
        def run(self) -> str:
            return self.prompt.data  # type: ignore[no-any-return]

    agent = Agent()
    second = agent.prompt.add("b")
    with using({agent.prompt: second}):
        made = agent.run()
    assert (made.data, made.inputs["self.prompt"]) == ("b", second)


def test_others_keep_their_version() -> None:
    """A parameter that is not named keeps its version."""
    one, second = two()
    other = parameter("x")
    with using({one: second}):
        assert other.data == "x"


def test_nested() -> None:
    """An inner choice is laid over the outer one, and only while it holds."""
    one, second = two()
    other, last = two("x", "y")
    third = one.add("c")
    with using({one: second, other: last}):
        with using({one: third}):
            assert (one.data, other.data) == ("c", "y")
        assert (one.data, other.data) == ("b", "y")


def test_error_ends_it() -> None:
    """An error that leaves the inside takes the choice along."""
    one, second = two()
    with pytest.raises(ZeroDivisionError), using({one: second}):
        _ = 1 // 0
    assert one.data == "a"


def test_version_of_another_parameter_is_refused() -> None:
    """A version belongs to its parameter only, and nothing is chosen if one does not."""
    one, second = two()
    other = parameter("x", name="other")
    with (
        pytest.raises(InputError, match="expected a version of the parameter 'other'"),
        using({one: second, other: second}),
    ):
        pass
    assert one.data == "a"


def test_version_made_elsewhere() -> None:
    """A version need not be one of the parameter's own, and none is added."""
    one, _ = two()
    foreign = Version(one, "z", snapshot("z"), 17, Origin())
    with using({one: foreign}):
        assert one.data == "z"
        assert shout(one).parents == (foreign,)
        copies = copy.deepcopy(one), pickle.loads(pickle.dumps(one)), copy.deepcopy(foreign).parameter
    assert [made.data for made in copies] == ["z"] * 3
    assert len(one.versions) == 2


def test_threads_with_two_versions_never_mix() -> None:
    """Two threads that use two versions at the same time, step by step, each see their own."""
    one = parameter(0, Integer(0, 99))
    versions = [one.add(number) for number in (1, 2)]
    step = threading.Barrier(2, timeout=30)

    def work(version: Version[int]) -> list[int]:
        seen = []
        with using({one: version}):
            for _ in range(200):
                step.wait()
                seen += [one.data, (one + 0).data, same(one).parents[0].data]
        return seen

    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(work, versions))
    assert found == [[1] * 600, [2] * 600]
    assert one.data == 0


def test_threads_started_inside_inherit() -> None:
    """Threads that are started inside, and work given to a pool there, use the version too."""
    one, second = two()
    with ThreadPoolExecutor(1) as pool:
        pool.submit(int).result()
        found: list[str] = []
        with using({one: second}):
            thread = threading.Thread(target=lambda: found.append(one.data))
            thread.start()
            thread.join()
            assert pool.submit(lambda: one.data).result() == "b"
        assert found == ["b"]
        assert pool.submit(lambda: one.data).result() == "a"


def test_tasks_do_not_mix() -> None:
    """Two tasks of one loop that take turns each use their own version."""
    one, second = two()
    third = one.add("c")

    async def read(version: Version[str]) -> list[str]:
        with using({one: version}):
            found = []
            for _ in range(3):
                found.append(one.data)
                await asyncio.sleep(0)
            return found

    async def both() -> list[list[str]]:
        return [*await asyncio.gather(read(second), read(third))]

    assert asyncio.run(both()) == [["b"] * 3, ["c"] * 3]


def test_set_holds_inside_only() -> None:
    """A value that is set inside is a version of the parameter, and its value inside only, in its threads as well."""
    one, second = two()
    with using({one: second}):
        made = one.set("c")
        assert (one.data, made.parent) == ("c", 1)
        with ThreadPoolExecutor(1) as pool:
            assert pool.submit(lambda: one.data).result() == "c"
    assert one.data == "a"
    assert one.versions == (one.versions[0], second, made)


def test_set_of_an_unnamed_parameter_holds_inside_only() -> None:
    """So it is for a parameter of which no version was chosen: a candidate's run leaves no mark."""
    one, second = two()
    other = parameter("x")
    with using({one: second}):
        other.set("y")
        assert other.data == "y"
    assert other.data == "x"


def test_set_to_the_chosen_value_changes_nothing() -> None:
    """To set the value that is in use makes no version."""
    one, second = two()
    with using({one: second}):
        assert one.set("b") is second
    assert len(one.versions) == 2


def test_use_and_undo_hold_inside_only() -> None:
    """`use` and `undo` go to a version inside only."""
    one, second = two()
    third = one.add("c", parent=1)
    with using({one: third}):
        assert one.undo() is second
        assert one.undo() is one.versions[0]
        assert one.use(2) is third
    assert one.version.number == 0


def test_restore_holds_everywhere() -> None:
    """A history that is put in place replaces what was chosen, inside and outside."""
    one, second = two()
    with using({one: second}):
        one.restore([("x", Origin(), None), ("y", Origin(parent=0), 0.5)], 1)
        assert one.data == "y"
    assert one.data == "y"


def test_copy_made_inside_keeps_the_version() -> None:
    """A copy is at the version that was in use where it was made, also once that is over."""
    one, second = two()
    with using({one: second}):
        copied = copy.deepcopy(one)
    assert (copied.data, copied.version.number, len(copied.versions)) == ("b", 1, 2)


@dataclass
class Rule:
    weights: list[int]


@pytest.mark.parametrize(
    ("value", "domain", "change"),
    [
        ([1], Data(list[int]), lambda value: value.append(2)),
        ([Rule([1])], Data(list[Rule]), lambda value: value[0].weights.append(2)),
    ],
)
def test_change_in_place_holds_inside_only(value: Any, domain: Data, change: Callable[[Any], None]) -> None:
    """A value that is changed in place is a new version inside; for all others the old one is as it was."""
    one = parameter(value, domain)
    was = copy.deepcopy(value)
    with using({one: one.version}):
        change(one.data)
        made = trace(lambda given: len(given))(one)
        changed = one.version
        assert made.parents == (changed,)
        assert (changed.number, changed.reason) == (1, "changed in place")
        assert one.data != was
    assert one.data == was
    assert one.recorded() is one.versions[0]
    assert len(one.versions) == 2


def test_going_back_past_a_change_in_place_of_typed_data() -> None:
    """A version of typed data that is used again holds objects of its classes, not what stands in for them."""
    one = parameter([Rule([1])], Data(list[Rule]))
    one.data[0].weights.append(2)
    one.set([Rule([5])])
    assert one.use(0).data == [Rule([1])]


def test_learned_code_of_a_version_runs() -> None:
    """Inside, a trainable function runs the code of the version."""

    @trace(trainable=True)
    def double(x: int) -> int:
        """Double."""
        return 2 * x

    source = double.parameter.data.replace("2 * x", "3 * x")
    triple = double.parameter.add(source)
    with using({double.parameter: triple}):
        made = double(5)
    assert (made.data, made.inputs["code"]) == (15, triple)
    assert double(5).data == 10


def test_add_stays_at_the_current_version() -> None:
    """`add` makes a version, with its origin, and goes nowhere."""
    one = parameter("a")
    made = one.add("b", author="model:m", reason="why")
    assert (made.number, made.author, made.reason, made.parent) == (1, "model:m", "why", 0)
    assert one.data == "a"


def test_add_checks_the_domain() -> None:
    """What is not in the domain is no version."""
    one = parameter(1, Integer(0, 5))
    with pytest.raises(DomainError):
        one.add(6)
    assert len(one.versions) == 1


def test_add_of_many_threads() -> None:
    """Versions that threads add at the same time have the numbers of their places, and none is lost."""
    one = parameter(0, Integer(0, 10**6))
    together = threading.Barrier(8, timeout=30)

    def work(thread: int) -> list[Version[int]]:
        together.wait()
        return [one.add(1 + thread * 100 + count) for count in range(100)]

    with ThreadPoolExecutor(8) as pool:
        made = [version for mine in pool.map(work, range(8)) for version in mine]
    assert [version.number for version in one.versions] == list(range(801))
    assert {id(version) for version in made} == {id(version) for version in one.versions[1:]}


Moves = st.lists(st.tuples(st.sampled_from(["enter", "leave", "set", "use"]), st.integers(0, 3)), max_size=20)


@given(Moves)
def test_contexts_are_a_stack(moves: list[tuple[str, int]]) -> None:
    """Whatever is entered, left, set and gone to, a parameter reads as the innermost context had it last."""
    one = parameter(0, Integer(0, 3))
    for number in (1, 2, 3):
        one.add(number)
    model, entered = [0], []
    try:
        for move, number in moves:
            if move == "enter":
                entered.append(using({one: one.versions[number]}))
                entered[-1].__enter__()
                model.append(number)
            elif move == "leave" and entered:
                entered.pop().__exit__(None, None, None)
                model.pop()
            elif move == "set":
                one.set(number)
                model[-1] = number
            elif move == "use":
                one.use(number)
                model[-1] = number
            assert one.data == model[-1]
    finally:
        while entered:
            entered.pop().__exit__(None, None, None)
    assert one.data == model[0]


def test_leaves_of_other_kinds_are_untouched() -> None:
    """Nodes that are no parameters read inside as outside."""
    one, second = two()
    leaf: Node[str] = node("n", "leaf")
    with using({one: second}):
        assert (leaf.data, shout(leaf).data) == ("n", "N")
