"""How a method uses the object that it belongs to: the attributes it reads, and nothing else is allowed."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from agentopt.errors import DomainError
from agentopt.graph.code.definition import FunctionNode


@dataclass(frozen=True)
class SelfUse:
    """The attributes of self that a method reads."""

    attributes: frozenset[str]
    through_data: frozenset[str]
    """Those that it reads as `self.name.data`."""
    otherwise: frozenset[str]
    """Those that it reads in another way."""


def self_use(node: FunctionNode, who: str) -> SelfUse:
    """Find what a method reads of its first parameter.

    Args:
        node: The method.
        who: What errors call it, such as "the new code".

    Raises:
        DomainError: It changes the object, hands it on as a whole, or reads what only the real object has.
    """
    me = _first(node)
    inside = list(_nodes(node, me))
    for inner in inside:
        _refuse_changes(inner, me, who)
    return _reads(inside, me, who)


def _reads(inside: list[ast.AST], me: str, who: str) -> SelfUse:
    below = {id(inner.value): inner for inner in inside if isinstance(inner, ast.Attribute)}
    calls = (inner for inner in inside if isinstance(inner, ast.Call))
    asked = {id(call.args[0]): call for call in calls if _asks(call, me)}
    through_data, otherwise = set[str](), set[str]()
    for inner in inside:
        if not (isinstance(inner, ast.Name) and inner.id == me):
            continue
        if id(inner) in below:
            attribute = below[id(inner)]
            _refuse_inner_names(attribute.attr, me, who)
            above = below.get(id(attribute))
            (through_data if above is not None and above.attr == "data" else otherwise).add(attribute.attr)
        elif id(inner) in asked:
            otherwise.add(_asked(asked[id(inner)], me, who))
        else:
            raise DomainError(f"{who} hands {me} on as a whole; pass the attributes that are needed, such as {me}.name")
    return SelfUse(frozenset(through_data | otherwise), frozenset(through_data), frozenset(otherwise))


def _first(node: FunctionNode) -> str:
    arguments = [*node.args.posonlyargs, *node.args.args]
    return arguments[0].arg if arguments else ""


def _nodes(node: FunctionNode, me: str) -> Iterator[ast.AST]:
    """The nodes of a method's body, without functions inside of it that have a parameter of the same name."""
    waiting: list[ast.AST] = list(node.body)
    while waiting:
        inner = waiting.pop()
        if isinstance(inner, FunctionNode | ast.Lambda) and me in {one.arg for one in _all(inner.args)}:
            continue
        yield inner
        waiting += ast.iter_child_nodes(inner)


def _all(args: ast.arguments) -> list[ast.arg]:
    stars = [one for one in (args.vararg, args.kwarg) if one is not None]
    return [*args.posonlyargs, *args.args, *args.kwonlyargs, *stars]


def _refuse_changes(inner: ast.AST, me: str, who: str) -> None:
    if isinstance(getattr(inner, "ctx", None), ast.Load | type(None)):
        return
    root, way = inner, ""
    while isinstance(root, ast.Attribute | ast.Subscript | ast.Starred):
        way = f".{root.attr}" if isinstance(root, ast.Attribute) else way
        root = root.value
    if isinstance(root, ast.Name) and root.id == me:
        raise DomainError(
            f"{who} assigns to {me}{way}, but a learned method cannot change the object it belongs to; return the value"
        )


def _refuse_inner_names(attribute: str, me: str, who: str) -> None:
    if attribute.startswith("__") and attribute.endswith("__"):
        raise DomainError(f"{who} reads {me}.{attribute}, which learned code cannot")


def _asks(call: ast.Call, me: str) -> bool:
    """Whether this is getattr(self, ...) or hasattr(self, ...)."""
    if not isinstance(call.func, ast.Name) or len(call.args) < 2:
        return False
    first = call.args[0]
    return call.func.id in ("getattr", "hasattr") and isinstance(first, ast.Name) and first.id == me


def _asked(call: ast.Call, me: str, who: str) -> str:
    name = call.args[1]
    if not (isinstance(name, ast.Constant) and isinstance(name.value, str)):
        raise DomainError(f"{who} computes the name of an attribute of {me}; write {me}.name")
    _refuse_inner_names(name.value, me, who)
    return name.value
