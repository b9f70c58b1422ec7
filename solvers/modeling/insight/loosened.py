"""An instance with one constraint loosened by a step, at one key or at all: its statement is changed, not its text."""

from __future__ import annotations

from dataclasses import replace

from ..instance import Instance, Key
from ..language.expression import Binary, Choice, Compare, Logic, Name, Node, Number, Statement, Text, names_in


def loosened(instance: Instance, name: str, key: Key | None, step: float) -> Instance:
    """Let the two sides of a constraint be farther apart by a step.

    The side that is data moves, so that the step is in its figures; of a chain such as
    low <= x <= high both ends do. The right-hand side of an equation is raised.

    Args:
        instance: What is changed; it stays as it is.
        name: The constraint.
        key: Where it is loosened; None: at all of its keys.
        step: By how much, in the unit of its sides.
    """
    analysis = instance.analysis
    statement = analysis.constraints[name]
    variables = frozenset(name for name, symbol in analysis.symbols.items() if symbol.kind == "variable")
    wider = _wider(statement.body, step, variables)
    if key:
        wider = Choice(1, _is_at(statement, key), wider, statement.body)
    changed = {**analysis.constraints, name: replace(statement, body=wider)}
    return replace(instance, analysis=replace(analysis, constraints=changed))


def _wider(body: Node, step: float, variables: frozenset[str]) -> Node:
    if isinstance(body, Choice):
        return replace(body, then=_wider(body.then, step, variables), otherwise=_wider(body.otherwise, step, variables))
    assert isinstance(body, Compare)
    left, *middle, right = body.operands
    ends = (1.0 if body.ops[0] == ">=" else -1.0, 1.0 if body.ops[-1] == "<=" else -1.0)
    if middle and "==" not in body.ops:
        return replace(body, operands=(_plus(left, ends[0] * step), *middle, _plus(right, ends[1] * step)))
    left_is_data = not names_in(left) & variables and bool(names_in(right) & variables)
    if "==" in body.ops:
        ends = (1.0, 1.0)
    if left_is_data and not middle:
        return replace(body, operands=(_plus(left, ends[0] * step), right))
    return replace(body, operands=(left, *middle, _plus(right, ends[1] * step)))


def _plus(node: Node, amount: float) -> Node:
    return Binary(node.at, "+", node, Number(node.at, amount))


def _is_at(statement: Statement, key: Key) -> Node:
    """The condition that the indices of a statement have the values of a key."""
    each = tuple(
        Compare(1, ("==",), (Name(1, index), Text(1, part) if isinstance(part, str) else Number(1, float(part))))
        for index, part in zip(statement.indices, key)
    )
    return each[0] if len(each) == 1 else Logic(1, "and", each)
