"""Traces for other programs."""

from __future__ import annotations

import re

import networkx as nx
from hypothesis import given
from hypothesis import strategies as st

from agentopt import TraceGraph, backward, node, parameter, trace
from tests.graph.dags import Plan, build, plans

ODD = st.text(alphabet='a"\\<>#&;\n\t\x00[](){}|é`', min_size=1)


@trace
def join(one: str, other: str) -> str:
    """Join texts."""
    return one + other


def small() -> TraceGraph:
    """One parameter, one input, two calls."""
    start = parameter("a", name="start")
    return backward(join(join(start, node("b" * 100, "side")), start), "x")


@given(plans())
def test_networkx_has_the_steps_and_edges(plan: Plan) -> None:
    """The graph has a node a step and an edge for each pair of parent and child, and no circles."""
    trace_graph = backward(build(plan).nodes[-1], "x")
    graph = trace_graph.to_networkx()
    assert list(graph) == [step.name for step in trace_graph.steps]
    assert set(graph.edges) == {(parent, step.name) for step in trace_graph.steps for _, parent in step.parents}
    assert nx.is_directed_acyclic_graph(graph)


def test_networkx_keeps_both_arguments() -> None:
    """A parent passed twice is one edge that names both arguments."""
    start = parameter("a", name="start")
    graph = backward(join(start, start), "x").to_networkx()
    assert graph.edges["start", "join_1"]["argument"] == "one, other"
    assert graph.nodes["join_1"] == {
        "kind": "call", "operation": "join", "expression": "join(one=start, other=start)", "text": "aa",
    }  # fmt: skip


def test_dot() -> None:
    """DOT shows parameters as boxes, outputs with a double line, and edges by argument."""
    lines = small().to_dot().splitlines()
    assert lines[0] == "digraph trace {"
    assert lines[-1] == "}"
    assert '  "start" [shape=box, label="start\\na"];' in lines
    assert any(line.startswith('  "join_2" [shape=doubleoctagon') for line in lines)
    assert '  "join_1" -> "join_2" [label="one"];' in lines


def test_mermaid() -> None:
    """Mermaid shows parameters with square corners, and outputs with a thick border."""
    lines = small().to_mermaid().splitlines()
    assert lines[0] == "flowchart LR"
    assert '  n0["start<br>a"]' in lines
    assert '  n0 -->|"one"| n2' in lines
    assert "  style n3 stroke-width:3px" in lines


@given(ODD, ODD)
def test_texts_cannot_break_a_drawing(value: str, name: str) -> None:
    """Whatever a value holds stays within its quotes, and within its line."""
    start = parameter(value, name="start")
    graph = backward(join(start, node(value + "\n" * 50 + name, name)), "x")
    n_lines = 4 + len(graph.steps) + sum(len(step.parents) for step in graph.steps)
    dot = graph.to_dot()
    assert len(dot.split("\n")) == n_lines + 1
    for line in dot.split("\n")[3:-2]:
        assert re.fullmatch(r'  "(\w|\\.)+"( -> "\w+")? \[(shape=\w+, )?label="([^"\\]|\\.)*"\];', line)
    for line in graph.to_mermaid().split("\n")[1:-2]:
        assert re.fullmatch(r'  n\d+(\(\[|\[|\()"[^"]*"(\]\)|\]|\))|  n\d+ -->\|"[^"]*"\| n\d+', line)


def test_long_values_are_cut() -> None:
    """Labels of drawings are short."""
    assert all(len(line) < 200 for line in small().to_dot().splitlines())
