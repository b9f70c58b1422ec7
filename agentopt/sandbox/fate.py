"""What came of a part of a program, as a claim: one letter for the kind, then the result as data, or a text."""

from __future__ import annotations

import errno
from collections.abc import Callable

from agentopt import tagged
from agentopt.errors import CodecError
from agentopt.sandbox.job import PRELUDE_FILE, PROGRAM_FILE, Job
from agentopt.values import encode

OK, ERROR, DENIED, MEMORY, OUTPUT = b"r", b"e", b"d", b"m", b"o"
NOTHING = OK + b"null"
_ERROR_CHARS = 2000
_LINE_CHARS = 200
_ANY = 1 << 40
_REFUSED = {errno.EPERM, errno.EACCES, errno.EROFS}
_FULL = {errno.EFBIG, errno.ENOSPC, errno.EDQUOT}


def claim(action: Callable[[], object], job: Job) -> bytes:
    """Do a part of the job and return what came of it; never raises, whatever the program does."""
    try:
        return _claim(action(), job)
    except MemoryError:
        return MEMORY + b"MemoryError"
    except BaseException as error:  # noqa: BLE001
        # The program's fate is recorded here, SystemExit and KeyboardInterrupt included.
        try:
            return _kind(error) + _describe(error, job).encode("utf-8", "backslashreplace")
        except BaseException as second:  # noqa: BLE001
            return ERROR + f"{type(error).__name__}, whose text raises {type(second).__name__}".encode()


def _claim(result: object, job: Job) -> bytes:
    try:
        data = tagged.dumps(result, max_bytes=_ANY) if job.tagged else encode(result, max_bytes=_ANY)
    except CodecError as error:
        return ERROR + f"the program's result is no data: {error}".encode("utf-8", "backslashreplace")
    if len(data) > job.result_bytes:
        return OUTPUT + f"the result takes {len(data)} bytes, the limit is {job.result_bytes}".encode()
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


def _describe(error: BaseException, job: Job) -> str:
    if isinstance(error, SystemExit):
        text = f"the program called sys.exit({error.code!r}) and so returned nothing"
    else:
        # A SyntaxError's own text repeats the place, which follows anyway.
        said = error.msg if isinstance(error, SyntaxError) else error
        text = f"{type(error).__name__}: {said}".removesuffix(": ")
    return text[:_ERROR_CHARS] + (_place(error, PROGRAM_FILE, job.source) or _place(error, PRELUDE_FILE, job.prelude))


def _place(error: BaseException, file: str, source: str) -> str:
    """Quote the innermost line of a source on the way to the error; "" if none is."""
    number, lines = _line_number(error, file), source.splitlines()
    if number is None or not 0 < number <= len(lines):
        return ""
    where = "" if file == PROGRAM_FILE else f"{file} "
    return f" ({where}line {number}: {lines[number - 1].strip()[:_LINE_CHARS]})"


def _line_number(error: BaseException, file: str) -> int | None:
    if isinstance(error, SyntaxError) and error.filename == file:
        return error.lineno
    number, trace = None, error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == file:
            number = trace.tb_lineno
        trace = trace.tb_next
    return number
