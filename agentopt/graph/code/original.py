"""The source of a function or class as a human wrote it, freed from its place."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable
from typing import Any

from agentopt.errors import TraceError

DefinitionNode = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def original_source(thing: Callable[..., Any]) -> str:
    """The definition of a function or class with its decorators, at the left margin, with a newline at its end.

    Raises:
        TraceError: Python cannot find it, as for lambdas and what was typed at a prompt.
    """
    name = getattr(thing, "__qualname__", None) or repr(thing)
    if getattr(thing, "__name__", "") == "<lambda>":
        raise TraceError(f"{name} has no source that can be learned; write it with def, or pass source=...")
    try:
        source = undented(inspect.getsource(thing))
        tree = ast.parse(source)
    except (OSError, TypeError, SyntaxError, ValueError) as error:
        raise TraceError(f"the source of {name} cannot be found ({error}); pass source=...") from error
    if len(tree.body) != 1 or not isinstance(tree.body[0], DefinitionNode):
        raise TraceError(f"the source of {name} is no single definition; pass source=...")
    return source.rstrip() + "\n"


def without_decorators(source: str, node: DefinitionNode) -> str:
    """A source without the lines of a definition's decorators, comments among them included."""
    if not node.decorator_list:
        return source
    lines = source.split("\n")
    first = min(one.lineno for one in node.decorator_list)
    return "\n".join([*lines[: first - 1], *lines[node.lineno - 1 :]])


def undented(source: str) -> str:
    """A block of source moved to the left margin; strings over several lines keep their text, docstrings move.

    Raises:
        SyntaxError: The block is no Python.
    """
    lines = source.split("\n")
    first = next((line for line in lines if line.strip() and not line.lstrip().startswith("#")), "")
    margin = first[: len(first) - len(first.lstrip())]
    if not margin:
        return source
    # Line 1 is the if; so line n of the tree is lines[n - 2].
    kept = inside_strings(ast.parse(f"if True:\n{source}"))
    return "\n".join(line if number in kept else _moved(line, margin) for number, line in enumerate(lines, start=2))


def _moved(line: str, margin: str) -> str:
    # Comments and continued lines may stand further left than the block.
    return line.removeprefix(margin) if line.startswith(margin) else line.lstrip(" \t")


def inside_strings(tree: ast.Module) -> set[int]:
    """The numbers of the lines that begin inside of a string which is no docstring."""
    docstrings = {id(_docstring(node)) for node in ast.walk(tree)}
    kept: set[int] = set()
    for node in ast.walk(tree):
        if not isinstance(node, ast.JoinedStr | ast.Constant) or id(node) in docstrings:
            continue
        kept.update(range(node.lineno + 1, (node.end_lineno or node.lineno) + 1))
    return kept


def _docstring(node: ast.AST) -> ast.Constant | None:
    if not isinstance(node, DefinitionNode) or not isinstance(node.body[0], ast.Expr):
        return None
    value = node.body[0].value
    return value if isinstance(value, ast.Constant) and type(value.value) is str else None
