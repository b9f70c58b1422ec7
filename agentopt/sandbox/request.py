"""What starts a run and what asks a session, checked before it leaves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from agentopt.errors import InputError
from agentopt.sandbox.job import Job
from agentopt.sandbox.outcome import Limits
from agentopt.sandbox.wire import REQUEST_BYTES
from agentopt.values import Value, encode


def request_frame(program: str, call: str | None, inputs: Value, limits: Limits) -> bytes:
    """Write a run's request as data.

    Raises:
        InputError: The program or the function's name is no text of that kind.
        CodecError: The inputs are no data, or too large.
    """
    _require_source(program, "program")
    if call is not None:
        _require_name(call)
    return _frame(Job(program, call, inputs, limits.result_kib << 10), limits)


def session_job(program: str, call: str, prelude: str, limits: Limits) -> Job:
    """Check what a session is to load.

    Raises:
        InputError: A source or the function's name is no text of that kind.
    """
    _require_source(program, "program")
    _require_source(prelude, "prelude")
    _require_name(call)
    return Job(program, call, None, limits.result_kib << 10, prelude, tagged=True)


def session_frame(job: Job, limits: Limits, inputs: Value = None) -> bytes:
    """Write the request that loads a session's program, and calls it too if there are arguments, in the tagged codec.

    Raises:
        CodecError: The sources or the arguments are too large.
    """
    return _frame(replace(job, inputs=inputs), limits)


def arguments(args: Sequence[object], kwargs: Mapping[str, object] | None) -> list[object]:
    """Join the arguments of a call into the one value that crosses.

    Raises:
        InputError: A keyword is no text, or the arguments are no sequence.
    """
    if isinstance(args, (str, bytes)) or not isinstance(args, Sequence):
        raise InputError(f"expected the positional arguments as a list or tuple, got {type(args).__name__}")
    named = {} if kwargs is None else dict(kwargs)
    if not all(type(name) is str for name in named):
        raise InputError("expected text as the names of keyword arguments")
    return [list(args), named]


def _frame(job: Job, limits: Limits) -> bytes:
    return encode({"limits": limits.as_data(), "job": {**vars(job)}}, max_bytes=REQUEST_BYTES)


def _require_source(source: object, what: str) -> None:
    if not isinstance(source, str):
        raise InputError(f"expected the {what} as Python source, got {type(source).__name__}")


def _require_name(name: object) -> None:
    if not (isinstance(name, str) and name.isidentifier()):
        raise InputError(f"expected the name of a function of the program, got {name!r}")
