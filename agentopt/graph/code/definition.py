"""What a function's definition promises to its callers, read off its source."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from agentopt.errors import DomainError

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef
_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)
_LINE_CHARS = 120


@dataclass(frozen=True)
class Argument:
    """One parameter of a function, as it is written."""

    name: str
    kind: str
    """positional-only, positional, *args, keyword-only or **kwargs."""
    default: str | None = None
    annotation: str | None = None

    def __str__(self) -> str:
        stars = {"*args": "*", "**kwargs": "**"}.get(self.kind, "")
        default = "" if self.default is None else f"={self.default}"
        return f"{stars}{self.name}{default}"


@dataclass(frozen=True)
class Definition:
    """A function's name, parameters and docstring, and whether it is awaited or yields."""

    name: str
    arguments: tuple[Argument, ...]
    returns: str | None
    docstring: str | None
    is_async: bool
    yields: bool
    decorators: tuple[str, ...]
    header: str
    """The def line without its colon."""

    @property
    def call_form(self) -> tuple[Argument, ...]:
        """The parameters without their annotations, which no caller depends on."""
        return tuple(Argument(one.name, one.kind, one.default) for one in self.arguments)

    @property
    def form(self) -> str:
        """The parameters as a caller sees them, with the marks that tell their kinds."""
        shown: list[str] = []
        earlier = ""
        for one in self.arguments:
            if earlier == "positional-only" != one.kind:
                shown.append("/")
            if one.kind == "keyword-only" and earlier not in ("keyword-only", "*args"):
                shown.append("*")
            shown.append(str(one))
            earlier = one.kind
        return ", ".join([*shown, "/"] if earlier == "positional-only" else shown)


def parse(source: str) -> ast.Module:
    """Parse and compile a source, without running it.

    Raises:
        DomainError: It is no Python; names the line.
    """
    try:
        tree = ast.parse(source)
        # Also what only the compiler sees, such as a return outside of a function.
        compile(tree, "<new code>", "exec", dont_inherit=True)
    except SyntaxError as error:
        lines = source.split("\n")
        line = lines[error.lineno - 1].strip()[:_LINE_CHARS] if error.lineno and error.lineno <= len(lines) else ""
        place = f" (line {error.lineno}: {line})" if line else ""
        raise DomainError(f"expected Python source, got a syntax error: {error.msg}{place}") from error
    except (ValueError, RecursionError, MemoryError) as error:
        raise DomainError(f"expected Python source, got what Python cannot parse: {error}") from error
    return tree


def define(node: FunctionNode) -> Definition:
    """Read a definition off its node."""
    bare = ast.parse(ast.unparse(node)).body[0]
    assert isinstance(bare, FunctionNode)
    bare.body, bare.decorator_list = [ast.Pass()], []
    return Definition(
        name=node.name,
        arguments=tuple(_arguments(node.args)),
        returns=ast.unparse(node.returns) if node.returns else None,
        docstring=ast.get_docstring(node),
        is_async=isinstance(node, ast.AsyncFunctionDef),
        yields=any(isinstance(inner, ast.Yield | ast.YieldFrom) for inner in _own(node.body)),
        decorators=tuple(ast.unparse(one) for one in node.decorator_list),
        header=ast.unparse(bare).split("\n")[0].removesuffix(":"),
    )


def _arguments(args: ast.arguments) -> Iterator[Argument]:
    placed = [*args.posonlyargs, *args.args]
    defaults: list[ast.expr | None] = [None] * (len(placed) - len(args.defaults)) + list(args.defaults)
    for number, (arg, default) in enumerate(zip(placed, defaults)):
        yield _argument(arg, "positional-only" if number < len(args.posonlyargs) else "positional", default)
    if args.vararg:
        yield _argument(args.vararg, "*args")
    for arg, default in zip(args.kwonlyargs, args.kw_defaults):
        yield _argument(arg, "keyword-only", default)
    if args.kwarg:
        yield _argument(args.kwarg, "**kwargs")


def _argument(arg: ast.arg, kind: str, default: ast.expr | None = None) -> Argument:
    written, annotation = (None if part is None else ast.unparse(part) for part in (default, arg.annotation))
    return Argument(arg.arg, kind, written, annotation)


def _own(nodes: list[ast.stmt]) -> Iterator[ast.AST]:
    """The nodes of a function's body that are not in a function or class inside of it."""
    waiting: list[ast.AST] = list(nodes)
    while waiting:
        node = waiting.pop()
        if not isinstance(node, _SCOPES):
            yield node
            waiting += ast.iter_child_nodes(node)
