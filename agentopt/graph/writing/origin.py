"""Where what a function uses can be had from by a file that knows nothing of agentopt."""

from __future__ import annotations

import ast
import sys
import types
from typing import Any

from agentopt.graph.code.library import is_library
from agentopt.graph.code.modules import chains
from agentopt.graph.code.scope import is_own


def import_of(module: types.ModuleType, name: str, tree: ast.Module) -> list[str]:
    """The imports that bring a module in under a name, with the parts of it that a source uses."""
    root = module.__name__.partition(".")[0]
    if name == module.__name__:
        deepest = {_deepest(module, chain) for chain in chains(tree, name)} or {name}
        return [f"import {part}" for part in deepest if part != name or len(deepest) == 1]
    if name == root:
        return [f"import {module.__name__}"]
    above, _, own = module.__name__.rpartition(".")
    if above and own == name:
        return [f"from {above} import {own}"]
    return [f"import {module.__name__} as {name}"]


def is_importable(module: object) -> bool:
    """Whether a module has a name by which it can be imported, and needs nothing of agentopt itself."""
    if not isinstance(module, types.ModuleType) or module.__name__ == "__main__":
        return False
    if is_library(module.__name__):
        return True
    spec = getattr(module, "__spec__", None)
    return spec is not None and sys.modules.get(module.__name__) is module and not _needs_agentopt(module)


def home_of(value: Any) -> tuple[str, str] | None:
    """The user's module from which a function or class can be imported, and its name there."""
    name, module = getattr(value, "__qualname__", ""), sys.modules.get(getattr(value, "__module__", None) or "")
    if module is None or not name.isidentifier() or module.__dict__.get(name) is not value:
        return None
    return (module.__name__, name) if is_importable(module) else None


def _deepest(module: types.ModuleType, chain: tuple[str, ...]) -> str:
    """The last module on a way such as `xml.etree.ElementTree.parse`."""
    for attribute in chain:
        inner = module.__dict__.get(attribute)
        if not isinstance(inner, types.ModuleType) or inner.__name__ != f"{module.__name__}.{attribute}":
            break
        module = inner
    return module.__name__


def _needs_agentopt(module: types.ModuleType) -> bool:
    """Whether importing a user's module brings agentopt in, by itself or by another of the user's."""
    waiting, seen = [module], {module.__name__}
    while waiting:
        for value in list(vars(waiting.pop()).values()):
            if is_own(value):
                return True
            name = value.__name__ if isinstance(value, types.ModuleType) else getattr(value, "__module__", None)
            found = sys.modules.get(name) if isinstance(name, str) else None
            if isinstance(found, types.ModuleType) and found.__name__ not in seen and not is_library(found.__name__):
                seen.add(found.__name__)
                waiting.append(found)
    return False
