"""Where a function looks up the names that it does not define."""

from __future__ import annotations
import __future__

import ast
import inspect
import sys
import types
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from agentopt.errors import DomainError, TraceError
from agentopt.graph.code.original import original_source

MISSING = object()
# Whoever rebuilds a class puts these on again.
_OF_CLASSES = ("property", "staticmethod", "classmethod", "cached_property")


@dataclass(frozen=True)
class Scope:
    """The variables of the enclosing functions, and under them the globals of the module."""

    closure: Mapping[str, object]
    globals: Mapping[str, Any]

    @classmethod
    def of(cls, function: types.FunctionType) -> Scope:
        """Where a function stands."""
        return cls(_closure(function), function.__globals__)

    @classmethod
    def of_class(cls, kind: type) -> Scope:
        """Where a class stands; what its methods took from enclosing functions counts."""
        closure: dict[str, object] = {}
        for member in vars(kind).values():
            plain = unwrapped(member)
            if isinstance(plain, types.FunctionType):
                closure |= _closure(plain)
        closure.pop("__class__", None)
        module = sys.modules.get(kind.__module__)
        return cls(closure, module.__dict__ if module else {})

    def find(self, name: str) -> object:
        """The value of a name, or MISSING."""
        return self.closure.get(name, self.globals.get(name, MISSING))

    @property
    def module(self) -> str:
        return str(self.globals.get("__name__", "unknown"))

    @property
    def future(self) -> bool:
        """Whether the module says `from __future__ import annotations`."""
        return self.globals.get("annotations") is __future__.annotations


def unwrapped(value: Any) -> Any:
    """What decorators wrapped, as far as they say so; the value itself otherwise."""
    seen = set[int]()
    # Not getattr before it is known to be there: a node would record the attempt.
    while inspect.getattr_static(value, "__wrapped__", MISSING) is not MISSING and id(value) not in seen:
        seen.add(id(value))
        value = value.__wrapped__
    return value


def definition_of(thing: Any, scope: Scope, *, decorated: bool) -> ast.Module:
    """The source of a function or class, alone; its decorators stay if asked for, but never agentopt's own.

    Raises:
        DomainError: Python cannot find it.
    """
    try:
        tree = ast.parse(original_source(thing))
    except TraceError as error:
        raise DomainError("has no source that Python can find") from error
    node = tree.body[0]
    assert isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
    node.decorator_list = [one for one in node.decorator_list if decorated and not _falls_away(one, scope)]
    return tree


def is_own(value: object) -> bool:
    """Whether an object, or its type, is a part of agentopt."""
    homes = [value.__name__ if isinstance(value, types.ModuleType) else type(value).__module__]
    if isinstance(value, types.FunctionType | type):
        homes.append(value.__module__)
    return any(home.partition(".")[0] == "agentopt" for home in homes)


def _falls_away(decorator: ast.expr, scope: Scope) -> bool:
    root = decorator
    while isinstance(root, ast.Call | ast.Attribute):
        root = root.func if isinstance(root, ast.Call) else root.value
    if ast.unparse(decorator).rpartition(".")[2] in _OF_CLASSES:
        return True
    return isinstance(root, ast.Name) and is_own(scope.find(root.id))


def _closure(function: types.FunctionType) -> dict[str, object]:
    found = {}
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or ()):
        try:
            found[name] = cell.cell_contents
        except ValueError:  # The enclosing function has not given it a value yet.
            continue
    return found
