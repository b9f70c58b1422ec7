"""What the guard of a run tells the parent, and the outcome that follows from it."""

from __future__ import annotations

import math
import signal
from dataclasses import asdict, dataclass, replace

from agentopt import tagged
from agentopt.errors import CodecError, SandboxError
from agentopt.sandbox.levels import Level
from agentopt.sandbox.outcome import Limits, Outcome, Verdict, clean
from agentopt.values import decode, encode

REPORT_BYTES = 1 << 16
_TEXT_BYTES = 1 << 16
_KINDS: dict[bytes, Verdict] = {b"r": "ok", b"e": "error", b"d": "denied", b"m": "memory", b"o": "output"}
_MOSTLY = 0.8


@dataclass(frozen=True)
class Report:
    """The guard's own observations of a run."""

    setup: str = ""
    """The step that failed before the program began, or ""."""
    stopped: str = ""
    """The verdict for which the guard ended the run, or "" if it ended by itself."""
    reason: str = ""
    status: int = 0
    """As os.waitpid gives it."""
    wall_s: float = 0.0
    cpu_s: float = 0.0
    peak_mib: float = 0.0

    def encode(self) -> bytes:
        """Write the report as data."""
        return encode(asdict(self), max_bytes=REPORT_BYTES)

    @classmethod
    def decode(cls, data: bytes) -> Report:
        """Read a report.

        Raises:
            SandboxError: The data is no report.
        """
        try:
            return cls(**decode(data, max_bytes=REPORT_BYTES))  # type: ignore[arg-type]
        except (CodecError, TypeError) as error:
            raise SandboxError(f"expected a report from the sandbox, got {data[:80]!r}") from error


def outcome(report: Report, claim: bytes, output: bytes, limits: Limits, level: Level) -> Outcome:
    """Join what the guard saw and what the program claims."""
    verdict, result, error = _judge(report, claim, limits)
    return Outcome(verdict, result, clean(output), clean(error), report.wall_s, report.cpu_s, level)


def _judge(report: Report, claim: bytes, limits: Limits) -> tuple[Verdict, object, str]:
    if report.stopped:
        return report.stopped, None, report.reason  # type: ignore[return-value]
    if report.status != 0:
        verdict, reason = _death(report, limits)
        return verdict, None, reason
    return judge(claim, limits)


def judge(claim: bytes, limits: Limits, *, in_tags: bool = False) -> tuple[Verdict, object, str]:
    """Read a claim: the verdict, the result if there is one, and the error if not.

    Args:
        claim: As the program's process wrote it.
        limits: Of the run.
        in_tags: Whether the result is in the tagged codec.
    """
    kind = _KINDS.get(claim[:1])
    if kind is None:
        return "crashed", None, "the program ended with exit code 0 before it returned a result"
    if kind != "ok":
        return kind, None, claim[1:_TEXT_BYTES].decode("utf-8", "replace")
    try:
        return "ok", (tagged.loads if in_tags else decode)(claim[1:], max_bytes=limits.result_kib << 10), ""
    except CodecError as problem:
        return "error", None, f"the program's result is no data: {problem}"


def is_claim(claim: bytes) -> bool:
    """Tell whether a claim begins as one must."""
    return claim[:1] in _KINDS


def read_result(done: Outcome) -> Outcome:
    """Read a result of data out of the tagged codec."""
    try:
        return replace(done, result=tagged.decode(done.result))  # type: ignore[arg-type]
    except CodecError as problem:
        return replace(done, verdict="error", result=None, error=clean(f"the program's result is no data: {problem}"))


def _death(report: Report, limits: Limits) -> tuple[Verdict, str]:
    """Read the manner of death out of the exit status."""
    number = report.status & 0x7F
    if number == 0:
        return "crashed", f"the program ended with exit code {report.status >> 8} before it returned a result"
    name = signal.Signals(number).name if number in set(signal.Signals) else f"signal {number}"
    if number == signal.SIGSYS:
        return "denied", "the program made a system call that the sandbox forbids (SIGSYS)"
    if number == signal.SIGXCPU or (number == signal.SIGKILL and report.cpu_s >= math.floor(limits.cpu_s)):
        return "timeout", f"the program used its {limits.cpu_s:g} s of processor time"
    if number == signal.SIGXFSZ:
        return "output", f"the program wrote a file of more than {limits.file_mib} MiB"
    if report.peak_mib >= _MOSTLY * limits.memory_mib:
        return "memory", f"the program was killed by {name} near its {limits.memory_mib} MiB of memory"
    return "crashed", f"the program was killed by {name}"
