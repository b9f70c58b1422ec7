"""Threads trace at the same time without a trace of one another."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from agentopt import Node, node, parameter, trace
from agentopt.graph import backward_all


@pytest.fixture(autouse=True)
def _often() -> Iterator[None]:
    """Switch threads as often as Python can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@trace
def combine(text: str, *more: str, mark: str = "!") -> str:
    """Join all."""
    return text + "".join(more) + mark


def test_values_inputs_and_names_are_right() -> None:
    """8 threads of 500 calls each have right values, inputs and, in one trace, distinct names."""
    start = parameter("p", name="start")
    made: list[list[Node[str]]] = [[] for _ in range(8)]

    def work(number: int) -> None:
        for count in range(500):
            made[number].append(combine(start, f"{number}", f"{count}", mark=f"{count % 7}"))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for number, mine in enumerate(made):
        for count, one in enumerate(mine):
            assert one.data == f"p{number}{count}{count % 7}"
            assert {name: parent.data for name, parent in one.inputs.items()} == {
                "text": "p", "more_0": f"{number}", "more_1": f"{count}", "mark": f"{count % 7}",
            }  # fmt: skip
    graph = backward_all([(one, "x") for mine in made for one in mine])
    assert len({step.name for step in graph.steps}) == len(graph.steps) == 4001


def test_code_parameter_is_made_once() -> None:
    """Threads that ask for a code parameter at the same time get the same one."""

    class Thing:
        @trace(trainable=True)
        def plan(self, x: int) -> int:
            """Count on."""
            return x + 1

    for _ in range(20):
        thing, found = Thing(), []
        threads = [threading.Thread(target=lambda t=thing, f=found: f.append(t.plan.parameter)) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(set(map(id, found))) == 1


def test_hidden_reads_of_many_threads_are_all_inputs() -> None:
    """Nodes that threads of one call read at the same time all become inputs, each once."""
    nodes: list[Any] = [node(number, "n") for number in range(40)]

    @trace(allow_hidden=True)
    def total() -> int:
        threads = [threading.Thread(target=lambda: sum(one.data for one in nodes)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return 0

    inputs = total().inputs
    assert len(inputs) == 40
    assert {id(one) for one in inputs.values()} == {id(one) for one in nodes}
