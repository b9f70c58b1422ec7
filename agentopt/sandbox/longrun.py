"""The run of a session, which lasts over many calls: the parent keeps the clock, the guard all other limits."""

from __future__ import annotations

import os
from dataclasses import replace

from agentopt.sandbox import watch
from agentopt.sandbox.run import Run

_IDLE_TICK_S = 0.4
_RESTING_S = 0.005
_WORDS_BYTES = 1 << 12


class LongRun(Run):
    """A program that is loaded once and called many times.

    Calls and what they print go past the guard. The parent only sends a byte, at most every tenth of a second,
    when it calls; processor time counts from the last of them. While the program rests, the guard looks less often.
    """

    _cpu_s = 0.0
    _cpu_before_s = 0.0

    def _hear(self) -> None:
        if os.read(self._line.read_fd, _WORDS_BYTES):
            self._cpu_before_s = self._all_cpu_s(watch.total(self._processes(), self._cell.base))
            self._tick_s = Run._tick_s
        else:
            self._abandoned = True

    def _is_late(self, now: float) -> bool:
        return False

    def _counted(self, taken: watch.Usage) -> watch.Usage:
        cpu_s = self._all_cpu_s(taken)
        resting = cpu_s - self._cpu_s < _RESTING_S
        self._tick_s = min(2 * self._tick_s, _IDLE_TICK_S) if resting else Run._tick_s
        self._cpu_s = cpu_s
        return replace(taken, cpu_s=cpu_s - self._cpu_before_s)

    def _all_cpu_s(self, taken: watch.Usage) -> float:
        return max(taken.cpu_s, watch.processor_s(self._child))

    def _end_all(self) -> tuple[int, float, float]:
        status, cpu_s, peak_mib = super()._end_all()
        return status, max(0.0, cpu_s - self._cpu_before_s), peak_mib
