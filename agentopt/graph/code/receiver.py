"""The object that a learned method belongs to, as far as the method sees it: data at each call, methods as source."""

from __future__ import annotations

import functools
import inspect
import types
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from agentopt import tagged
from agentopt.errors import CodecError, DomainError
from agentopt.graph.code.credential import REMEDY
from agentopt.graph.code.definition import FunctionNode
from agentopt.graph.code.prelude import Prelude, Unwrap
from agentopt.graph.code.scope import MISSING, is_own, unwrapped
from agentopt.graph.code.selfuse import SelfUse, self_use

CALL_METHOD = "__call_method__"
"""The function of the prelude that calls a learned method: (state, args, kwargs).

What it was given of the state before, it keeps.
"""
NOT_HELD = "a part of the state is neither given nor kept"

# What the call changed in the state is lost with it, so a change is an error and not a surprise.
_CALL = """\
kind = type({kind!r}, (), {{{members}}})
held, before = {{}}, {{}}
def call_method(state, args, kwargs):
    import inspect, pickle
    from types import SimpleNamespace
    held.update(state)
    before.update({{name: pickle.dumps(value) for name, value in state.items()}})
    if len(held) < {n_state}:
        raise LookupError({not_held!r})
    me = object.__new__(kind)
    for name, value in held.items():
        me.__dict__[name] = SimpleNamespace(data=value) if name in {boxed!r} else value
    def checked(result):
        for name, value in held.items():
            if pickle.dumps(value) != before[name]:
                raise RuntimeError(
                    "a learned method cannot change the object it belongs to, but it changed self." + name
                )
        return result
    async def awaited(result):
        return checked(await result)
    result = program[{name!r}](me, *args, **kwargs)
    return awaited(result) if inspect.iscoroutine(result) else checked(result)
program[{call!r}] = call_method
"""


@dataclass
class Receiver:
    """Finds what of an object a method needs.

    Args:
        prelude: Where methods and what they need are written.
        instance: The object.
        unwrap: Gives the plain value of a node.
    """

    prelude: Prelude
    instance: object
    unwrap: Unwrap
    state: dict[str, str] = field(default_factory=dict)
    """The data attributes: how code calls them, and how the object does."""
    members: dict[str, str] = field(default_factory=dict)
    """Methods and other code: how code calls them, and their expressions in the prelude."""
    boxed: set[str] = field(default_factory=set)
    """The attributes that are nodes and are read by .data."""
    names: dict[str, str] = field(default_factory=dict)
    """All of these: how code calls them, and how the object does."""
    _plain: set[str] = field(default_factory=set)

    def follow(self, node: FunctionNode, owner: type, who: str) -> None:
        """Gather what a method reads of the object, and what the methods that it calls read.

        Raises:
            DomainError: It needs what cannot be had where it runs.
        """
        use = self_use(node, who)
        for name in sorted(use.attributes):
            real = _mangled(name, owner)
            if self.names.setdefault(name, real) != real:
                raise DomainError(f"{who} reads self.{name}, of which there are two: {self.names[name]} and {real}")
            if name not in self.members:
                self._gather(name, real, use, who)

    def write(self, name: str) -> None:
        """Write the class of stand-ins and the function that calls the method `name` on one."""
        members = "".join(f"{key!r}: {value}, " for key, value in self.members.items())
        kind = type(self.instance).__name__
        text = _CALL.format(
            kind=kind,
            members=members,
            boxed=sorted(self.boxed),
            n_state=len(self.state),
            not_held=NOT_HELD,
            name=name,
            call=CALL_METHOD,
        )
        for line in text.splitlines():
            self.prelude.draft.line(line)

    def _gather(self, name: str, real: str, use: SelfUse, who: str) -> None:
        member = inspect.getattr_static(type(self.instance), real, MISSING)
        own = real in getattr(self.instance, "__dict__", {})
        if isinstance(member, property):
            self._method(name, member.fget, "property", who)
        elif isinstance(member, functools.cached_property) and not own:
            self._method(name, member.func, "import_module('functools').cached_property", who)
        elif isinstance(member, staticmethod):
            self.members[name] = f"staticmethod({self._expressed(member.__func__, name, who)})"
        elif isinstance(member, classmethod):
            self._method(name, member.__func__, "", who)
        elif isinstance(unwrapped(member), types.FunctionType) and not own:
            self._method(name, getattr(self.instance, real) if is_own(member) else member, "", who)
        else:
            self._attribute(name, real, use, who)

    def _method(self, name: str, function: Any, wrapper: str, who: str) -> None:
        self.members[name] = ""  # Known from here on, for methods that call each other.
        plain = unwrapped(function)
        if not isinstance(plain, types.FunctionType):
            raise DomainError(f"{who} uses self.{name}, which has no source; do without it")
        self.members[name] = self._expressed(function, name, who)
        if wrapper:
            self.members[name] = f"{wrapper}({self.members[name]})"
        body = self.prelude.tree_of(function).body
        defined = next(one for one in body if isinstance(one, FunctionNode) and one.name == plain.__code__.co_name)
        self.follow(defined, owner_of(self.instance, plain), f"self.{name}, which the new code uses,")

    def _attribute(self, name: str, real: str, use: SelfUse, who: str) -> None:
        value = getattr(self.instance, real, MISSING)
        if value is MISSING:
            raise DomainError(f"{who} uses self.{name}, which {type(self.instance).__name__} objects do not have")
        plain = self.unwrap(value)
        if plain is not value:
            self._box(name, use, who)
        try:
            tagged.encode(plain)
        except CodecError:
            if not callable(plain):
                kind = type(plain).__name__
                raise DomainError(
                    f"{who} uses self.{name}, a {kind} that cannot be sent along; do without it"
                ) from None
            self.members[name] = f"staticmethod({self._expressed(plain, name, who)})"
            return
        if objection := self.prelude.guard.objection(plain, name):
            raise DomainError(f"{who} uses self.{name}, which {objection}; {REMEDY}")
        self.state[name] = real

    def _box(self, name: str, use: SelfUse, who: str) -> None:
        """Settle whether a node is seen as its value or as an object with .data."""
        if name in use.through_data:
            self.boxed.add(name)
        if name in use.otherwise:
            self._plain.add(name)
        if name in self.boxed & self._plain:
            raise DomainError(f"{who} reads self.{name} both with and without .data; use one way only")

    def _expressed(self, value: Any, name: str, who: str) -> str:
        with self.prelude.inside(f"self.{name}"):
            return self.prelude.express(value, name)


def owner_of(instance: object, function: Callable[..., Any]) -> type:
    """The class in whose body a method stands, by which its private names are spelt."""
    for kind in type(instance).__mro__:
        for member in vars(kind).values():
            inner = member.fget if isinstance(member, property) else getattr(member, "func", member)
            if unwrapped(inner) is function:
                return kind
    return type(instance)


def _mangled(name: str, owner: type) -> str:
    private = name.startswith("__") and not name.endswith("__")
    return f"_{owner.__name__.lstrip('_')}{name}" if private else name
