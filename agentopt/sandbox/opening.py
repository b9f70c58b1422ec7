"""Choosing the sandbox that fits this machine, or refusing."""

from __future__ import annotations

import sys

from agentopt.errors import InputError, SandboxUnavailable
from agentopt.sandbox.forkserver import PRELOAD, ForkServerSandbox
from agentopt.sandbox.levels import UNSAFE_WORDS, Level
from agentopt.sandbox.sandbox import Sandbox


def open_sandbox(
    minimum: Level | str = Level.SEATBELT,
    *,
    preload: tuple[str, ...] = PRELOAD,
    unsafe_allowed_in_words: str | None = None,
) -> Sandbox:
    """Open the strongest sandbox of this machine, proven by a program that tries to get out.

    Args:
        minimum: The least isolation; the default takes whatever the operating system itself enforces.
        preload: Modules that programs will import, loaded once.
        unsafe_allowed_in_words: UNSAFE_WORDS, letter by letter, to run programs with limits only where
            nothing better holds. Such a program can read and send whatever the user can.

    Raises:
        InputError: The words are others, or the minimum is weaker than them without the words.
        SandboxUnavailable: Nothing at or above the minimum holds; says what is missing.
    """
    least = _least(Level.parse(minimum), unsafe_allowed_in_words)
    system: str = sys.platform
    if system.startswith("linux"):
        return _proven(ForkServerSandbox(preload, minimum=least))
    if system == "darwin" and least <= Level.SEATBELT:
        from agentopt.sandbox.seatbelt import SeatbeltSandbox

        return _proven(SeatbeltSandbox())
    raise SandboxUnavailable(
        f"no sandbox of level {least} on {system}; on Windows use WSL 2, elsewhere a DockerSandbox"
    )


def _least(minimum: Level, words: str | None) -> Level:
    if words is not None and words != UNSAFE_WORDS:
        raise InputError(f"expected unsafe_allowed_in_words to be {UNSAFE_WORDS!r}, got {words!r}")
    if words is not None:
        return Level.LIMITS
    if minimum < Level.SEATBELT:
        raise InputError(f"the level {minimum} is no isolation; allow it by unsafe_allowed_in_words={UNSAFE_WORDS!r}")
    return minimum


def _proven(sandbox: Sandbox) -> Sandbox:
    """Return the sandbox once its level is known, so that refusal comes before the first program."""
    try:
        sandbox.level  # noqa: B018
    except BaseException:
        sandbox.close()
        raise
    return sandbox
