"""Source freed from what only makes sense under a trace: agentopt's decorators, and `.data` behind a node."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable
from typing import Any

from agentopt.graph.code.scope import MISSING, Scope, is_own
from agentopt.graph.nodes import Node
from agentopt.graph.writing.source_edit import Edit, rewritten

Resolve = Callable[[ast.expr], object]
_Defined = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def without_traces(source: str, scope: Scope) -> str:
    """Source without the decorators that are agentopt's, those of methods inside of a class included."""

    def change(tree: ast.Module) -> list[Edit]:
        edits = []
        for node in ast.walk(tree):
            if not isinstance(node, _Defined):
                continue
            places = [one.lineno for one in node.decorator_list] + [node.lineno]
            for place, decorator in enumerate(list(node.decorator_list)):
                if is_own(scope.find(_root(decorator))):
                    node.decorator_list.remove(decorator)
                    edits.append(Edit((places[place], 0), (places[place + 1], 0), ""))
        return edits

    return rewritten(source, change)


def without_reads(source: str, resolve: Resolve) -> str:
    """Source without `.data` behind what is a node where the source comes from, and without `from __future__`.

    Args:
        source: To be changed.
        resolve: Gives the value of an expression in it, or MISSING.
    """
    unread = _Unread(resolve)
    return rewritten(source, unread.changed)


def resolver(scope: Scope, instance: object, me: str) -> Resolve:
    """Tells what names and attributes stand for, without running anything.

    Args:
        scope: Where the source comes from.
        instance: The object of which it is a method, or None.
        me: How the method calls it.
    """

    def resolve(node: ast.expr) -> object:
        if isinstance(node, ast.Name):
            return instance if node.id == me and me else scope.find(node.id)
        if not isinstance(node, ast.Attribute):
            return MISSING
        value = resolve(node.value)
        if value is MISSING or isinstance(value, Node):
            return MISSING
        own = getattr(value, "__dict__", {})
        return own[node.attr] if node.attr in own else inspect.getattr_static(value, node.attr, MISSING)

    return resolve


class _Unread(ast.NodeTransformer):
    """Takes `.data` off nodes and off the calls of traced functions."""

    def __init__(self, resolve: Resolve) -> None:
        self._resolve = resolve
        self._edits: list[Edit] = []

    def changed(self, tree: ast.Module) -> list[Edit]:
        self.visit(tree)
        return self._edits

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.AST | None:
        if node.module != "__future__":
            return node
        self._edits.append(Edit((node.lineno, node.col_offset), (node.end_lineno or 0, node.end_col_offset or 0), ""))
        return None

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        self.generic_visit(node)
        if node.attr != "data" or not self._is_node(node.value):
            return node
        inner = node.value
        start, end = (
            (inner.end_lineno or 0, inner.end_col_offset or 0),
            (node.end_lineno or 0, node.end_col_offset or 0),
        )
        self._edits.append(Edit(start, end, ""))
        return inner

    def _is_node(self, node: ast.expr) -> bool:
        if isinstance(node, ast.Await):
            return self._is_node(node.value)
        if isinstance(node, ast.Call):
            called = self._resolve(node.func)
            return called is not MISSING and not isinstance(called, Node | type) and _is_traced(called)
        return isinstance(self._resolve(node), Node)


def _is_traced(value: Any) -> bool:
    return is_own(value) and callable(value)


def _root(decorator: ast.expr) -> str:
    node = decorator
    while isinstance(node, ast.Call | ast.Attribute):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""
