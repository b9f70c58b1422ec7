"""Equal values have equal fingerprints, others have others, and what cannot be told apart has none."""

from __future__ import annotations

import collections
import copy
import datetime
import enum
import functools
import gc
import io
import itertools
import random
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from agentopt import Module, node, parameter, trace
from agentopt.graph import using
from agentopt.graph.domains.domain import same
from agentopt.graph.fingerprint import MAX_BYTES, fingerprint
from agentopt.testing import ScriptedModel


def digest(value: object, *, data_only: bool = False) -> bytes | None:
    found = fingerprint([value], data_only=data_only)
    return None if found is None else found.digest


class Open(BaseModel, extra="allow"):
    x: int


class Closed(BaseModel, extra="allow"):
    x: int


@dataclass
class Point:
    x: Any


@dataclass
class Place:
    x: Any


class Pair(NamedTuple):
    x: Any
    y: Any


class Plain:
    def __init__(self, x: Any) -> None:
        self.x = x

    def give(self) -> Any:
        return self.x


class Slotted:
    __slots__ = ("x", "y")

    def __init__(self, x: Any) -> None:
        self.x = x


class Agent(Module):
    limits: ClassVar[list[int]] = [1]

    def __init__(self, prompt: str, **settings: Any) -> None:
        self.prompt = parameter(prompt)
        self.settings = settings


class Texts(list[Any]):
    pass


class Defaults(collections.defaultdict[str, Any]):
    pass


class Color(enum.Enum):
    RED = 1
    BLUE = 2


def closure(x: Any) -> Callable[[], Any]:
    return lambda: x


@trace
def one(x: Any) -> Any:
    return x


@trace
def other(x: Any) -> Any:
    return x


def with_attribute(x: Any) -> Texts:
    made = Texts([1])
    made.x = x  # type: ignore[attr-defined]
    return made


def extra(x: Any) -> Point:
    made = Point(1)
    made.more = x  # type: ignore[attr-defined]
    return made


MODELS = [ScriptedModel(["a"]), ScriptedModel(["a"])]
MAKE: list[Callable[[], Any]] = [
    lambda: None, lambda: 1, lambda: 1.0, lambda: True, lambda: 1j, lambda: "1", lambda: b"1", lambda: 0.0,
    lambda: -0.0, lambda: [1], lambda: (1,), lambda: {1}, lambda: frozenset([1]), lambda: {"a": 1}, lambda: {"a": 1.0},
    lambda: [[1]], lambda: bytearray(b"1"), lambda: range(3), lambda: slice(3), lambda: ..., lambda: Color.RED,
    lambda: Color.BLUE, lambda: datetime.date(2020, 1, 1), lambda: np.arange(3), lambda: np.arange(3.0),
    lambda: np.arange(3)[None], lambda: np.array([1, "a"], dtype=object), lambda: np.float64(1),
    lambda: collections.Counter("a"), lambda: collections.deque([1]),
    lambda: collections.deque([1], maxlen=3), lambda: collections.OrderedDict(a=1),
    lambda: collections.defaultdict(list), lambda: collections.defaultdict(dict), lambda: Defaults(list),
    lambda: Defaults(dict), lambda: Texts([1]), lambda: with_attribute(1), lambda: with_attribute(2),
    lambda: Open(x=1), lambda: Closed(x=1), lambda: Open.model_validate({"x": 1, "y": 2}),
    lambda: Open.model_validate({"x": 1, "y": 3}), lambda: Point(1),
    lambda: Place(1), lambda: Point([1]), lambda: extra(1), lambda: extra(2), lambda: Pair(1, 2), lambda: Pair(1, 3),
]  # fmt: skip
"""Data: two of these are equal to none of the others, and each can be copied."""
MAKE_OBJECTS: list[Callable[[], Any]] = [
    lambda: int, lambda: Plain, lambda: len, lambda: digest, lambda: closure(1), lambda: closure(2), lambda: re,
    lambda: re.compile("a"), lambda: functools.partial(max, 1), lambda: functools.partial(max, 2), lambda: [1].append,
    lambda: [2].append, lambda: Plain(1).give, lambda: Plain(2).give, lambda: Plain(1), lambda: Plain(2),
    lambda: Plain(Plain(1)), lambda: Slotted(1), lambda: Slotted(2), lambda: Agent("a"), lambda: Agent("b"),
    lambda: Agent("a", k=1), lambda: Agent("a", k=2), lambda: [Plain(1)], lambda: [Plain(2)], lambda: parameter("a"),
    lambda: parameter("b"), lambda: node([1]), lambda: MODELS[0], lambda: MODELS[1], lambda: one, lambda: other,
    lambda: Plain(MODELS[0]), lambda: Plain(MODELS[1]),
]  # fmt: skip


@pytest.mark.parametrize("place", range(len(MAKE) + len(MAKE_OBJECTS)))
def test_value_made_anew_has_the_same(place: int) -> None:
    """A value that is made in the same way has the same fingerprint."""
    make = [*MAKE, *MAKE_OBJECTS][place]
    kept = make()
    if isinstance(kept, re.Pattern):  # re gives the same object again
        return
    assert digest(kept) is not None
    assert digest(kept) == digest(make())


def test_others_have_others() -> None:
    """No two of many values that differ in kind, class, part or attribute have one fingerprint."""
    values = [make() for make in [*MAKE, *MAKE_OBJECTS]]
    assert len({digest(value) for value in values}) == len(values)


@pytest.mark.parametrize("place", range(len(MAKE)))
def test_data_is_known_as_data(place: int) -> None:
    """Data has a fingerprint where data alone is asked for, and so has its copy."""
    value = MAKE[place]()
    assert digest(value, data_only=True) is not None
    assert digest(copy.deepcopy(value), data_only=True) == digest(value)


@pytest.mark.parametrize(
    "value",
    [
        Plain(1), Agent("a"), parameter("a"), node(1), [node(1)], closure(1), [1].append, Plain(1).give, MODELS[0],
        one, {"a": [Plain(1)]}, Point(Plain(1)), object(),
    ],
)  # fmt: skip
def test_objects_are_no_data(value: object) -> None:
    """What would lose something when it is copied is no data."""
    assert digest(value, data_only=True) is None


class Proxy:
    @property
    def __dict__(self) -> dict[str, Any]:  # type: ignore[override]
        return {}


class Rng(random.Random):
    pass


class Local(threading.local):
    pass


class Sly:
    """Its own pickling leaves out what it holds."""

    def __init__(self, x: Any) -> None:
        self.x = x

    def __reduce__(self) -> Any:
        return Sly, (0,)

    def __getstate__(self) -> None:
        return None

    def __eq__(self, other: object) -> bool:
        return True

    def __hash__(self) -> int:
        return 0


class Rude:
    def __getattribute__(self, name: str) -> Any:
        raise RuntimeError(name)


def nested() -> list[Any]:
    made: list[Any] = []
    for _ in range(100_000):
        made = [made]
    return made


@pytest.mark.parametrize(
    "make",
    [
        lambda: random.Random(1), lambda: Rng(1), lambda: random.random, Proxy, threading.Lock, Local, io.StringIO,
        lambda: iter([1]), lambda: (x for x in [1]), lambda: itertools.count(), lambda: memoryview(b"a"),
        lambda: ValueError("a"), lambda: Plain(threading.Lock()), lambda: [threading.Event()],
    ],
)  # fmt: skip
def test_what_may_hold_more_has_none(make: Callable[[], Any]) -> None:
    """What keeps something where Python cannot see it has no fingerprint, wherever it stands."""
    assert digest(make()) is None


@pytest.mark.parametrize(
    "make",
    [nested, lambda: "a" * (MAX_BYTES + 1), lambda: np.zeros(MAX_BYTES), lambda: [f"{n}" * 10**6 for n in range(9)]],
)
def test_too_large_or_deep_has_none(make: Callable[[], Any]) -> None:
    """Nor has what is too large, or nested too deeply."""
    assert digest(make()) is None


def test_own_ways_of_an_object_are_not_asked() -> None:
    """What an object says of itself, to pickle or in `==`, does not count; what stands in it does."""
    assert digest(Sly(1)) != digest(Sly(2))
    assert digest(Rude()) == digest(Rude())


def test_class_attributes_count() -> None:
    """A change in what stands in the class of an object changes the fingerprint."""
    agent = Agent("a")
    before = digest(agent)
    Agent.limits.append(2)
    try:
        assert digest(agent) != before
    finally:
        Agent.limits.pop()
    assert digest(agent) == before


def test_cycles_end() -> None:
    """What leads to itself has a fingerprint."""

    def ring(x: int) -> list[Any]:
        held = Plain(x)
        held.me = [held]  # type: ignore[attr-defined]
        return held.me  # type: ignore[attr-defined, no-any-return]

    assert digest(ring(1)) == digest(ring(1)) != digest(ring(2))


def test_node_counts_as_its_value_in_the_context() -> None:
    """A parameter that an object holds counts by the version that it has where it is looked at."""
    agent, second = Agent("a"), Agent("b")
    with using({agent.prompt: agent.prompt.add("b")}):
        assert digest(agent) == digest(second)
    assert digest(agent) != digest(second)


def test_nodes_are_found() -> None:
    """A fingerprint has the nodes that it came across, in the order of the values."""
    agent = Agent("a", more=[parameter("b")])
    found = fingerprint([agent, 1, agent.settings])
    assert found is not None
    prompt, more = agent.prompt.version, agent.settings["more"][0].version
    assert [id(node) for node in found.nodes] == [id(prompt), id(more), id(more)]


def test_what_counts_as_itself_is_held() -> None:
    """While a fingerprint's parts are held, no new class can come to have the digest of an old one's objects."""
    digests, alive = set(), []
    for _ in range(50):
        kind = type("Kind", (), {})
        found = fingerprint([kind()])
        assert found is not None
        digests.add(found.digest)
        alive.append(found.alive)
        del kind
        gc.collect(0)
    assert len(digests) == 50


Data = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 2) | st.floats(-1, 1, width=16) | st.text("ab", max_size=1),
    lambda inner: st.lists(inner, max_size=2) | st.tuples(inner) | st.dictionaries(st.text("ab", max_size=1), inner),
    max_leaves=6,
)


@given(Data, Data)
def test_law(value: Any, second: Any) -> None:
    """Of data, values that are the same down to their parts have one fingerprint, and no others have."""
    assert digest(value) == digest(copy.deepcopy(value))
    if digest(value) == digest(second):
        assert same(value, second)
