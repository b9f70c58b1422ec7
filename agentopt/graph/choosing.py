"""`using`: for a while, and in this context only, parameters have versions of one's choice.

So that many candidates can be tried at the same time, each in threads of its own, while the parameters themselves stay
as they are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from agentopt.errors import InputError
from agentopt.graph.parameter_node import CHOSEN, Parameter, Version
from agentopt.inheritance import inherit


@contextmanager
def using(versions: Mapping[Parameter[Any], Version[Any]]) -> Iterator[None]:
    """Let parameters have these versions inside of the `with`, and in the threads that are started there.

    May be nested. What changes a parameter meanwhile, such as `set` or a change of its value in place, makes a version
    that is used inside only; a parameter that is made inside has, outside, the value that it was made with.

    Args:
        versions: By parameter; one that is not named keeps its version.

    Raises:
        InputError: A version belongs to another parameter.
    """
    for parameter, version in versions.items():
        if version.parameter is not parameter:
            raise InputError(f"expected a version of {parameter.described()}, got one of {version.described()}")
    inherit(CHOSEN)
    around = CHOSEN.get()
    chosen = dict(around) if around is not None else {}
    chosen |= {id(parameter): version for parameter, version in versions.items()}
    token = CHOSEN.set(chosen)
    try:
        yield
    finally:
        CHOSEN.reset(token)
