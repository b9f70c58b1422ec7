"""What an object holds, found without asking it: to ask for an attribute may run any code, and wake what is lazy."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from types import FunctionType, GetSetDescriptorType, MemberDescriptorType
from typing import Any

from agentopt.graph.snapshot import FIXED

_DULL = FIXED | {property, classmethod, staticmethod, GetSetDescriptorType}
_NOTHING: Mapping[str, Any] = {}


def dict_of(value: object) -> Mapping[str, Any]:
    """The attributes in an object's `__dict__`; none if the object answers for that itself, as a proxy does."""
    for base in type(value).__mro__:
        place = base.__dict__.get("__dict__")
        if place is not None:
            return place.__get__(value) if type(place) is GetSetDescriptorType else _NOTHING
    return _NOTHING


def class_attributes(kind: type) -> dict[str, Any]:
    """What stands in a class and the classes above it, as far as it may hold anything: no plain methods, no numbers."""
    found: dict[str, Any] = {}
    for base in reversed(kind.__mro__[:-1]):
        for name, member in list(base.__dict__.items()):
            # Decorators leave what they know of a function in the function.
            if type(member) in _DULL and not (type(member) is FunctionType and member.__dict__):
                found.pop(name, None)
            elif not is_special(name):
                found[name] = member
    return found


def slots_of(value: object, shared: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """The attributes in an object's `__slots__`, given those of its class."""
    for name, member in shared.items():
        if type(member) is MemberDescriptorType:
            with suppress(AttributeError):  # not set yet
                yield name, member.__get__(value)


def is_special(name: str) -> bool:
    """Whether a name begins and ends with two underscores."""
    return name.startswith("__") and name.endswith("__")
