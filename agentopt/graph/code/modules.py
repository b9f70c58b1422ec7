"""How a source uses modules: what it imports, and what it takes out of one by dots."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Imported:
    """One name of an import statement."""

    module: str
    level: int
    """The dots in front of it."""
    name: str | None
    """What is taken from the module; None is the module itself."""


def imported(tree: ast.Module) -> Iterator[Imported]:
    """Every import of a source, wherever it stands."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (Imported(alias.name, 0, None) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module != "__future__":
            yield from (Imported(node.module or "", node.level, alias.name) for alias in node.names)


def chains(tree: ast.Module, name: str) -> list[tuple[str, ...]]:
    """The ways that begin at a name: `a.b.c` gives ("b", "c"), the longest of each, in the order of the source."""
    inner = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    found: dict[tuple[str, ...], None] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and id(node) not in inner:
            way: list[str] = []
            root: ast.expr = node
            while isinstance(root, ast.Attribute):
                way.insert(0, root.attr)
                root = root.value
            if isinstance(root, ast.Name) and root.id == name:
                found[tuple(way)] = None
    return list(found)


def bare_uses(tree: ast.Module, name: str) -> bool:
    """Whether a name is used otherwise than with a dot behind it."""
    dotted = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    return any(isinstance(node, ast.Name) and node.id == name and id(node) not in dotted for node in ast.walk(tree))


def uses_of(tree: ast.Module, name: str, attribute: str) -> ast.Module:
    """The uses of a part of a module, as if the part were a name of its own."""
    ways = [".".join(chain) for chain in chains(tree, name) if chain[0] == attribute]
    return ast.parse("\n".join(ways) if all("." in way for way in ways) else attribute)
