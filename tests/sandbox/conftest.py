"""Sandboxes of every kind that this machine has, opened once a worker."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator

import pytest

from agentopt.errors import SandboxError
from agentopt.sandbox import ForkServerSandbox, Level, Sandbox
from agentopt.sandbox.bubblewrap import BubblewrapSandbox

KINDS = ("namespaces", "landlock", "bubblewrap")


def _make(kind: str) -> Sandbox:
    if kind == "bubblewrap":
        if shutil.which("bwrap") is None:
            pytest.skip("bwrap is not installed")
        return BubblewrapSandbox()
    if not sys.platform.startswith("linux"):
        pytest.skip("the fork server needs Linux")
    return ForkServerSandbox((), level=Level.parse(kind))


@pytest.fixture(scope="session")
def sandbox_of() -> Iterator[Callable[[str], Sandbox]]:
    """Open a kind at its first use, or skip with the machine's reason."""
    opened: dict[str, Sandbox] = {}

    def get(kind: str) -> Sandbox:
        if kind not in opened:
            opened[kind] = _make(kind)
        try:
            _ = opened[kind].level
        except SandboxError as error:
            pytest.skip(f"this machine does not offer it: {error}")
        return opened[kind]

    yield get
    for sandbox in opened.values():
        sandbox.close()


@pytest.fixture
def sandbox(sandbox_of: Callable[[str], Sandbox]) -> Sandbox:
    """The strongest fork server that this machine offers."""
    for kind in ("namespaces", "landlock"):
        try:
            return sandbox_of(kind)
        except pytest.skip.Exception:
            continue
    pytest.skip("this machine offers no isolation")


@pytest.fixture(params=["namespaces", "landlock"])
def box(request: pytest.FixtureRequest, sandbox_of: Callable[[str], Sandbox]) -> Sandbox:
    """A fork server at each level."""
    return sandbox_of(request.param)


@pytest.fixture(scope="session")
def solving() -> Iterator[Sandbox]:
    """A sandbox whose server has imported Pyomo and the solvers."""
    with ForkServerSandbox() as sandbox:
        yield sandbox
