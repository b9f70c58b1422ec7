"""How strongly a machine can hold a program that nobody has read, as an order."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from agentopt.errors import InputError

UNSAFE_WORDS = "run model-written code without isolation"


class Level(IntEnum):
    """The isolation around a program, weakest first, so that levels compare with < and >=."""

    NONE = 0
    """A program of its own, nothing more."""
    LIMITS = 1
    """Limits on time, memory, files and output; the program can read and send what the user can."""
    SEATBELT = 2
    """The profile of macOS: no network, no reading of the home folder, writes into one folder."""
    LANDLOCK = 3
    """Landlock, seccomp and limits: no network, no processes, files by an allow list."""
    NAMESPACES = 4
    """The same inside user, pid, network, ipc, uts and mount namespaces with a folder of limited size."""

    @classmethod
    def parse(cls, name: str | Level) -> Level:
        """Read a level by its name in any case.

        Raises:
            InputError: No level has this name.
        """
        if isinstance(name, Level):
            return name
        try:
            return cls[name.upper()]
        except KeyError:
            names = ", ".join(level.name.lower() for level in cls)
            raise InputError(f"expected a level of isolation ({names}), got {name!r}") from None

    def __str__(self) -> str:
        return self.name.lower()


@dataclass(frozen=True)
class Finding:
    """One thing that was tried on this machine, and what came of it."""

    name: str
    ok: bool
    detail: str
    fix: str = ""
    """What the user can do where ok is False, one sentence, or ""."""
