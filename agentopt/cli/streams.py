"""Keeps standard output for results, whatever else in the process wants to print."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TextIO

from agentopt.errors import AgentoptError


def fill_missing() -> None:
    """Open what the caller closed on the null device, so that no file of ours becomes standard output.

    Text that a stream's encoding cannot say is written as escapes instead of failing.
    """
    for number, stream in enumerate((sys.stdin, sys.stdout, sys.stderr)):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
        if number and isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


@contextmanager
def results_apart() -> Iterator[TextIO]:
    """Yield the stream for results; whatever else prints meanwhile goes to standard error.

    A solver's C library may write to descriptor 1, and a JSON document must not suffer from it.

    Raises:
        AgentoptError: Standard output is closed, so that no result could be given.
    """
    # Python sets None where the caller closed the descriptor, other than the stubs say.
    stdout: TextIO | None = sys.stdout
    if stdout is None:
        raise AgentoptError("standard output is closed, so there is nowhere to put the result")
    own = sys.__stdout__
    if own is None or stdout is not own or own.fileno() != 1:
        yield stdout
        return
    own.flush()
    results = os.fdopen(os.dup(1), "w", encoding=own.encoding, errors="backslashreplace")
    os.dup2(2, 1)
    try:
        yield results
    finally:
        own.flush()
        os.dup2(results.fileno(), 1)
        results.close()


def emit(text: str, out: TextIO | None) -> None:
    """Write a text at once; a reader that has left is no failure.

    Raises:
        AgentoptError: The text cannot be written, as on a full disk.
    """
    if out is None:
        return
    try:
        out.write(text)
        out.flush()
    except BrokenPipeError:
        _silence(out)
    except OSError as error:
        _silence(out)
        raise AgentoptError(f"the result cannot be written: {error.strerror or error}") from error


def mention(text: str) -> None:
    """Write a text to standard error; where that cannot be done, the command goes on without."""
    with suppress(AgentoptError):
        emit(text, sys.stderr)


def _silence(stream: TextIO) -> None:
    """Point a broken stream at the null device, so that no later flush fails again."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, stream.fileno())
    os.close(null)
