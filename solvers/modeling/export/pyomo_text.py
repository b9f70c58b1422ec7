"""Writes expressions as the text of a Pyomo program.

The text is made from the parsed nodes alone. Names are checked identifiers, texts
are written by ascii(), numbers by repr(): nothing that a problem says can end a
string or a comment and become code.
"""

from __future__ import annotations

import builtins
import keyword
from collections.abc import Iterable

from agentopt.errors import FormulationError

from ..instance import Instance
from ..language.expression import (
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
    Text,
    Tuple,
    names_in,
)

HELPERS: dict[str, str] = {
    "keys": '''def keys(*sets):
    """Every combination of the members of some sets, tuples flattened."""
    found = [()]
    for members in sets:
        found = [k + (m if isinstance(m, tuple) else (m,)) for k in found for m in members]
    return [k[0] if len(k) == 1 else k for k in found]
''',
    "state": '''def state(constraint, key, row):
    """State one row; a row of plain numbers is left out when it is true."""
    if row is True:
        return
    if row is False:  # nothing can make it true, and the solver is to say so
        row = never_true >= 1
    constraint[key] = row
''',
    "larger": '''def larger(*numbers):
    """The largest of some expressions, pair by pair, as (a + b + |a - b|) / 2."""
    result = numbers[0]
    for number in numbers[1:]:
        result = 0.5 * (result + number) + 0.5 * distance(result - number)
    return result
''',
    "smaller": '''def smaller(*numbers):
    """The smallest of some expressions, pair by pair, as (a + b - |a - b|) / 2."""
    result = numbers[0]
    for number in numbers[1:]:
        result = 0.5 * (result + number) - 0.5 * distance(result - number)
    return result
''',
    "distance": '''def distance(number):
    """|number|, as a square root: not every solver knows abs()."""
    return pyo.sqrt(number**2)
''',
    "neighbour": '''def neighbour(member, members, step):
    """The member that stands so many places further in a set."""
    place = members.index(member) + step
    if not 0 <= place < len(members):
        raise IndexError(f"{member!r} has no neighbour there")
    return members[place]
''',
}
"""Functions that a program may need, by name."""

_NEEDS = {"larger": ("distance",), "smaller": ("distance",)}
_OWN = {"pyo", "math", "model", "never_true", "solver", "found", "variable", "index", "SolverFactory", *HELPERS}
_STRENGTH = {"+": 4, "-": 4, "*": 5, "/": 5, "//": 5, "%": 5, "**": 7}
_ATOM = 9


class PyomoText:
    """Writes the expressions of one instance; remembers the helpers that they need.

    Attributes:
        needed: Names of the helpers, in the order of `HELPERS`' use.
    """

    def __init__(self, instance: Instance) -> None:
        self.instance = instance
        self.variables = {variable.name for variable in instance.formulation.variables}
        self.needed: set[str] = set()
        self._names: dict[str, str] = {}
        self._taken = {*_OWN, *dir(builtins), *keyword.kwlist}
        for _, element in instance.formulation.elements():
            self.name(element.name)

    def name(self, name: str) -> str:
        """A name as the program has it: with a "_" where the program needs the word itself."""
        if name not in self._names:
            free = name
            while free in self._taken:
                free += "_"
            self._taken.add(free)
            self._names[name] = free
        return self._names[name]

    def need(self, helper: str) -> str:
        """The name of a helper, which the program then defines."""
        self.needed |= {helper, *_NEEDS.get(helper, ())}
        return helper

    def clauses(self, clauses: Iterable[Clause]) -> list[str]:
        """Each clause as `for ... in ...`, with its conditions as `if ...` behind it."""
        written = []
        for clause in clauses:
            targets = ", ".join(self.name(target) for target in clause.targets)
            targets = f"({targets})" if len(clause.targets) > 1 else targets
            conditions = "".join(f" if {self.text(condition, 2)}" for condition in clause.conditions)
            written.append(f"for {targets} in {self.text(clause.domain)}{conditions}")
        return written

    def text(self, node: Node, strength: int = 0) -> str:
        """A node as text, in brackets where what stands around it binds more strongly."""
        written, own = self._write(node)
        return f"({written})" if own < strength else written

    def _write(self, node: Node) -> tuple[str, int]:
        """The text of a node, and how strongly it binds."""
        match node:
            case Number(value=value):
                return number_text(value), _ATOM if value >= 0 else 6
            case Text(value=value):
                return ascii(value), _ATOM
            case Name(name=name) | Item(name=name):
                return self._named(name, node.keys if isinstance(node, Item) else ()), _ATOM
            case Negate(operand=operand):
                return f"-{self.text(operand, 6)}", 6
            case Binary():
                return self._binary(node)
            case Compare(ops=ops, operands=operands):
                tail = (f" {op} {self.text(operand, 4)}" for op, operand in zip(ops, operands[1:]))
                return self.text(operands[0], 4) + "".join(tail), 3
            case Logic(op="not", operands=operands):
                return f"not {self.text(operands[0], 3)}", 2
            case Logic(op=op, operands=operands):
                return f" {op} ".join(self.text(operand, 3) for operand in operands), 1
            case Choice(condition=condition, then=then, otherwise=otherwise):
                return f"{self.text(then, 1)} if {self.text(condition, 1)} else {self.text(otherwise, 1)}", 0
            case Reduce():
                return self._reduce(node), _ATOM
            case Call():
                return self._call(node)
            case Tuple(items=items):
                ending = "," if len(items) == 1 else ""
                return f"({', '.join(self.text(item) for item in items)}{ending})", _ATOM
        raise FormulationError(f"no Python text for {type(node).__name__}")

    def _named(self, name: str, keys: tuple[Node, ...]) -> str:
        key = ", ".join(self.text(part) for part in keys)
        default = self.instance.data.defaults.get(name)
        if default is not None and keys:
            return f"{self.name(name)}.get({f'({key})' if len(keys) > 1 else key}, {number_text(default)})"
        return f"{self.name(name)}[{key}]" if keys else self.name(name)

    def _binary(self, node: Binary) -> tuple[str, int]:
        own = _STRENGTH[node.op]
        if node.op in ("//", "%") and self._decides(node):
            raise FormulationError(f"{node.op} of a variable has no form that a solver proves")
        if node.op == "**":
            # A whole base is written as a float: Python's integers would grow without end.
            base = self.text(node.left, own + 1)
            if isinstance(node.left, Number) and node.left.value >= 0:
                base = repr(node.left.value)
            exponent = self.text(node.right, own - 1)
            return f"{base} ** {exponent}", own
        left = self.text(node.left, own)
        # A sum inside of a sum needs no brackets; a difference or a quotient on the right does.
        inner = isinstance(node.right, Binary) and node.op == node.right.op == "+"
        return f"{left} {node.op} {self.text(node.right, own if inner else own + 1)}", own

    def _decides(self, node: Node) -> bool:
        """Whether a variable stands in a part."""
        return bool(names_in(node) & self.variables)

    def _reduce(self, node: Reduce) -> str:
        clauses = " ".join(self.clauses(node.clauses))
        body = f"{self.text(node.body, 1)} {clauses}"
        if node.function in ("sum", "prod"):
            return f"{'math.' if node.function == 'prod' else ''}{node.function}({body})"
        if not self._decides(node.body):
            return f"{node.function}({body})"
        return f"{self.need('larger' if node.function == 'max' else 'smaller')}(*[{body}])"

    def _call(self, node: Call) -> tuple[str, int]:
        function = node.function
        if function in SET_FUNCTIONS:
            return self._about_set(node)
        if function == "range":
            return f"range({', '.join(self._whole(argument) for argument in node.arguments)})", _ATOM
        arguments = ", ".join(self.text(argument) for argument in node.arguments)
        if function in ("min", "max", "abs"):
            if self._decides(node):
                function = self.need({"min": "smaller", "max": "larger", "abs": "distance"}[function])
            return f"{function}({arguments})", _ATOM
        if function in ("floor", "ceil"):
            if self._decides(node):
                raise FormulationError(f"{function}(...) of a variable has no form that a solver proves")
            return f"math.{function}({arguments})", _ATOM
        return f"pyo.{function}({arguments})", _ATOM

    def _about_set(self, node: Call) -> tuple[str, int]:
        members = self.text(node.arguments[SET_FUNCTIONS[node.function]])
        if node.function == "len":
            return f"len({members})", _ATOM
        if node.function in ("first", "last"):
            return f"{members}[{0 if node.function == 'first' else -1}]", _ATOM
        member = self.text(node.arguments[0])
        if node.function == "ord":
            return f"{members}.index({member}) + 1", _STRENGTH["+"]
        return f"{self.need('neighbour')}({member}, {members}, {-1 if node.function == 'prev' else 1})", _ATOM

    def _whole(self, node: Node) -> str:
        text = self.text(node)
        return text if isinstance(node, Number) and node.value.is_integer() else f"int({text})"


def number_text(value: float) -> str:
    """A number as Python text; a whole one without its point."""
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
