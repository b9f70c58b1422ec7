"""Frames between parent and guard."""

from __future__ import annotations

import os
import socket
import threading
import time

import pytest

from agentopt.errors import SandboxError
from agentopt.sandbox.wire import receive_frame, send_frame


def test_a_frame_arrives_whole() -> None:
    """A frame larger than any buffer arrives as it was sent."""
    ours, theirs = socket.socketpair()
    data = os.urandom(1 << 20)
    with ours, theirs:
        sender = threading.Thread(target=send_frame, args=(ours.fileno(), data))
        sender.start()
        assert receive_frame(theirs.fileno(), 1 << 20) == data
        sender.join()


def test_a_long_frame_is_refused() -> None:
    """A prefix that promises too much is an error before anything is read."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        send_frame(ours.fileno(), b"12345")
        with pytest.raises(SandboxError, match="at most 4 bytes"):
            receive_frame(theirs.fileno(), 4)


def test_a_closed_line_is_none() -> None:
    """The other side's leaving before a frame is no error."""
    ours, theirs = socket.socketpair()
    with theirs:
        ours.close()
        assert receive_frame(theirs.fileno(), 4) is None


def test_a_broken_frame_is_an_error() -> None:
    """The other side's leaving within a frame is an error."""
    ours, theirs = socket.socketpair()
    with theirs:
        with ours:
            ours.send((9).to_bytes(8, "big") + b"1234")
        with pytest.raises(SandboxError, match="after 4"):
            receive_frame(theirs.fileno(), 100)


def test_sending_keeps_its_deadline() -> None:
    """Sending to a side that does not read does not wait past the deadline."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.setblocking(False)
        with pytest.raises(TimeoutError):
            send_frame(ours.fileno(), bytes(10 << 20), time.monotonic() + 0.05)


def test_receiving_keeps_its_deadline() -> None:
    """Receiving from a side that does not send does not wait past the deadline."""
    ours, theirs = socket.socketpair()
    with ours, theirs, pytest.raises(TimeoutError):
        receive_frame(ours.fileno(), 10, time.monotonic() + 0.05)
