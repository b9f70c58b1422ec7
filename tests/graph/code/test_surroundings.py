"""New code finds what the original finds around it: run in names of its own, it gives what the original gives."""

from __future__ import annotations

import asyncio
import collections
import contextlib
import dataclasses
import enum
import functools
import logging
import math
import random
import re
import sys
import xml.etree.ElementTree
from collections.abc import Callable, Iterator
from math import floor as round_down
from random import choice as pick
from typing import TYPE_CHECKING, Any, Literal
from unittest import mock

import numpy as np
import pytest

from agentopt.errors import DomainError
from agentopt.graph.code.code import Code
from agentopt.graph.code.surroundings import CALL_METHOD, surroundings
from tests.graph import neighbour

if TYPE_CHECKING:
    from decimal import Decimal

LIMIT = 10
NOTHING = math.nan
PAIR = (1, {2, 3})
TABLE = np.arange(6.0).reshape(2, 3)
PATTERN = re.compile(r"(\d+)", re.ASCII)
LOG = logging.getLogger("tests.surroundings")
SEEN: dict[str, int] = {}
OPEN_FILE = sys.stdin
ANY = lambda: 1  # noqa: E731
round_up = math.ceil


def decorated(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def wrapper(*args: Any) -> Any:
        return function(*args) + LIMIT

    return wrapper


class Mode(enum.Enum):
    FAST = 1
    SLOW = 2


@dataclasses.dataclass
class Order:
    """A class of the user's."""

    name: str
    count: int = LIMIT

    def doubled(self) -> Order:
        return Order(self.name, double(self.count))


class Rush(Order):
    def doubled(self) -> Order:
        return super().doubled()


DEFAULT = Order("default", 3)
TOOLS = {"double": lambda value: value}


def double(value: int) -> int:
    return 2 * value


TOOLS = {"double": double, "floor": math.floor}


def remember(name: str) -> None:
    SEEN[name] = SEEN.get(name, 0) + 1


@decorated
def tripled(value: int) -> int:
    return 3 * value


@functools.cache
def fibonacci(n: int) -> int:
    return n if n < 2 else fibonacci(n - 1) + fibonacci(n - 2)


@contextlib.contextmanager
def opened(name: str) -> Iterator[str]:
    yield name.upper()


def even(n: int) -> bool:
    return n == 0 or odd(n - 1)


def odd(n: int) -> bool:
    return n != 0 and even(n - 1)


def uses_file() -> Any:
    return OPEN_FILE


def make(offset: int) -> Callable[[int], int]:
    def inner(value: int) -> int:
        return value + offset

    def target(value: int) -> int:
        """A function with variables of its own around it."""
        return inner(value) * offset + LIMIT

    return target


def use_constants(x: int) -> Any:
    return [x + LIMIT, math.isnan(NOTHING), PAIR, (TABLE * x).tolist(), PATTERN.findall("a1b22"), LOG.name]


def use_modules(x: int) -> Any:
    root = xml.etree.ElementTree.fromstring("<a><b/></a>")
    return [np.sqrt(x).item(), len(root), collections.Counter("aab").most_common(1), round_down(x / 2), round_up(x / 2)]


def use_bound(x: int) -> Any:
    random.seed(x)
    return pick([1, 2, 3, 4, 5])


def use_functions(x: int) -> Any:
    with opened("a") as name:
        return [double(x), tripled(x), fibonacci(x), name, even(x), TOOLS["double"](x), TOOLS["floor"](x + 0.5)]


def use_classes(x: int) -> Any:
    made = Rush("b", x).doubled()
    return [dataclasses.astuple(Order("a").doubled()), made.count, made.name, DEFAULT.count, Mode.SLOW.value]


def use_comprehensions(x: int) -> Any:
    class Local:
        LIMIT = LIMIT + 1
        values = [LIMIT for _ in range(2)]  # noqa: RUF012

    return [
        Local.LIMIT,
        Local.values,
        {LIMIT + y: LIMIT for y in range(x)},
        (lambda LIMIT: LIMIT)(5),
        [LIMIT + 1 for LIMIT in (1,)],
    ]


def use_neighbour(x: int) -> Any:
    from tests.graph.neighbour import LIMIT as other

    return [neighbour.scaled(x), other, neighbour.Point(1, 2).total(), LIMIT]


def use_state(x: str) -> Any:
    remember(x)
    remember(x)
    return SEEN[x]


def use_annotations(x: Decimal, y: Order | None = None, *, z: Literal["a"] = "a") -> list[Order]:
    one: Order = Order("a", int(x))
    return [one.count]  # type: ignore[list-item]


def is_small(n: int) -> bool:
    return n < 3 or is_large(n)


def is_large(n: int) -> bool:
    return is_small(n - 1)


async def use_async(x: int) -> Any:
    await asyncio.sleep(0)
    return double(x)


def rebuilt(function: Callable[..., Any], source: str | None = None) -> Callable[..., Any]:
    """Run a source, that of the function itself by default, in fresh names behind its prelude."""
    source = Code.of(function).source if source is None else source
    space: dict[str, Any] = {"__name__": "program"}
    with mock.patch.dict(sys.modules):
        exec(compile(surroundings(source, function).prelude, "<prelude>", "exec", dont_inherit=True), space)
        exec(compile(source, "<program>", "exec", dont_inherit=True), space)
    made: Callable[..., Any] = space[function.__name__]
    return made


@pytest.mark.parametrize(
    "function",
    [
        use_constants, use_modules, use_bound, use_functions, use_classes, use_comprehensions, use_neighbour,
        use_annotations, is_small,
    ],
)  # fmt: skip
def test_its_own_source_gives_what_the_original_gives(function: Callable[..., Any]) -> None:
    """The original's source, run elsewhere behind its prelude, agrees with the original."""
    assert rebuilt(function)(7) == function(7)


def test_enclosing_variables_come_along() -> None:
    """A function inside of a function keeps the values around it."""
    assert rebuilt(make(4))(5) == make(4)(5)


def test_a_shared_dict_is_shared() -> None:
    """Two functions that use one global see each other's changes, and the user's module sees none."""
    assert (rebuilt(use_state)("a"), SEEN) == (2, {})


def test_coroutines_are_awaited() -> None:
    """Async functions work the same."""
    assert asyncio.run(rebuilt(use_async)(4)) == 8


def test_others_call_the_new_code() -> None:
    """A function that calls the original calls the new code instead."""
    new = rebuilt(is_small, "def is_small(n):\n    return n == 0 or is_large(n)\n")
    assert new(40) is True


def test_new_helpers_do_not_disturb_old_ones() -> None:
    """A helper that new code defines is its own; functions of the module keep theirs."""
    source = (
        "def double(v):\n    return -v\ndef use_functions(x):\n    return [double(x), Order('a', x).doubled().count]\n"
    )
    assert rebuilt(use_functions, source)(4) == [-4, 8]


def test_a_name_may_be_loaded_before_it_is_defined() -> None:
    """A global that new code defines out of the old one is there."""
    assert rebuilt(double, "LIMIT = LIMIT * 2\ndef double(value):\n    return LIMIT\n")(1) == 20


def test_code_that_needs_nothing_has_no_prelude() -> None:
    """Python's own names, imports and the function itself are no needs."""
    source = "import math\ndef double(value):\n    return double(1) if value else math.pi + len(__name__)\n"
    assert surroundings(source, double).prelude == ""


def test_the_prelude_leaves_no_names_behind() -> None:
    """After the prelude there is only what the new code asked for."""
    space: dict[str, Any] = {}
    with mock.patch.dict(sys.modules):
        exec(surroundings("def double(value):\n    return LIMIT\n", double).prelude, space)
    assert set(space) - {"__builtins__"} == {"LIMIT"}


def test_the_prelude_is_always_the_same() -> None:
    """The same need is written in the same words."""
    source = Code.of(use_functions).source
    assert len({surroundings(source, use_functions).prelude for _ in range(3)}) == 1


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("return nowhere", "uses nowhere, which is defined neither"),
        ("return OPEN_FILE", "uses OPEN_FILE, which is a .* that cannot be sent along; define"),
        ("return uses_file()", "uses uses_file, which uses OPEN_FILE, which is a"),
        ("return ANY()", "uses ANY, which is a lambda"),
        ("return Code", "uses Code, which is a part of agentopt"),
        ("return neighbour", "uses neighbour, which is a module of the user's"),
        ("return neighbour.nothing", "uses neighbour, which uses neighbour.nothing, which is defined neither"),
        ("global LIMIT; LIMIT = 1", "assigns to the global LIMIT"),
        ("from . import neighbour", "relative import"),
        ("import tests.graph.neighbour", "tests.graph.neighbour, which cannot be imported"),
        ("from tests.graph.neighbour import *", "expected Python source"),
    ],
)
def test_what_cannot_be_had_is_named(body: str, said: str) -> None:
    """Each need that cannot be met is one sentence that says whose it is."""
    with pytest.raises(DomainError, match=said):
        surroundings(f"def double(value):\n    {body}\n", double)


def test_a_failed_attempt_leaves_the_rest_whole() -> None:
    """What is only perhaps needed and cannot be had is left out, with all that was begun for it."""
    source = "uses_file = 1 if False else 2\nuses_file = uses_file\ndef double(value):\n    return neighbour.LIMIT\n"
    assert rebuilt(double, source)(1) == neighbour.LIMIT


def test_the_names_of_examples_come_along() -> None:
    """Names that only examples use are bound too, as far as they can be."""
    space: dict[str, Any] = {}
    also = "Order('a')\nOPEN_FILE\nnowhere\n"
    source = "def double(value):\n    return value\n"
    with mock.patch.dict(sys.modules):
        exec(surroundings(source, double, also=also).prelude, space)
    assert set(space) - {"__builtins__"} == {"Order"}


class Box:
    """Stands for a node: it has .data and nothing else of its value."""

    def __init__(self, data: Any) -> None:
        self.data = data


def unbox(value: Any) -> Any:
    return value.data if isinstance(value, Box) else value


class Base:
    base = 100

    def __init__(self) -> None:
        self.__secret = 7

    def shared(self) -> int:
        return self.base + self.__secret

    def above(self, x: int) -> int:
        return x


class Agent(Base):
    factor = 3

    def __init__(self) -> None:
        super().__init__()
        self.prompt = Box("hello {}")
        self.style = Box("loud")
        self.memory = [1, 2]
        self.pipe = sys.stdin
        self.tool = double
        self.__own = 5

    def act(self, x: int) -> Any:
        plan = [y * self.factor for y in self.plan(x)]
        return [plan, self.total, self.cached, self.half(x), self.named(), self.shared(), self.__own, self.tool(x)]

    def plan(self, x: int) -> list[int]:
        return [double(x), *self.memory] if x > 0 else self.plan(-x)

    @property
    def total(self) -> int:
        return sum(self.memory) + LIMIT

    @functools.cached_property
    def cached(self) -> int:
        return self.total * 2

    @staticmethod
    def half(x: int) -> int:
        return x // 2

    @classmethod
    def named(cls) -> str:
        return f"{cls.factor}!"

    def count(self) -> None:
        self.factor += 1

    def finish(self) -> None:
        self.count()

    def above(self, x: int) -> int:
        return super().above(x)

    async def wait(self, x: int) -> Any:
        return double(x) + self.factor


def called(source: str, name: str, instance: object, *args: Any) -> Any:
    """Call a method's source on what the object's state gives."""
    method = getattr(type(instance), name)
    around = surroundings(source, method, instance=instance, unwrap=unbox)
    space: dict[str, Any] = {"__name__": "program"}
    with mock.patch.dict(sys.modules):
        exec(compile(around.prelude, "<prelude>", "exec", dont_inherit=True), space)
        exec(compile(source, "<program>", "exec", dont_inherit=True), space)
    return space[CALL_METHOD](around.state(instance, unbox), args, {})


def test_a_method_sees_its_object() -> None:
    """Data, inherited and private names, methods, properties and functions held in attributes are there."""
    assert called(Code.of(Agent.act).source, "act", Agent(), 4) == Agent().act(4)


def test_a_cached_value_is_taken_as_it_is() -> None:
    """A cached property that was computed already is data."""
    agent = Agent()
    agent.__dict__["cached"] = -1
    assert called("def act(self, x):\n    return self.cached\n", "act", agent, 1) == -1


def test_an_async_method_is_awaited() -> None:
    """Async methods give what they return once awaited."""
    assert asyncio.run(called(Code.of(Agent.wait).source, "wait", Agent(), 4)) == 11


@pytest.mark.parametrize("read", ["self.prompt.data.format(x)", "self.prompt.format(x)"])
def test_a_node_is_read_with_or_without_data(read: str) -> None:
    """A node held in an attribute is its value, and .data of it is the value too."""
    assert called(f"def act(self, x):\n    return {read}\n", "act", Agent(), 4) == "hello 4"


def test_the_state_is_read_at_each_call() -> None:
    """What changed in the object since is seen by the next call."""
    agent = Agent()
    around = surroundings("def act(self, x):\n    return self.memory\n", Agent.act, instance=agent, unwrap=unbox)
    agent.memory = [9]
    assert around.state(agent, unbox) == {"memory": [9]}


def test_a_literal_getattr_is_a_read() -> None:
    """getattr with a name written out is the same as a dot."""
    assert called("def act(self, x):\n    return getattr(self, 'factor')\n", "act", Agent(), 1) == 3


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("self.factor = 1", "assigns to self.factor, but a learned method cannot change the object it belongs to"),
        ("self.memory[0] += 1", "assigns to self.memory, but"),
        ("del self.memory", "assigns to self.memory, but"),
        ("self.factor, y = 1, 2", "assigns to self.factor, but"),
        ("self = 1", "assigns to self, but"),
        ("return self.count()", "self.count, which the new code uses, assigns to self.factor"),
        ("return self.finish()", "self.count, which the new code uses, assigns to self.factor"),
        ("return double(self)", "hands self on as a whole"),
        ("return [y for y in self]", "hands self on as a whole"),
        ("return getattr(self, x)", "computes the name of an attribute of self"),
        ("return self.__dict__", "reads self.__dict__"),
        (
            "return super().act(x)",
            r"^the new code uses super\(\), which works only inside of its class; write out what",
        ),
        ("return __class__", r"^the new code uses __class__, which works only inside of its class; write out what"),
        (
            "return self.above(x)",
            r"^the new code uses self.above, which uses super\(\), which works only inside of its",
        ),
        ("return self.pipe", "uses self.pipe, a .* that cannot be sent along"),
        ("return self.nothing", "uses self.nothing, which Agent objects do not have"),
        ("return self.prompt + self.prompt.data", "both with and without .data"),
    ],
)
def test_what_a_method_may_not_do_is_named(body: str, said: str) -> None:
    """Each use of the object that cannot work is one sentence."""
    with pytest.raises(DomainError, match=said):
        surroundings(f"def act(self, x):\n    {body}\n", Agent.act, instance=Agent(), unwrap=unbox)


def test_a_change_in_place_is_an_error() -> None:
    """A method that changes a list of its object fails, instead of losing the change."""
    with pytest.raises(RuntimeError, match=r"it changed self\.memory"):
        called("def act(self, x):\n    self.memory.append(x)\n", "act", Agent(), 1)
