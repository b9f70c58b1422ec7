"""A point in time by which a call must be over, and the knife that ends it then."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Deadline:
    """A point on a monotonic clock."""

    at: float
    seconds: float
    """As it was granted, to be named in messages."""
    clock: Callable[[], float] = time.monotonic

    @classmethod
    def after(cls, seconds: float) -> Deadline:
        return cls(time.monotonic() + seconds, seconds)

    @classmethod
    def default(cls) -> Deadline:
        return cls.after(120.0)

    def left(self) -> float:
        return max(0.0, self.at - self.clock())

    def passed(self) -> bool:
        return self.clock() >= self.at


@contextmanager
def cut_at(deadline: Deadline, response: Any) -> Iterator[None]:
    """Shut the socket under an open httpx response when the deadline passes.

    The read timeout of an HTTP client starts anew with every byte, and servers
    that keep a connection alive with blank lines never let it run out.
    """
    timer = threading.Timer(deadline.left(), _shut, [response])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _shut(response: Any) -> None:
    stream = response.extensions.get("network_stream")
    line = stream.get_extra_info("socket") if stream is not None else None
    if isinstance(line, socket.socket):
        with suppress(OSError):
            # The plain method also for TLS: SSLSocket's own would drop the session under the reader.
            socket.socket.shutdown(line, socket.SHUT_RDWR)
