"""Small changes in source that leave the rest of its text as it is, comments and all."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass

from agentopt.graph.code.definition import FunctionNode
from agentopt.graph.code.original import inside_strings
from agentopt.graph.writing.literal import text_literal

MARGIN = "    "


@dataclass(frozen=True)
class Edit:
    """A stretch of source and what takes its place; columns count bytes, as the nodes of a tree do."""

    start: tuple[int, int]
    end: tuple[int, int]
    text: str


def rewritten(source: str, change: Callable[[ast.Module], list[Edit]]) -> str:
    """Source after a change of its tree, with its own text wherever the change left it alone.

    Args:
        source: To be changed.
        change: Changes the tree in place, and says the same as edits of the text. Where the edits do not lead to the
            tree, the tree counts and is written anew.
    """
    tree = ast.parse(source)
    edits = change(tree)
    wanted = ast.dump(ast.parse(ast.unparse(ast.fix_missing_locations(tree))))
    text = _edited(source, edits)
    try:
        return text if ast.dump(ast.parse(text)) == wanted else ast.unparse(tree) + "\n"
    except (SyntaxError, ValueError):
        return ast.unparse(tree) + "\n"


def of_node(node: ast.expr | ast.stmt | ast.alias, text: str) -> Edit:
    """The edit that puts a text in the place of a node."""
    return Edit((node.lineno, node.col_offset), (node.end_lineno or node.lineno, node.end_col_offset or 0), text)


def with_docstring(source: str, name: str, docstring: str) -> str:
    """Source whose function of a name begins with a docstring."""
    lines = source.split("\n")

    def change(tree: ast.Module) -> list[Edit]:
        node = _defined(tree, name)
        first = node.body[0]
        before = lines[first.lineno - 1].encode()[: first.col_offset].decode()
        line, column, margin = first_line(first), 0, before
        if before.strip():
            line, column, margin = first.lineno, len(before.rstrip().encode()), MARGIN
        while not before.strip() and (not lines[line - 2].strip() or lines[line - 2].lstrip().startswith("#")):
            line -= 1
        literal = docstring_literal(docstring, margin)
        # The tree gets the text that the literal has, which is the docstring only when it is cleaned.
        node.body.insert(0, ast.Expr(ast.Constant(ast.literal_eval(literal))))
        text = f"\n{margin}{literal}\n{margin}" if before.strip() else f"{margin}{literal}\n"
        return [Edit((line, column), (line, first.col_offset if before.strip() else 0), text)]

    return rewritten(source, change)


def docstring_literal(docstring: str, margin: str) -> str:
    """A docstring as it stands in a body of a margin; cleaned, it is the docstring."""
    lines = docstring.split("\n")
    moved = "\n".join([lines[0], *(margin + line if line.strip() else line for line in lines[1:])])
    if len(lines) > 1:
        return text_literal(f"{moved}\n{margin}" if docstring.count("\n") else moved)
    literal = text_literal(moved + "\n")
    return literal.removesuffix('\n"""') + '"""' if not moved.endswith(('"', "\\")) else text_literal(moved)


def indented(source: str, margin: str = MARGIN) -> str:
    """Source moved to the right; strings over several lines keep their text, docstrings move."""
    kept = inside_strings(ast.parse(source))
    lines = enumerate(source.split("\n"), start=1)
    return "\n".join(line if number in kept or not line.strip() else margin + line for number, line in lines)


def split(source: str, name: str) -> tuple[str, str]:
    """The definition of a function or class, and what stands around it."""
    node = _defined(ast.parse(source), name)
    lines, first, end = source.split("\n"), first_line(node), node.end_lineno or node.lineno
    return "\n".join(lines[first - 1 : end]) + "\n", "\n".join([*lines[: first - 1], *lines[end:]]).strip("\n")


def annotated(source: str, name: str, line: str) -> str:
    """Source with a line above the definition of a name."""
    first, lines = first_line(_defined(ast.parse(source), name)), source.split("\n")
    return "\n".join([*lines[: first - 1], line, *lines[first - 1 :]])


def first_line(node: ast.stmt) -> int:
    """The line on which a statement begins, its decorators included."""
    decorators = node.decorator_list if isinstance(node, FunctionNode | ast.ClassDef) else []
    return min([node.lineno, *(one.lineno for one in decorators)])


def without_imports(source: str) -> tuple[str, list[str]]:
    """Source without the imports of its top level, and these."""
    found: list[str] = []

    def change(tree: ast.Module) -> list[Edit]:
        edits = []
        for node in list(tree.body):
            star = isinstance(node, ast.ImportFrom) and node.names[0].name == "*"
            if isinstance(node, ast.Import | ast.ImportFrom) and not star:
                tree.body.remove(node)
                found.append(ast.unparse(node))
                edits.append(Edit((node.lineno, 0), ((node.end_lineno or node.lineno) + 1, 0), ""))
        return edits

    return rewritten(source.rstrip("\n") + "\n", change), found


def _defined(tree: ast.Module, name: str) -> FunctionNode | ast.ClassDef:
    defined = (one for one in tree.body if isinstance(one, FunctionNode | ast.ClassDef))
    return next(one for one in defined if one.name == name)


def _edited(source: str, edits: list[Edit]) -> str:
    lines = [line.encode() for line in source.split("\n")]
    for edit in sorted(edits, key=lambda one: one.start, reverse=True):
        (first, start), (last, end) = edit.start, edit.end
        middle = lines[first - 1][:start] + edit.text.encode() + lines[last - 1][end:]
        lines[first - 1 : last] = middle.split(b"\n")
    return b"\n".join(lines).decode()
