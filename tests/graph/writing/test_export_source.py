"""Exported modules: what they give without agentopt is what the traced program gives."""

from __future__ import annotations

import ast
import asyncio
import dataclasses
import enum
import functools
import importlib
import inspect
import json
import math
import re
import subprocess
import sys
import textwrap
import threading
import types
import xml.etree.ElementTree
from collections import Counter as Tally
from collections.abc import Callable
from math import floor as down
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentopt import Module, graph, node, parameter, trace
from agentopt.errors import FileError, InputError
from agentopt.graph import Choice, Code, Data, Exemplars, Integer, Real, Text, unwrap
from agentopt.graph.writing.export_source import export
from agentopt.graph.writing.literal import comment, text_literal
from agentopt.graph.writing.renaming import renamed
from agentopt.graph.writing.source_edit import with_docstring

FREE = Text(placeholders=None)
LIMIT = 10
ENDLESS = math.inf
PAIR = (1, {2, 3})
WORDS = {"multi\nline": ["a", None, True, 2 + 3j, b"\0"]}
LETTERS = re.compile(r"[a-c]+", re.IGNORECASE)
TABLE = np.arange(6, dtype=np.int16).reshape(2, 3)
SEEN: list[int] = []
SAME = SEEN
TONE = parameter("Be\nkind.", FREE, name="tone", description="How answers\nsound.")
LOCK = threading.Lock()


class Mode(enum.Enum):
    FAST = 1
    SLOW = 2


class Pair(NamedTuple):
    left: int
    right: int


@dataclasses.dataclass(frozen=True)
class Order:
    """An order."""

    count: int  # of pieces
    mode: Mode = Mode.SLOW

    @property
    def total(self) -> int:
        return self.count * LIMIT


FIRST = Order(3)
LEFT = Pair(1, 2)


def double(x: int) -> int:
    # The comment stays.
    return 2 * x


def even(n: int) -> bool:
    return n == 0 or odd(n - 1)


def odd(n: int) -> bool:
    return n != 0 and even(n - 1)


@functools.cache
def fibonacci(n: int) -> int:
    return n if n < 2 else fibonacci(n - 1) + fibonacci(n - 2)


@trace
def traced(x: int) -> int:
    """A traced helper."""
    return double(x) + LIMIT


def remember(x: int) -> list[int]:
    SEEN.append(x)
    return SEEN


@trace(trainable=True)
def constants(x: int) -> Any:
    return [x + LIMIT, ENDLESS, PAIR, WORDS, LETTERS.findall("abxC"), (TABLE * x).tolist(), Mode.FAST.name, LEFT.right]


@trace(trainable=True)
def modules(x: int) -> Any:
    root = xml.etree.ElementTree.fromstring("<a><b/></a>")
    return [np.sqrt(x).item(), len(root), Tally("aab").most_common(1), down(x / 2), json.dumps({"x": x})]


@trace(trainable=True)
def functions(x: int) -> Any:
    return [double(x), even(x), fibonacci(x), traced(x), remember(x), len(SAME), Order(x).total, FIRST.total]


@trace(trainable=True, allow_hidden=True)
def parameters_read(x: int) -> Any:
    return [TONE.data, f"{TONE}", len(TONE), [TONE.data for _ in range(2)]]


@trace(trainable=True)
async def later(x: int) -> int:
    """Wait."""
    await asyncio.sleep(0)
    return x + LIMIT


@trace(trainable=True)
def documented(x: int, *, y: int = 2) -> int:
    """Say what it does.

    >>> documented(1)
    3
    """
    return x + y


class Planner(Module):
    """Plans."""

    SCALE = 3

    def __init__(self, prompt: str) -> None:
        self.prompt = parameter(prompt, FREE)
        self.__hidden = 4
        self.calls: list[int] = []

    @trace(trainable=True)
    def plan(self, x: int) -> str:
        """Plan it."""
        return f"{self.prompt.data} {x} {self._scaled(x)} {self.title} {self.helper(x)} {self.__hidden}"

    def _scaled(self, x: int) -> int:
        return x * self.SCALE

    @property
    def title(self) -> str:
        return self.prompt.data.title()

    @staticmethod
    def helper(x: int) -> int:
        return double(x)


class Agent(Module):
    def __init__(self) -> None:
        self.planner = Planner("first\nsecond")
        self.tools = [Planner("b"), Planner("c")]
        self.temperature = parameter(0.5, Real(0, 1))
        self.tool: Callable[[int], int] = double

    @trace(trainable=True)
    def solve(self, x: int) -> Any:
        plans = [tool.plan(x) for tool in self.tools]
        return [self.planner.plan(x), plans, self.tool(x), self.temperature.data, self.double(x)]

    def double(self, x: int) -> int:
        return double(x) + 1


def run(path: Path, expression: str) -> Any:
    """Evaluate an expression over an exported module, in a Python that cannot import agentopt."""
    script = (
        "import importlib.util, sys\n"
        f"sys.path += {[*{str(Path(np.__file__).parents[1])}, str(path.parent)]!r}\n"
        "sys.modules['agentopt'] = None\n"
        f"spec = importlib.util.spec_from_file_location('exported', {str(path)!r})\n"
        "m = importlib.util.module_from_spec(spec)\n"
        "sys.modules['exported'] = m\n"
        "spec.loader.exec_module(m)\n"
        f"print(repr({expression}))\n"
    )
    done = subprocess.run([sys.executable, "-I", "-S", "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr + path.read_text()
    return done.stdout.strip()


def loaded(thing: object, path: Path) -> dict[str, Any]:
    """The names of an exported module."""
    export(thing, path)
    module = types.ModuleType("exported")
    sys.modules["exported"] = module  # Where dataclasses look.
    try:
        exec(compile(path.read_text(), str(path), "exec", dont_inherit=True), module.__dict__)
    finally:
        del sys.modules["exported"]
    return {name: value for name, value in vars(module).items() if not name.startswith("__") and name != "annotations"}


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "exported.py"


@pytest.mark.parametrize("function", [constants, modules, functions, parameters_read])
def test_functions_give_what_they_gave(place: Path, function: Any) -> None:
    """An exported function gives, without agentopt, what the traced one gives."""
    export(function, place)
    SEEN.clear()
    assert run(place, f"m.{function.operation.name}(4)") == repr(function(4).data)


def test_async_functions(place: Path) -> None:
    """An async function stays one."""
    export(later, place)
    assert run(place, "__import__('asyncio').run(m.later(1))") == "11"


def test_objects_give_what_they_gave(place: Path) -> None:
    """The class of an object with learned methods gives what the object gives, with the objects inside."""
    agent = Agent()
    export(agent, place)
    assert run(place, "m.Agent().solve(3)") == repr(agent.solve(3).data)


def test_learned_versions(place: Path) -> None:
    """The current versions are written, each object's own, with helpers and imports of their own."""
    agent = Agent()
    source = textwrap.dedent("""
        import math

        STEP = {step}

        def _near(x):
            return math.floor(x) + STEP

        def plan(self, x):
            return f'{{self.prompt.data}} {{_near(x)}}'
        """)
    for step, planner in enumerate([agent.planner, *agent.tools]):
        planner.plan.parameter.set(source.format(step=step))
    export(agent, place)
    assert run(place, "m.Agent().solve(3)") == repr(agent.solve(3).data)


def test_module_reads_well(place: Path) -> None:
    """Constants come first, then code with what it needs before it, each with what is known of its version."""

    @trace(trainable=True)
    def count(text: str) -> int:
        """Count the words."""
        return len(text)

    prompt = parameter("Count\nthe words.", name="prompt", description="What is asked.")
    prompt.set('Count "all"\nthe words.', author="model:small", reason="better").score = 0.75
    count.parameter.set(
        "import re\n\n\ndef count(text: str) -> int:\n    # Letters only.\n    return len(re.findall('[a-z]+', text))\n"
    )
    export({"planner": {"prompt": prompt}, "count": count}, place)
    assert (
        place.read_text()
        == '''\
"""What agentopt learned, as plain Python; it needs nothing of agentopt."""

# Read it before it is imported: it is ordinary Python, which runs in no sandbox.
# The learned functions, with the imports and helpers that each brought along, are
#   by human: count

from __future__ import annotations

import re


# What is asked. Version 1 by model:small, score 0.75.
PLANNER_PROMPT = """Count "all"
the words."""


# Version 1.
def count(text: str) -> int:
    """Count the words."""
    # Letters only.
    return len(re.findall('[a-z]+', text))
'''
    )


def test_authors_at_the_head(place: Path) -> None:
    """The head says who wrote each learned function, in comments whatever the author is called."""
    agent = Agent()
    agent.planner.plan.parameter.set("def plan(self, x):\n    return x\n", author="model:x\nimport os\x1b")
    graph.export(agent, place)
    head = place.read_text().partition("from __future__")[0].splitlines()[3:]
    assert head[0].startswith("# The learned functions")
    assert head[1:] == [
        "#   by human: Planner_2.plan, Planner_3.plan, Agent.solve",
        "#   by model:x import os?: Planner.plan",
        "",
    ]


def test_docstring_is_put_back(place: Path) -> None:
    """A version without the docstring gets that of the original, which help and doctest read."""
    documented.parameter.set("def documented(x: int, *, y: int = 2) -> int: return x + y")
    try:
        space = loaded(documented, place)
    finally:
        documented.parameter.undo()
    original = inspect.getdoc(documented._function)
    assert (inspect.getdoc(space["documented"]), space["documented"](1)) == (original, 3)


def tidied(doc: str) -> str:
    """A docstring as one reads it, without white space at the ends of lines, of which cleaning takes some off."""
    return inspect.cleandoc("\n".join(line.rstrip() for line in doc.split("\n")).strip())


@pytest.mark.parametrize(
    "body", ["    return 1\n", " return 1\n", "\n    # why\n\n    @str\n    def g(): pass\n    return 1\n"]
)
@given(doc=st.text(st.sampled_from("ab \n\\\"'\t\r\0é\u2028")).map(tidied))
def test_any_docstring_can_be_put_back(body: str, doc: str) -> None:
    """Whatever the docstring and the body, what is put back is read as the same docstring."""
    source = with_docstring(f"def f():{body if body[0] == chr(10) or body[:2] == ' r' else chr(10) + body}", "f", doc)
    space: dict[str, Any] = {}
    exec(source, space)
    assert inspect.cleandoc(space["f"].__doc__) == doc


texts = st.text(st.characters() | st.sampled_from("\n\"\\'\t\r \0\x85\u2028")) | st.text('"\\\n a')


@given(text=texts)
def test_text_literals_are_exact(text: str) -> None:
    """The literal of any text evaluates to it, also out of a file, whose ends of line Python reads as one."""
    module = f"X = {text_literal(text)}\n"
    assert ast.literal_eval(ast.parse(module.encode("utf-8", "strict")).body[0].value) == text  # type: ignore[attr-defined]


@given(text=texts)
def test_comments_are_one_line(text: str) -> None:
    """A comment stays a comment, whatever is in it."""
    assert ast.parse(comment(text)).body == []


@given(values=st.dictionaries(st.text(min_size=1), texts.filter(lambda text: text.isascii()), max_size=4))
def test_constants_by_path(tmp_path_factory: pytest.TempPathFactory, values: dict[str, str]) -> None:
    """Whatever the keys of a dict, each of its texts is one constant, exact, and no two share a name."""
    path = tmp_path_factory.mktemp("constants") / "exported.py"
    space = loaded({key: parameter(value, FREE) for key, value in values.items()}, path)
    assert sorted(space.values()) == sorted(values.values())


@pytest.mark.parametrize(
    ("value", "domain"),
    [
        (3, Integer()),
        pytest.param(10**2400, Integer(), id="huge"),
        (-0.0, Real()),
        (True, Choice((True, False))),
        (None, Choice((None, 1))),
        ((1, 0), Exemplars(["a", "b", "c"], 2)),
        ((1,), Data(tuple[int])),
        ({"a": [1, 2.5, None]}, Data(Any)),
        ({1, 2}, Data(set[int])),
        (frozenset(), Data(frozenset[int])),
        (set(), Data(set[int])),
        (Order(5, Mode.FAST), Data(Order)),
    ],
)
def test_values(place: Path, value: Any, domain: Any) -> None:
    """A value of each kind is written so that it comes back."""
    space = loaded({"v": parameter(value, domain)}, place)
    assert (repr(space["V"]) if isinstance(value, Order) else space["V"]) == (
        repr(value) if isinstance(value, Order) else value
    )


def test_names_that_collide(place: Path) -> None:
    """Constants of two paths that give one name get a number, in the order of the paths."""
    space = loaded({"a": {"b": parameter("x")}, "a_b": parameter("y"), "class": parameter("z")}, place)
    assert (space["A_B"], space["A_B_2"], space["CLASS"]) == ("x", "y", "z")


def test_functions_that_collide(place: Path) -> None:
    """Two functions of one name are both there, each with its own helpers, and calls itself."""

    def made(step: int) -> Any:
        @trace(trainable=True)
        def walk(n: int) -> int:
            return n

        walk.parameter.set(
            f"def _step(n):\n    return walk(n - 1) + {step}\n\ndef walk(n):\n    return _step(n) if n > 0 else 0\n"
        )
        return walk

    space = loaded([made(1), made(10)], place)
    assert (space["walk"](3), space["walk_2"](3)) == (3, 30)


def test_names_of_python_that_collide(place: Path) -> None:
    """A helper that is called as one of Python's functions leaves that to the others."""

    def made(source: str) -> Any:
        @trace(trainable=True)
        def total(values: list[int]) -> Any:
            return values

        total.parameter.set(source)
        return total

    own = "def sum(values):\n    return 'mine'\n\ndef total(values):\n    return sum(values)\n"
    plain = "def total(values):\n    return sum(values)\n"
    both = [loaded([made(one), made(two)], place) for one, two in ((own, plain), (plain, own))]
    assert [(space["total"]([1, 2]), space["total_2"]([1, 2])) for space in both] == [("mine", 3), (3, "mine")]


def test_local_names_stay(place: Path) -> None:
    """A local variable that is called as the constant of a parameter hides nothing."""
    tone = parameter("x", FREE, name="tone")

    @trace(trainable=True, allow_hidden=True)
    def speak(TONE: str) -> list[str]:
        return [TONE, tone.data]

    assert loaded([tone, speak], place)["speak"]("loud") == ["loud", "x"]


def test_attributes_of_arguments_stay(place: Path) -> None:
    """`.data` of something that is no node stays."""

    @trace(trainable=True)
    def read(thing: Any) -> Any:
        return thing.data

    class Thing:
        data = 5

    assert loaded(read, place)["read"](Thing()) == 5


def test_attributes_that_are_keywords(place: Path) -> None:
    """An attribute that no class body can name is a constant only."""

    class Odd(Planner):
        def __init__(self) -> None:
            super().__init__("p")
            setattr(self, "class", parameter("q"))

    space = loaded(Odd(), place)
    assert (space["CLASS"], space["Odd"]().plan(1).split()[0]) == ("q", "p")


def test_inherited_methods(place: Path) -> None:
    """Methods of base classes are written with the object's class, private names included."""

    class Special(Planner):
        SCALE = 7

    special = Special("x")
    assert loaded(special, place)["Special"]().plan(2) == special.plan(2).data


def test_methods_named_as_functions(place: Path) -> None:
    """A method that calls a function of its own name calls the function."""
    assert loaded(Agent(), place)["Agent"]().double(2) == 5


def test_state_of_its_own(place: Path) -> None:
    """A method may count on its object, which begins with what the object had."""

    class Counter(Module):
        def __init__(self) -> None:
            self.n = 5

        @trace(trainable=True)
        def count(self) -> int:
            self.n += 1
            self.last = self.n
            return self.n

    made = loaded(Counter(), place)["Counter"]()
    assert [made.count(), made.count()] == [6, 7]


def test_code_that_was_made_by_hand(place: Path) -> None:
    """A parameter that holds code without a traced function is written as its definition."""
    code = parameter("def f(x):\n    return abs(x)\n", Code.from_source("def f(x):\n    return abs(x)\n"))
    assert loaded({"code": code}, place)["f"](-3) == 3


def test_decorators_of_others_stay(place: Path) -> None:
    """A decorator above the trace that is not agentopt's is written with the new code."""

    @functools.cache
    @trace(trainable=True)
    def slow(x: int) -> int:
        return x

    slow.__wrapped__.parameter.set("def slow(x: int) -> int:\n    return x + 1\n")
    space = loaded(slow, place)
    assert (space["slow"](1), hasattr(space["slow"], "cache_info")) == (2, True)


def test_importable_modules_are_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What stands in a module of the user's that does without agentopt is imported; its constants are written."""
    (tmp_path / "user_tools.py").write_text(
        "SIZE = 4\n\ndef half(x):\n    return x / 2\n\nclass Box:\n    size = SIZE\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    tools: Any = importlib.import_module("user_tools")
    half, SIZE, Box = tools.half, tools.SIZE, tools.Box

    @trace(trainable=True)
    def use(x: int) -> Any:
        return [half(x), SIZE, Box.size, tools.half(x)]

    place = tmp_path / "exported.py"
    export(use, place)
    monkeypatch.delitem(sys.modules, "user_tools")
    text = place.read_text()
    assert run(place, "m.use(6)") == "[3.0, 4, 4, 3.0]"
    assert [line for line in text.splitlines() if "user_tools" in line or "SIZE =" in line] == [
        "import user_tools as tools",
        "from user_tools import Box",
        "from user_tools import half",
        "SIZE = 4",
    ]


def made_with(value: Any) -> Any:
    held = value

    @trace(trainable=True)
    def use(x: int) -> Any:
        return held, x

    return use


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (threading.Lock(), "use uses held, which is a lock, for which there is no literal"),
        (lambda: 1, "use uses held, which is a lambda"),
        (unwrap, "use uses held, which is a part of agentopt"),
        (Agent().solve, "use uses held, which is a learned method of another object"),
        ([{"a": threading.Lock()}], "use uses held, which is a lock"),
        (importlib.import_module("agentopt.errors"), "use uses held, which is a module that the file cannot import"),
    ],
)
def test_what_cannot_be_written(place: Path, value: Any, reason: str) -> None:
    """What cannot be written is named with who uses it, and no file is made."""
    with pytest.raises(InputError, match=f"^{re.escape(reason)}"):
        export(made_with(value), place)
    assert not place.exists()


def test_what_contains_itself(place: Path) -> None:
    """A value that is a part of itself is refused."""
    value: list[Any] = []
    value.append(value)
    with pytest.raises(InputError, match="is a part of itself"):
        export(made_with(value), place)


def test_values_that_cannot_be_written(place: Path) -> None:
    """A parameter with an object for which there is no literal is named."""
    with pytest.raises(InputError, match="the parameter where cannot be written as Python: it is a PosixPath"):
        export({"where": parameter(Path("a"), Data(Path), name="where")}["where"], place)


def test_attributes_that_cannot_be_written(place: Path) -> None:
    """An attribute that a learned method uses is named with the method."""
    agent = Agent()
    agent.tool = threading.Lock()  # type: ignore[assignment]
    with pytest.raises(InputError, match=r"^Agent\.solve uses self\.tool, which is a lock"):
        export(agent, place)


def test_what_is_not_used_does_not_matter(place: Path) -> None:
    """Other attributes and methods of an object may be whatever they are."""
    planner = Planner("x")
    planner.client = threading.Lock()  # type: ignore[attr-defined]
    assert "client" not in vars(loaded(planner, place)["Planner"])


def test_file_stays_on_failure(place: Path) -> None:
    """An export that fails leaves the file as it was."""
    place.write_text("before")
    with pytest.raises(InputError):
        export(made_with(LOCK), place)
    assert (place.read_text(), len(list(place.parent.iterdir()))) == ("before", 1)


def test_unwritable_place(tmp_path: Path) -> None:
    """A place that cannot be written is a FileError."""
    with pytest.raises(FileError, match="cannot write"):
        export(parameter("x"), tmp_path / "none" / "exported.py")


def test_nothing_to_export(place: Path) -> None:
    """An object without parameters gives a module without anything."""
    assert loaded([], place) == {}


def test_plain_nodes(place: Path) -> None:
    """A node that is no parameter is written as its value."""
    held = node([1, 2])

    @trace(trainable=True, allow_hidden=True)
    def use(x: int) -> Any:
        return [held.data, held[0], x]

    assert loaded(use, place)["use"](3) == [[1, 2], 1, 3]


RENAMED = """
import a
def f(b, c=a):
    a = 1
    return a + b
def g(x, *, y=a):
    global a
    a = x
    return [a for a in (a, 2)], [a + q for q in a], {a: lambda a: a}, (lambda z: a), f"{a} {a!r:>{a}}"
class C(a.B):
    a = a
    def m(self): return a, self.a, C.a
    z = [a for _ in (1,)]
try:
    pass
except E as a:
    pass
def h():
    def inner():
        nonlocal_a = a
        return nonlocal_a
    def other():
        global a
        a = 2
    async def third(*a): return a
    return (a := 3)
"""


def test_renaming_keeps_meaning() -> None:
    """Only what means the global name is renamed, in every kind of scope."""
    text = renamed(RENAMED, {"a": "n"})
    assert text.count("n.B") == 1
    assert ast.dump(ast.parse(text)) == ast.dump(
        ast.parse("""
import a as n
def f(b, c=n):
    a = 1
    return a + b
def g(x, *, y=n):
    global n
    n = x
    return [a for a in (n, 2)], [n + q for q in n], {n: lambda a: a}, (lambda z: n), f"{n} {n!r:>{n}}"
class C(n.B):
    a = a
    def m(self): return n, self.a, C.a
    z = [n for _ in (1,)]
try:
    pass
except E as n:
    pass
def h():
    def inner():
        nonlocal_a = a
        return nonlocal_a
    def other():
        global n
        n = 2
    async def third(*a): return a
    return (a := 3)
""")
    )
