"""Length-prefixed frames between the parent, the guard of a run and the program's process."""

from __future__ import annotations

import os
import select
import time

from agentopt.errors import SandboxError

PREFIX_BYTES = 8
# Under a name of our own, as a program that plays with the module os still has a result to send.
_WRITE = os.write
_MOST_MS = (1 << 31) - 1
REQUEST_BYTES = 64 << 20
"""The most that a program and its inputs may take together."""
MARK_BYTES = 8
"""The random mark before each question to a session, and again before its answer."""
N_PIPES = 3
"""Of a session, besides its line: for questions, for answers, for what is printed."""


def frame(data: bytes) -> bytes:
    """Put a frame's prefix before its data."""
    return len(data).to_bytes(PREFIX_BYTES, "big") + data


def send_frame(fd: int, data: bytes, deadline: float | None = None) -> None:
    """Write one frame, however many writes it takes.

    Raises:
        TimeoutError: The deadline passed; a descriptor that blocks is not watched for it.
        BrokenPipeError: The other side closed.
    """
    view = memoryview(frame(data))
    while view:
        try:
            view = view[os.write(fd, view) :]
        except BlockingIOError:
            _wait(fd, select.POLLOUT, deadline)


def write_all(fd: int, data: bytes) -> None:
    """Write bytes to a descriptor that blocks."""
    view = memoryview(data)
    while view:
        view = view[_WRITE(fd, view) :]


def receive_frame(fd: int, max_bytes: int, deadline: float | None = None) -> bytes | None:
    """Read one frame; None if the other side closed before its first byte.

    Args:
        fd: A socket or pipe.
        max_bytes: What the frame may hold at most.
        deadline: In `time.monotonic()` seconds.

    Raises:
        SandboxError: The frame is longer, or the other side closed inside it.
        TimeoutError: The deadline passed.
    """
    prefix = _read(fd, PREFIX_BYTES, deadline)
    if not prefix:
        return None
    length = int.from_bytes(prefix, "big")
    if len(prefix) < PREFIX_BYTES or length > max_bytes:
        raise SandboxError(f"expected a frame of at most {max_bytes} bytes, got a prefix that says {length}")
    data = _read(fd, length, deadline)
    if len(data) < length:
        raise SandboxError(f"expected {length} bytes, the other side closed after {len(data)}")
    return data


def _read(fd: int, length: int, deadline: float | None) -> bytes:
    data = bytearray()
    while len(data) < length:
        _wait(fd, select.POLLIN, deadline)
        try:
            chunk = os.read(fd, min(1 << 20, length - len(data)))
        except BlockingIOError:
            continue
        except ConnectionResetError:
            break
        if not chunk:
            break
        data += chunk
    return bytes(data)


def _wait(fd: int, event: int, deadline: float | None) -> None:
    poll = select.poll()
    poll.register(fd, event)
    left = None if deadline is None else min(max(0.0, deadline - time.monotonic()) * 1000, _MOST_MS)
    if not poll.poll(left):
        raise TimeoutError
