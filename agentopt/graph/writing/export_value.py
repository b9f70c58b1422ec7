"""How values that learned code uses are written in an exported module, imports and constants included."""

from __future__ import annotations

import ast
import dataclasses
import logging
import math
import re
import types
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum
from typing import Any

from agentopt.errors import InputError
from agentopt.graph.code.library import library_path
from agentopt.graph.code.scope import is_own
from agentopt.graph.nodes import Node
from agentopt.graph.parameter_node import Parameter
from agentopt.graph.writing.literal import comment, text_literal
from agentopt.graph.writing.origin import import_of, is_importable
from agentopt.graph.writing.page import Page

_PLAIN = (type(None), bool, int, float, complex, str, bytes)


class ValueWriter:
    """Writes values; functions and objects are for those who inherit from it."""

    def __init__(self) -> None:
        self.page = Page()
        self._path: list[str] = []
        self._begun: set[int] = set()
        # A key is an object's number, which is its own only as long as it lives.
        self._alive: list[object] = []

    def name_value(self, name: str, parameter: Parameter[Any]) -> None:
        """Give a parameter's constant its name."""
        self.page.claim(name, self._node(parameter))

    def value(self, parameter: Parameter[Any], path: str) -> None:
        """Write a parameter's constant.

        Raises:
            InputError: Its value cannot be written.
        """
        name = self.page.name(self._node(parameter))
        with self.inside(f"the parameter {path}"):
            written = self.expression(parameter._value, path, text=True)
        self.page.add(f"{note(parameter)}\n{name} = {written}")

    def reference(self, value: Any, name: str) -> str:
        """The name under which the module has a value, written now if it is not there.

        Args:
            value: Anything that code uses.
            name: How the code calls it.

        Raises:
            InputError: It cannot be written.
        """
        if isinstance(value, Node):
            return self.page.name(self._node(value)) or self.reference(value._value, name)
        known = self.page.name(self._object(value))
        if known is not None:
            return known
        path = None if isinstance(value, _PLAIN) or is_own(value) else library_path(value, name)
        if path is not None:
            return self.imported(*path, value, name)
        if isinstance(value, types.FunctionType | type) or is_own(value) or hasattr(value, "__wrapped__"):
            return self.code(value, name)
        written = self.expression(value, name, text=True)
        # Equal numbers and texts are one constant; lists that can be changed are one only if they are one.
        return self._constant(
            name, ("data", name, written) if isinstance(value, _PLAIN) else self._object(value), written
        )

    def code(self, value: Any, name: str) -> str:
        """A reference to a function, a class or a part of agentopt."""
        raise NotImplementedError

    def instance(self, value: Any) -> str:
        """The name of the class of a module."""
        raise NotImplementedError

    def is_module(self, value: Any) -> bool:
        """Whether a value is an object that gets a class of its own."""
        raise NotImplementedError

    def module(self, value: types.ModuleType, name: str, tree: ast.Module) -> str:
        """Import a module under a name."""
        if not is_importable(value):
            raise self.refusal("is a module that the file cannot import, since it is of agentopt or needs it")
        final = self.page.claim(name, ("module", value.__name__, name))
        lines = import_of(value, name, tree) if final == name else [f"import {value.__name__} as {final}"]
        for line in lines:
            self.page.add_import(line)
        return final

    def imported(self, module: str, attribute: str, value: Any, name: str) -> str:
        """Import a part of a module under a name."""
        final = self.page.claim(name, self._object(value))
        self.page.add_import(f"from {module} import {attribute}{'' if final == attribute else f' as {final}'}")
        return final

    def builtin(self, name: str) -> str:
        """One of Python's own names, which something else in the module may have."""
        final = self.page.claim(name, ("builtin", name))
        if final != name:
            self.page.add_import(f"from builtins import {name} as {final}")
        return final

    def expression(self, value: Any, name: str, *, text: bool = False) -> str:
        """An expression for a value.

        Args:
            value: What it gives.
            name: Of the value, for what has to be written before.
            text: Whether it may stretch over several lines.

        Raises:
            InputError: There is none.
        """
        if isinstance(value, Node):
            return self.page.name(self._node(value)) or self.expression(value._value, name, text=text)
        if type(value) in _PLAIN:
            return text_literal(value) if text and type(value) is str else _plain(value)
        if id(value) in self._begun:
            raise self.refusal("is a part of itself")
        self._begun.add(id(value))
        try:
            return self._composite(value, name)
        finally:
            self._begun.discard(id(value))

    def refusal(self, reason: str) -> InputError:
        """The error that something cannot be written; the reason continues a sentence about it."""
        first, *rest = self._path or ["the code"]
        uses = (
            f"{first} cannot be written as Python: it"
            if not rest
            else f"{first} uses {', which uses '.join(rest)}, which"
        )
        return InputError(f"{uses} {reason}")

    @contextmanager
    def inside(self, name: str) -> Iterator[None]:
        """Say in errors that this is where the trouble is."""
        self._path.append(name)
        try:
            yield
        finally:
            self._path.pop()

    def _object(self, value: object) -> object:
        """The key of an object, its own from now on."""
        self._alive.append(value)
        return "object", id(value)

    def _node(self, node: Node[Any]) -> object:
        """The key of a node, which is another than that of its value."""
        self._alive.append(node)
        return "node", id(node)

    def _constant(self, name: str, key: object, written: str) -> str:
        known = self.page.name(key)
        if known is not None:
            return known
        final = self.page.claim(name, key)
        self.page.add(f"{final} = {written}")
        return final

    def _composite(self, value: Any, name: str) -> str:
        kind = type(value)
        if self.is_module(value):
            return f"{self.instance(value)}()"
        if kind in (list, set):
            parts = ", ".join(self.expression(part, name) for part in value)
            return f"[{parts}]" if kind is list else f"{{{parts}}}" if parts else "set()"
        if kind is tuple:
            parts = ", ".join(self.expression(part, name) for part in value)
            return f"({parts},)" if len(value) == 1 else f"({parts})"
        if kind is frozenset:
            return f"frozenset({self.expression(set(value), name)})" if value else "frozenset()"
        if kind is dict:
            pairs = [f"{self.expression(key, name)}: {self.expression(part, name)}" for key, part in value.items()]
            return f"{{{', '.join(pairs)}}}"
        if isinstance(value, Enum):
            return f"{self.reference(kind, kind.__name__)}[{value.name!r}]"
        if isinstance(value, re.Pattern):
            flags = "" if re.compile(value.pattern).flags == value.flags else f", {value.flags}"
            return f"{self._library(re)}.compile({value.pattern!r}{flags})"
        if isinstance(value, logging.Logger):
            return f"{self._library(logging)}.getLogger({value.name!r})"
        if isinstance(value, types.ModuleType):
            return self.module(value, name, ast.Module([], []))
        if isinstance(value, type | types.FunctionType | types.BuiltinFunctionType) or is_own(value):
            return self.reference(value, getattr(value, "__name__", name))
        return self._array(value, name) if kind.__module__ == "numpy" else self._record(value, name)

    def _record(self, value: Any, name: str) -> str:
        """An object that its class makes anew out of its fields, or something that has a name."""
        kind = type(value)
        if isinstance(value, tuple) and hasattr(kind, "_fields"):
            fields = dict(zip(kind._fields, value, strict=True))
        elif dataclasses.is_dataclass(value):
            fields = {one.name: getattr(value, one.name) for one in dataclasses.fields(value) if one.init}
        elif hasattr(kind, "__pydantic_fields__"):
            fields = {one: getattr(value, one) for one in kind.__pydantic_fields__}
        else:
            raise self.refusal(f"is a {kind.__name__}, for which there is no literal")
        given = ", ".join(f"{key}={self.expression(part, name)}" for key, part in fields.items())
        return f"{self.reference(kind, kind.__name__)}({given})"

    def _array(self, value: Any, name: str) -> str:
        import numpy as np

        if isinstance(value, np.generic | np.ndarray) and value.dtype.kind in "biufcU":
            items = self.expression(np.asarray(value).ravel().tolist(), name)
            made = f"{self._library(np)}.array({items}, dtype={value.dtype.str!r})"
            return f"{made}[0]" if isinstance(value, np.generic) else f"{made}.reshape({value.shape!r})"
        raise self.refusal(f"is a {type(value).__name__} of a kind for which there is no literal")

    def _library(self, module: types.ModuleType) -> str:
        return self.module(module, module.__name__, ast.Module([], []))


def note(parameter: Parameter[Any]) -> str:
    """What is known of a parameter's current version, as a comment."""
    version = parameter.version
    parts = [parameter.description.rstrip(". ") + "." if parameter.description.strip() else ""]
    author = "" if version.author == "human" else f" by {version.author}"
    score = "" if version.score is None else f", score {version.score:g}"
    return comment(" ".join([*parts, f"Version {version.number}{author}{score}."]))


def _plain(value: Any) -> str:
    if type(value) is float and not math.isfinite(value):
        return f"float({str(value)!r})"
    if type(value) is complex:
        return f"complex({_plain(value.real)}, {_plain(value.imag)})"
    if type(value) is int and value.bit_length() > 2048:
        # Python refuses to write or read thousands of decimal digits.
        return hex(value)
    return repr(value)
