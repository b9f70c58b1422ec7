"""The least repair of an infeasible problem, as edits that can be made and taken back."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from ..formulation import Constraint, Member
from ..instance import Instance, Key
from ..language.expression import Compare, Item, Name, Node, Number, Statement, Text, names_in
from ..solution import Loosening
from .edit import ChangeData, Edit, PutConstraint

_FOR = re.compile(r"\sfor\s")
_OPENING, _CLOSING = "([{", ")]}"


def repair_edits(instance: Instance, loosened: Iterable[Loosening]) -> list[Edit]:
    """Edits that loosen every row by what the least repair says.

    Where a figure of the data stands alone on a side, the figure changes; else the
    constraint gets the amount added on its right, for the keys that need it.

    Returns:
        The edits; none when one of the rows has a form that cannot be loosened so.
    """
    figures: dict[tuple[str, tuple[Member, ...]], list[float]] = {}
    restated: dict[str, list[Loosening]] = {}
    for row in loosened:
        statement = instance.analysis.constraints.get(row.constraint)
        if statement is None:
            return []
        figure = _figure(instance, statement, row)
        if figure is not None:
            figures.setdefault(figure, []).append(row.new - row.old)
        else:
            restated.setdefault(row.constraint, []).append(row)
    edits: list[Edit] = [_given_way(*figure, amounts) for figure, amounts in figures.items()]
    for name, rows in restated.items():
        constraint = next(c for c in instance.formulation.constraints if c.name == name)
        changed = _restated(instance, constraint, instance.analysis.constraints[name], rows)
        if changed is None:
            return []
        edits.append(PutConstraint(op="put_constraint", element=changed))
    return edits


def _given_way(parameter: str, key: tuple[Member, ...], amounts: list[float]) -> ChangeData:
    """The change of a figure that bounds several rows: what the neediest of them takes is enough for all."""
    amount = max(amounts, key=abs)
    return ChangeData(op="change_data", parameter=parameter, by="add", amount=amount, key=list(key) or None)


def _figure(instance: Instance, statement: Statement, row: Loosening) -> tuple[str, tuple[Member, ...]] | None:
    """The one figure that bounds the row, as parameter and key; None where there is no such figure."""
    # A figure that stands elsewhere as well would change more than this row.
    given = {p.name for p in instance.formulation.parameters if p.expression is None and _stands_once(p.name, instance)}
    for side in _sides(statement, row):
        if isinstance(side, Name | Item) and side.name in given:
            key = _key(side, statement, row.key)
            if key is not None:
                return side.name, tuple(key)
    return None


def _stands_once(name: str, instance: Instance) -> bool:
    analysis = instance.analysis
    bounds = [end for both in analysis.bounds.values() for end in (both.lower, both.upper)]
    statements = [
        analysis.objective,
        *analysis.constraints.values(),
        *analysis.parameters.values(),
        *analysis.sets.values(),
        *(end for end in bounds if isinstance(end, Statement)),
    ]
    return sum(any(name in names_in(part) for part in (s.body, *s.clauses)) for s in statements) == 1


def _sides(statement: Statement, row: Loosening) -> Iterator[Node]:
    """The operands that bound the row on its loosened side."""
    body = statement.body
    if not isinstance(body, Compare):
        return
    for op, left, right in zip(body.ops, body.operands, body.operands[1:]):
        if op == "==":
            continue  # the same figure holds the other side as well
        is_upper = (op == "<=") == (row.side == "at most")
        yield right if is_upper else left


def _key(side: Name | Item, statement: Statement, key: Key) -> list[Member] | None:
    """The key of a figure where a row has the given key; None where it is computed."""
    at = dict(zip(statement.indices, key))
    members: list[Member] = []
    for part in side.keys if isinstance(side, Item) else ():
        if isinstance(part, Name) and part.name in at:
            members.append(at[part.name])
        elif isinstance(part, Text):
            members.append(part.value)
        elif isinstance(part, Number) and part.value.is_integer():
            members.append(int(part.value))
        else:
            return None
    return members


def _restated(
    instance: Instance, constraint: Constraint, statement: Statement, rows: list[Loosening]
) -> Constraint | None:
    body = statement.body
    if not isinstance(body, Compare) or len(body.ops) != 1 or body.ops[0] == "==":
        return None
    text = statement.text
    end = _end_of_body(text)
    variables = {variable.name for variable in instance.formulation.variables}
    # The row of `10 <= x` is x >= 10: there the left side is the bound, and the right one gives way the other way.
    sign = 1.0 if names_in(body.operands[0]) & variables else -1.0
    said = " + ".join(_amount(statement, row.key, sign * (row.new - row.old)) for row in rows)
    return constraint.model_copy(update={"expression": f"{text[:end].rstrip()} + {said} {text[end:].lstrip()}".strip()})


def _amount(statement: Statement, key: Key, amount: float) -> str:
    if not key:
        return f"({amount!r})"
    test = " and ".join(f"{name} == {member!r}" for name, member in zip(statement.indices, key))
    return f"({amount!r} if {test} else 0)"


def _end_of_body(text: str) -> int:
    """Where the trailing `for` begins, or a comment, or the text ends."""
    depth, quote = 0, ""
    for place, char in enumerate(text):
        if quote:
            quote = "" if char == quote else quote
        elif char in "\"'":
            quote = char
        elif char in _OPENING:
            depth += 1
        elif char in _CLOSING:
            depth -= 1
        elif char == "#" or (not depth and _FOR.match(text, place)):
            return place
    return len(text)
