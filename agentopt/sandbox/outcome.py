"""What a run may use and what came of it."""

from __future__ import annotations

import math
import re
from dataclasses import asdict, dataclass, fields
from typing import Literal

from agentopt.errors import InputError
from agentopt.sandbox.levels import Level
from agentopt.values import Value

Verdict = Literal["ok", "error", "timeout", "memory", "output", "denied", "crashed"]


@dataclass(frozen=True)
class Limits:
    """What one run may use; every number is above zero.

    Raises:
        InputError: A limit is not a finite number above zero, or a count is not whole.
    """

    wall_s: float = 10.0
    cpu_s: float = 10.0
    """Processor time of all the run's processes together; its threads count each."""
    memory_mib: int = 2048
    """On top of what the preloaded packages already take."""
    processes: int = 1
    """1 is the program itself: it may start threads, but neither fork nor exec."""
    threads: int = 256
    file_mib: int = 64
    folder_mib: int = 256
    """Everything in the private folder together."""
    output_kib: int = 256
    """Kept of stdout and stderr; a program that writes OUTPUT_FACTOR times as much is stopped."""
    result_kib: int = 1024

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            whole = field.name not in ("wall_s", "cpu_s")
            number = type(value) is int or (type(value) is float and not whole and math.isfinite(value))
            if not number or not 0 < value <= 1 << 40:
                kind = "a whole number" if whole else "a finite number"
                raise InputError(f"expected {kind} above zero for the limit {field.name}, got {value!r}")

    def as_data(self) -> Value:
        """Return the limits as data, which `Limits(**data)` reads back."""
        return dict(asdict(self))


STANDARD = Limits()
OUTPUT_FACTOR = 64


@dataclass(frozen=True)
class Outcome:
    """How a run ended. All of it is the program's claim, except for the verdict's limits, the times and the level."""

    verdict: Verdict
    """ok: the program returned data. error: it raised, or what it returned is no data. timeout: it passed
    its wall or processor time. memory: it asked for more. output: it wrote more than its limit to stdout,
    a file, its folder or its result. denied: it stopped over something that the sandbox refused.
    crashed: it died, or ended without a result."""
    result: object
    """What the program returned, None unless the verdict is ok: data, or what `agentopt.tagged` reads in a session."""
    output: str
    """stdout and stderr together, head and tail, without control characters."""
    error: str
    """The exception and the line of the program, or how it died; "" if the verdict is ok."""
    wall_s: float
    cpu_s: float
    """Of the whole run; of a session's call only where it ended the worker, else 0."""
    level: Level

    @property
    def ok(self) -> bool:
        """Whether there is a result."""
        return self.verdict == "ok"


# Escape sequences first, so that what they carried does not stay behind as text.
_ESCAPES = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)?|\x1b[ -/]*[0-~]?")
# Everything of category Cc but newline and tab, and the marks that turn the direction of text.
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]")


def clean(data: bytes | str) -> str:
    """Make hostile text fit to show: valid UTF-8, no escape sequence, no control character."""
    text = data.decode("utf-8", "replace") if isinstance(data, bytes) else data
    text = text.encode("utf-8", "replace").decode("utf-8")
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _CONTROLS.sub("", _ESCAPES.sub("", text))
