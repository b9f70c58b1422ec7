"""The least repair of an infeasible problem, as edits that can be made and taken back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..formulation import Constraint, Member
from ..instance import Instance, Key
from ..language.expression import Compare, Item, Name, Node, Number, Statement, Text, names_in
from ..solution import Loosening
from .edit import ChangeData, Edit, PutConstraint

_OPENING, _CLOSING = "([{", ")]}"


def repair_edits(instance: Instance, loosened: Iterable[Loosening]) -> list[Edit]:
    """Edits that loosen every row by what the least repair says.

    Where a figure of the data stands alone on a side, the figure changes; else the
    constraint gets the amount added on its right, for the keys that need it.

    Returns:
        The edits; none when one of the rows has a form that cannot be loosened so.
    """
    edits: list[Edit] = []
    restated: dict[str, list[Loosening]] = {}
    for row in loosened:
        statement = instance.analysis.constraints.get(row.constraint)
        if statement is None:
            return []
        figure = _figure(instance, statement, row)
        if figure is not None:
            edits.append(figure)
        else:
            restated.setdefault(row.constraint, []).append(row)
    for name, rows in restated.items():
        constraint = next(c for c in instance.formulation.constraints if c.name == name)
        changed = _restated(instance, constraint, instance.analysis.constraints[name], rows)
        if changed is None:
            return []
        edits.append(PutConstraint(op="put_constraint", element=changed))
    return edits


def _figure(instance: Instance, statement: Statement, row: Loosening) -> Edit | None:
    """The change of the one figure that bounds the row; None where there is no such figure."""
    given = {p.name: p for p in instance.formulation.parameters if p.expression is None}
    for side in _sides(statement, row):
        if isinstance(side, Name | Item) and side.name in given:
            key = _key(side, statement, row.key)
            if key is not None:
                return ChangeData(
                    op="change_data",
                    parameter=side.name,
                    by="add",
                    amount=row.new - row.old,
                    key=list(key) if key else None,
                )
    return None


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
    end = _end_of_body(text) if statement.clauses else len(text)
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
    """Where the trailing `for` begins."""
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
        elif not depth and text.startswith(" for ", place):
            return place
    return len(text)
