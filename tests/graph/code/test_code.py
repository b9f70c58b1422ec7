"""The domain of a function's source keeps what its callers rely on."""

from __future__ import annotations

import ast
import functools
import inspect
import textwrap
import types
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentopt.errors import DomainError, TraceError
from agentopt.graph.code.code import Code
from agentopt.graph.code.original import undented


def keep(function: Any) -> Any:
    return function


def note(*words: str) -> Callable[[Any], Any]:
    return keep


def wrapping(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def wrapper(*args: Any) -> Any:
        return function(*args)

    return wrapper


@keep
# A comment among decorators.
@note(
    "several",
    "lines",
)
@keep  # and one behind
def shaped(a: int, /, b: float = 1e3, *rest: int, c: str = "x", **more: Any) -> list[int]:
    """Say what it does.

    >>> shaped(1)
    [1]
    """
    text = """a string
that begins at the margin"""
    # A comment.
    return [a, len(text)]


@wrapping
def wrapped(x: int) -> int:
    return x


async def waiting(x: int) -> int:
    return x


def yielding(x: int) -> Any:
    yield x


class Agent:
    @keep
    def act(self, observation: str) -> str:
        """Act.

        Indented further.
        """
        return f"""{observation}
    kept as it is
        """

    @staticmethod
    def fixed(x: int) -> int:
        return x

    @classmethod
    def made(cls, x: int) -> int:
        return x


def outer() -> Callable[..., Any]:
    offset = 1

    @keep
    def inner(x: int) -> int:
        # A comment further left.
        return x + offset

    return inner


def changing() -> Callable[..., Any]:
    count = 0

    def count_up(x: int) -> int:
        nonlocal count
        count += x
        return count

    return count_up


ORIGINALS = [shaped, wrapped, waiting, Agent.act, Agent().act, Agent.fixed, Agent.made, outer()]
typed = eval("lambda x: x")
scope: dict[str, Any] = {}
exec("def made(x):\n    return x\n", scope)


@pytest.mark.parametrize("function", ORIGINALS)
def test_the_original_is_in_its_domain(function: Callable[..., Any]) -> None:
    """The source as the human wrote it, without decorators, is a value, and reading it changes nothing."""
    code = Code.of(function)
    code.check(code.source)
    assert (code.parse(code.source), code.name) == (code.source, function.__name__)


@pytest.mark.parametrize("function", ORIGINALS)
def test_the_original_means_what_it_meant(function: Callable[..., Any]) -> None:
    """Freed from its place, a definition compiles to the same constants and names."""
    plain = inspect.unwrap(getattr(function, "__func__", function))
    consts = compile(Code.of(function).source, "<code>", "exec").co_consts
    made = next(const for const in consts if isinstance(const, types.CodeType))
    ours = [const for const in made.co_consts if isinstance(const, str) and const != plain.__doc__]
    theirs = [const for const in plain.__code__.co_consts if isinstance(const, str) and const != plain.__doc__]
    assert [const for const in ours if const.split() != (plain.__doc__ or "").split()] == theirs


def test_decorators_are_remembered_and_left_out() -> None:
    """Decorators over several lines go, comments among them too; their text is kept."""
    code = Code.of(shaped)
    assert code.source.startswith("def shaped(a: int, /")
    assert code.decorators == ("keep", "note('several', 'lines')", "keep")


def test_docstrings_move_and_other_strings_stay() -> None:
    """In a method's source the docstring is at its margin and strings over lines are as they were."""
    lines = Code.of(Agent.act).source.split("\n")
    assert lines[:4] == ["def act(self, observation: str) -> str:", '    """Act.', "", "    Indented further."]
    assert "    kept as it is" in lines


@given(
    st.lists(
        st.sampled_from(["x = 1", "y = '''a\n  b\n'''", "if x:\n    z = f'''{x}\n\n'''", "# c", "(1,\n 2)"]), min_size=1
    )
)
def test_undenting_takes_indentation_back(statements: list[str]) -> None:
    """A block that was indented, strings aside, and is moved back has the meaning that it had."""
    block = "\n".join(statements) + "\npass\n"
    if "'''" not in block:
        assert undented(textwrap.indent(block, "    ")) == block
    else:
        inside = ast.parse("if True:\n" + textwrap.indent(block, "\t")).body[0]
        assert isinstance(inside, ast.If)
        moved = ast.parse(undented(textwrap.indent(block, "\t")))
        assert ast.dump(moved) == ast.dump(ast.Module(inside.body, []))


def test_what_the_original_promises_is_read() -> None:
    """Names, kinds, defaults, annotations, docstring and kind of function are known."""
    code = Code.of(shaped)
    assert [(one.name, one.kind, one.default, one.annotation) for one in code.signature] == [
        ("a", "positional-only", None, "int"),
        ("b", "positional", "1000.0", "float"),
        ("rest", "*args", None, "int"),
        ("c", "keyword-only", "'x'", "str"),
        ("more", "**kwargs", None, "Any"),
    ]
    assert code.definition.form == "a, /, b=1000.0, *rest, c='x', **more"
    assert "`def shaped(a: int, /, b: float=1000.0" in code.describe()
    assert (code.docstring or "").startswith("Say what")
    assert [Code.of(one).is_async for one in (shaped, waiting)] == [False, True]
    assert [Code.of(one).is_method for one in (shaped, Agent.act)] == [False, True]


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (typed, "pass source="),
        (scope["made"], "pass source="),
        (yielding, "is a generator"),
        (changing(), "no binding for nonlocal 'count' found"),
        (len, "expected a Python function"),
        (Agent, "expected a Python function"),
    ],
)
def test_what_cannot_be_learned_is_refused(function: Callable[..., Any], said: str) -> None:
    """Functions without source, generators and others are refused with what to do."""
    with pytest.raises(TraceError, match=said):
        Code.of(function)


@pytest.mark.parametrize(
    ("source", "name", "said"),
    [
        ("def f(:", "f", "syntax error: .*line 1: def f"),
        ("x = 1", "f", "one definition of the function f at top level, got 0 of none"),
        ("def g(): pass\ndef h(): pass", None, "expected one function at top level, got g, h"),
        ("x = 1", None, "got none"),
    ],
)
def test_a_source_that_defines_nothing_is_refused(source: str, name: str | None, said: str) -> None:
    """A source given by hand must define the function."""
    with pytest.raises(TraceError, match=said):
        Code.from_source(source, name)


def test_a_source_may_be_given() -> None:
    """Where Python cannot find the source, it can be handed over, indented and decorated as it is."""
    code = Code.from_source("    import math\n    @trace\n    def f(x):\n        return x")
    assert (code.source, code.decorators) == ("import math\ndef f(x):\n    return x\n", ("trace",))


CODE = Code.from_source('def f(x, y=2, *, z: int = 3):\n    """Add\n    them."""\n    return x + y + z\n')


@pytest.mark.parametrize(
    "value",
    [
        "import math\nLIMIT = math.pi ** 2\n\ndef helper(x):\n    return x\n\ndef f(x, y=2, *, z=3): return helper(x)",
        "def f(x: float, y: 'int' = 2, *, z=3) -> None:\n    'Add   them.'\n",
        "class Tree: pass\ndef f(x, y=(2), *, z=3):\n    def inner():\n        yield x\n    return list(inner())\n",
        '"""A module."""\nif True:\n    print("said")\ndef f(x, y=2, *, z=3): return (a for a in [x])',
    ],
)
def test_new_code_may_be_anything_around_the_definition(value: str) -> None:
    """Helpers, imports, constants, annotations and generators inside are free."""
    CODE.check(value)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (3, "Python source as a text, got 3"),
        ("def f(x, y=2, *, z=3):\n    return (x\n", r"syntax error: '\(' was never closed \(line 2: return \(x\)"),
        ("def f(x, y=2, *, z=3):\n    pass\nreturn 1", r"'return' outside function \(line 3: return 1\)"),
        ("def f(x, x, *, z=3): pass", "duplicate argument"),
        ("a\0b", "source code string cannot contain null bytes"),
        ("\ud800", "cannot parse"),
        ("(" * 1000, "syntax error: too many nested parentheses"),
        ("-" * 100_000 + "1", "Python source"),
        ("def g(x, y=2, *, z=3): pass", "one definition of the function f at top level, got 0 of g"),
        ("def f(x, y=2, *, z=3): pass\n" * 2, "got 2 of f, f"),
        ("if 1:\n    def f(x, y=2, *, z=3): pass", "got 0 of none"),
        ("def f(x, y=2, *, z=3): pass\nf = 1", "line 2 binds it to something else"),
        ("def f(x, y=2, *, z=3): pass\nimport a.b as f", "line 2 binds it to something else"),
        ("def f(x, y=2, *, z=3): pass\nfor f in []: pass", "line 2 binds it to something else"),
        ("async def f(x, y=2, *, z=3): pass", "to be defined by def, got async def"),
        ("def f(x, y=2, *, z=3): yield x", "got a generator"),
        ("def f(x, y=2, z=3): pass", r"the parameters \(x, y=2, \*, z=3\), got \(x, y=2, z=3\)"),
        ("def f(y, x=2, *, z=3): pass", r"got \(y, x=2, \*, z=3\)"),
        ("def f(x, y=2.0, *, z=3): pass", r"got \(x, y=2.0, \*, z=3\)"),
        ("def f(x, y, *, z=3): pass", r"got \(x, y, \*, z=3\)"),
        ("def f(x, y=2, *, z=3, **more): pass", r"\*\*more"),
        ("def f(x, y=2, /, *, z=3): pass", r"got \(x, y=2, /, \*, z=3\)"),
        ("@trace\ndef f(x, y=2, *, z=3): pass", "without decorators, got @trace"),
        ("def f(x, y=2, *, z=3):\n    'Add.'", "docstring of f as it was or none"),
    ],
)
def test_what_breaks_the_promise_is_refused(value: object, said: str) -> None:
    """Each way to break the contract is one sentence."""
    with pytest.raises(DomainError, match=said):
        CODE.check(value)


def test_an_async_function_stays_async() -> None:
    """An awaited function must be defined by async def."""
    with pytest.raises(DomainError, match="to be defined by async def, got def"):
        Code.of(waiting).check("def waiting(x): pass")


@pytest.mark.parametrize(
    "raw",
    [
        "def f(x, y=2, *, z=3):\n    return 1\n",
        "\n\ndef f(x, y=2, *, z=3):\n    return 1\n\n\n",
        "Here it is:\n```python\ndef f(x, y=2, *, z=3):\n    return 1\n```\nDone.",
        "```\ndef f(x, y=2, *, z=3):\r\n    return 1\r\n```",
        "```python\n    def f(x, y=2, *, z=3):\n        return 1\n```",
        "    def f(x, y=2, *, z=3):\n        return 1",
    ],
)
def test_a_reply_is_read_in_many_wrappings(raw: str) -> None:
    """A source comes bare, in a fence, with prose around it or indented."""
    assert CODE.parse(raw).lstrip("\n") == "def f(x, y=2, *, z=3):\n    return 1\n"


def test_a_fence_in_a_docstring_is_no_wrapping() -> None:
    """A text that is Python already is not searched for fences."""
    raw = 'def f(x):\n    """Say.\n\n```python\nf(1)\n```\n"""\n    return 1\n'
    assert Code.from_source("def f(x): return x").parse(raw) == raw


def test_the_originals_decorators_are_taken_off_a_copy() -> None:
    """A model that repeats the original's decorators is understood; other decorators are refused."""
    code = Code.from_source("@trace(trainable=True)\n@keep\ndef f(x): return x")
    raw = "import math\n@trace( trainable = True )\n# why\n@keep\ndef f(x):\n    return 1\n"
    assert code.parse(raw) == "import math\ndef f(x):\n    return 1\n"
    with pytest.raises(DomainError, match="without decorators, got @keep"):
        code.parse("@keep\ndef f(x): return 1")


def test_two_blocks_are_not_guessed_between() -> None:
    """A reply with two programs is refused."""
    with pytest.raises(DomainError, match="expected one fenced block of python"):
        CODE.parse("```python\na\n```\nor\n```python\nb\n```")
