"""The names that a source takes from its surroundings."""

from __future__ import annotations

import ast
import symtable
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class FreeNames:
    """What a source loads and does not define, Python's own names included."""

    needed: frozenset[str]
    """Without these it cannot run."""
    optional: frozenset[str]
    """It defines these itself, but may load them before: `limit = 2 * limit`."""
    own: frozenset[str]
    """Its functions and classes use these, which its top level defines."""
    annotated: frozenset[str]
    """These stand only in the annotations of functions, where their value hardly matters."""
    assigned: frozenset[str]
    """Its functions assign to these by `global`, and its top level does not define them."""
    star: bool
    """Whether it imports `*`, so that what it defines cannot be known."""


def free_names(tree: ast.Module, *, future: bool = False) -> FreeNames:
    """Find the free names of a source.

    Args:
        tree: Of the source; it is not changed.
        future: Whether its annotations are never evaluated, as under `from __future__ import annotations`.
    """
    future = future or any(map(_is_future, tree.body))
    cut = _Cut(future)
    bare = ast.unparse(ast.fix_missing_locations(cut.visit(ast.parse(ast.unparse(tree)))))
    top = symtable.symtable(bare or "pass", "<source>", "exec")
    defined = {symbol.get_name() for symbol in top.get_symbols() if symbol.is_assigned() or symbol.is_imported()}
    loaded, early, assigned = set[str](), set[str](), set[str]()
    for table in _tables(top):
        for symbol in table.get_symbols():
            name = symbol.get_name()
            binds = symbol.is_assigned() or symbol.is_imported()
            if table.get_type() != "function" and binds and symbol.is_referenced():
                early.add(name)
            elif symbol.is_referenced() and (symbol.is_global() or table is top):
                loaded.add(name)
            if symbol.is_declared_global() and binds and table is not top:
                assigned.add(name)
    needed = loaded - defined
    star = any(alias.name == "*" for node in tree.body if isinstance(node, ast.ImportFrom) for alias in node.names)
    later = frozenset(cut.names - needed - defined - cut.type_names)
    loose = early | (cut.loose - needed - defined)
    own = frozenset(loaded & defined)
    return FreeNames(frozenset(needed), frozenset(loose), own, later, frozenset(assigned - defined), star)


def _is_future(node: ast.stmt) -> bool:
    named = [alias.name for alias in node.names] if isinstance(node, ast.ImportFrom) else []
    return isinstance(node, ast.ImportFrom) and node.module == "__future__" and "annotations" in named


def _tables(table: symtable.SymbolTable) -> Iterator[symtable.SymbolTable]:
    yield table
    for child in table.get_children():
        yield from _tables(child)


class _Cut(ast.NodeTransformer):
    """Takes out the annotations of functions and of their variables, and keeps the names in them."""

    def __init__(self, future: bool) -> None:
        self._future = future
        self._in_function = False
        self.names: set[str] = set()
        self.loose: set[str] = set()
        self.type_names: set[str] = set()

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        return self._function(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        return self._function(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        outer, self._in_function = self._in_function, False
        self.generic_visit(node)
        self._in_function = outer
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        if self._future:
            # Nobody evaluates them, but dataclasses look some of them up, such as ClassVar.
            self.loose |= _names(node.annotation)
        if self._future or self._in_function:
            node.annotation = ast.Constant(None)
        self.generic_visit(node)
        return node

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> ast.AST:
        self.type_names |= {one.name for one in getattr(node, "type_params", ())}
        every = [one for one in ast.walk(node.args) if isinstance(one, ast.arg)]
        for annotation in [node.returns, *(one.annotation for one in every)]:
            if annotation is not None and not self._future:
                self.names |= _names(annotation)
        node.returns = None
        for one in every:
            one.annotation = None
        outer, self._in_function = self._in_function, True
        self.generic_visit(node)
        self._in_function = outer
        return node


def _names(node: ast.AST) -> set[str]:
    return {inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name)}
