"""Turns the text of an expression into nodes, with Python's own grammar as the reader.

`ast.parse` only reads: its tree is translated node by node, everything outside of
the language is refused by name and column, and nothing is ever compiled or run.
"""

from __future__ import annotations

import ast
import math
import warnings
from collections.abc import Callable

from agentopt.errors import ExpressionError

from .expression import (
    FUNCTIONS,
    REDUCTIONS,
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
)

MAX_LENGTH = 20_000
MAX_DEPTH = 80

_BINARY = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.FloorDiv: "//",
    ast.Mod: "%",
    ast.Pow: "**",
}
_COMPARE = {
    ast.LtE: "<=",
    ast.GtE: ">=",
    ast.Eq: "==",
    ast.Lt: "<",
    ast.Gt: ">",
    ast.NotEq: "!=",
    ast.In: "in",
    ast.NotIn: "not in",
}


def parse(text: str) -> Statement:
    """Parse one text of a formulation.

    A trailing `for` clause, a `forall(...)` or `all(...)` around the whole, and
    the brackets of a set `[... for ...]` all give the clauses of the statement.

    Raises:
        ExpressionError: The text is empty, too long, no Python syntax, or
            outside the language; the message quotes it and counts the column.
    """
    body = _read(text)
    if (
        isinstance(body, ast.Call)
        and isinstance(body.func, ast.Name)
        and body.func.id in ("forall", "all")
        and len(body.args) == 1
        and isinstance(body.args[0], ast.GeneratorExp)
    ):
        body = body.args[0]
    translate = _Translator(text)
    if isinstance(body, ast.GeneratorExp | ast.ListComp | ast.SetComp):
        clauses = translate.clauses(body.generators)
        return Statement(text, translate.node(body.elt, 1), clauses)
    return Statement(text, translate.node(body, 1), ())


def _read(text: str) -> ast.expr:
    """Read the text with Python's parser, inside brackets so that `for` may trail and lines may break."""
    if not text.strip():
        raise ExpressionError("expected an expression, got an empty text", text)
    if len(text) > MAX_LENGTH:
        raise ExpressionError(f"expected an expression of at most {MAX_LENGTH} characters, got {len(text)}")
    _require_own_brackets(text)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # such as "invalid decimal literal": refused below where it matters
            return ast.parse(f"({text}\n)", mode="eval").body
    except SyntaxError as error:
        column = _column_of(text, error.lineno or 1, max((error.offset or 1) - 1, 0)) if error.offset else 1
        raise ExpressionError(_at(text, column, f"not an expression: {error.msg}"), text, column) from None
    except (ValueError, RecursionError, MemoryError, OverflowError):
        what = "too many terms or brackets for one expression; state it with sum(... for ...)"
        raise ExpressionError(f"{what}: it begins {text[:60]!r}", text) from None


def _require_own_brackets(text: str) -> None:
    """Refuse a text that closes the bracket that `_read` puts around it, as in "x) + (y"."""
    depth, quote = 0, ""
    for column, character in enumerate(text, 1):
        if quote:
            quote = "" if character == quote else quote
        elif character in "'\"":
            quote = character
        else:
            depth += (character in "([{") - (character in ")]}")
            if depth < 0:
                raise ExpressionError(_at(text, column, f"{character!r} closes no bracket"), text, column)


def _column_of(text: str, line: int, offset: int) -> int:
    """Count a column over the whole text, from 1 to one past its end; the reader's added bracket is taken off."""
    before = text.split("\n")[: line - 1]
    return min(max(1, sum(len(part) + 1 for part in before) + offset + (0 if line == 1 else 1)), len(text) + 1)


def _at(text: str, column: int, what: str) -> str:
    start = max(0, column - 30)
    shown = text[start : column + 50].replace("\n", " ")
    return f"{what}, at column {column} of {('…' if start else '') + shown!r}"


class _Translator:
    """Translates Python's tree to ours; one instance a text, for the messages."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.lines = text.split("\n")

    def error(self, node: ast.AST, what: str) -> ExpressionError:
        column = self.at(node)
        return ExpressionError(_at(self.text, column, what), self.text, column)

    def at(self, node: ast.AST) -> int:
        line = getattr(node, "lineno", 1)
        # ast counts bytes; the text is counted in characters.
        prefix = ("(" + self.lines[0]) if line == 1 else self.lines[min(line, len(self.lines)) - 1]
        offset = len(prefix.encode()[: getattr(node, "col_offset", 0)].decode(errors="ignore"))
        return _column_of(self.text, line, offset)

    def node(self, node: ast.expr, depth: int) -> Node:
        """Translate one node.

        Raises:
            ExpressionError: The node is outside of the language, or nested too deep.
        """
        if depth > MAX_DEPTH:
            raise self.error(node, f"nested deeper than {MAX_DEPTH} levels")
        translate = _TRANSLATE.get(type(node))
        if translate is None:
            raise self.error(node, f"{_describe(node)} is outside of the expression language")
        return translate(self, node, depth)

    def constant(self, node: ast.Constant, depth: int) -> Node:
        value = node.value
        if isinstance(value, str):
            return Text(self.at(node), value)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self.error(node, f"expected a number or a quoted set element, got {value!r}")
        try:
            number = float(value)
        except OverflowError:
            number = math.inf
        if not math.isfinite(number):
            raise self.error(node, "the number is too large")
        return Number(self.at(node), number)

    def bare_name(self, node: ast.Name, depth: int) -> Node:
        return Name(self.at(node), node.id)

    def subscript(self, node: ast.Subscript, depth: int) -> Node:
        # x[i][j] is read as x[i, j]: both are common, and only one thing can be meant.
        keys: tuple[Node, ...] = ()
        base: ast.expr = node
        while isinstance(base, ast.Subscript):
            index = base.slice
            parts = index.elts if isinstance(index, ast.Tuple) else [index]
            keys = (*(self.node(part, depth + 1) for part in parts), *keys)
            base = base.value
        if not isinstance(base, ast.Name):
            raise self.error(node, "expected a name before the bracket")
        if not keys:
            raise self.error(node, "expected an index inside the brackets")
        return Item(self.at(node), base.id, keys)

    def unary(self, node: ast.UnaryOp, depth: int) -> Node:
        operand = self.node(node.operand, depth + 1)
        if isinstance(node.op, ast.USub):
            if isinstance(operand, Number):
                return Number(self.at(node), -operand.value)
            return Negate(self.at(node), operand)
        if isinstance(node.op, ast.UAdd):
            return operand
        if isinstance(node.op, ast.Not):
            return Logic(self.at(node), "not", (operand,))
        raise self.error(node, "the operator ~ is outside of the expression language")

    def binary(self, node: ast.BinOp, depth: int) -> Node:
        # A long sum is a chain to the left. It is walked by a loop and rebuilt as a balanced
        # tree, so that a thousand written terms are ten levels deep, not a thousand.
        chain: list[ast.BinOp] = []
        left: ast.expr = node
        while isinstance(left, ast.BinOp):
            chain.append(left)
            left = left.left
        plus: list[Node] = [self.node(left, depth + 1)]
        minus: list[Node] = []
        for part in reversed(chain):
            op = self.operator(part)
            right = self.node(part.right, depth + 1)
            if op in "+-":
                (plus if op == "+" else minus).append(right)
                continue
            depth += 1
            if depth > MAX_DEPTH:
                raise self.error(part, f"nested deeper than {MAX_DEPTH} levels")
            plus, minus = [Binary(self.at(part), op, _total(plus, minus), right)], []
        return _total(plus, minus)

    def operator(self, node: ast.BinOp) -> str:
        op = _BINARY.get(type(node.op))
        if op is None:
            shown = _REFUSED_OPERATORS.get(type(node.op), type(node.op).__name__)
            hint = "; write ** for powers" if shown == "^" else ""
            raise self.error(node, f"the operator {shown} is outside of the expression language{hint}")
        return op

    def compare(self, node: ast.Compare, depth: int) -> Node:
        ops = []
        for op in node.ops:
            if type(op) not in _COMPARE:
                raise self.error(node, "expected one of <= >= == < > != in, got `is`")
            ops.append(_COMPARE[type(op)])
        operands = tuple(self.node(part, depth + 1) for part in (node.left, *node.comparators))
        return Compare(self.at(node), tuple(ops), operands)

    def logic(self, node: ast.BoolOp, depth: int) -> Node:
        op = "and" if isinstance(node.op, ast.And) else "or"
        return Logic(self.at(node), op, tuple(self.node(part, depth + 1) for part in node.values))

    def choice(self, node: ast.IfExp, depth: int) -> Node:
        test, then, otherwise = (self.node(part, depth + 1) for part in (node.test, node.body, node.orelse))
        return Choice(self.at(node), test, then, otherwise)

    def call(self, node: ast.Call, depth: int) -> Node:
        if not isinstance(node.func, ast.Name):
            raise self.error(node, "methods and attributes are outside of the expression language")
        name = node.func.id
        if node.keywords or any(isinstance(part, ast.Starred) for part in node.args):
            raise self.error(node, f"{name}() takes plain arguments only")
        if name in REDUCTIONS and len(node.args) == 1 and isinstance(node.args[0], ast.GeneratorExp | ast.ListComp):
            inner = node.args[0]
            clauses = self.clauses(inner.generators, depth + 1)
            return Reduce(self.at(node), name, self.node(inner.elt, depth + 1), clauses)
        if name in ("sum", "prod"):
            raise self.error(node, f"{name}() takes one `expression for index in SET`")
        if name not in FUNCTIONS:
            raise self.error(
                node, f"unknown function {name!r}; known: {', '.join(sorted((*FUNCTIONS, 'sum', 'prod')))}"
            )
        fewest, most = FUNCTIONS[name]
        if len(node.args) < fewest or (most is not None and len(node.args) > most):
            expected = str(fewest) if most == fewest else f"{fewest} or more" if most is None else f"{fewest} to {most}"
            raise self.error(node, f"{name}() takes {expected} argument(s), got {len(node.args)}")
        return Call(self.at(node), name, tuple(self.node(part, depth + 1) for part in node.args))

    def members(self, node: ast.Tuple | ast.List | ast.Set, depth: int) -> Node:
        if not node.elts:
            raise self.error(node, "expected an expression, got empty brackets")
        return Tuple(self.at(node), tuple(self.node(part, depth + 1) for part in node.elts))

    def clauses(self, generators: list[ast.comprehension], depth: int = 1) -> tuple[Clause, ...]:
        """Translate `for ... in ... if ...` clauses, outermost first."""
        return tuple(self.clause(part, depth) for part in generators)

    def clause(self, part: ast.comprehension, depth: int) -> Clause:
        names = part.target.elts if isinstance(part.target, ast.Tuple) else [part.target]
        targets = []
        for name in names:
            if not isinstance(name, ast.Name):
                raise self.error(name, "expected an index name after `for`")
            targets.append(name.id)
        domain = self.node(part.iter, depth + 1)
        if not (isinstance(domain, Name) or (isinstance(domain, Call) and domain.function == "range")):
            raise self.error(part.iter, "expected the name of a set, or range(...), after `in`")
        conditions = tuple(self.node(test, depth + 1) for test in part.ifs)
        return Clause(self.at(part.target), tuple(targets), domain, conditions)


_TRANSLATE: dict[type[ast.expr], Callable[..., Node]] = {
    ast.Constant: _Translator.constant,
    ast.Name: _Translator.bare_name,
    ast.Subscript: _Translator.subscript,
    ast.UnaryOp: _Translator.unary,
    ast.BinOp: _Translator.binary,
    ast.Compare: _Translator.compare,
    ast.BoolOp: _Translator.logic,
    ast.IfExp: _Translator.choice,
    ast.Call: _Translator.call,
    ast.Tuple: _Translator.members,
    ast.List: _Translator.members,
    ast.Set: _Translator.members,
}


def _describe(node: ast.expr) -> str:
    words = {
        "Lambda": "a lambda",
        "Attribute": "an attribute (a dot)",
        "GeneratorExp": "a bare `for` in this place",
        "ListComp": "a list in this place",
        "Dict": "a dictionary",
        "JoinedStr": "a formatted string",
        "NamedExpr": "an assignment",
        "Await": "await",
        "Yield": "yield",
        "Starred": "a star",
        "Slice": "a slice",
    }
    name = type(node).__name__
    return words.get(name, name)


_REFUSED_OPERATORS: dict[type[ast.operator], str] = {
    ast.BitXor: "^",
    ast.BitOr: "|",
    ast.BitAnd: "&",
    ast.MatMult: "@",
    ast.LShift: "<<",
    ast.RShift: ">>",
}


def _total(plus: list[Node], minus: list[Node]) -> Node:
    """The sum of plus less the sum of minus, as a balanced tree."""
    if minus:
        return Binary(plus[0].at, "-", _total(plus, []), _total(minus, []))
    while len(plus) > 1:
        pairs = [Binary(a.at, "+", a, b) for a, b in zip(plus[::2], plus[1::2])]
        plus = [*pairs, plus[-1]] if len(plus) % 2 else list(pairs)
    return plus[0]
