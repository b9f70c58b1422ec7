"""Keeping the head and the tail of an output whose length its writer decides."""

from __future__ import annotations


class Capture:
    """Keeps the first and the last half of a number of bytes, and counts the rest."""

    def __init__(self, keep: int) -> None:
        self._half = max(1, keep // 2)
        self._head = bytearray()
        self._tail = bytearray()
        self.n_bytes = 0

    def feed(self, data: bytes) -> None:
        """Take the next bytes."""
        self.n_bytes += len(data)
        room = self._half - len(self._head)
        self._head += data[:room]
        self._tail += data[room:]
        # Trimmed in strides, so that many small writes do not each move the whole tail.
        if len(self._tail) > 2 * self._half:
            del self._tail[: -self._half]

    def content(self) -> bytes:
        """Return what was kept, with a line in the place of what was not."""
        tail = self._tail[-self._half :]
        left_out = self.n_bytes - len(self._head) - len(tail)
        gap = f"\n[... {left_out} bytes left out ...]\n".encode() if left_out else b""
        return bytes(self._head) + gap + bytes(tail)
