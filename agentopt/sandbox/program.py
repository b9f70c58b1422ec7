"""The program's own side of a run: execute the source, call the function, say what came of it.

Everything here shares a process with code that nobody has read, so what it says is a claim:
one letter for the kind and then the result as data, or a text.
"""

from __future__ import annotations

import errno
import linecache
import sys
import types
from dataclasses import dataclass

from agentopt.errors import CodecError
from agentopt.values import Value, encode

OK, ERROR, DENIED, MEMORY, OUTPUT = b"r", b"e", b"d", b"m", b"o"
_FILE = "<program>"
_ERROR_CHARS = 2000
_LINE_CHARS = 200
_REFUSED = {errno.EPERM, errno.EACCES, errno.EROFS}
_FULL = {errno.EFBIG, errno.ENOSPC, errno.EDQUOT}


@dataclass(frozen=True)
class Job:
    """What to run."""

    source: str
    call: str | None
    inputs: Value
    result_bytes: int


def perform(job: Job) -> bytes:
    """Run the job and return the claim; never raises, whatever the program does."""
    try:
        return _claim(_result(job), job.result_bytes)
    except MemoryError:
        return MEMORY + b"MemoryError"
    except BaseException as error:  # noqa: BLE001
        # The program's fate is recorded here, SystemExit and KeyboardInterrupt included.
        try:
            return _kind(error) + _describe(error, job.source).encode("utf-8", "backslashreplace")
        except BaseException as second:  # noqa: BLE001
            return ERROR + f"{type(error).__name__}, whose text raises {type(second).__name__}".encode()


def _result(job: Job) -> Value:
    module = _module("program" if job.call else "__main__", job)
    exec(compile(job.source, _FILE, "exec", dont_inherit=True), module.__dict__)
    if job.call is None:
        return module.__dict__.get("result")
    function = module.__dict__.get(job.call)
    if not callable(function):
        raise NameError(f"the program defines no function {job.call!r}")
    if isinstance(job.inputs, dict):
        return function(**job.inputs)  # type: ignore[no-any-return]
    return function() if job.inputs is None else function(job.inputs)  # type: ignore[no-any-return]


def _module(name: str, job: Job) -> types.ModuleType:
    """Make the module under which dataclasses, pickle and tracebacks find the program."""
    module = types.ModuleType(name)
    module.__dict__["inputs"] = job.inputs
    sys.modules[name] = module
    lines = job.source.splitlines(keepends=True)
    linecache.cache[_FILE] = (len(job.source), None, lines, _FILE)
    return module


def _claim(result: object, max_bytes: int) -> bytes:
    try:
        data = encode(result, max_bytes=1 << 40)
    except CodecError as error:
        return ERROR + f"the program's result is no data: {error}".encode("utf-8", "backslashreplace")
    if len(data) > max_bytes:
        return OUTPUT + f"the result takes {len(data)} bytes, the limit is {max_bytes}".encode()
    return OK + data


def _kind(error: BaseException) -> bytes:
    """Tell a refusal by the sandbox and a full disk from an error of the program's own."""
    seen: set[int] = set()
    link: BaseException | None = error
    while link is not None and id(link) not in seen:
        seen.add(id(link))
        if isinstance(link, MemoryError):
            return MEMORY
        if isinstance(link, OSError) and link.errno in _REFUSED:
            return DENIED
        if isinstance(link, OSError) and link.errno in _FULL:
            return OUTPUT
        link = link.__cause__ or link.__context__
    return ERROR


def _describe(error: BaseException, source: str) -> str:
    if isinstance(error, SystemExit):
        text = f"the program called sys.exit({error.code!r}) and so returned nothing"
    else:
        # A SyntaxError's own text repeats the place, which follows anyway.
        said = error.msg if isinstance(error, SyntaxError) else error
        text = f"{type(error).__name__}: {said}".removesuffix(": ")
    text = text[:_ERROR_CHARS]
    number = _line_number(error)
    lines = source.splitlines()
    if number is None or not 0 < number <= len(lines):
        return text
    return f"{text} (line {number}: {lines[number - 1].strip()[:_LINE_CHARS]})"


def _line_number(error: BaseException) -> int | None:
    """Return the innermost line of the program on the way to the error."""
    if isinstance(error, SyntaxError) and error.filename == _FILE:
        return error.lineno
    number, trace = None, error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == _FILE:
            number = trace.tb_lineno
        trace = trace.tb_next
    return number
