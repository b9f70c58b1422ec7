"""Traces as data: the same steps and texts for the same graph, as JSON and back."""

from __future__ import annotations

import enum
import json
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentopt import Feedback, TraceGraph, backward, node, parameter, trace
from agentopt.errors import TraceError
from agentopt.graph import backward_all
from tests.graph.dags import Plan, build, plans


class Color(enum.StrEnum):
    """A few texts."""

    RED = "red"


class Text(str):
    """A text of a class of its own."""


@dataclass
class Point:
    """A number."""

    x: int


@trace
def same(x: Any) -> Any:
    """Give it back."""
    return x


@trace
def made_of(p: str, value: Any) -> Any:
    """Give the second back."""
    return value


def step(text: str) -> str:
    """A trace as JSON of one step."""
    return f'{{"format": 1, "steps": [{text}], "feedback": [], "documentation": {{}}}}'


@given(plans())
def test_json_round_trip(plan: Plan) -> None:
    """A trace comes back from JSON equal, with the same JSON and the same text."""
    graph = backward(build(plan).nodes[-1], Feedback("said", 0.5, {"speed": 1}))
    again = TraceGraph.from_json(graph.to_json())
    assert again == graph
    assert again.to_json() == graph.to_json()
    assert again.render() == graph.render()
    assert again.feedback == graph.feedback


@given(plans())
def test_equal_graphs_give_equal_traces(plan: Plan) -> None:
    """A graph built anew in the same way gives the same steps, names, texts and drawings."""
    one, other = (backward(build(plan).nodes[-1], "x") for _ in range(2))
    assert one == other
    assert one.render() == one.render() == other.render()
    assert one.to_mermaid() == other.to_mermaid()
    assert one.to_dot() == other.to_dot()


@pytest.mark.parametrize(
    "value",
    [
        None, True, 3, 2.5, float("inf"), pytest.param(10**5000, id="huge"),
        1 + 2j, "text", "two\nlines", "\ud800", b"x", (1, "a"), [1, [2]],
        {"a": 1, 2: (3,)}, {1, 2}, np.arange(3), np.float32(1.5), {"$tuple": [1]}, [Text("a")],
    ],
)  # fmt: skip
def test_data_is_exact_in_json(value: Any) -> None:
    """Data of any kind comes back from JSON with its type and value."""
    graph = backward(made_of(parameter("p"), value), "x")
    again = TraceGraph.from_json(graph.to_json())
    back = again.steps[-1].value
    assert type(back) is type(graph.steps[-1].value)
    assert np.array_equal(back, value) if isinstance(value, np.ndarray) else back == value
    assert again.render() == graph.render()


@pytest.mark.parametrize("value", [Color.RED, Text("a\nb"), Point(3), [Point(3)], object(), len, int, range(3), ...])
def test_what_is_no_data_keeps_its_text(value: Any) -> None:
    """Of anything else the text comes back, which reads the same in every run."""
    graph = backward(made_of(parameter("p"), value), "x")
    again = TraceGraph.from_json(graph.to_json())
    assert again == graph
    assert again.render() == graph.render()
    assert " at 0x" not in graph.render()


def test_json_can_be_written_to_a_file() -> None:
    """JSON is in ASCII, so that any text a model wrote can be stored."""
    assert backward(made_of(parameter("é"), "\ud800"), "ü").to_json().isascii()


def test_failure_in_json() -> None:
    """A failed call comes back as one."""
    with pytest.raises(ZeroDivisionError) as caught:
        trace(lambda x: x / 0)(parameter(1))
    graph = backward(caught.value, "x")
    again = TraceGraph.from_json(graph.to_json())
    assert again.steps[-1].failed
    assert again.render() == graph.render()


@pytest.mark.parametrize(
    "text",
    [
        "", "{}", "[]", "null", "{", '{"format": 2}', "[" * 100_000, step("{}"),
        step('{"name": "a", "kind": "b", "value": {"text": ""}}'),
        step('{"name": "a", "kind": "parameter", "value": {"text": ""}}'),
        step('{"name": "a", "kind": "call", "value": {"data": {"$x": 1}}}'),
        '{"format": 1, "steps": [], "feedback": [["a", "b", "c", {}]], "documentation": {}}',
    ],
)  # fmt: skip
def test_other_json_is_refused(text: str) -> None:
    """A text that is no trace is refused with one sentence."""
    with pytest.raises(TraceError):
        TraceGraph.from_json(text)


@given(
    st.recursive(
        st.none() | st.text() | st.integers(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
    )
)
def test_any_json_is_refused_cleanly(data: Any) -> None:
    """Whatever the JSON, it is a trace or a TraceError."""
    for shape in (data, {"format": 1, "steps": data, "feedback": data, "documentation": data}):
        try:
            TraceGraph.from_json(json.dumps(shape))
        except TraceError:
            continue


def test_names_never_collide() -> None:
    """Names given by users, by functions and by numbers are all told apart."""
    x = trace(name="x")(lambda a, b: f"{a}{b}")
    start = parameter("p", name="x_1")
    made = x(start, node("a", "x"))
    made = x(made, node("b", "x1"))
    made = x(made, node("c", "x_2"))
    made = x(made, node("d", "11"))
    names = [step.name for step in backward(made, "x").steps]
    assert len(set(names)) == len(names)
    assert all(name.isidentifier() for name in names)


def test_many_nodes_of_one_name() -> None:
    """A thousand nodes called x have a thousand names."""
    start = parameter("p")
    made = trace(lambda *xs: len(xs))(start, *[node([number], "x") for number in range(1000)])
    names = [step.name for step in backward(made, "x").steps]
    assert len(set(names)) == 1002


def test_two_functions_of_one_name_are_told_apart() -> None:
    """Two traced functions of one name are documented apart."""
    one, other = (trace(name="work")(function) for function in (lambda x: x + "a", lambda x: x + "b"))
    graph = backward(other(one(parameter("p"))), "x")
    assert [step.operation for step in graph.steps[1:]] == ["work", "work_2"]
    assert graph.documentation == {"work": "work(x)", "work_2": "work_2(x)"}


def test_steps_are_found_by_name() -> None:
    """A step is found by its name, and an unknown name is a KeyError."""
    graph = backward(same(parameter("p", name="start")), "x")
    assert graph["start"].kind == "parameter"
    assert len(graph) == 2
    with pytest.raises(KeyError):
        graph["nothing"]


def test_short_constants_stand_in_the_expression() -> None:
    """Short plain constants are no steps of their own; long ones are inputs."""
    graph = backward(made_of(parameter("p"), 3), "x")
    assert graph.steps[-1].expression == "made_of(p=p, value=3)"
    graph = backward(made_of(parameter("p"), "long " * 20), "x")
    assert [(step.name, step.kind) for step in graph.steps][1] == ("value", "input")


def test_repr_counts() -> None:
    """A trace says in one line how large it is."""
    graph = backward_all([(same(parameter("p")), "x")])
    assert repr(graph) == "<TraceGraph of 2 steps, 1 parameters, 1 outputs>"


def test_values_are_those_of_the_call() -> None:
    """A trace that is read late shows values as they were."""
    values = node([1], "values")
    start = parameter("p")
    graph = backward(made_of(start, values), "x")
    values.data.append(2)
    assert "values = [1]" in graph.render()
