"""The request that starts a run, checked before it leaves."""

from __future__ import annotations

from agentopt.errors import InputError
from agentopt.sandbox.outcome import Limits
from agentopt.sandbox.wire import REQUEST_BYTES
from agentopt.values import Value, encode


def request_frame(program: str, call: str | None, inputs: Value, limits: Limits) -> bytes:
    """Write a run's request as data.

    Raises:
        InputError: The program or the function's name is no text of that kind.
        CodecError: The inputs are no data, or too large.
    """
    if not isinstance(program, str):
        raise InputError(f"expected the program as Python source, got {type(program).__name__}")
    if call is not None and not (isinstance(call, str) and call.isidentifier()):
        raise InputError(f"expected the name of a function of the program, got {call!r}")
    job: Value = {"source": program, "call": call, "inputs": inputs, "result_bytes": limits.result_kib << 10}
    return encode({"limits": limits.as_data(), "job": job}, max_bytes=REQUEST_BYTES)
