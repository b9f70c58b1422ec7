"""How an object with learned methods is written in an exported module: as a class that is made without arguments."""

from __future__ import annotations

import ast
import functools
import inspect
import keyword
import types
from collections.abc import Iterable
from typing import Any

from agentopt.errors import InputError
from agentopt.graph.code.definition import FunctionNode
from agentopt.graph.code.learned import Learned
from agentopt.graph.code.learned_code import LearnedCode
from agentopt.graph.code.receiver import owner_of
from agentopt.graph.code.scope import MISSING, Scope, is_own, unwrapped
from agentopt.graph.nodes import Node
from agentopt.graph.parameter_node import Parameter
from agentopt.graph.snapshot import MARK
from agentopt.graph.writing.export_code import CodeWriter
from agentopt.graph.writing.export_value import note
from agentopt.graph.writing.source_edit import MARGIN, indented, split

_NOT_METHODS = ("__init__", "__new__", "__post_init__", "__init_subclass__")


class ClassWriter(CodeWriter):
    """Writes objects, beside everything else."""

    def __init__(self) -> None:
        super().__init__()
        self._learned: dict[int, dict[str, Parameter[str]]] = {}
        self._paths: dict[int, str] = {}

    def name_class(self, path: str, instance: object, found: Iterable[Parameter[Any]]) -> None:
        """Give the class of an object its name, and note its learned methods."""
        self.page.claim(type(instance).__name__, self._object(instance))
        self._paths[id(instance)] = path
        methods = self._learned.setdefault(id(instance), {})
        for parameter in found:
            if isinstance(parameter.domain, LearnedCode) and parameter.domain.instance is instance:
                methods[parameter.domain.code.name] = parameter

    def is_module(self, value: Any) -> bool:
        """Whether an object is a module, or has learned methods."""
        return not isinstance(value, type) and (hasattr(type(value), MARK) or id(value) in self._learned)

    def instance(self, value: Any) -> str:
        """Write the class of an object, once.

        Raises:
            InputError: What its learned methods use cannot be written.
        """
        known, final = self.page.name(("class", id(value))), self.page.claim(type(value).__name__, self._object(value))
        if known is None:
            self.page.claim(f"class {final}", ("class", id(value)))
            path = self._paths.get(id(value), "")
            self.page.add((f"# {path}\n" if path else "") + _Class(self, value, final).text(self._learned))
        return final


class _Class:
    """One class while it is written."""

    def __init__(self, writer: CodeWriter, instance: Any, final: str) -> None:
        self._writer = writer
        self._instance = instance
        self._final = final
        self._attributes: dict[str, str] = {}
        self._methods: dict[str, str] = {}

    def text(self, learned: dict[int, dict[str, Parameter[str]]]) -> str:
        """The class; what it uses is written before."""
        for name, value in getattr(self._instance, "__dict__", {}).items():
            if isinstance(value, Parameter) and name.isidentifier() and not keyword.iskeyword(name):
                self._attributes[name] = self._writer.expression(value, name)
        mine = learned.get(id(self._instance))
        for name, parameter in (mine or {}).items():
            self._learned(name, parameter)
        if mine is None:
            self._loosely()
        body = [f"    {name} = {written}\n" for name, written in self._attributes.items()]
        parts = [*(["".join(body)] if body else []), *self._methods.values()]
        return f"class {self._final}:\n" + ("\n".join(parts) or "    pass\n")

    def _loosely(self) -> None:
        """Take along what can be written, of an object of which nothing is known but that it is used."""
        for kind in reversed(type(self._instance).__mro__):
            for name, member in vars(kind).items():
                if is_own(kind) or kind is object or name in _NOT_METHODS or not _is_method(member):
                    continue
                kept = dict(self._attributes), dict(self._methods)
                self._attempted(name, kept)

    def _attempted(self, name: str, kept: tuple[dict[str, str], dict[str, str]]) -> None:
        with self._writer.page.attempt():
            try:
                self._gather(name, self._writer)
            except InputError:
                self._attributes, self._methods = kept
                raise

    def _learned(self, name: str, parameter: Parameter[str]) -> None:
        if self._methods.setdefault(name, "") or not isinstance(parameter.domain, LearnedCode):
            return
        function = unwrapped(parameter.domain.function)
        scope = Scope.of(function)
        source = self._writer.current(parameter, scope)
        self._method(name, function, source, f"{MARGIN}{note(parameter)}\n")
        self._writer.page.credit(f"{self._final}.{name}", parameter.version.author)

    def _method(self, name: str, function: types.FunctionType, source: str, head: str = "") -> None:
        """Write a method, and gather what it uses of its object."""
        self._methods[name] = ""  # Known from here on, for methods that call each other.
        defined, final = function.__code__.co_name, self._final
        node = next(one for one in ast.parse(source).body if isinstance(one, FunctionNode) and one.name == defined)
        me = _first(node)
        method, around = split(source, defined)
        with self._writer.inside(f"{final}.{name}"):
            # In a class already, where its name is no name of the module.
            whole = f"{around}\n\nclass {final}:\n{indented(method)}"
            text = self._writer.unit(whole, Scope.of(function), own={final: final}, instance=self._instance, me=me)
            self._follow(node, me, owner_of(self._instance, function))
        written, around = split(text, final)
        if around.strip():
            self._writer.page.add(around)
        self._methods[name] = head + written.partition("\n")[2]

    def _follow(self, node: FunctionNode, me: str, owner: type) -> None:
        """Gather what a method uses of its object, but for what it only sets."""
        if not me:
            return
        loaded, stored = set[str](), set[str]()
        for inner in ast.walk(node):
            if isinstance(inner, ast.Name) and inner.id in ("super", "__class__"):
                raise self._writer.refusal(f"uses {inner.id}, and the class in the file has no base class")
            if isinstance(inner, ast.Attribute) and isinstance(inner.value, ast.Name) and inner.value.id == me:
                (loaded if isinstance(inner.ctx, ast.Load) else stored).add(inner.attr)
        for name in sorted(loaded | stored):
            if name in self._methods or name in self._attributes or (name.startswith("__") and name.endswith("__")):
                continue
            real = f"_{owner.__name__.lstrip('_')}{name}" if name.startswith("__") else name
            if inspect.getattr_static(self._instance, real, MISSING) is MISSING and name in stored:
                continue
            with self._writer.inside(f"self.{name}"):
                self._gather(name, self._writer, real)

    def _gather(self, name: str, writer: CodeWriter, real: str = "") -> None:
        real = real or name
        own = getattr(self._instance, "__dict__", {})
        member = own.get(real, MISSING)
        if member is MISSING:
            member = inspect.getattr_static(type(self._instance), real, MISSING)
            if member is MISSING:
                raise writer.refusal(f"is no attribute of {type(self._instance).__name__} objects")
            if _is_method(member):
                self._member(name, member)
                return
        written = writer.expression(member, name)
        self._attributes[name] = f"staticmethod({written})" if _is_function(member) else written

    def _member(self, name: str, member: Any) -> None:
        learned = getattr(member, "learned", None)
        if isinstance(learned, Learned):
            self._learned(name, learned.parameter_of(self._instance))
            return
        function = _function(member)
        scope = Scope.of(function)
        self._method(name, function, self._writer.plain(function, scope))


def _first(node: FunctionNode) -> str:
    """How a method calls its object; "" if it does not get one."""
    arguments = [*node.args.posonlyargs, *node.args.args]
    bound = {ast.unparse(one) for one in node.decorator_list} & {"staticmethod", "classmethod"}
    return arguments[0].arg if arguments and not bound else ""


def _function(member: Any) -> Any:
    """The function of a member of a class."""
    if isinstance(member, property):
        member = member.fget
    elif isinstance(member, functools.cached_property):
        member = member.func
    elif isinstance(member, staticmethod | classmethod):
        member = member.__func__
    return unwrapped(member)


def _is_method(member: Any) -> bool:
    return not isinstance(member, Node | type) and isinstance(_function(member), types.FunctionType)


def _is_function(value: Any) -> bool:
    return not isinstance(value, Node | type) and isinstance(unwrapped(value), types.FunctionType)
