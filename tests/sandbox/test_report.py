"""From what the guard saw and the program claims to a verdict."""

from __future__ import annotations

import signal

import pytest

from agentopt.errors import SandboxError
from agentopt.sandbox import Level, Limits
from agentopt.sandbox.report import Report, outcome

LIMITS = Limits(cpu_s=2, memory_mib=100)


@pytest.mark.parametrize(
    ("report", "claim", "verdict"),
    [
        (Report(), b"r1", "ok"),
        (Report(), b"", "crashed"),
        (Report(), b"x1", "crashed"),
        (Report(), b"eno", "error"),
        (Report(), b"dno", "denied"),
        (Report(), b"r{", "error"),
        (Report(), b"rNaN", "error"),
        (Report(), b"r1 2", "error"),
        (Report(), b"r" + b"[" * 100_000, "error"),
        (Report(), b"r\xff", "error"),
        (Report(status=1 << 8), b"r1", "crashed"),
        (Report(status=signal.SIGKILL), b"r1", "crashed"),
        (Report(status=signal.SIGKILL, cpu_s=2.1), b"", "timeout"),
        (Report(status=signal.SIGKILL, peak_mib=95), b"", "memory"),
        (Report(status=signal.SIGABRT, peak_mib=95), b"", "memory"),
        (Report(status=signal.SIGXCPU), b"", "timeout"),
        (Report(status=signal.SIGXFSZ), b"", "output"),
        (Report(status=signal.SIGSYS), b"", "denied"),
        (Report(status=signal.SIGSEGV | 0x80), b"", "crashed"),
        (Report(stopped="timeout"), b"r1", "timeout"),
    ],
)
def test_verdict(report: Report, claim: bytes, verdict: str) -> None:
    """Only an ending with exit code 0 and one value of strict data is ok."""
    assert outcome(report, claim, b"", LIMITS, Level.NONE).verdict == verdict


def test_no_result_without_ok() -> None:
    """A result that was claimed before a bad end is dropped."""
    assert outcome(Report(status=9), b"r1", b"", LIMITS, Level.NONE).result is None


def test_report_survives_as_data() -> None:
    """A report that crossed the border as data is the same report."""
    report = Report(reason="x", status=3, wall_s=0.5)
    assert Report.decode(report.encode()) == report


@pytest.mark.parametrize("data", [b"", b"[]", b'{"setup": 1, "odd": 2}', b"null"])
def test_what_is_no_report_is_refused(data: bytes) -> None:
    """A report with other fields, or none, is an error of the sandbox."""
    with pytest.raises(SandboxError, match="report"):
        Report.decode(data)
