"""The examples of a docstring run against new code in the sandbox, and are judged outside of it."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from agentopt.errors import SandboxError
from agentopt.graph.code.code import Code
from agentopt.graph.code.contract import broken_examples, example_source, examples
from agentopt.graph.code.surroundings import surroundings
from agentopt.sandbox import ForkServerSandbox, Limits, Sandbox

OFFSET = 10


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """A sandbox without packages loaded, or the reason why there is none."""
    if not sys.platform.startswith("linux"):
        pytest.skip("the fork server needs Linux")
    with ForkServerSandbox(()) as opened:
        try:
            _ = opened.level
        except SandboxError as error:
            pytest.skip(f"this machine does not offer it: {error}")
        yield opened


CODE = Code.from_source(
    '''
def half(x):
    """Divide by two.

    >>> half(4)
    2
    >>> y = half(2); y + 1
    2
    >>> print("a\\\\nb")
    a
    b
    >>> half([])  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    TypeError: unsupported ... types
    >>> half("no")  # doctest: +SKIP
    'never run'
    >>> half(6).data
    3
    """
    if isinstance(x, list):
        raise TypeError("unsupported operand types")
    return x // 2
'''
)


def test_the_original_keeps_its_own_examples(sandbox: Sandbox) -> None:
    """Values, several lines, errors, skipped examples and .data of the traced function are as doctest has them."""
    assert broken_examples(sandbox, CODE.source, CODE) == []


def test_a_broken_example_is_one_sentence(sandbox: Sandbox) -> None:
    """Each example that gives something else is told with what it expects and what came."""
    assert broken_examples(sandbox, "def half(x):\n    return 2\n", CODE) == [
        "the example 'y = half(2); y + 1' expects '2', got '3'",
        "the example 'half([])  # doctest: +ELLIPSIS' expects the error "
        "'TypeError: unsupported ... types', got '2\\n'".replace("\\n", ""),
        "the example 'half(6).data' expects '3', got '2'",
    ]


def test_an_error_is_told_where_a_value_was_expected(sandbox: Sandbox) -> None:
    """An example that raises is told with the error."""
    source = "def half(x):\n    return 1 / 0\n"
    assert broken_examples(sandbox, source, CODE)[0] == (
        "the example 'half(4)' expects '2', got the error 'ZeroDivisionError: division by zero'"
    )


def test_a_program_cannot_judge_itself(sandbox: Sandbox) -> None:
    """New code that breaks doctest where it runs changes nothing about the verdict."""
    source = "import doctest, sys\ndoctest.OutputChecker.check_output = lambda *a: True\ndef half(x):\n    return 9\n"
    assert len(broken_examples(sandbox, source, CODE)) == 4


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("def half(x):\n    while True: pass\n", "could not be run: timeout"),
        ("import os\nos._exit(0)\ndef half(x): pass\n", "could not be run: crashed"),
        ("1 / 0\ndef half(x): pass\n", "could not be run: error, ZeroDivisionError"),
    ],
)
def test_code_that_does_not_end_is_told(sandbox: Sandbox, source: str, said: str) -> None:
    """A program that hangs or dies is one sentence for all examples."""
    (fault,) = broken_examples(sandbox, source, CODE, limits=Limits(wall_s=2.0, cpu_s=1.0))
    assert said in fault


def shift(x: int) -> int:
    """Add the offset.

    >>> shift(1) - OFFSET
    1
    >>> sorted([shift(0), OFFSET])
    [10, 10]
    """
    return x + OFFSET


def test_examples_use_the_surroundings(sandbox: Sandbox) -> None:
    """Names around the original are there for the new code and for the examples."""
    code = Code.of(shift)
    source = "def shift(x):\n    return OFFSET - -x\n"
    prelude = surroundings(source, shift, also=example_source(code)).prelude
    assert broken_examples(sandbox, source, code, prelude=prelude) == []


@pytest.mark.parametrize("docstring", [None, "", "No examples.", ">>>bad"])
def test_a_docstring_without_examples_asks_nothing(docstring: str | None, sandbox: Sandbox) -> None:
    """Without examples, or with what doctest cannot read, nothing is run."""
    code = Code.from_source(f"def f(x):\n    {docstring!r}\n")
    assert (examples(docstring), broken_examples(sandbox, "nonsense", code)) == ((), [])
