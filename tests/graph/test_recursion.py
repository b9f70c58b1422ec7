"""Traced functions that call themselves: how deep, and what is left when Python's stack ends."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import pytest

from agentopt import no_trace, trace
from agentopt.graph.state import STATE

DEPTH = 280
"""Of a thousand frames that Python grants, each call takes three: its own, the traced function's, and one of C."""


@trace
def plain(n: int) -> int:
    """Count down."""
    return 0 if n <= 0 else 1 + plain(n - 1)


@trace(opaque=False)
def block(n: int) -> Any:
    """Count down on nodes."""
    return 0 if n <= 0 else 1 + block(n - 1)


@trace(trainable=True)
def learned(n: int) -> int:
    """Count down in code that may change."""
    return 0 if n <= 0 else 1 + learned(n - 1)


@trace
def values(n: int) -> list[int]:
    """Count down in lists."""
    return [] if n <= 0 else [1, *values(n - 1)]


class Counter:
    """Counts down."""

    @trace
    def count(self, n: int) -> int:
        return 0 if n <= 0 else 1 + self.count(n - 1)


FUNCTIONS: list[Callable[[int], Any]] = [plain, block, learned, values, Counter().count]


def run_in_thread(work: Callable[[], object]) -> list[Any]:
    """Give the work a stack of its own, so that pytest's own depth does not count."""
    import threading

    found: list[Any] = []
    thread = threading.Thread(target=lambda: found.append(work()))
    thread.start()
    thread.join()
    return found


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("off", [False, True])
def test_calls_go_deep(function: Callable[[int], Any], off: bool) -> None:
    """A traced function calls itself to a third of the depth that Python grants."""

    def work() -> Any:
        with no_trace() if off else nullcontext():
            return function(DEPTH).data

    (made,) = run_in_thread(work)
    assert made in (DEPTH, [1] * DEPTH)


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("off", [False, True])
def test_end_of_the_stack_leaves_the_state_alone(function: Callable[[int], Any], off: bool) -> None:
    """Wherever exactly the stack ends, the state is afterwards what it was before."""

    def padded(n_frames: int) -> None:
        if n_frames:
            padded(n_frames - 1)
        else:
            with pytest.raises(RecursionError):
                function(sys.getrecursionlimit())

    def work() -> bool:
        with no_trace() if off else nullcontext():
            before = STATE.get()
            for n_frames in range(8):
                padded(n_frames)
                if STATE.get() is not before:
                    return False
        return STATE.get() is None

    assert run_in_thread(work) == [True]
