"""What a run or a session is to execute, and the names under which its sources are compiled."""

from __future__ import annotations

from dataclasses import dataclass

from agentopt.values import Value

PROGRAM_FILE = "<program>"
PRELUDE_FILE = "<surroundings>"


@dataclass(frozen=True)
class Job:
    """What to execute."""

    source: str
    call: str | None
    """The function to call; None runs the source as `__main__`."""
    inputs: Value
    """What the function is called with; with `tagged` its `request.arguments`, or None to call nothing."""
    result_bytes: int
    prelude: str = ""
    """Source that is executed first, in the same module; it does not count into the program's lines."""
    tagged: bool = False
    """Whether inputs and result cross in the tagged codec, as those of a session do."""
