"""Learned code at work: each version is loaded into the sandbox once and then called there."""

from __future__ import annotations

import asyncio
import builtins
import inspect
import re
import threading
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from agentopt import tagged
from agentopt.errors import CodecError, CodeError
from agentopt.graph.code.object_session import ObjectSession
from agentopt.graph.code.surroundings import CALL_METHOD, Surroundings, surroundings
from agentopt.graph.code.workplace import Workplace
from agentopt.graph.contents import holds_nodes, without_nodes
from agentopt.graph.nodes import Node
from agentopt.graph.recording import unwrap
from agentopt.sandbox.outcome import STANDARD, Limits, Outcome
from agentopt.sandbox.session import Session

MAX_LOADED = 8
"""Versions of one function that stay loaded; the one that was not used for longest goes first."""
LOAD_S = 3.0
"""The least time that a version has to be loaded, its imports included; it has the time of a call if that is longer."""
_ERROR = re.compile(r"(?P<kind>[A-Za-z_]\w*)(?:: (?P<text>.*))?", re.DOTALL)
_PLACE = re.compile(r" \((?P<file>\S+ )?line (?P<number>\d+): ")
_VERDICTS = {"timeout": "TimeoutError", "memory": "MemoryError", "denied": "PermissionError"}


class Workers:
    """Runs the versions of one function in the sandbox.

    Args:
        function: The human's own, from whose surroundings a version may use constants, functions and imports.
        name: Of the function in the sources.
        is_async: Whether a call is awaited.
        place: Where they run.
    """

    def __init__(self, function: Callable[..., Any], name: str, place: Workplace, *, is_async: bool) -> None:
        self._function = function
        self._name = name
        self._is_async = is_async
        self._place = place
        self._loaded: list[_Loaded] = []
        self._lock = threading.Lock()

    def runner(self, source: str, receiver: object) -> Callable[..., Any]:
        """A function that calls a version; `self` is the receiver, of whose attributes the version sees a copy.

        It raises what the version raises, as CodeError, and DomainError where the version uses what cannot be had in
        the sandbox: in the call, so that feedback on either reaches the code.
        """

        def call(*args: Any, **kwargs: Any) -> Any:
            loaded = self._load(source, receiver)
            for one in loaded.around.frozen:
                one.parameter_of(receiver).data  # noqa: B018  calling it is a read, and has to be allowed
            try:
                outcome = loaded.run(receiver, args, kwargs)
            except CodecError:
                self._refuse(loaded.around, receiver, args, kwargs)
                raise
            if not outcome.ok:
                raise _error(outcome, source)
            return outcome.result

        async def call_async(*args: Any, **kwargs: Any) -> Any:
            return await asyncio.to_thread(call, *args, **kwargs)

        return call_async if self._is_async else call

    def _refuse(self, around: Surroundings, receiver: object, args: Sequence[Any], kwargs: Mapping[str, Any]) -> None:
        """Raise for the first thing that cannot be sent, by its name."""
        given = inspect.signature(self._function).bind_partial(*args, **kwargs).arguments
        if receiver is not None:
            given.pop(next(iter(given)))
            given |= {f"self.{name}": value for name, value in around.state(receiver, unwrap).items()}
        for name, value in given.items():
            try:
                tagged.encode(value)
            except CodecError as error:
                raise CodecError(f"{name} of {self._name} cannot be sent to where its new code runs: {error}") from None

    def _load(self, source: str, receiver: object) -> _Loaded:
        """The version, with the present versions of what it calls."""
        with self._lock:
            for one in reversed(self._loaded):
                if one.is_for(source, receiver):
                    # Put back at the end: the first in the list is the one that was not used for longest.
                    self._loaded.remove(one)
                    self._loaded.append(one)
                    return one
        around = surroundings(source, self._function, instance=receiver, unwrap=_plain)
        made = _Loaded(self._place, source, self._name, receiver, around)
        with self._lock:
            self._loaded.append(made)
            gone, self._loaded = self._loaded[:-MAX_LOADED], self._loaded[-MAX_LOADED:]
        for one in gone:
            one.close()
        return made


class _Loaded:
    """One version, loaded as many times as it is called at the same time."""

    def __init__(self, place: Workplace, source: str, name: str, receiver: object, around: Surroundings) -> None:
        self._place = place
        self._source = source
        self._call = name if receiver is None else CALL_METHOD
        self._kind = type(receiver)
        self.around = around
        self._idle: list[Session | ObjectSession] = []
        self._closed = False
        self._lock = threading.Lock()

    def is_for(self, source: str, receiver: object) -> bool:
        """Whether it is this version, for such an object, and what it calls has not changed since."""
        return self._source == source and self._kind is type(receiver) and self.around.fits(receiver, _plain)

    def run(self, receiver: object, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Outcome:
        """Call the function, or the method of a receiver, which is the first argument."""
        if self._call == CALL_METHOD:
            return self._run([self.around.state(receiver, unwrap), list(args[1:]), dict(kwargs)], {})
        return self._run(args, kwargs)

    def close(self) -> None:
        """End what is idle; what is at work ends when its call does."""
        with self._lock:
            self._closed, idle, self._idle = True, self._idle, []
        for session in idle:
            session.close()

    def _run(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Outcome:
        with self._lock:
            session = self._idle.pop() if self._idle else None
        session = session or self._open()
        try:
            return session.call(args, kwargs, wall_s=self._place.call_s)
        finally:
            with self._lock:
                if not self._closed:
                    self._idle.append(session)
                    session = None
            if session is not None:
                session.close()

    def _open(self) -> Session | ObjectSession:
        limits = _limits(self._place.call_s)
        session = self._place.open().load(self._source, self._call, prelude=self.around.prelude, limits=limits)
        return ObjectSession(session) if self._call == CALL_METHOD else session


def _limits(call_s: float) -> Limits:
    """What loading, and each call, may take; a call may use the processor for all of its time."""
    return Limits(wall_s=max(call_s, LOAD_S), cpu_s=max(call_s, STANDARD.cpu_s))


def _plain(value: Any) -> Any:
    """The value of a node, which to look at here is no read by the call that is under way."""
    if isinstance(value, Node):
        return value._value
    return without_nodes(value, lambda node: node._value)[0] if holds_nodes(value) else value


def _error(outcome: Outcome, source: str) -> CodeError:
    """The exception that a failed call in the sandbox becomes here."""
    said, place = _divided(outcome.error, source)
    match = _ERROR.fullmatch(said)
    if outcome.verdict != "error" or match is None:
        kind = _VERDICTS.get(outcome.verdict, "")
        return _class(kind)(outcome.error or outcome.verdict, kind=kind, verdict=outcome.verdict)
    kind, text = match["kind"], match["text"] or ""
    raised = _class(kind)
    message = text if raised is not CodeError else f"{kind}: {text}".removesuffix(": ")
    return raised(message, kind=kind, place=place)


def _divided(error: str, source: str) -> tuple[str, str]:
    """What an outcome says of an error, and the line of the source that it quotes at its end."""
    lines = source.splitlines()
    for match in _PLACE.finditer(error) if error.endswith(")") else ():
        number, quoted = int(match["number"]), error[match.end() : -1]
        # What the program itself says may look like a place, too.
        known = 0 < number <= len(lines) and lines[number - 1].strip().startswith(quoted)
        if match["file"] or known:
            return error[: match.start()], error[match.start() + 2 : -1]
    return error, ""


@lru_cache(maxsize=256)
def _class(kind: str) -> type[CodeError]:
    """A class that is both a CodeError and the exception of Python's of that name, if there is such a one."""
    base = getattr(builtins, kind, None)
    if not (isinstance(base, type) and issubclass(base, Exception)):
        return CodeError
    try:
        return type(kind, (CodeError, base), {"__module__": __name__})
    except TypeError:  # exceptions with a layout of their own, such as SyntaxError's relatives
        return CodeError
