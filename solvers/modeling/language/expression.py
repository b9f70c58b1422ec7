"""The expression language: a small subset of Python's own syntax, as data.

A text becomes a tree of the frozen nodes below; nothing here evaluates it. The
language is what the five elements need (sums over sets with conditions, indexing
by tuples, arithmetic, a few functions, comparisons) and no more:

    sum(cost[p, m] * ship[p, m] for p in PLANTS for m in MARKETS)
    sum(ship[p, m] for p in PLANTS) >= demand[m] for m in MARKETS
    stock[t] == (stock[t - 1] if t > 1 else initial) + make[t] - sold[t] for t in PERIODS
    [(i, j) for i in NODES for j in NODES if i != j]

A trailing `for` states the expression for every member: it is the "forall" of a
constraint, the key of a computed parameter, the index of a bound.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields


@dataclass(frozen=True, slots=True)
class Node:
    """A part of an expression; `at` is its column in the text, from 1."""

    at: int

    def children(self) -> Iterator[Node]:
        """Yield the nodes directly below, in the order they are written."""
        for field in fields(self):
            yield from _nodes_in(getattr(self, field.name))


def _nodes_in(value: object) -> Iterator[Node]:
    if isinstance(value, Node):
        yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from _nodes_in(item)


@dataclass(frozen=True, slots=True)
class Number(Node):
    """A literal number."""

    value: float


@dataclass(frozen=True, slots=True)
class Text(Node):
    """A literal set element, as 'Paris'."""

    value: str


@dataclass(frozen=True, slots=True)
class Name(Node):
    """A bare name: an index, a scalar parameter or variable, or a set."""

    name: str


@dataclass(frozen=True, slots=True)
class Item(Node):
    """An indexed name, as cost[p, m]."""

    name: str
    keys: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Negate(Node):
    """The negative of a number."""

    operand: Node


@dataclass(frozen=True, slots=True)
class Binary(Node):
    """Arithmetic on two numbers; op is one of + - * / // % **."""

    op: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Compare(Node):
    """A chained comparison; ops[k] stands between operands[k] and operands[k + 1].

    Each op is one of <= >= == < > != or in, not in (the right operand is then a set).
    """

    ops: tuple[str, ...]
    operands: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Logic(Node):
    """Conditions joined by op: and, or (any number of operands) or not (one)."""

    op: str
    operands: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Choice(Node):
    """`then if condition else otherwise`; the condition concerns data only."""

    condition: Node
    then: Node
    otherwise: Node


@dataclass(frozen=True, slots=True)
class Call(Node):
    """A function of listed arguments; FUNCTIONS names them."""

    function: str
    arguments: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Clause(Node):
    """`for targets in domain if conditions`.

    The domain is a Name of a set, or a Call of range.
    """

    targets: tuple[str, ...]
    domain: Node
    conditions: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Reduce(Node):
    """`function(body for ...)`; function is sum, prod, min or max."""

    function: str
    body: Node
    clauses: tuple[Clause, ...]


@dataclass(frozen=True, slots=True)
class Tuple(Node):
    """Index values in brackets: (i, j) as a member of a set or left of `in`, ('A', 'B') right of it."""

    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Statement:
    """A whole text: a body, stated for every member of its clauses (none: stated once).

    Attributes:
        text: The text as written, for messages.
        body: What is stated: a comparison, a number, or the member of a set.
        clauses: The trailing `for ... in ... if ...`, outermost first.
    """

    text: str
    body: Node
    clauses: tuple[Clause, ...]

    @property
    def indices(self) -> tuple[str, ...]:
        """The index names bound by the clauses, in order."""
        return tuple(name for clause in self.clauses for name in clause.targets)


FUNCTIONS: dict[str, tuple[int, int | None]] = {
    "abs": (1, 1),
    "ceil": (1, 1),
    "cos": (1, 1),
    "exp": (1, 1),
    "floor": (1, 1),
    "log": (1, 1),
    "log10": (1, 1),
    "max": (2, None),
    "min": (2, None),
    "sin": (1, 1),
    "sqrt": (1, 1),
    "tan": (1, 1),
    "len": (1, 1),
    "first": (1, 1),
    "last": (1, 1),
    "next": (2, 2),
    "ord": (2, 2),
    "prev": (2, 2),
    "range": (1, 3),
}
"""Function -> fewest and most arguments.

len(SET) counts; first(SET), last(SET), prev(i, SET), next(i, SET) give elements by
the set's order; ord(i, SET) gives the place of i in it, from 1 (the words are AMPL's).
"""

REDUCTIONS = ("sum", "prod", "min", "max")
SET_FUNCTIONS = {"len": 0, "first": 0, "last": 0, "next": 1, "ord": 1, "prev": 1}
"""Function -> position of the argument that names a set."""


def walk(node: Node) -> Iterator[Node]:
    """Yield a node and everything below it, parents first."""
    pending = [node]
    while pending:
        node = pending.pop()
        yield node
        pending.extend(reversed(list(node.children())))


def names_in(node: Node) -> set[str]:
    """The names that a tree mentions, bare or indexed, bound indices included."""
    return {part.name for part in walk(node) if isinstance(part, Name | Item)}
