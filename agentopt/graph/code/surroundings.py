"""What new source needs from the place where the original function stands."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import FunctionType
from typing import Any

from agentopt.errors import DomainError, TraceError
from agentopt.graph.code.credential import REMEDY, Guard
from agentopt.graph.code.definition import FunctionNode, parse
from agentopt.graph.code.freenames import free_names
from agentopt.graph.code.prelude import Prelude, Space, Unwrap
from agentopt.graph.code.receiver import CALL_METHOD, Receiver, owner_of
from agentopt.graph.code.scope import MISSING, Scope, unwrapped

__all__ = ["CALL_METHOD", "Surroundings", "surroundings"]


@dataclass(frozen=True)
class Frozen:
    """A learned function that new code calls, and its source at the time when the prelude was written."""

    learned: Any
    """Its `Learned`, if it is a method of the object that the new code is a method of; not the object, which
    would be kept alive."""
    parameter: Any
    """Its parameter otherwise."""
    source: str

    def parameter_of(self, instance: object) -> Any:
        """The parameter that holds its code, in an object of the same class."""
        return self.parameter if self.learned is None else self.learned.parameter_of(instance)


@dataclass(frozen=True)
class Surroundings:
    """What runs before new source, and what a method gets at each call.

    Constants are as they were when it was made; learned functions are followed by way of `fits`.
    """

    prelude: str
    """Python source to run first, in the same names; for a method it defines CALL_METHOD(state, args, kwargs)."""
    attributes: Mapping[str, str]
    """The data that a method reads of its object: how its source calls each, and how the object does."""
    frozen: tuple[Frozen, ...] = ()
    """The learned functions in the prelude."""
    code: Mapping[str, object] = field(default_factory=dict)
    """What a method calls of its object: the value in the object itself, or MISSING where the class has it."""
    guard: Guard = field(default_factory=Guard.of_environment)

    def state(self, instance: object, unwrap: Unwrap) -> dict[str, object]:
        """What the attributes hold now, as the first argument of CALL_METHOD.

        Raises:
            DomainError: One holds a secret by now.
        """
        state = {name: unwrap(getattr(instance, real)) for name, real in self.attributes.items()}
        for name, value in state.items():
            if objection := self.guard.objection(value, name):
                raise DomainError(f"the new code uses self.{name}, which {objection}; {REMEDY}")
        return state

    def fits(self, instance: object, unwrap: Unwrap) -> bool:
        """Whether the prelude would be the same if it were written now, for this object of the class."""
        if any(unwrap(one.parameter_of(instance)) != one.source for one in self.frozen):
            return False
        own = getattr(instance, "__dict__", {})
        if any(own.get(name, MISSING) is not value for name, value in self.code.items()):
            return False
        # An attribute that holds data in one object may hold a function in the next.
        values = (own.get(name) for name in self.attributes.values())
        return not any(callable(value) and callable(unwrap(value)) for value in values)


def surroundings(
    source: str,
    function: Callable[..., Any],
    *,
    instance: object = None,
    unwrap: Unwrap = lambda value: value,
    also: str = "",
) -> Surroundings:
    """Gather what new source takes from around the original: constants, modules, functions and classes.

    They are copies: what the new code changes in them, the original's module does not see. What looks like a secret,
    by its name or since the environment has it as one, is refused, whoever uses it.

    Args:
        source: The new code, which defines a function of the original's name.
        function: The original.
        instance: The object that it is a method of, if it is one.
        unwrap: Gives the plain value of a node.
        also: More source that will run beside it, such as examples; what cannot be had for this is left out.

    Raises:
        DomainError: The new code needs what cannot be had where it runs; names it and says what to do.
    """
    original = unwrapped(function)
    if not isinstance(original, FunctionType):
        raise TraceError(f"expected a Python function, got {function!r}")
    tree = parse(source)
    guard = Guard.of_environment()
    prelude, space = Prelude(original, unwrap, guard), Space("program", Scope.of(original))
    _refuse_assignments(tree)
    prelude.supply(space, tree)
    if also:
        prelude.supply_loosely(space, parse(also))
    if instance is None:
        return Surroundings(prelude.draft.text(), {}, _frozen(prelude, None), guard=guard)
    receiver = Receiver(prelude, instance, unwrap)
    receiver.follow(_defined(tree, original.__name__), owner_of(instance, original), "the new code")
    receiver.write(original.__name__)
    own = getattr(instance, "__dict__", {})
    code = {real: own.get(real, MISSING) for real in (receiver.names[name] for name in receiver.members)}
    return Surroundings(prelude.draft.text(), receiver.state, _frozen(prelude, instance), code, guard)


def _frozen(prelude: Prelude, instance: object) -> tuple[Frozen, ...]:
    found: dict[int, Frozen] = {}
    for function, source in prelude.learned:
        parameter = function.parameter
        inside = instance is not None and getattr(function, "__self__", None) is instance
        found[id(parameter)] = Frozen(function.learned, None, source) if inside else Frozen(None, parameter, source)
    return tuple(found.values())


def _refuse_assignments(tree: ast.Module) -> None:
    for name in sorted(free_names(tree).assigned):
        raise DomainError(
            f"the new code assigns to the global {name}, which is outside of it and would not change; return the value"
        )


def _defined(tree: ast.Module, name: str) -> FunctionNode:
    for node in tree.body:
        if isinstance(node, FunctionNode) and node.name == name:
            return node
    raise DomainError(f"expected the new code to define {name} at top level")
