"""The tests' own ground: nothing leaves this machine and no key is at hand."""

from __future__ import annotations

import asyncio
import os
import socket

import pytest

pytestmark = pytest.mark.skipif("AGENTOPT_LIVE" in os.environ, reason="live tests may use the network and keys")


@pytest.mark.parametrize("address", [("192.0.2.1", 80), ("10.0.0.1", 443)])
def test_no_test_connects_elsewhere(address: tuple[str, int]) -> None:
    """A connection to another machine fails before a packet is sent."""
    with socket.socket() as place, pytest.raises(RuntimeError, match="tests talk to this machine only"):
        place.connect(address)


def test_no_test_asks_for_names() -> None:
    """The address of another machine is not looked up."""
    with pytest.raises(RuntimeError, match=r"tried to reach example\.org"):
        socket.getaddrinfo("example.org", 443)


def test_no_coroutine_connects_elsewhere() -> None:
    """A connection that asyncio opens is refused too."""
    with pytest.raises(RuntimeError, match="tests talk to this machine only"):
        asyncio.run(asyncio.open_connection("192.0.2.1", 80))


def test_loopback_is_open() -> None:
    """A server on this machine can be reached."""
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as client:
        assert client.getpeername() == server.getsockname()


def test_no_key_is_at_hand() -> None:
    """The environment holds no provider's key."""
    assert not [name for name in os.environ if name.upper().endswith("_API_KEY")]
