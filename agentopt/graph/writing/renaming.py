"""Gives the top-level names of a source other names, wherever they mean what the top level binds."""

from __future__ import annotations

import ast
import re
import symtable
from collections.abc import Iterable, Mapping
from typing import Any

from agentopt.errors import InputError
from agentopt.graph.code.definition import FunctionNode
from agentopt.graph.writing.source_edit import Edit, of_node, rewritten

_HEAD = re.compile(rb"(?:async\s+)?(?:def|class)\s+")
_Comprehension = ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp


def renamed(source: str, names: Mapping[str, str]) -> str:
    """Source in which global names are called otherwise; local ones of the same name stay.

    Args:
        source: To be changed.
        names: The new name of each; nothing in the source may be called so already.

    Raises:
        InputError: It imports a part of a package under a name that would have to change.
    """
    names = {old: new for old, new in names.items() if old != new}
    if not names:
        return source

    def change(tree: ast.Module) -> list[Edit]:
        renamer = _Renamer(source, names)
        renamer.visit(tree)
        return renamer.edits

    return rewritten(source, change)


def names_in(tree: ast.AST) -> set[str]:
    """Every name that stands anywhere in a source, whatever it means there."""
    found = set[str]()
    for node in ast.walk(tree):
        for field in ("id", "name", "arg", "asname", "rest"):
            value = getattr(node, field, None)
            found |= {value} if isinstance(value, str) else set()
        if isinstance(node, ast.Global | ast.Nonlocal):
            found |= set(node.names)
    return found


class _Renamer(ast.NodeVisitor):
    """Walks through the scopes; `_seen` are the names that mean the global where the walk is."""

    def __init__(self, source: str, names: Mapping[str, str]) -> None:
        self.edits: list[Edit] = []
        self._lines = [line.encode() for line in source.split("\n")]
        self._names = names
        self._seen = set(names)
        self._around = set(names)
        """The same for functions inside, which do not see the names of a class around them."""

    def visit_Name(self, node: ast.Name) -> None:
        if node.id in self._seen:
            node.id = self._names[node.id]
            self.edits.append(of_node(node, node.id))

    def visit_Global(self, node: ast.Global) -> None:
        node.names = [self._names.get(name, name) for name in node.names]
        self.edits.append(of_node(node, ast.unparse(node)))

    def visit_alias(self, node: ast.alias) -> None:
        bound = node.asname or node.name.partition(".")[0]
        if bound not in self._seen:
            return
        if node.asname is None and "." in node.name:
            raise InputError(f"two things are called {bound}, and import {node.name} can have no other name")
        node.asname = self._names[bound]
        self.edits.append(of_node(node, f"{node.name} as {node.asname}"))

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> None:
        node.name = self._new(node.name)
        self.generic_visit(node)

    def visit_MatchAs(self, node: ast.MatchAs) -> None:
        node.name = self._new(node.name)
        self.generic_visit(node)

    def visit_MatchStar(self, node: ast.MatchStar) -> None:
        node.name = self._new(node.name)

    def visit_MatchMapping(self, node: ast.MatchMapping) -> None:
        node.rest = self._new(node.rest)
        self.generic_visit(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self._function(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        self._function(node)

    def visit_Lambda(self, node: ast.Lambda) -> None:
        binds, declares = _bound(ast.Expr(node))
        self._all([*node.args.defaults, *node.args.kw_defaults])
        self._inside(self._around - binds | declares & set(self._names), [node.body])

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        bare = ast.ClassDef(node.name, [], [], node.body, [])
        binds, _ = _bound(bare)
        self._head(node)
        self._all([*node.decorator_list, *node.bases, *node.keywords])
        self._inside(self._around - binds, node.body, around=self._around)

    def visit_ListComp(self, node: ast.ListComp) -> None:
        self._comprehension(node, [node.elt])

    def visit_SetComp(self, node: ast.SetComp) -> None:
        self._comprehension(node, [node.elt])

    def visit_GeneratorExp(self, node: ast.GeneratorExp) -> None:
        self._comprehension(node, [node.elt])

    def visit_DictComp(self, node: ast.DictComp) -> None:
        self._comprehension(node, [node.key, node.value])

    def _function(self, node: FunctionNode) -> None:
        bare = type(node)(node.name, node.args, node.body, [], None)
        binds, declares = _bound(bare)
        self._head(node)
        arguments = [one for one in ast.walk(node.args) if isinstance(one, ast.arg)]
        self._all([*node.decorator_list, *node.args.defaults, *node.args.kw_defaults])
        self._all([one.annotation for one in arguments] + [node.returns])
        self._inside(self._around - binds | declares & set(self._names), node.body)

    def _comprehension(self, node: _Comprehension, results: list[ast.expr]) -> None:
        binds = {
            inner.id
            for one in node.generators
            for inner in ast.walk(one.target)
            if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store)
        }
        first, *later = node.generators
        self.visit(first.iter)
        self._inside(self._around - binds, [first.target, *first.ifs, *later, *results])

    def _inside(self, seen: set[str], nodes: Iterable[ast.AST], around: set[str] | None = None) -> None:
        outer = self._seen, self._around
        self._seen, self._around = seen, seen if around is None else around
        self._all(nodes)
        self._seen, self._around = outer

    def _all(self, nodes: Iterable[ast.AST | None]) -> None:
        for node in nodes:
            if node is not None:
                self.visit(node)

    def _new(self, name: str | None) -> str | None:
        return self._names[name] if name in self._seen else name

    def _head(self, node: FunctionNode | ast.ClassDef) -> None:
        """Rename what a definition binds."""
        if node.name not in self._seen:
            return
        match = _HEAD.match(self._lines[node.lineno - 1], node.col_offset)
        if match:
            start, end = match.end(), match.end() + len(node.name.encode())
            self.edits.append(Edit((node.lineno, start), (node.lineno, end), self._names[node.name]))
        node.name = self._names[node.name]


def _bound(node: Any) -> tuple[set[str], set[str]]:
    """The names that the scope of a definition binds for itself, and those that it declares global."""
    module = ast.fix_missing_locations(ast.Module([node], []))
    table = symtable.symtable(ast.unparse(module), "<source>", "exec").get_children()[-1]
    symbols = table.get_symbols()
    return (
        {one.get_name() for one in symbols if one.is_local()},
        {one.get_name() for one in symbols if one.is_declared_global()},
    )
