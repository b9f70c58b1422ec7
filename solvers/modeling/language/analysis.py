"""Reads every expression of a formulation and checks its names before any data is touched.

A wrong name, a wrong number of indices, a variable where only data may stand, a
constraint without a variable: each is one FormulationError that names the element,
the expression and the column.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from agentopt.errors import ExpressionError, FormulationError

from ..formulation import Formulation, SetElement
from .expression import (
    SET_FUNCTIONS,
    Binary,
    Call,
    Choice,
    Clause,
    Compare,
    Item,
    Logic,
    Name,
    Negate,
    Node,
    Number,
    Reduce,
    Statement,
    Text,
    Tuple,
    walk,
)
from .parser import parse

_NO_BOUND = ("inf", "infinity", "nan", "none")
"""How writers of other languages say that there is no bound."""


@dataclass(frozen=True)
class Symbol:
    """What a name stands for."""

    kind: str
    """set, parameter or variable."""
    arity: int
    """Positions of its index; for a set, positions of a member."""


@dataclass(frozen=True)
class Bounds:
    """Lower and upper bound of a variable: a number, a statement over data, or None."""

    lower: float | Statement | None
    upper: float | Statement | None


@dataclass(frozen=True)
class Analysis:
    """A formulation whose expressions are parsed and whose names all resolve."""

    formulation: Formulation
    symbols: dict[str, Symbol]
    sets: dict[str, Statement]
    """Statements of the computed sets, by name."""
    parameters: dict[str, Statement]
    """Statements of the computed parameters, by name."""
    bounds: dict[str, Bounds]
    """Bounds of every variable, by name."""
    objective: Statement
    constraints: dict[str, Statement]
    """Statements of the constraints that the language can say, by name."""

    @property
    def unsaid(self) -> tuple[str, ...]:
        """Names of the constraints that the formulation states in words only."""
        return tuple(c.name for c in self.formulation.constraints if c.name not in self.constraints)


def analyze(formulation: Formulation) -> Analysis:
    """Parse all expressions of a formulation and resolve their names.

    Raises:
        FormulationError: The first thing that is wrong, in the order of the elements.
    """
    symbols: dict[str, Symbol] = {}
    sets: dict[str, Statement] = {}
    for element in formulation.sets:
        with _naming(f"set {element.name}"):
            if element.expression is not None:
                sets[element.name] = parse(element.expression)
            symbols[element.name] = Symbol("set", _dimension(element, sets.get(element.name)))
    for kind, group in (("parameter", formulation.parameters), ("variable", formulation.variables)):
        for indexed in group:
            with _naming(f"{kind} {indexed.name}"):
                symbols[indexed.name] = Symbol(kind, sum(_set_arity(name, symbols) for name in indexed.index))
    data, full = _Names(symbols, variables=False), _Names(symbols, variables=True)
    for name, statement in sets.items():
        with _naming(f"set {name}"):
            data.members(statement)
    parameters = _computed_parameters(formulation, data)
    bounds = {v.name: _bounds(v.name, v.lower, v.upper, data) for v in formulation.variables}
    with _naming("objective"):
        objective = parse(formulation.objective.expression)
        full.quantity(objective)
    constraints: dict[str, Statement] = {}
    for constraint in formulation.constraints:
        with _naming(f"constraint {constraint.name}"):
            if constraint.expression.strip():
                constraints[constraint.name] = parse(constraint.expression)
                full.comparison(constraints[constraint.name])
    return Analysis(formulation, symbols, sets, parameters, bounds, objective, constraints)


def quantity_of(analysis: Analysis, text: str, element: str = "expression") -> Statement:
    """Read an expression of one number over the names of a formulation, variables included.

    Raises:
        FormulationError: It does not parse, a name is unknown, or it is no single number.
    """
    with _naming(element):
        statement = parse(text)
        _Names(analysis.symbols, variables=True).quantity(statement)
    return statement


@contextmanager
def _naming(element: str) -> Iterator[None]:
    """Put the element's name before what is wrong with its expression."""
    try:
        yield
    except ExpressionError as error:
        raise FormulationError(f"{element}: {error}", element) from None
    except FormulationError as error:
        raise error if error.element else FormulationError(f"{element}: {error}", element) from None


def _dimension(element: SetElement, statement: Statement | None) -> int:
    if statement is not None:
        return len(statement.body.items) if isinstance(statement.body, Tuple) else 1
    if element.data is not None:
        return max(1, len(element.data.keys))
    widths = {len(member) if isinstance(member, list) else 1 for member in element.elements or []}
    if len(widths) > 1 or 0 in widths:
        raise FormulationError(f"expected members of one length, got lengths {sorted(widths)}")
    return widths.pop() if widths else 1


def _set_arity(name: str, symbols: dict[str, Symbol]) -> int:
    symbol = symbols.get(name)
    if symbol is None or symbol.kind != "set":
        known = [other for other, s in symbols.items() if s.kind == "set"]
        raise FormulationError(f"the index names {name!r}, which is no set{_suggest(name, known)}")
    return symbol.arity


def _computed_parameters(formulation: Formulation, data: _Names) -> dict[str, Statement]:
    statements: dict[str, Statement] = {}
    for parameter in formulation.parameters:
        if parameter.expression is None:
            continue
        with _naming(f"parameter {parameter.name}"):
            statement = statements[parameter.name] = parse(parameter.expression)
            data.quantity(statement, data.symbols[parameter.name].arity)
    return statements


def _bounds(name: str, lower: float | str | None, upper: float | str | None, data: _Names) -> Bounds:
    parsed: list[float | Statement | None] = []
    for word, bound in (("lower", lower), ("upper", upper)):
        with _naming(f"variable {name}, {word} bound"):
            if isinstance(bound, str) and bound not in data.symbols and bound.lstrip(" +-.").lower() in _NO_BOUND:
                raise FormulationError(f"expected a number, an expression, or null for no bound; got {bound!r}")
            statement = parse(bound) if isinstance(bound, str) else bound
            if isinstance(statement, Statement):
                indexed = bool(statement.clauses)
                data.quantity(statement, data.symbols[name].arity if indexed else 0)
            parsed.append(statement)
    return Bounds(*parsed)


def _suggest(name: str, known: list[str]) -> str:
    near = difflib.get_close_matches(name, known, 1)
    if near:
        return f"; did you mean {near[0]!r}?"
    return f"; known: {', '.join(sorted(known)[:12])}" if known else ""


@dataclass(frozen=True)
class _Names:
    """Checks the names of one statement; `variables` says whether variables may stand in it."""

    symbols: dict[str, Symbol]
    variables: bool

    def members(self, statement: Statement) -> None:
        """Check the statement of a computed set: range(...), or members with a `for`."""
        body = statement.body
        bound = self.clauses(statement, statement.clauses, frozenset())
        if isinstance(body, Call) and body.function == "range" and not statement.clauses:
            return self.numbers(statement, body.arguments, bound)
        if not statement.clauses:
            raise self.error(
                statement, body, "expected range(...) or [... for ... in SET]; list members under elements"
            )
        for item in body.items if isinstance(body, Tuple) else (body,):
            self.key(statement, item, bound)
        return None

    def quantity(self, statement: Statement, n_indices: int | None = None) -> None:
        """Check a statement whose body is a number; n_indices: how many its clauses must bind."""
        if n_indices is not None and len(statement.indices) != n_indices:
            raise self.error(
                statement,
                statement.body,
                f"expected a `for` that binds {n_indices} index name(s), got {len(statement.indices)}",
            )
        if n_indices is None and statement.clauses:
            raise self.error(statement, statement.body, "expected one number, got a `for`; use sum(... for ...)")
        self.number(statement, statement.body, self.clauses(statement, statement.clauses, frozenset()))

    def comparison(self, statement: Statement) -> None:
        """Check a constraint: a comparison by <=, >= or == in which a variable stands."""
        bound = self.clauses(statement, statement.clauses, frozenset())
        self.compared(statement, statement.body, bound)
        used = {p.name for p in walk(statement.body) if isinstance(p, Name | Item)}
        if not any(self.kind(name) == "variable" for name in used - bound):
            raise self.error(statement, statement.body, "no variable stands in this constraint, so it decides nothing")

    def compared(self, statement: Statement, body: Node, bound: frozenset[str]) -> None:
        if isinstance(body, Choice):
            self.condition(statement, body.condition, bound)
            self.compared(statement, body.then, bound)
            return self.compared(statement, body.otherwise, bound)
        if not isinstance(body, Compare):
            raise self.error(statement, body, "expected a comparison by <=, >= or ==")
        for op in body.ops:
            if op not in ("<=", ">=", "=="):
                hint = "a strict bound has no optimum: use <= or >=" if op in "<>" else "use <=, >= or =="
                raise self.error(statement, body, f"{op!r} cannot stand in a constraint; {hint}")
        return self.numbers(statement, body.operands, bound)

    def error(self, statement: Statement, node: Node, what: str) -> ExpressionError:
        start = max(0, node.at - 30)
        shown = ("…" if start else "") + statement.text[start : node.at + 50].replace("\n", " ")
        return ExpressionError(f"{what}, at column {node.at} of {shown!r}", statement.text, node.at)

    def kind(self, name: str) -> str:
        return self.symbols[name].kind if name in self.symbols else ""

    def clauses(self, statement: Statement, clauses: tuple[Clause, ...], bound: frozenset[str]) -> frozenset[str]:
        """Check the clauses and return the index names that stand inside of them."""
        for clause in clauses:
            arity = self.domain(statement, clause.domain, bound)
            if len(clause.targets) != arity:
                raise self.error(
                    statement, clause, f"the set has members of {arity} position(s), got {len(clause.targets)} name(s)"
                )
            for name in clause.targets:
                if name in bound or clause.targets.count(name) > 1:
                    raise self.error(
                        statement, clause, f"the index {name!r} is bound already; take a new name and state `if`"
                    )
                if name in self.symbols:
                    raise self.error(statement, clause, f"{name!r} is a {self.kind(name)}; take another index name")
            bound = bound | set(clause.targets)
            for condition in clause.conditions:
                self.condition(statement, condition, bound)
        return bound

    def domain(self, statement: Statement, node: Node, bound: frozenset[str]) -> int:
        if isinstance(node, Call):
            _Names(self.symbols, variables=False).numbers(statement, node.arguments, bound)
            return 1
        assert isinstance(node, Name)  # the parser lets nothing else through
        if self.kind(node.name) != "set":
            sets = [name for name, symbol in self.symbols.items() if symbol.kind == "set"]
            raise self.error(statement, node, f"{node.name!r} is no set{_suggest(node.name, sets)}")
        return self.symbols[node.name].arity

    def numbers(self, statement: Statement, nodes: tuple[Node, ...], bound: frozenset[str]) -> None:
        for node in nodes:
            self.number(statement, node, bound)

    def number(self, statement: Statement, node: Node, bound: frozenset[str]) -> None:
        """Check a part that must be a number."""
        match node:
            case Number():
                pass
            case Name() | Item():
                self.named(statement, node, bound)
            case Negate(operand=operand):
                self.number(statement, operand, bound)
            case Binary(left=left, right=right):
                self.numbers(statement, (left, right), bound)
            case Choice(condition=condition, then=then, otherwise=otherwise):
                self.condition(statement, condition, bound)
                self.numbers(statement, (then, otherwise), bound)
            case Reduce(body=body, clauses=clauses):
                self.number(statement, body, self.clauses(statement, clauses, bound))
            case Call():
                self.called(statement, node, bound)
            case Text(value=value):
                raise self.error(statement, node, f"expected a number, got the text {value!r}")
            case _:
                raise self.error(statement, node, "expected a number here, got a condition or a tuple")

    def named(self, statement: Statement, node: Name | Item, bound: frozenset[str]) -> None:
        keys = node.keys if isinstance(node, Item) else ()
        if node.name in bound:
            if keys:
                raise self.error(statement, node, f"{node.name!r} is an index and takes no brackets")
            return
        symbol = self.symbols.get(node.name)
        if symbol is None:
            raise self.error(
                statement, node, f"unknown name {node.name!r}{_suggest(node.name, [*self.symbols, *bound])}"
            )
        if symbol.kind == "set":
            raise self.error(statement, node, f"{node.name!r} is a set, not a number; len({node.name}) counts it")
        if symbol.kind == "variable" and not self.variables:
            raise self.error(statement, node, f"{node.name!r} is a variable, but only data may stand here")
        if len(keys) != symbol.arity:
            raise self.error(
                statement, node, f"{symbol.kind} {node.name!r} takes {symbol.arity} index(es), got {len(keys)}"
            )
        for key in keys:
            self.key(statement, key, bound)

    def called(self, statement: Statement, node: Call, bound: frozenset[str]) -> None:
        if node.function == "range":
            raise self.error(statement, node, "range(...) stands only after `in` or as a whole set")
        place = SET_FUNCTIONS.get(node.function)
        for position, argument in enumerate(node.arguments):
            if position != place:
                (self.number if place is None else self.key)(statement, argument, bound)
            elif not isinstance(argument, Name) or self.kind(argument.name) != "set":
                raise self.error(statement, argument, f"{node.function}() takes the name of a set here")
            elif node.function != "len" and self.symbols[argument.name].arity != 1:
                raise self.error(statement, argument, f"{node.function}() takes a set of single members")

    def key(self, statement: Statement, node: Node, bound: frozenset[str]) -> None:
        """Check a part that must be a member of a set: an index, a text, or a number from data."""
        if isinstance(node, Text):
            return None
        if isinstance(node, Choice):
            self.condition(statement, node.condition, bound)
            self.key(statement, node.then, bound)
            return self.key(statement, node.otherwise, bound)
        return _Names(self.symbols, variables=False).number(statement, node, bound)

    def condition(self, statement: Statement, node: Node, bound: frozenset[str]) -> None:
        """Check a condition; only data may stand in it."""
        match node:
            case Logic(operands=operands):
                for operand in operands:
                    self.condition(statement, operand, bound)
            case Compare(ops=ops, operands=operands):
                if ops[0] not in ("in", "not in"):
                    self.key(statement, operands[0], bound)
                for op, operand in zip(ops, operands[1:]):
                    if op in ("in", "not in"):
                        self.membership(statement, node, operand, bound)
                    else:
                        self.key(statement, operand, bound)
            case _:
                raise self.error(statement, node, "expected a condition on data, as `i != j`")

    def membership(self, statement: Statement, node: Compare, container: Node, bound: frozenset[str]) -> None:
        """Check `key in SET`, `(i, j) in SET`, `key in range(...)` and `key in ('A', 'B')`."""
        if len(node.ops) != 1:
            raise self.error(statement, node, "`in` cannot be chained with another comparison")
        left = node.operands[0]
        items = left.items if isinstance(left, Tuple) else (left,)
        width = len(items)
        for item in items:
            self.key(statement, item, bound)
        if isinstance(left, Tuple) and not isinstance(container, Name):
            raise self.error(statement, left, "a tuple can only be looked up in a set; expected a single member here")
        if isinstance(container, Tuple):
            for item in container.items:
                self.key(statement, item, bound)
        elif isinstance(container, Name | Call) and not (isinstance(container, Call) and container.function != "range"):
            arity = self.domain(statement, container, bound)
            if arity != width:
                raise self.error(statement, node, f"the set has members of {arity} position(s), got {width}")
        else:
            raise self.error(statement, container, "expected a set, range(...) or ('A', 'B') after `in`")
