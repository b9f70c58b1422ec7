"""An instance as the text of a Pyomo program that stands alone: to read, to keep, to run elsewhere."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator

from agentopt.errors import FormulationError

from ..engines.scip_model import GAP
from ..formulation import Constraint, Element, Parameter, Variable
from ..instance import Instance, Key
from ..language.analysis import Bounds
from ..language.expression import Choice, Compare, Node, Statement
from .pyomo_model import NEVER, OBJECTIVE, component_names
from .pyomo_text import HELPERS, PyomoText, number_text

WIDTH = 110

_SOLVE = """\
solver = SolverFactory({solver!r})
found = solver.solve(model, load_solutions=False, raise_exception_on_nonoptimal_result=False, rel_gap={gap!r})
print("termination:", found.termination_condition.name)
if found.incumbent_objective is not None:
    found.solution_loader.load_vars()
    print("objective:", pyo.value(model.{objective}))
    for variable in [{variables}]:
        for index in variable:
            print(variable[index].name, "=", variable[index].value)
"""


def pyomo_source(instance: Instance) -> str:
    """Write the Pyomo program of an instance, data included.

    Raises:
        FormulationError: A statement uses what Pyomo has no form for, as floor(...) of a variable.
    """
    return _Program(instance).source()


class _Program:
    """Writes the parts of one program."""

    def __init__(self, instance: Instance) -> None:
        self.instance = instance
        self.write = PyomoText(instance)
        self.components = component_names(instance)

    def source(self) -> str:
        formulation = self.instance.formulation
        body = [
            *self._titled("Sets", (self._set(element) for element in formulation.sets)),
            *self._titled("Parameters", (self._parameter(element) for element in formulation.parameters)),
            "model = pyo.ConcreteModel()\n",
            f"model.{NEVER} = never_true = pyo.Var(bounds=(0, 0))\n" if formulation.constraints else "",
            *self._titled("Variables", (self._variable(element) for element in formulation.variables)),
            *self._titled("Objective", [self._objective()]),
            *self._titled("Constraints", (self._constraint(element) for element in formulation.constraints)),
            self._solve(),
        ]
        helpers = [text for name, text in HELPERS.items() if name in self.write.needed]
        imports = "import math\n\n" if any("math." in part for part in [*body, *helpers]) else ""
        imports += "import pyomo.environ as pyo\nfrom pyomo.contrib.solver.common.factory import SolverFactory\n"
        return "\n".join(
            [self._head(), imports, *(f"\n{text}" for text in helpers), "", *(part for part in body if part)]
        )

    def _head(self) -> str:
        formulation = self.instance.formulation
        title = _comment(formulation.title or "An optimization model")
        assumed = "".join(_comment(f"Assumed: {assumption}") for assumption in formulation.assumptions)
        return f"{title}# Written by agentopt; it stands alone and is run by Python with Pyomo.\n{assumed}"

    def _titled(self, title: str, parts: Iterable[str]) -> Iterator[str]:
        written = list(parts)
        if written:
            yield f"# {title}\n"
            yield from written

    def _set(self, element: Element) -> str:
        members = (_key(member) for member in self.instance.data.sets[element.name])
        return f"{_comment(element.meaning)}{self.write.name(element.name)} = {_wrapped('[', members, ']')}\n"

    def _parameter(self, parameter: Parameter) -> str:
        name, values = self.write.name(parameter.name), self.instance.data.parameters[parameter.name]
        head = _comment(f"{parameter.meaning} [{parameter.unit}]" if parameter.unit else parameter.meaning)
        if not parameter.index:
            return (
                f"{head}{name} = {number_text(values.get((), self.instance.data.defaults.get(parameter.name, 0.0)))}\n"
            )
        entries = (f"{_key(key)}: {number_text(value)}" for key, value in values.items())
        return f"{head}{name} = {_wrapped('{', entries, '}')}\n"

    def _variable(self, variable: Variable) -> str:
        name, bounds = self.write.name(variable.name), self.instance.analysis.bounds[variable.name]
        domain = {"continuous": "Reals", "integer": "Integers", "binary": "Binary"}[variable.domain]
        arguments = [f"domain=pyo.{domain}"]
        if variable.index:
            arguments.insert(0, f"{self.write.need('keys')}({', '.join(map(self.write.name, variable.index))})")
        ends = [None if isinstance(end, Statement) else end for end in (bounds.lower, bounds.upper)]
        if isinstance(bounds.lower, Statement) and bounds.lower.clauses:
            ends[0] = 0.0  # what a key has that the statement leaves out
        if variable.domain == "binary":
            ends = [max(ends[0] or 0.0, 0.0), min(1.0 if ends[1] is None else ends[1], 1.0)]
        arguments.append(f"bounds=({', '.join('None' if end is None else number_text(end) for end in ends)})")
        head = _comment(f"{variable.meaning} [{variable.unit}]" if variable.unit else variable.meaning)
        made = f"model.{self.components[variable.name]} = {name} = pyo.Var({', '.join(arguments)})\n"
        return head + made + "".join(self._bounds(variable, name, bounds))

    def _bounds(self, variable: Variable, name: str, bounds: Bounds) -> Iterator[str]:
        """The lines that set the computed bounds."""
        for method, statement in (("setlb", bounds.lower), ("setub", bounds.upper)):
            if not isinstance(statement, Statement):
                continue
            value = self.write.text(statement.body)
            if not statement.clauses:
                yield f"for variable in {name}.values():\n    variable.{method}({value})\n"
                continue
            key = ", ".join(self.write.name(index) for index in statement.indices)
            yield self._loops(statement, f"{name}[{key}].{method}({value})\n")

    def _objective(self) -> str:
        objective = self.instance.formulation.objective
        text = self.write.text(self.instance.analysis.objective.body)
        head = _comment(f"{objective.meaning} [{objective.unit}]" if objective.unit else objective.meaning)
        return f"{head}model.{self.components[OBJECTIVE]} = pyo.Objective(expr={text}, sense=pyo.{objective.sense})\n"

    def _constraint(self, constraint: Constraint) -> str:
        statement = self.instance.analysis.constraints.get(constraint.name)
        if statement is None:
            return _comment(f"NOT STATED: {constraint.name}: {constraint.meaning}")
        component = f"model.{self.components[constraint.name]}"
        try:
            rows = self._rows(component, statement, statement.body)
            loops = self._loops(statement, rows)
        except FormulationError as error:
            element = f"constraint {constraint.name}"
            raise FormulationError(f"{element}: {error}", element) from None
        return f"{_comment(constraint.meaning)}{component} = pyo.Constraint(pyo.Any)\n{loops}"

    def _rows(self, component: str, statement: Statement, body: Node) -> str:
        """The lines that state one comparison; a choice of comparisons is an `if`."""
        if isinstance(body, Choice):
            then, otherwise = (self._rows(component, statement, part) for part in (body.then, body.otherwise))
            return f"if {self.write.text(body.condition)}:\n{_indented(then)}else:\n{_indented(otherwise)}"
        assert isinstance(body, Compare)
        names = [self.write.name(index) for index in statement.indices]
        links = list(zip(body.ops, body.operands, body.operands[1:]))
        lines = []
        for number, (op, left, right) in enumerate(links, 1):
            places = [*names, str(number)] if len(links) > 1 else names or ["1"]
            key = places[0] if len(places) == 1 else f"({', '.join(places)})"
            row = f"{self.write.text(left, 4)} {op} {self.write.text(right, 4)}"
            lines.append(f"{self.write.need('state')}({component}, {key}, {row})\n")
        return "".join(lines)

    def _loops(self, statement: Statement, inner: str) -> str:
        """The lines inside of the loops of a statement's clauses."""
        for clause in reversed(statement.clauses):
            for condition in reversed(clause.conditions):
                inner = f"if {self.write.text(condition)}:\n{_indented(inner)}"
            (head,) = self.write.clauses([type(clause)(clause.at, clause.targets, clause.domain, ())])
            inner = f"{head}:\n{_indented(inner)}"
        return inner

    def _solve(self) -> str:
        from ..engines.route import choose

        by_highs = choose(self.instance).by_highs
        solver = "highs" if by_highs else "scip_direct"
        continuous = any(variable.domain == "continuous" for variable in self.instance.formulation.variables)
        # On a curve SCIP approaches its bound and never meets it.
        gap = GAP if continuous and not by_highs else 0.0
        variables = ", ".join(self.write.name(variable.name) for variable in self.instance.formulation.variables)
        return _SOLVE.format(gap=gap, solver=solver, objective=self.components[OBJECTIVE], variables=variables)


def _comment(text: str) -> str:
    """A text as lines of comment; what is not printable, line ends above all, is taken out."""
    plain = "".join(character if character.isprintable() else " " for character in text)
    return "".join(f"# {line}\n" for line in textwrap.wrap(plain, WIDTH - 2))


def _key(key: Key) -> str:
    parts = [ascii(part) for part in key]
    return parts[0] if len(parts) == 1 else f"({', '.join(parts)})"


def _wrapped(start: str, entries: Iterable[str], end: str) -> str:
    """A list or mapping, on one line if it is short, else filled line by line."""
    written = list(entries)
    if sum(map(len, written)) + 2 * len(written) < WIDTH - 40:
        return start + ", ".join(written) + end
    lines, line = [], "   "
    for entry in written:
        if len(line) + len(entry) + 2 > WIDTH:
            lines.append(line)
            line = "   "
        line += f" {entry},"
    return "\n".join([start, *lines, line, end])


def _indented(text: str) -> str:
    return textwrap.indent(text, "    ")
