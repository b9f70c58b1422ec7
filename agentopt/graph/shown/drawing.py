"""Traces for other programs: networkx, Graphviz' DOT, Mermaid."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from agentopt.graph.shown.step import Step
from agentopt.graph.shown.view import cut

if TYPE_CHECKING:
    from networkx import DiGraph

_LABEL_CHARS = 60
_SHAPES = {"parameter": "box", "input": "ellipse", "call": "plaintext"}
_BRACKETS = {"parameter": ("[", "]"), "input": ("([", "])"), "call": ("(", ")")}


def to_networkx(steps: Sequence[Step]) -> DiGraph:
    """A directed graph with the values as attributes; an edge goes from a parent to what was made of it."""
    from networkx import DiGraph

    graph = DiGraph()
    for step in steps:
        graph.add_node(step.name, kind=step.kind, operation=step.operation, expression=step.expression, text=step.text)
    # A step that takes one parent twice has one edge with both arguments.
    for step in steps:
        for argument, parent in step.parents:
            known = graph.get_edge_data(parent, step.name, {}).get("argument")
            graph.add_edge(parent, step.name, argument=f"{known}, {argument}" if known else argument)
    return graph


def to_dot(steps: Sequence[Step], outputs: Collection[str]) -> str:
    """A drawing for Graphviz: parameters as boxes, outputs with a double line."""
    lines = ["digraph trace {", "  rankdir=LR;", '  node [fontname="sans-serif"];']
    for step in steps:
        shape = _SHAPES[step.kind] if step.name not in outputs else "doubleoctagon"
        lines.append(f"  {_quoted(step.name)} [shape={shape}, label={_quoted(_label(step))}];")
    for step in steps:
        for argument, parent in step.parents:
            lines.append(f"  {_quoted(parent)} -> {_quoted(step.name)} [label={_quoted(argument)}];")
    return "\n".join([*lines, "}"]) + "\n"


def to_mermaid(steps: Sequence[Step], outputs: Collection[str]) -> str:
    """A drawing for Mermaid: parameters with square corners, outputs with a thick border."""
    keys = {step.name: f"n{number}" for number, step in enumerate(steps)}
    lines = ["flowchart LR"]
    for step in steps:
        opening, closing = _BRACKETS[step.kind]
        lines.append(f"  {keys[step.name]}{opening}{_escaped(_label(step))}{closing}")
    for step in steps:
        lines += [f"  {keys[parent]} -->|{_escaped(name)}| {keys[step.name]}" for name, parent in step.parents]
    shown = [keys[name] for name in outputs if name in keys]
    lines += [f"  style {key} stroke-width:3px" for key in shown]
    return "\n".join(lines) + "\n"


def _label(step: Step) -> str:
    return f"{step.name}\n{cut(step.text, _LABEL_CHARS)}"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\\u", "\\\\u")


def _escaped(text: str) -> str:
    """Text as Mermaid takes it: quoted, with its own entities for what would end it or become markup."""
    for sign, entity in (("#", "#35;"), ("&", "#amp;"), ('"', "#quot;"), ("<", "#lt;"), (">", "#gt;")):
        text = text.replace(sign, entity)
    return '"' + text.replace("\n", "<br>") + '"'
