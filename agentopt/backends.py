"""The registry of strings through which the core reaches a backend.

A backend is named in one of three ways:

    modeling            one of ours, listed in `BUILTIN`
    routing             a third party's: an entry point of that name in the group `agentopt.backends`
    my_package:Backend  any class on the path, registered nowhere

Ours win: an installed package cannot replace a built-in by taking its name. Nothing is imported, and no installed
package is looked at, before a name asks for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, cast

from agentopt.errors import ConfigError

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

GROUP = "agentopt.backends"
BUILTIN = {"modeling": "agentopt.solvers.modeling:ModelingBackend"}


class Backend(Protocol):
    """A way of solving one family of problems."""

    summary: ClassVar[str]
    """What it solves, in one sentence."""
    needs: ClassVar[tuple[str, ...]]
    """The packages it imports when it solves, as names for `import`."""

    def solve(self, problem: object, **options: Any) -> Any:
        """Solve one problem; what a problem, an option and a solution are is the backend's own affair."""


def names() -> tuple[str, ...]:
    """List every registered backend, the built-in ones first."""
    return (*BUILTIN, *sorted({entry.name for entry in _entry_points()} - set(BUILTIN)))


def load(name: str) -> type[Backend]:
    """Import the backend of a registered name, or the class at "module:Class".

    Raises:
        ConfigError: No backend has the name, two installed packages claim it, it cannot be
            imported, or what was imported is no backend; the sentence names the package.
    """
    if ":" in name:
        return _load(name, f"the backend {name!r}")
    if name in BUILTIN:
        return _load(BUILTIN[name], f"the backend {name!r}")
    # The same distribution may be found twice, as a wheel and as its own checkout on the path.
    claims = {(entry.value, _origin(entry)): entry for entry in _entry_points() if entry.name == name}
    if not claims:
        raise ConfigError(_unknown(name))
    if len(claims) > 1:
        claimants = " and ".join(sorted(f"{origin} ({value})" for value, origin in claims))
        raise ConfigError(f"expected one backend named {name!r}, found {claimants}; name one as module:Class instead")
    ((value, origin),) = claims
    return _load(value, f"the backend {name!r} of the package {origin}")


def _entry_points() -> Sequence[EntryPoint]:
    # Imported here because it costs 20 ms, and a built-in needs none of it.
    from importlib.metadata import entry_points

    return tuple(entry_points(group=GROUP))


def _origin(entry: EntryPoint) -> str:
    return f"{entry.dist.name} {entry.dist.version}" if entry.dist is not None else "(unknown)"


def _unknown(name: str) -> str:
    from difflib import get_close_matches

    known = names()
    near = get_close_matches(name, known, n=1)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    return f"no backend is named {name!r}{hint} (there is {', '.join(known)}, or name your own as module:Class)"


def _load(target: str, who: str) -> type[Backend]:
    """Import "module:Class" on behalf of `who`, which begins every sentence about a failure."""
    module, _, path = target.partition(":")
    if not module or not path or module.startswith("."):
        raise ConfigError(f"{who} is registered as {target!r}; expected module:Class, both named in full")
    try:
        found: object = import_module(module)
        for part in path.split("."):
            found = getattr(found, part)
    except Exception as error:  # A plug-in's import may raise anything; the user needs to know whose fault it is.
        raise ConfigError(f"{who} cannot be loaded from {target}: {type(error).__name__}: {error}") from error
    if lacks := _lacks(found):
        raise ConfigError(f"{who} is no backend: {target} {lacks}")
    return cast("type[Backend]", found)


def _lacks(found: object) -> str:
    """Say what keeps an object from being a backend class, or ""."""
    if not isinstance(found, type):
        return f"is expected to be a class, got {type(found).__name__}"
    if not isinstance(getattr(found, "summary", None), str):
        return "is expected to have a summary, one sentence of text"
    needs = getattr(found, "needs", None)
    if not isinstance(needs, tuple) or not all(isinstance(package, str) for package in needs):
        return "is expected to have needs, a tuple of package names"
    return "" if callable(getattr(found, "solve", None)) else "is expected to have a method solve(problem, **options)"
