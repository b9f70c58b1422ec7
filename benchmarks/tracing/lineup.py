"""Tracers measured in turn, each in its own interpreter.

A round asks every tracer once, so that whatever slows the machine meanwhile slows all of them; figures are medians of
the rounds.
"""

from __future__ import annotations

import statistics
import sys
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from types import TracebackType

from benchmarks.peers import Peer, PeerMissing
from benchmarks.probe import Probe, Unmeasured

OURS, TRACE_OPT, TEXTGRAD = "agentopt", "trace-opt", "textgrad"
EVERY = (OURS, TRACE_OPT, TEXTGRAD)
PEERS = (
    Peer(f"{TRACE_OPT}==0.1.3.8", ("graphviz", "numpy")),
    Peer(f"{TEXTGRAD}==0.1.8", ("litellm", "httpx", "diskcache", "platformdirs", "tenacity")),
)

Counts = dict[str, float] | str
"""What one measure counted, by name, or why it counted nothing."""


@dataclass(frozen=True)
class Figures:
    """What one tracer gave for one measure: a figure a round, or why there is none."""

    values: tuple[float, ...] = ()
    why: str = ""

    @property
    def median(self) -> float:
        """The middle of the figures, of which there must be one."""
        return statistics.median(self.values)

    def shown(self, unit: Callable[[float], str]) -> str:
        """Write the median, or why there is none."""
        return unit(self.median) if self.values else self.why

    def within(self, most: float) -> bool:
        """Whether there is a median and it is no more than this."""
        return bool(self.values) and self.median <= most


@dataclass(frozen=True)
class Rounds:
    """What one tracer counted, round by round, or why it counted nothing."""

    counts: tuple[dict[str, float], ...] = ()
    why: str = ""

    def then(self, counts: Counts) -> Rounds:
        """These and one more; once one failed, that is all there is."""
        return Rounds(why=counts) if isinstance(counts, str) else Rounds((*self.counts, counts))

    def figures(self, name: str) -> Figures:
        """One of the figures, of every round."""
        return Figures(tuple(counts[name] for counts in self.counts), self.why)


class Lineup:
    """Our tracer and those of its peers that can be installed, each a child that answers measurements.

    Args:
        environment: Variables set for every child, beside those of this process.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.environment = environment
        self.pythons: dict[str, str] = {OURS: sys.executable}
        """The interpreter of each tracer that takes part."""
        self.missing: dict[str, str] = {}
        """Why the others do not."""
        self._probes: dict[str, Probe] = {}
        self._stack = ExitStack()

    def __enter__(self) -> Lineup:
        for peer in PEERS:
            try:
                self.pythons[peer.name] = str(peer.python())
            except PeerMissing as error:
                self.missing[peer.name] = str(error)
        for name, python in self.pythons.items():
            probe = Probe(python, "benchmarks.tracing.measure", name, environment=self.environment)
            self._probes[name] = self._stack.enter_context(probe)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._stack.close()

    def once(self, name: str, measure: str, **arguments: float | str) -> Counts:
        """Have one tracer take one measure."""
        if name not in self._probes:
            return "not installed"
        try:
            return self._probes[name].ask(measure, **arguments)
        except Unmeasured as error:
            return str(error)

    def in_turn(self, names: Iterable[str], n_rounds: int, measure: str, **arguments: float | str) -> dict[str, Rounds]:
        """Have tracers take one measure, round by round; one that fails is not asked again."""
        taken: dict[str, Rounds] = {name: Rounds() for name in names}
        for _ in range(n_rounds):
            for name in [name for name, rounds in taken.items() if not rounds.why]:
                taken[name] = taken[name].then(self.once(name, measure, **arguments))
        return taken
