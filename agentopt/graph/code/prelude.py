"""Writes the Python source that rebuilds, inside of the sandbox, what new code needs from around the original.

Each module that something is taken from becomes a module there, so that equal names of two modules stay apart,
and what two functions share they share there too.
"""

from __future__ import annotations

import ast
import builtins
import dataclasses
import sys
import types
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from importlib.util import resolve_name
from typing import Any

from agentopt.errors import DomainError
from agentopt.graph.code.constant import constant
from agentopt.graph.code.credential import REMEDY, Guard, label_of
from agentopt.graph.code.draft import Draft, Variable
from agentopt.graph.code.freenames import free_names
from agentopt.graph.code.library import is_known, is_library, library_path
from agentopt.graph.code.modules import bare_uses, chains, imported, uses_of
from agentopt.graph.code.scope import MISSING, Scope, definition_of, is_own, unwrapped

Unwrap = Callable[[Any], Any]
_IMPLICIT = {"__name__", "__doc__", "__builtins__", "__debug__", "__annotations__", "__package__", "__spec__"}
_MAX_DEPTH = 20


@dataclass(frozen=True)
class Space:
    """Names of the program or of one of the prelude's modules, and where their values come from."""

    names: str
    """How the prelude writes the dict that holds them."""
    scope: Scope
    future: bool = False
    """Whether annotations are left alone there."""


class Prelude:
    """What was found to be needed, written as it is found.

    Args:
        original: The function that new code replaces; others that call it call the new code.
        unwrap: Gives the plain value of a node.
        guard: Tells what must not be sent.
    """

    def __init__(self, original: Callable[..., Any], unwrap: Unwrap, guard: Guard) -> None:
        self.draft = Draft()
        self.guard = guard
        self._original = unwrapped(original)
        self._unwrap = unwrap
        self.learned: list[tuple[Any, str]] = []
        """The learned functions whose code was written, and the source of each at that time."""
        self._path: list[str] = []
        self._depth = 0

    def supply(self, space: Space, tree: ast.Module) -> None:
        """Bind in a space all names that a source takes from around it.

        Raises:
            DomainError: One of them has a value that cannot be rebuilt; the message names it and who uses it.
        """
        free = free_names(tree, future=space.future)
        if "__class__" in free.needed:
            with self.inside("super()" if "super" in free.needed else "__class__"):
                raise self.refusal("works only inside of its class", "write out what the base class does")
        for name in sorted(free.needed):
            with self.inside(name):
                self._bind(space, name, tree, must=not free.star)
        for name in sorted(free.optional):
            with self._attempt(), self.inside(name):
                self._bind(space, name, tree, must=False)
        for name in sorted(free.annotated):
            self._bind_annotation(space, name, tree)
        self._follow_imports(space, tree)

    def supply_loosely(self, space: Space, tree: ast.Module) -> None:
        """Bind what can be bound of the names that a source takes from around it."""
        for name in sorted(free_names(tree).needed):
            with self._attempt(), self.inside(name):
                self._bind(space, name, tree, must=False)

    def express(self, value: Any, name: str) -> str:
        """An expression for a value, after the lines that it needs.

        Raises:
            DomainError: It cannot be rebuilt.
        """
        known = self.draft.known(value)
        if known is not None:
            return known
        if self.draft.begun(value) or self._depth > _MAX_DEPTH:
            raise self.refusal("is a part of itself")
        with self._deeper():
            try:
                simple = constant(value)
            except DomainError as error:
                raise self.refusal(str(error), "take it as an argument") from None
            if simple is not None:
                self._admit(self.guard.objection(value, name))
                fixed = value is None or type(value) in (bool, int, float, str)
                return simple if fixed else self.draft.remember(value, self.draft.variable(simple))
            return self._express_object(value, name)

    def refusal(self, reason: str, remedy: str = "define what it needs in the new code") -> DomainError:
        """The error that a name in use cannot be had; the reason continues a sentence about it."""
        uses = ", which uses ".join(self._path)
        return DomainError(f"the new code uses {uses}, which {reason}; {remedy}")

    def _admit(self, objection: str | None) -> None:
        if objection:
            raise self.refusal(objection, REMEDY)

    @contextmanager
    def inside(self, name: str) -> Iterator[None]:
        self._path.append(name)
        try:
            yield
        finally:
            self._path.pop()

    @contextmanager
    def _attempt(self) -> Iterator[None]:
        with self.draft.attempt():
            n_learned = len(self.learned)
            try:
                yield
            except DomainError:
                del self.learned[n_learned:]
                raise

    @contextmanager
    def _deeper(self) -> Iterator[None]:
        self._depth += 1
        try:
            yield
        finally:
            self._depth -= 1

    def _bind(self, space: Space, name: str, tree: ast.Module, *, must: bool) -> None:
        value = MISSING if name in _IMPLICIT else space.scope.find(name)
        target = f"{space.names}[{name!r}]"
        if value is MISSING:
            if must and not hasattr(builtins, name) and name not in _IMPLICIT:
                raise self.refusal("is defined neither in it nor around the original nor by Python")
        elif isinstance(value, types.ModuleType):
            # Not once and for all: each source may use other parts of it.
            self.draft.line(f"{target} = {self._module(value, name, tree)}")
        elif not self.draft.first(space.names, name):
            return
        elif self.draft.begun(value):
            self.draft.wait(value, target)
        else:
            self.draft.line(f"{target} = {self.express(value, name)}")

    def _bind_annotation(self, space: Space, name: str, tree: ast.Module) -> None:
        value = space.scope.find(name)
        if value is MISSING and hasattr(builtins, name):
            return
        target = f"{space.names}[{name!r}]"
        if isinstance(value, types.ModuleType) and is_library(value.__name__):
            self.draft.line(f"{target} = {self._module(value, name, tree)}")
        elif self.draft.first(space.names, f"annotation {name}"):
            # What is there already, or comes later, is more than a stand-in.
            path = None if value is MISSING else library_path(value, name)
            found = "Unseen" if path is None else f"import_module({path[0]!r}).{path[1]}"
            self.draft.line(f"{space.names}.setdefault({name!r}, {found})")

    def _express_object(self, value: Any, name: str) -> str:
        if unwrapped(value) is self._original:
            return f"lambda *args, **kwargs: program[{self._original.__name__!r}](*args, **kwargs)"
        if self._unwrap(value) is not value and not isinstance(value, list | tuple | dict | set | frozenset):
            raise self.refusal("is a node of the trace", "take it as an argument")
        plain = unwrapped(value)
        function = isinstance(plain, types.FunctionType)
        if is_own(value) and not (function and plain is not value):
            raise self.refusal("is a part of agentopt", "new code works with plain values")
        path = library_path(value, name)
        if path is not None:
            return self.draft.remember(value, self.draft.variable(f"import_module({path[0]!r}).{path[1]}"))
        if function:
            return self._function(value, plain)
        if isinstance(value, type):
            return self._class(value)
        return self._composite(value, name)

    def _function(self, value: Any, plain: types.FunctionType) -> str:
        name, scope = plain.__code__.co_name, Scope.of(plain)
        if name == "<lambda>":
            raise self.refusal("is a lambda, whose source cannot be told apart")
        return self._define(value, self.tree_of(value), name, scope, apart=not _is_learned(value))

    def tree_of(self, value: Any) -> ast.Module:
        """The source of a function, in its present version if it is learned, or of a class.

        Raises:
            DomainError: It has none.
        """
        if _is_learned(value):
            source = str(self._unwrap(value.parameter))
            self.learned.append((value, source))
            return ast.parse(source)
        plain = unwrapped(value)
        scope = Scope.of_class(plain) if isinstance(plain, type) else Scope.of(plain)
        try:
            return definition_of(plain, scope, decorated=value is not plain or isinstance(value, type))
        except DomainError as error:
            raise self.refusal(str(error)) from None

    def _class(self, kind: type) -> str:
        scope = Scope.of_class(kind)
        if "<locals>" in kind.__qualname__ or "." not in kind.__qualname__:
            return self._define(kind, self.tree_of(kind), kind.__name__, scope)
        raise self.refusal("is a class inside of a class")

    def _define(self, thing: Any, tree: ast.Module, name: str, scope: Scope, *, apart: bool = True) -> str:
        """Write a definition after what it needs; what needs it in turn is filled in afterwards."""
        if apart:  # The source of a learned function is shown to models anyway.
            self._admit(self.guard.objection_to_source(tree, name))
        self.draft.begin(thing)
        alone = not apart or bool(scope.closure)
        variable, space = self._private(scope) if alone else self._shared(scope)
        self.supply(space, tree)
        if apart and name in free_names(tree).own:
            # It finds itself under the name in its module, which may hold a decorated form of it.
            self._bind(space, name, tree, must=False)
        source = ast.unparse(tree)
        made = f"define({variable.name}, {source!r}, {name!r}, {space.future}, {apart})"
        return self.draft.end(thing, self.draft.variable(made))

    def _composite(self, value: Any, name: str) -> str:
        """An object of a plain kind whose parts can be rebuilt."""
        if isinstance(value, Enum):
            made = f"{self.express(type(value), name)}[{value.name!r}]"
        elif type(value) in (list, tuple, set, frozenset):
            parts = "".join(f"{self.express(part, name)}, " for part in value)
            made = f"{type(value).__name__}(({parts}))"
        elif type(value) is dict:
            named = ((key, part, label_of(key, name)) for key, part in value.items())
            pairs = [f"{self.express(key, name)}: {self.express(part, label)}" for key, part, label in named]
            made = f"{{{', '.join(pairs)}}}"
        elif dataclasses.is_dataclass(value) and hasattr(value, "__dict__"):
            fields = [f"{key!r}: {self.express(part, key)}" for key, part in vars(value).items()]
            made = f"rebuild({self.express(type(value), name)}, {{{', '.join(fields)}}})"
        else:
            raise self.refusal(f"is a {type(value).__name__} that cannot be sent along")
        return self.draft.remember(value, self.draft.variable(made))

    def _shared(self, scope: Scope) -> tuple[Variable, Space]:
        """The module that stands for a user's module."""
        name = scope.module if scope.module != "__main__" else "__user_main__"
        package = str(scope.globals.get("__package__") or "")
        variable = self.draft.module(name, package, scope.globals)
        return variable, Space(variable.names, Scope({}, scope.globals), scope.future)

    def _private(self, scope: Scope) -> tuple[Variable, Space]:
        """A module for one function that has variables of its own around it."""
        variable = self.draft.module(f"{scope.module}.<locals>", str(scope.globals.get("__package__") or ""))
        return variable, Space(variable.names, scope, scope.future)

    def _module(self, module: types.ModuleType, name: str, tree: ast.Module) -> str:
        """A module under the name by which a source knows it, with all that the source takes out of it."""
        if is_library(module.__name__):
            for chain in chains(tree, name):
                self._import_parts(module, chain)
            return f"import_module({module.__name__!r})"
        if is_own(module):
            raise self.refusal("is a part of agentopt", "new code works with plain values")
        if bare_uses(tree, name):
            raise self.refusal("is a module of the user's", f"use it as {name}.something only")
        variable, space = self._shared(Scope({}, module.__dict__))
        for attribute in sorted({chain[0] for chain in chains(tree, name)}):
            with self.inside(f"{name}.{attribute}"):
                self._bind(space, attribute, uses_of(tree, name, attribute), must=True)
        return variable.name

    def _import_parts(self, module: types.ModuleType, chain: tuple[str, ...]) -> None:
        """Import the submodules on a way such as `xml.etree.ElementTree.parse`."""
        for attribute in chain:
            inner = module.__dict__.get(attribute)
            if not isinstance(inner, types.ModuleType) or inner.__name__ != f"{module.__name__}.{attribute}":
                return
            module = inner
            if self.draft.first("import", module.__name__):
                self.draft.line(f"import_module({module.__name__!r})")

    def _follow_imports(self, space: Space, tree: ast.Module) -> None:
        """Rebuild what a source itself imports from modules of the user's."""
        package = str(space.scope.globals.get("__package__") or "")
        for found in imported(tree):
            if found.level and space.names == "program":
                raise DomainError(f"the new code uses the relative import of {found.module or '.'}; write it in full")
            module_name = resolve_name("." * found.level + found.module, package) if found.level else found.module
            if is_library(module_name) or not is_known(module_name):
                continue
            with self.inside(module_name):
                self._import_from(module_name, found.name)

    def _import_from(self, module_name: str, name: str | None) -> None:
        module = sys.modules.get(module_name)
        if module is None or name is None or name == "*" or is_own(module):
            raise self.refusal("cannot be imported where it runs")
        _, space = self._shared(Scope({}, module.__dict__))
        with self.inside(name):
            self._bind(space, name, ast.Module([], []), must=True)


def _is_learned(value: Any) -> bool:
    return is_own(value) and getattr(value, "learned", None) is not None
