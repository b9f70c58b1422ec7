"""Random graphs of traced calls and operators, built twice: with nodes, and as bare edges."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st

from agentopt import Node, node, parameter, trace
from agentopt.graph import Parameter


@trace
def join(*parts: str) -> str:
    """Join texts."""
    return "".join(parts)[-50:]


@trace
def x(x: Any, *, x_1: Any = "d") -> str:
    """Have a name that others have as well."""
    return f"{x}{x_1}"[-50:]


@trace(opaque=False)
def block(one: Any, other: Any) -> Any:
    """Two calls."""
    return join(one, other) + x(one)


@dataclass(frozen=True)
class Plan:
    """How to build one graph.

    Each move is a kind and the places of the operands among all that was built before.
    """

    leaves: tuple[tuple[str, str], ...]
    """Kind and name of each leaf."""
    moves: tuple[tuple[str, int, int], ...]


@dataclass
class Built:
    """A graph and, by the place of each node, the places of its parents."""

    nodes: list[Any] = field(default_factory=list)
    edges: list[tuple[int, ...]] = field(default_factory=list)

    def add(self, made: Any, *parents: int) -> None:
        """Note a node and what it was made of."""
        self.nodes.append(made)
        self.edges.append(parents)

    def ancestors(self, place: int) -> set[int]:
        """Everything from which a node can be reached, itself included, by trying all ways."""
        found, waiting = set(), [place]
        while waiting:
            one = waiting.pop()
            if one not in found:
                found.add(one)
                waiting += self.edges[one]
        return found

    def trainable(self, place: int) -> bool:
        """Whether a place is that of a trainable parameter."""
        made = self.nodes[place]
        return isinstance(made, Parameter) and made.trainable

    def minimal(self, place: int) -> set[int]:
        """What lies on a way from a trainable parameter to a node."""
        return {one for one in self.ancestors(place) if any(map(self.trainable, self.ancestors(one)))}


NAMES = st.sampled_from(["", "x", "x_1", "x_2", "join_1", "11", "add 1", "é", "class"])
KINDS = st.sampled_from(["join", "x", "add", "item", "list", "block", "method"])


@st.composite
def plans(draw: st.DrawFn, max_moves: int = 12) -> Plan:
    """Any plan."""
    leaf = st.tuples(st.sampled_from(["parameter", "fixed", "node", "plain"]), NAMES)
    leaves = draw(st.lists(leaf, min_size=1, max_size=5))
    n_moves = draw(st.integers(1, max_moves))
    moves = [
        (draw(KINDS), draw(st.integers(0, len(leaves) + k - 1)), draw(st.integers(0, len(leaves) + k - 1)))
        for k in range(n_moves)
    ]
    return Plan(tuple(leaves), tuple(moves))


def build(plan: Plan) -> Built:
    """Build the graph of a plan."""
    built = Built()
    for number, (kind, name) in enumerate(plan.leaves):
        built.add(_leaf(kind, name or None, f"v{number} of some length"))
    for kind, one, other in plan.moves:
        built.add(_move(kind, built.nodes[one], built.nodes[other]), one, *([] if kind == "method" else [other]))
    return built


def _leaf(kind: str, name: str | None, value: str) -> Any:
    if kind in ("parameter", "fixed"):
        return parameter(value, name=name, trainable=kind == "parameter")
    return node(value, name)


def _move(kind: str, one: Any, other: Any) -> Node[Any]:
    made: Any
    if kind == "add":
        made = one + other
    elif kind == "item":
        made = node([one, {"k": other}])[1]["k"] + one
    elif kind == "list":
        made = join(*[one, other, one])
    elif kind == "method":
        made = one.upper()
    else:
        made = {"join": join, "x": x, "block": block}[kind](one, other) if kind != "x" else x(one, x_1=other)
    return made  # type: ignore[no-any-return]
