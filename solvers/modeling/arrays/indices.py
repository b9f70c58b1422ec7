"""The index side of a statement, for all rows of a frame at once: loops, conditions, index values.

Only data stands here, so everything is an array; numbers inside of it are handed
to the evaluation of quantities, which uses this one in turn.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from agentopt.errors import FormulationError

from ..language.expression import Call, Choice, Clause, Compare, Logic, Name, Node, Number, Text, Tuple, names_in
from .form import expand
from .universe import UNKNOWN, Codes, Floats
from .vector import MAX_ROWS, Domain, Frame, Vectors

Mask = NDArray[np.bool_]
Data = Callable[[Node, Frame], Floats]

SMALL_JOIN = 10_000
"""Combinations up to which trying them all is quicker than a sorted look-up."""


class Indices:
    """Evaluates loops, conditions and index values of one statement.

    Args:
        vectors: The data.
        element: The element of the statement, for messages.
        data: Evaluates a number of data for each row.
    """

    def __init__(self, vectors: Vectors, element: str, data: Data) -> None:
        self.vectors = vectors
        self.universe = vectors.universe
        self.element = element
        self.data = data

    def error(self, what: str, frame: Frame | None = None, row: int = 0) -> FormulationError:
        """What is wrong with the statement's element, and at which index values."""
        at = ""
        if frame is not None and frame.columns:
            values = (f"{name}={self.universe.members[codes[row]]!r}" for name, codes in frame.columns.items())
            at = f" (at {', '.join(values)})"
        return FormulationError(f"{self.element}: {what}{at}", self.element)

    def require(self, good: Mask, what: str, frame: Frame) -> None:
        """Raise an error for the first row that is not good."""
        if not good.all():
            raise self.error(what, frame, int(np.flatnonzero(~good)[0]))

    def bind(self, clauses: tuple[Clause, ...], frame: Frame) -> tuple[Frame, Codes]:
        """Bind the clauses inside of a frame; also the outer row of each new row, which never decreases."""
        parent = np.arange(frame.n)
        for clause in clauses:
            conditions = [part for condition in clause.conditions for part in _conjuncts(condition)]
            if isinstance(clause.domain, Call):
                inner, rows = self._bind_range(clause, frame)
            else:
                conditions = self._equations_first(conditions, clause.targets, frame)
                inner, rows = self._bind_set(clause, conditions, frame)
            for condition in conditions:
                kept = np.flatnonzero(self.condition(condition, inner))
                if len(kept) < inner.n:
                    inner, rows = inner.take(kept), rows[kept]
            frame, parent = inner, parent[rows]
        return frame, parent

    def _bind_set(self, clause: Clause, conditions: list[Node], frame: Frame) -> tuple[Frame, Codes]:
        assert isinstance(clause.domain, Name)
        members = self.vectors.domain(clause.domain.name)
        joined = self._join(clause, conditions, frame, members)
        if joined is None:
            self._require_room(frame.n * members.n)
            rows = np.repeat(np.arange(frame.n), members.n)
            picked = np.tile(np.arange(members.n), frame.n)
        else:
            rows, picked = joined
        inner = frame.take(rows)
        columns = {name: members.columns[place][picked] for place, name in enumerate(clause.targets)}
        return Frame(inner.n, inner.columns | columns), rows

    def _join(
        self, clause: Clause, conditions: list[Node], frame: Frame, members: Domain
    ) -> tuple[Codes, Codes] | None:
        """Use one condition `target == something bound` to look members up instead of trying them all.

        The condition used is taken out of the list. None: there is no such condition.
        Only the first condition, or a plain value, is evaluated before the members are:
        what another condition guards, as in `if i != 0 and a == 1 / i`, must not be.
        """
        if frame.n * members.n < SMALL_JOIN:
            return None
        for place, name in enumerate(clause.targets):
            for number, condition in enumerate(conditions):
                other = _equated(condition, name, set(clause.targets))
                if other is None or (number > 0 and not self._is_plain(other, frame)):
                    continue
                wanted = self.codes(other, frame)
                order, codes = members.sorted_column(place)
                start = np.searchsorted(codes, wanted, "left")
                counts = np.where(wanted == UNKNOWN, 0, np.searchsorted(codes, wanted, "right") - start)
                self._require_room(int(counts.sum()))
                conditions.remove(condition)
                rows, running = expand(counts)
                return rows, order[start[rows] + running]
        return None

    def _equations_first(self, conditions: list[Node], targets: tuple[str, ...], frame: Frame) -> list[Node]:
        """Conditions in the order of `loop.py`: a leading equation, those with plain values, the rest.

        One evaluator must not fail on rows that the other leaves out before it looks at them.
        """
        others = [[_equated(condition, name, set(targets)) for name in targets] for condition in conditions]

        def rank(number: int) -> bool:
            found = [other for other in others[number] if other is not None]
            return not (found and (number == 0 or any(self._is_plain(other, frame) for other in found)))

        return [conditions[number] for number in sorted(range(len(conditions)), key=rank)]

    def _is_plain(self, node: Node, frame: Frame) -> bool:
        return isinstance(node, Text | Number) or (isinstance(node, Name) and node.name in frame.columns)

    def _bind_range(self, clause: Clause, frame: Frame) -> tuple[Frame, Codes]:
        assert isinstance(clause.domain, Call)
        start, stop, step = self._range(clause.domain, frame)
        counts = np.maximum(0, np.ceil((stop - start) / step)).astype(np.int64)
        self._require_room(float(counts.sum()))
        rows, running = expand(counts)
        numbers = start[rows] + running * step[rows]
        self.universe.add_numbers(numbers)
        codes = self.universe.from_numbers(numbers)
        return Frame(len(rows), frame.take(rows).columns | {clause.targets[0]: codes}), rows

    def _range(self, call: Call, frame: Frame) -> tuple[Floats, Floats, Floats]:
        values = [self.data(argument, frame) for argument in call.arguments]
        start, stop, step = (
            (np.zeros(frame.n), values[0], np.ones(frame.n)) if len(values) == 1 else (*values, np.ones(frame.n))[:3]
        )
        if (step == 0).any():
            raise self.error("range(...) needs a step other than 0", frame)
        if any((value != np.floor(value)).any() for value in (start, stop, step)):
            raise self.error("range(...) needs whole numbers", frame)
        return start, stop, step

    def _require_room(self, n: float) -> None:
        if n > MAX_ROWS:
            raise self.error(f"the loops have {n:.1e} combinations, more than {MAX_ROWS}; state it over fewer")

    def codes(self, node: Node, frame: Frame) -> Codes:
        """The codes of an index value for each row; UNKNOWN where it is no member of anything."""
        if isinstance(node, Name) and node.name in frame.columns:
            return frame.columns[node.name]
        if isinstance(node, Text):
            return np.full(frame.n, self.universe.code(node.value), dtype=np.int64)
        if isinstance(node, Call) and node.function in ("first", "last", "prev", "next"):
            return self._neighbour(node, frame)
        if isinstance(node, Choice):
            return self._chosen(node, frame)
        return self.universe.from_numbers(self.data(node, frame))

    def _chosen(self, node: Choice, frame: Frame) -> Codes:
        """Each branch on its own rows only: prev(t, SET) is not asked for where t is the first."""
        mask = self.condition(node.condition, frame)
        codes = np.full(frame.n, UNKNOWN, dtype=np.int64)
        for rows, branch in ((np.flatnonzero(mask), node.then), (np.flatnonzero(~mask), node.otherwise)):
            if len(rows):
                codes[rows] = self.codes(branch, frame.take(rows))
        return codes

    def _neighbour(self, node: Call, frame: Frame) -> Codes:
        """first(SET), last(SET), prev(i, SET), next(i, SET)."""
        name = node.arguments[-1]
        assert isinstance(name, Name)
        members = self.vectors.domain(name.name)
        if not members.n:
            raise self.error(f"{node.function}({name.name}): the set is empty")
        if node.function in ("first", "last"):
            return np.full(frame.n, members.columns[0][0 if node.function == "first" else -1])
        place = self.order(node, frame) + (1 if node.function == "next" else -1)
        inside = (place >= 0) & (place < members.n)
        self.require(inside, f"{node.function}(...) goes past the end of {name.name}", frame)
        return members.columns[0][place]

    def order(self, node: Call, frame: Frame) -> Codes:
        """The place, from 0, of the first argument in the set of the second."""
        name = node.arguments[1]
        assert isinstance(name, Name)
        place = self.vectors.domain(name.name).index.find([self.codes(node.arguments[0], frame)], frame.n)
        self.require(place != UNKNOWN, f"{node.function}(...) of what is no member of {name.name}", frame)
        return place

    def condition(self, node: Node, frame: Frame) -> Mask:
        """Whether a condition holds, for each row."""
        if isinstance(node, Logic):
            return self._logic(node, frame)
        assert isinstance(node, Compare)
        if node.ops[0] in ("in", "not in"):
            inside = self._inside(node.operands[0], node.operands[1], frame)
            return inside if node.ops[0] == "in" else ~inside
        result = np.ones(frame.n, dtype=bool)
        for op, left, right in zip(node.ops, node.operands, node.operands[1:]):
            result &= self._compared(op, left, right, frame)
        return result

    def _logic(self, node: Logic, frame: Frame) -> Mask:
        """`and` and `or` stop early, row by row, as Python's do."""
        if node.op == "not":
            return ~self.condition(node.operands[0], frame)
        open_rows = np.arange(frame.n)
        result = np.full(frame.n, node.op == "and")
        for operand in node.operands:
            holds = self.condition(operand, frame.take(open_rows))
            decided = ~holds if node.op == "and" else holds
            result[open_rows[decided]] = node.op == "or"
            open_rows = open_rows[~decided]
        return result

    def _compared(self, op: str, left: Node, right: Node, frame: Frame) -> Mask:
        if op in ("==", "!=") and (isinstance(left, Choice) or isinstance(right, Choice)):
            return self._compared_by_branch(op, left, right, frame)
        if op in ("==", "!=") and any(self._is_member(node, frame) for node in (left, right)):
            a, b = (self.codes(node, frame) for node in (left, right))
            same: Mask = (a == b) & (a != UNKNOWN)
            return same if op == "==" else ~same
        return _COMPARISONS[op](self.data(left, frame), self.data(right, frame))

    def _compared_by_branch(self, op: str, left: Node, right: Node, frame: Frame) -> Mask:
        """One branch may be a member and the other a number, which are compared in different ways."""
        swapped = not isinstance(left, Choice)
        choice, other = (right, left) if swapped else (left, right)
        assert isinstance(choice, Choice)
        mask = self.condition(choice.condition, frame)
        result = np.zeros(frame.n, dtype=bool)
        for rows, branch in ((np.flatnonzero(mask), choice.then), (np.flatnonzero(~mask), choice.otherwise)):
            if len(rows):
                result[rows] = self._compared(op, *((other, branch) if swapped else (branch, other)), frame.take(rows))
        return result

    def _is_member(self, node: Node, frame: Frame) -> bool:
        if isinstance(node, Call):
            return node.function in ("first", "last", "prev", "next")
        return isinstance(node, Text) or (isinstance(node, Name) and node.name in frame.columns)

    def _inside(self, left: Node, container: Node, frame: Frame) -> Mask:
        items = left.items if isinstance(left, Tuple) else (left,)
        if isinstance(container, Call):
            value = self.data(left, frame)
            start, stop, step = self._range(container, frame)
            ahead = np.where(step > 0, (value >= start) & (value < stop), (value <= start) & (value > stop))
            inside: Mask = ahead & ((value - start) % step == 0)
            return inside
        if isinstance(container, Tuple):
            found = np.zeros(frame.n, dtype=bool)
            for item in container.items:
                found |= self._compared("==", left, item, frame)
            return found
        assert isinstance(container, Name)
        columns = [self.codes(item, frame) for item in items]
        known: Mask = self.vectors.domain(container.name).index.find(columns, frame.n) != UNKNOWN
        return known


def _conjuncts(node: Node) -> list[Node]:
    """A condition as the parts that must all hold."""
    if isinstance(node, Logic) and node.op == "and":
        return [part for operand in node.operands for part in _conjuncts(operand)]
    return [node]


def _equated(condition: Node, name: str, new: set[str]) -> Node | None:
    """The other side of `name == other`, when no new index stands in it."""
    if not isinstance(condition, Compare) or condition.ops != ("==",):
        return None
    for mine, other in (condition.operands, condition.operands[::-1]):
        if isinstance(mine, Name) and mine.name == name and not names_in(other) & new:
            return other
    return None


_COMPARISONS: dict[str, Callable[[Floats, Floats], Mask]] = {
    "<=": np.less_equal,
    ">=": np.greater_equal,
    "<": np.less,
    ">": np.greater,
    "==": np.equal,
    "!=": np.not_equal,
}
