"""Rows of repeated calls, each shown by its ends."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentopt import TraceGraph, backward, parameter, trace
from agentopt.graph import backward_all
from agentopt.graph.shown.repeats import fold_repeats
from tests.graph.dags import Plan, build, plans


@trace
def step(x: Any) -> Any:
    """One step."""
    return x + 1


@trace
def check(x: Any) -> Any:
    """One check."""
    return x


def loop(n_rounds: int) -> TraceGraph:
    x: Any = parameter(0, name="start")
    for _ in range(n_rounds):
        x = step(x)
    return backward(x, "said")


def lines(graph: TraceGraph, rounds: int) -> list[str]:
    return graph.view(rounds=rounds).calls.split("\n")


def test_a_loop_is_shown_by_its_ends() -> None:
    """Of twelve calls the first two and the last stand, one line for those between, and the one that is spoken of."""
    assert lines(loop(13), 2) == [
        "step_1 = step(x=start)  # -> 1",
        "step_2 = step(x=step_1)  # -> 2",
        "step_3 to step_10 = [8 more calls of step]  # -> 10",
        "step_11 = step(x=step_10)  # -> 11",
        "step_12 = step(x=step_11)  # -> 12",
        "step_13 = step(x=step_12)  # -> 13",
    ]


def test_rounds_of_several_calls_are_one_row() -> None:
    """A loop of two calls is folded by its rounds."""
    x: Any = parameter(0, name="start")
    for _ in range(6):
        x = check(step(x))
    shown = lines(backward(check(x), "said"), 1)
    assert "[4 more rounds of step, check]" in shown[2]


@pytest.mark.parametrize("n_rounds", [1, 3, 4])
def test_short_rows_stay(n_rounds: int) -> None:
    """A row that would hardly get shorter stays as it is."""
    assert len(lines(loop(n_rounds), 1)) == n_rounds


def test_what_is_spoken_of_stays() -> None:
    """The outputs of a batch are all shown, however alike they are."""
    start = parameter(0, name="start")
    graph = backward_all([(step(start), f"said {number}") for number in range(20)])
    assert len(lines(graph, 1)) == 20


def test_nothing_is_folded_unasked() -> None:
    """Without rounds every call that fits is shown."""
    assert len(loop(30).view().calls.split("\n")) == 30


@given(plans(max_moves=30), st.integers(1, 3))
def test_folding_keeps_ends_outputs_and_order(plan: Plan, keep: int) -> None:
    """Whatever was traced, what stays stands in order, with all outputs, and no step is shown twice."""
    graph = backward(build(plan).nodes[-1], "said")
    folded = fold_repeats(graph.steps, graph.outputs, keep)
    place = {one.name: number for number, one in enumerate(graph.steps)}
    kept = [one.name for one in folded if one.name in place]
    assert kept == sorted(set(kept), key=place.__getitem__)
    assert set(graph.outputs) <= set(kept)
    assert len(folded) <= len(graph.steps)
