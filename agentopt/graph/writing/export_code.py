"""How functions and classes are written in an exported module, with what they use."""

from __future__ import annotations

import ast
import builtins
import symtable
import sys
import types
from typing import Any

from agentopt.errors import DomainError, TraceError
from agentopt.graph.code.code import Code
from agentopt.graph.code.definition import FunctionNode, parse
from agentopt.graph.code.freenames import FreeNames, free_names
from agentopt.graph.code.learned import Learned
from agentopt.graph.code.learned_code import LearnedCode
from agentopt.graph.code.modules import imported
from agentopt.graph.code.original import original_source
from agentopt.graph.code.scope import MISSING, Scope, is_own, unwrapped
from agentopt.graph.parameter_node import Parameter
from agentopt.graph.writing.export_value import ValueWriter, note
from agentopt.graph.writing.origin import home_of, is_importable
from agentopt.graph.writing.plain_source import resolver, without_reads, without_traces
from agentopt.graph.writing.renaming import names_in, renamed
from agentopt.graph.writing.source_edit import annotated, with_docstring, without_imports

_IMPLICIT = {"__name__", "__doc__", "__builtins__", "__debug__", "__annotations__", "__package__", "__spec__"}


class CodeWriter(ValueWriter):
    """Writes a definition after what it uses."""

    def name_function(self, parameter: Parameter[str]) -> str:
        """Give a learned function its name."""
        return self.page.claim(_code(parameter).name, self._node(parameter))

    def learned(self, parameter: Parameter[str]) -> str:
        """Write the current version of a learned function, once.

        Raises:
            InputError: It uses what cannot be written.
        """
        final, key = self.name_function(parameter), ("written", self._node(parameter))
        if self.page.name(key) is None:
            self.page.claim(f"written {final}", key)
            name, scope = _code(parameter).name, _scope(parameter)
            with self.inside(name):
                text = self.unit(self.current(parameter, scope), scope, own={name: final})
            self.page.add(annotated(text, final, note(parameter)))
            self.page.credit(final, parameter.version.author)
        return final

    def current(self, parameter: Parameter[str], scope: Scope) -> str:
        """The current version of a learned function, with the docstring and the other decorators of the original."""
        code, source = _code(parameter), parameter.then
        node = _defined(ast.parse(source), code.name)
        if code.docstring and ast.get_docstring(node) is None:
            source = with_docstring(source, code.name, code.docstring)
        kept = [one for one in code.decorators if not is_own(scope.find(_root(one)))]
        if not kept:
            return source
        lines = source.split("\n")
        line = _defined(ast.parse(source), code.name).lineno - 1
        return "\n".join([*lines[:line], *(f"@{one}" for one in kept), *lines[line:]])

    def code(self, value: Any, name: str) -> str:
        """A reference to a function or class: imported, learned, or written as its source."""
        learned = getattr(value, "learned", None)
        if isinstance(learned, Learned):
            return self._learned_elsewhere(value, learned)
        plain = unwrapped(value)
        home = None if is_own(value) else home_of(value)
        if home is not None:
            return self.imported(*home, value, name)
        if is_own(value) and not (isinstance(plain, types.FunctionType) and not is_own(plain)):
            raise self.refusal("is a part of agentopt")
        if not isinstance(plain, types.FunctionType | type):
            raise self.refusal(f"is a {type(value).__name__}, for which there is no literal")
        if getattr(plain, "__name__", "") == "<lambda>":
            raise self.refusal("is a lambda, whose source cannot be told apart; write it with def")
        return self._define(value, plain)

    def plain(self, thing: Any, scope: Scope) -> str:
        """The source of a function or class without the decorators of agentopt.

        Raises:
            InputError: Python cannot find it.
        """
        try:
            return without_traces(original_source(thing), scope)
        except TraceError:
            raise self.refusal("has no source that Python can find") from None

    def unit(self, source: str, scope: Scope, *, own: dict[str, str], instance: object = None, me: str = "") -> str:
        """A source in which all names mean what they meant where it comes from, after what it uses.

        Args:
            source: Of a function or class, with what stands around it.
            scope: Where it comes from.
            own: What it defines and has a name for already.
            instance: Of which it is a method.
            me: How the method calls it.
        """
        resolve = resolver(scope, instance, me)
        try:
            tree = parse(source := without_reads(source, resolve))
        except DomainError as error:
            raise self.refusal(str(error)) from None
        free, names = free_names(tree), dict(own)
        for name in sorted(_top_names(tree) - set(own)):
            names[name] = self.page.claim(name, self._top_key(tree, name))
        self._supply(free, scope, tree, names)
        taken = names_in(tree)
        for old, new in names.items():
            if old != new and new in taken:
                names[old] = self._alias(new, taken)
        self._check_imports(tree)
        text, imports = without_imports(renamed(source, names))
        for line in imports:
            self.page.add_import(line)
        return text

    def _supply(self, free: FreeNames, scope: Scope, tree: ast.Module, names: dict[str, str]) -> None:
        for name in sorted(free.needed - set(names)):
            with self.inside(name):
                self._bind(name, scope, tree, names, must=not free.star)
        for name in sorted((free.optional | free.annotated) - set(names)):
            with self.page.attempt(), self.inside(name):
                self._bind(name, scope, tree, names, must=False)

    def _bind(self, name: str, scope: Scope, tree: ast.Module, names: dict[str, str], *, must: bool) -> None:
        value: Any = MISSING if name in _IMPLICIT else scope.find(name)
        if value is not MISSING:
            as_module = isinstance(value, types.ModuleType)
            names[name] = self.module(value, name, tree) if as_module else self.reference(value, name)
        elif hasattr(builtins, name) and name not in _IMPLICIT:
            names[name] = self.builtin(name)
        elif must and name not in _IMPLICIT:
            raise self.refusal("is defined neither in it nor around the original nor by Python")

    def _check_imports(self, tree: ast.Module) -> None:
        for found in imported(tree):
            module = sys.modules.get(found.module)
            with self.inside(found.module or "."):
                if found.level:
                    raise self.refusal("is imported relatively; import it by its full name")
                if found.module.partition(".")[0] == "agentopt" or (module is not None and not is_importable(module)):
                    raise self.refusal("is a module that the file cannot import, since it is of agentopt or needs it")

    def _alias(self, name: str, taken: set[str]) -> str:
        """Another name for something, which a source does not use for anything else."""
        other = name
        while other in taken:
            other += "_"
        return self._constant(other, ("alias", name, other), name)

    def _learned_elsewhere(self, value: Any, learned: Learned) -> str:
        """A learned function that code uses, whether or not it was asked for."""
        if getattr(value, "__self__", None) is not None:
            raise self.refusal("is a learned method of another object")
        return self.learned(learned.parameter_of())

    def _define(self, value: Any, plain: Any) -> str:
        scope = Scope.of_class(plain) if isinstance(plain, type) else Scope.of(plain)
        name = plain.__name__ if isinstance(plain, type) else plain.__code__.co_name
        final = self.page.claim(name, self._object(value))
        self.page.add(self.unit(self.plain(plain, scope), scope, own={name: final}))
        return final

    def _top_key(self, tree: ast.Module, name: str) -> object:
        """What a name of a source's top level stands for: its own thing, or what others may import as well."""
        for node in tree.body:
            for one in node.names if isinstance(node, ast.Import | ast.ImportFrom) else ():
                if (one.asname or one.name.partition(".")[0]) != name or _is_assigned(tree, name):
                    continue
                if isinstance(node, ast.ImportFrom):
                    return "from", node.module, one.name, name
                return "module", one.name if one.asname else name, name
        return "of", self._object(tree), name


def _code(parameter: Parameter[Any]) -> Code:
    domain: Any = parameter.domain
    return domain.code if isinstance(domain, LearnedCode) else domain


def _defined(tree: ast.Module, name: str) -> FunctionNode:
    return next(one for one in tree.body if isinstance(one, FunctionNode) and one.name == name)


def _root(decorator: str) -> str:
    return decorator.partition("(")[0].partition(".")[0].strip()


def _scope(parameter: Parameter[Any]) -> Scope:
    domain: Any = parameter.domain
    return Scope.of(unwrapped(domain.function)) if isinstance(domain, LearnedCode) else Scope({}, {})


def _top_names(tree: ast.Module) -> set[str]:
    """The names that a source binds at its top level."""
    return {one.get_name() for one in _symbols(tree) if one.is_assigned() or one.is_imported()}


def _is_assigned(tree: ast.Module, name: str) -> bool:
    """Whether a name is bound by more than an import."""
    return any(one.get_name() == name and one.is_assigned() for one in _symbols(tree))


def _symbols(tree: ast.Module) -> list[symtable.Symbol]:
    return symtable.symtable(ast.unparse(tree) or "pass", "<source>", "exec").get_symbols()
