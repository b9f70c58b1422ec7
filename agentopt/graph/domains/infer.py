"""The domain of a parameter whose maker named none, from its first value."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable
from functools import reduce
from operator import or_
from types import GenericAlias, NoneType
from typing import Any

from agentopt.errors import InputError
from agentopt.graph.domains.choice import Choice
from agentopt.graph.domains.data import Data
from agentopt.graph.domains.domain import Domain, brief
from agentopt.graph.domains.number import Integer, Real
from agentopt.graph.domains.text import Text, is_template, placeholders_in

_JSON = (bool, int, float, str, NoneType)
_SCALARS = (*_JSON, bytes)


def infer(value: object) -> Domain[Any]:
    """The widest domain that keeps the value's type, and a text's placeholders.

    A text without placeholders may get some; one with placeholders that str.format can fill in has to stay so. A
    tuple keeps its length and the type at each place; lists, sets and dicts may hold any of the types that they hold
    now. What is empty, or None, may become any JSON value there, but for what has to be hashable.

    Raises:
        InputError: A parameter cannot hold such a value without a domain.
    """
    if type(value) is str:
        names = placeholders_in(value)
        return Text(names, template=is_template(value)) if names else Text()
    if type(value) is bool:
        return Choice((False, True))
    if type(value) is int:
        return Integer()
    if type(value) is float:
        if not math.isfinite(value):
            raise InputError(f"expected a finite number as the value of a parameter, got {value!r}")
        return Real()
    _refuse_numpy(value)
    if callable(value):
        raise InputError(f"expected data as the value of a parameter, got {brief(value)}; use @trace(trainable=True)")
    return Data(_type_of(value))


def _refuse_numpy(value: object) -> None:
    # By the module's name, since numpy need not be imported to say no to it.
    if type(value).__module__.partition(".")[0] == "numpy":
        way = "tolist" if getattr(value, "shape", ()) else "item"
        kind = type(value).__name__
        raise InputError(f"expected a Python value for a parameter, got a numpy {kind}; pass value.{way}()")


def _type_of(value: object) -> Any:
    """The annotation of a value, taken from its parts."""
    if value is None:
        return _any()
    if isinstance(value, tuple) and type(value) is tuple:
        return GenericAlias(tuple, tuple(map(_type_of, value)))
    if isinstance(value, list) and type(value) is list:
        return GenericAlias(list, (_union(value),))
    if type(value) in (set, frozenset) and isinstance(value, Collection):
        return GenericAlias(type(value), (_union(value, none=NoneType),))
    if isinstance(value, dict) and type(value) is dict:
        keys = _union(value, none=NoneType) if value else str
        return GenericAlias(dict, (keys, _union(value.values())))
    _refuse_numpy(value)
    if type(value) in _SCALARS or _has_fields(value):
        return type(value)
    raise InputError(f"no domain follows from {brief(value)} ({type(value).__name__}); pass parameter(value, domain)")


def _has_fields(value: object) -> bool:
    """Whether pydantic reads and writes it: a dataclass, a model, an enumeration, a date."""
    try:
        Data(type(value)).check(value)
    except InputError:
        return False
    return True


def _union(values: Iterable[object], none: Any = None) -> Any:
    """The annotations of the parts, each once, joined.

    Args:
        values: The parts.
        none: That of None, if it is not that of any JSON value.
    """
    kinds: list[Any] = []
    for value in values:
        kind = none if value is None and none is not None else _type_of(value)
        if kind not in kinds:
            kinds.append(kind)
    if not kinds or _any() in kinds:
        kinds = [_any(), *(kind for kind in kinds if kind not in _JSON and kind is not _any())]
    return reduce(or_, kinds)


def _any() -> Any:
    from pydantic import JsonValue

    return JsonValue
