"""Standard input and output as the lines of the protocol, which nothing else in the process touches."""

from __future__ import annotations

import asyncio
import io
import os
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from typing import TextIO

from agentopt.cli.streams import emit, mention

MAX_LINE = 64 << 20
"""Bytes of a message; a longer one is left out."""
_CHUNK = 1 << 16
_AHEAD = 16
"""Lines that are read before they are wanted."""


@contextmanager
def input_apart() -> Iterator[int]:
    """Yield a descriptor of what the client sends; standard input itself is empty meanwhile.

    A program in the sandbox or a solver that reads its input must not eat the client's messages.
    """
    kept = os.dup(0)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    try:
        yield kept
    finally:
        # The copy stays open: a thread may still wait in it, and its number must not come to mean another file.
        os.dup2(kept, 0)


class Lines:
    """The lines of a descriptor until it ends, or until somebody ends them.

    They are read by a daemon thread from the bare descriptor: a thread of asyncio's that
    waits for input would hold back Ctrl-C, and a buffered stdin would hold back the exit.

    Args:
        source: The descriptor; it is read from the first wish for a line on.
    """

    def __init__(self, source: int) -> None:
        self._source = source
        self._queue = asyncio.Queue[str | None](_AHEAD)
        self._ended = False

    def end(self) -> None:
        """Let the lines end here, as if the client had closed its side; in the thread of the loop."""
        self._ended = True
        with suppress(asyncio.QueueFull):  # nobody waits then, and the next wish sees the end
            self._queue.put_nowait(None)

    async def __aiter__(self) -> AsyncIterator[str]:
        loop = asyncio.get_running_loop()
        threading.Thread(target=self._read, args=(loop,), name="agentopt-mcp-input", daemon=True).start()
        while (line := await self._queue.get()) is not None and not self._ended:
            yield line

    def _read(self, loop: asyncio.AbstractEventLoop) -> None:
        # The loop is gone when the server was stopped while the client still writes.
        with suppress(RuntimeError):
            for line in _lines(self._source):
                self._hand_over(line, loop)
            self._hand_over(None, loop)

    def _hand_over(self, line: str | None, loop: asyncio.AbstractEventLoop) -> None:
        put = self._queue.put(line)
        try:
            asyncio.run_coroutine_threadsafe(put, loop).result()
        except RuntimeError:
            put.close()
            raise


def _lines(source: int) -> Iterator[str]:
    parts: list[bytes] = []
    size = 0
    while chunk := _read(source):
        *whole, rest = chunk.split(b"\n")
        for piece in whole:
            parts.append(piece)
            if size + len(piece) <= MAX_LINE:
                yield b"".join(parts).decode("utf-8", "replace")
            else:
                mention(f"agentopt: a message of more than {MAX_LINE >> 20} MiB was left out\n")
            parts, size = [], 0
        size += len(rest)
        if size <= MAX_LINE:
            parts.append(rest)
        else:
            parts.clear()
    if parts and any(parts):
        yield b"".join(parts).decode("utf-8", "replace")


def _read(source: int) -> bytes:
    try:
        return os.read(source, _CHUNK)
    except OSError:  # a terminal that went away
        return b""


class Output:
    """Where messages to the client are written, with the two verbs that the protocol's transport calls."""

    def __init__(self, out: TextIO) -> None:
        if isinstance(out, io.TextIOWrapper):
            out.reconfigure(encoding="utf-8", newline="\n")
        self._out = out

    async def write(self, text: str) -> None:
        """Write a message; a client that has left is no failure, for then the input ends as well."""
        await asyncio.to_thread(emit, text, self._out)

    async def flush(self) -> None:
        """Do nothing: a message is flushed as it is written."""
