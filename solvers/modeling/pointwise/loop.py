"""Runs through the bindings of `for ... in ... if ...` clauses, as generators.

A frame is a list with a slot for every bound index, None while it is not bound, and
at its end the number of bindings tried so far. A condition that equates a target
with something bound already looks the members up in place of trying them all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Protocol

from ..instance import Key
from ..language.expression import Call, Clause, Compare, Logic, Name, Node, Number, Text, names_in
from .scope import Scope, Undefined

Frame = list[Any]
Part = Callable[[Frame], Any]
Test = Callable[[Frame], bool]
Loop = Callable[[Frame], Iterator[Any]]
_Members = Callable[[Frame], Iterable[Key]]

MAX_BINDINGS = 50_000_000
"""More combinations than this in one statement are refused: at a microsecond each they take minutes."""


class Compiler(Protocol):
    """Compiles the parts of a statement; `Closures` is one."""

    scope: Scope
    bound: dict[str, int]
    """Slot of each index name that is bound here."""

    def bind(self, targets: tuple[str, ...]) -> slice: ...
    def span(self, call: Call) -> Callable[[Frame], range]: ...
    def key(self, node: Node) -> Part: ...
    def condition(self, node: Node) -> Test: ...


def compile_loop(closures: Compiler, clauses: tuple[Clause, ...], compile_body: Callable[[], Part]) -> Loop:
    """A generator of the body's values, one for each binding of the clauses.

    Args:
        closures: Compiles the parts; gets slots for the targets.
        clauses: Outermost first; none: the body is evaluated once.
        compile_body: Called when all targets have their slots.
    """
    if not clauses:
        return _once(compile_body())
    clause, outer = clauses[0], dict(closures.bound)
    conditions = [part for condition in clause.conditions for part in _conjuncts(condition)]
    if isinstance(clause.domain, Call):
        members = range_members(closures.span(clause.domain))
    else:
        members = _set_members(closures, clause, conditions)
    where = closures.bind(clause.targets)
    test = all_of([closures.condition(condition) for condition in conditions]) if conditions else None
    if len(clauses) > 1:
        run = _nested(where, members, test, compile_loop(closures, clauses[1:], compile_body))
    else:
        run = _innermost(where, members, test, compile_body())
    closures.bound = outer
    return run


def range_members(span: Callable[[Frame], range]) -> _Members:
    """The members of a range, as tuples of one."""

    def numbers(f: Frame) -> Iterable[Key]:
        values = span(f)
        # Not len(values): that fails on ranges longer than a machine word.
        _count(f, (values.stop - values.start) // values.step + 1)
        return zip(values)

    return numbers


def all_of(tests: list[Test]) -> Test:
    """One test for all of them; they are tried in order up to the first that fails."""
    if len(tests) == 1:
        return tests[0]
    return lambda f: all(test(f) for test in tests)


def _set_members(closures: Compiler, clause: Clause, conditions: list[Node]) -> _Members:
    """The members of a set to try; conditions that they meet by themselves are taken out of the list."""
    assert isinstance(clause.domain, Name)
    name, sets = clause.domain.name, closures.scope.sets
    joins = _take_joins(closures, clause, conditions)
    if joins:
        return _joined(closures, name, joins)

    def every(f: Frame) -> Iterable[Key]:
        members = sets[name]
        _count(f, len(members))
        return members

    return every


def _take_joins(closures: Compiler, clause: Clause, conditions: list[Node]) -> dict[int, Part]:
    """Position of a target -> the value it must have.

    Only the first condition and plain values are evaluated before the members are:
    what another condition guards, as in `if i != 0 and a == 1 / i`, must not be.
    """
    joins: dict[int, Part] = {}
    for number, condition in enumerate(tuple(conditions)):
        target, other = _equated(condition, clause.targets)
        plain = isinstance(other, Text | Number) or (isinstance(other, Name) and other.name in closures.bound)
        if other is not None and target not in joins and (plain or number == 0):
            joins[target] = closures.key(other)
            conditions.remove(condition)
    return joins


def _joined(closures: Compiler, name: str, joins: dict[int, Part]) -> _Members:
    scope, positions, parts = closures.scope, tuple(joins), tuple(joins.values())

    def matching(f: Frame) -> list[Key]:
        if not scope.sets[name]:
            return []
        members = scope.index(name, positions).get(tuple([part(f) for part in parts]), [])
        _count(f, len(members))
        return members

    return matching


def _conjuncts(node: Node) -> list[Node]:
    """A condition as the parts that must all hold."""
    if isinstance(node, Logic) and node.op == "and":
        return [part for operand in node.operands for part in _conjuncts(operand)]
    return [node]


def _equated(condition: Node, targets: tuple[str, ...]) -> tuple[int, Node | None]:
    """The position of a target and the other side of `target == other`, when no target stands in that."""
    if isinstance(condition, Compare) and condition.ops == ("==",):
        for mine, other in (condition.operands, condition.operands[::-1]):
            if isinstance(mine, Name) and mine.name in targets and not names_in(other) & set(targets):
                return targets.index(mine.name), other
    return 0, None


def _once(body: Part) -> Loop:
    def run(f: Frame) -> Iterator[Any]:
        yield body(f)

    return run


def _innermost(where: slice, members: _Members, test: Test | None, body: Part) -> Loop:
    blank = [None] * (where.stop - where.start)

    def run(f: Frame) -> Iterator[Any]:
        for member in members(f):
            f[where] = member
            if test is None or test(f):
                yield body(f)
        f[where] = blank  # so that a message shows only what is bound

    return run


def _nested(where: slice, members: _Members, test: Test | None, inner: Loop) -> Loop:
    blank = [None] * (where.stop - where.start)

    def run(f: Frame) -> Iterator[Any]:
        for member in members(f):
            f[where] = member
            if test is None or test(f):
                yield from inner(f)
        f[where] = blank

    return run


def _count(f: Frame, n: int) -> None:
    f[-1] += max(n, 0)
    if f[-1] > MAX_BINDINGS:
        raise Undefined(f"the loops have more than {MAX_BINDINGS:.0e} combinations; state it over fewer")
