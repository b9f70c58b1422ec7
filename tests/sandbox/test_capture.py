"""Head and tail of an output."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from agentopt.sandbox.capture import Capture


@given(st.lists(st.binary(max_size=40)), st.integers(2, 60))
def test_head_and_tail_are_kept(chunks: list[bytes], keep: int) -> None:
    """However it arrives, a long output keeps its first and last half, a short one all of itself."""
    capture, data, half = Capture(keep), b"".join(chunks), keep // 2
    for chunk in chunks:
        capture.feed(chunk)
    content = capture.content()
    if len(data) <= 2 * half:
        assert content == data
    else:
        assert content.startswith(data[:half] + b"\n[...")
        assert content.endswith(b"...]\n" + data[-half:])


def test_memory_stays_bounded() -> None:
    """A long output does not pile up."""
    capture = Capture(100)
    for _ in range(10_000):
        capture.feed(b"x" * 100)
    assert capture.n_bytes == 1_000_000
    assert len(capture.content()) < 200
