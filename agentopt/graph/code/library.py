"""What new code may import where it runs: the standard library and installed packages."""

from __future__ import annotations

import os
import sys
from functools import cache
from importlib.util import find_spec
from types import ModuleType

from agentopt.sandbox import paths


def is_library(name: str) -> bool:
    """Whether a module can be read inside of the sandbox; agentopt itself is not for new code."""
    root = name.partition(".")[0]
    return root not in ("agentopt", "__main__") and _readable(root)


def is_known(name: str) -> bool:
    """Whether a module exists at all, without importing it."""
    root = name.partition(".")[0]
    try:
        return root in sys.modules or find_spec(root) is not None
    except (ImportError, ValueError):
        return False


def library_path(value: object, name: str) -> tuple[str, str] | None:
    """The module and the attribute under which a value can be imported, or None.

    Args:
        value: A function, a class, or another object that is no data.
        name: Under which the user's code knows it.
    """
    attributes = [getattr(value, key, None) for key in ("__name__", "_name")]
    names = list(dict.fromkeys(one for one in (*attributes, name) if isinstance(one, str) and one.isidentifier()))
    home = getattr(value, "__module__", None)
    homes = [home] if isinstance(home, str) else []
    homes.append(type(value).__module__)
    for module_name in [*homes, *_modules()]:
        module = sys.modules.get(module_name)
        if not isinstance(module, ModuleType) or not is_library(module_name):
            continue
        for attribute in names:
            # Not getattr, which may import, or warn.
            if module.__dict__.get(attribute, _MISSING) is value:
                return module_name, attribute
    return None


_MISSING = object()


def _modules() -> list[str]:
    """All module names, public and short ones first, so that the choice does not depend on the order of imports."""
    return sorted(sys.modules, key=lambda name: ("._" in f".{name}", name.count("."), name))


@cache
def _readable(root: str) -> bool:
    if root in sys.builtin_module_names:
        return True
    module = sys.modules.get(root)
    try:
        spec = getattr(module, "__spec__", None) or find_spec(root)
    except (ImportError, ValueError):
        return False
    if spec is None:
        return False
    places = [*(spec.submodule_search_locations or ()), *([spec.origin] if spec.has_location and spec.origin else ())]
    if not places:
        return spec.origin in ("built-in", "frozen")
    return any(_is_below(os.path.realpath(place), above) for place in places for above in _roots())


def _roots() -> list[str]:
    return paths.without_nested(path for path in paths.readable() if os.path.isdir(path))


def _is_below(path: str, above: str) -> bool:
    return path == above or path.startswith(above.rstrip("/") + "/")
