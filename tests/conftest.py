"""What holds for every test: no network, no keys, a home of its own, and hypothesis without a clock."""

from __future__ import annotations

import os
import re
import socket
import sys
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

LIVE = "AGENTOPT_LIVE" in os.environ

# Shared machines stall: a slow example says nothing about the code.
settings.register_profile("default", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", settings.get_profile("default"), derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "default")

# Keys would be spent, settings would change results, and a proxy on loopback would be a way out.
_SCRUBBED = re.compile(
    r".*(_API_KEY|_AUTH_TOKEN|_BASE_URL|_PROXY)|(AGENTOPT|OPENAI|ANTHROPIC|OLLAMA)_.*", re.IGNORECASE
)


def pytest_configure() -> None:
    """Close the way out before the first test module is imported."""
    if LIVE:
        return
    for name in [name for name in os.environ if _SCRUBBED.fullmatch(name)]:
        del os.environ[name]
    # An audit hook sees what patching socket.socket would miss: asyncio, C extensions, copies of the class.
    sys.addaudithook(_refuse_network)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what talks to a real model, unless it was asked for."""
    for item in items:
        if not LIVE and item.get_closest_marker("live"):
            item.add_marker(pytest.mark.skip(reason="talks to a real model; set AGENTOPT_LIVE to run it"))


@pytest.fixture(autouse=True, scope="session")
def _home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep the user's settings out of the tests, and the tests out of the user's caches."""
    with pytest.MonkeyPatch.context() as patch:
        for kind in ("CONFIG", "CACHE", "DATA", "STATE"):
            patch.setenv(f"XDG_{kind}_HOME", str(tmp_path_factory.mktemp(kind.lower())))
        yield


def _refuse_network(event: str, arguments: tuple[object, ...]) -> None:
    """Raise at the attempt to reach another machine, by address or by asking for one."""
    if event == "socket.getaddrinfo":
        host = arguments[0]
    elif event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        place, address = arguments[:2]
        if getattr(place, "family", None) not in (socket.AF_INET, socket.AF_INET6) or not isinstance(address, tuple):
            return
        host = address[0]
    else:
        return
    name = host.decode("ascii", "replace") if isinstance(host, bytes) else host
    if name is not None and str(name) not in ("", "localhost", "::1") and not str(name).startswith("127."):
        # No OSError: code that shrugs off a refused connection must not shrug off this.
        raise RuntimeError(f"a test tried to reach {name}; tests talk to this machine only")
