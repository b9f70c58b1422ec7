"""Where learned code runs, and how long a call of it may take."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agentopt.sandbox.sandbox import Sandbox

CALL_S = 10.0


@dataclass(frozen=True)
class Workplace:
    """A sandbox, which is opened when it is first needed, and the time of a call in seconds."""

    sandbox: Sandbox | None = None
    """None means the default one."""
    call_s: float = CALL_S

    def open(self) -> Sandbox:
        """The sandbox."""
        return self.sandbox or default_sandbox()


@cache
def default_sandbox() -> Sandbox:
    """The strongest sandbox of this machine, opened once a process."""
    from agentopt.sandbox.opening import open_sandbox

    return open_sandbox(preload=("numpy",))
