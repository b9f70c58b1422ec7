"""Every statement of a formulation, and which names stand where."""

from __future__ import annotations

from collections.abc import Iterator

from ..language.analysis import Analysis
from ..language.expression import Call, Item, Name, Node, Statement, walk


def statements(analysis: Analysis) -> Iterator[tuple[str, Statement]]:
    """Yield each statement under its element, as "constraint demand"; plain numbers as bounds are none."""
    yield from ((f"set {name}", statement) for name, statement in analysis.sets.items())
    yield from ((f"parameter {name}", statement) for name, statement in analysis.parameters.items())
    for name, bounds in analysis.bounds.items():
        yield from (
            (f"variable {name}", bound) for bound in (bounds.lower, bounds.upper) if isinstance(bound, Statement)
        )
    yield "objective", analysis.objective
    yield from ((f"constraint {name}", statement) for name, statement in analysis.constraints.items())


def parts(statement: Statement) -> Iterator[Node]:
    """Yield every node of a statement, its clauses included."""
    for node in (*statement.clauses, statement.body):
        yield from walk(node)


def names(statement: Statement) -> set[str]:
    """The names that stand anywhere in a statement."""
    return {part.name for part in parts(statement) if isinstance(part, Name | Item)}


def names_that_count(analysis: Analysis) -> set[str]:
    """The parameters that make members, ranges or index values, themselves or through what is computed from them."""
    found: set[str] = set()
    for element, statement in statements(analysis):
        if element.startswith("set "):
            found |= names(statement)
        for part in parts(statement):
            inner = _places(part)
            found |= {node.name for key in inner for node in walk(key) if isinstance(node, Name | Item)}
    return _with_origins(found, analysis)


def names_in_use(analysis: Analysis) -> set[str]:
    """The sets, parameters and variables that the objective, a constraint or a bound depends on."""
    found = {
        name
        for element, statement in statements(analysis)
        if not element.startswith(("set ", "parameter "))
        for name in names(statement)
    }
    formulation = analysis.formulation
    return _with_origins(found | {name for variable in formulation.variables for name in variable.index}, analysis)


def _with_origins(found: set[str], analysis: Analysis) -> set[str]:
    """Names with all that they are computed from or indexed by."""
    origins = {name: names(statement) for name, statement in (*analysis.sets.items(), *analysis.parameters.items())}
    for parameter in analysis.formulation.parameters:
        origins.setdefault(parameter.name, set()).update(parameter.index)
    pending, known = list(found), set(found)
    while pending:
        for name in origins.get(pending.pop(), set()) - known:
            known.add(name)
            pending.append(name)
    return known


def _places(part: Node) -> tuple[Node, ...]:
    """The parts of a node where whole numbers are counted: index values, and the ends of a range."""
    if isinstance(part, Item):
        return part.keys
    return part.arguments if isinstance(part, Call) and part.function == "range" else ()
