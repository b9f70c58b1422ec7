"""The benchmark of tracing, as far as it needs no peer and no clock."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks import run
from benchmarks.peers import Peer, PeerMissing
from benchmarks.probe import Probe, Unmeasured
from benchmarks.tracing import costs, measure
from benchmarks.tracing.cells import byte_count, compared, ratio, seconds
from benchmarks.tracing.lineup import EVERY, OURS, TRACE_OPT, Figures, Lineup, Rounds
from benchmarks.tracing.tracers import TRACERS, Ours, Tracer


class Counting(Tracer):
    """A tracer that records nothing and counts the calls made through it."""

    node_class = str

    def __init__(self) -> None:
        self.n_calls = 0
        self.leaf = self.parameter = str
        self.one = self.two = self.join = self._call

    def _call(self, *given: str) -> str:
        self.n_calls += 1
        return given[0]

    def backward(self, output: Any) -> Any:
        raise RecursionError("too deep")


@pytest.fixture(scope="module")
def ours() -> Ours:
    return Ours()


def answer(tracer: Tracer, name: str, **arguments: object) -> dict[str, Any]:
    return measure.answer(tracer, json.dumps([name, arguments]))


def test_benchmark_is_found() -> None:
    """The runner finds the benchmark of recording and that of learned code, and none of the files they are made of."""
    assert {"trace", "trace_code"} <= set(run.available())
    assert not {"peers", "probe"} & set(run.available())


def test_every_tracer_can_be_asked() -> None:
    """The names in the table are those by which a tracer is started."""
    assert set(EVERY) == set(TRACERS)


@pytest.mark.parametrize(("shape", "n_joins"), [("chain", 0), ("fan", 1), ("diamond", 1)])
def test_shape_has_its_size(shape: str, n_joins: int) -> None:
    """A shape of n calls makes n, and one more where its ends are joined."""
    counting = Counting()
    measure.SHAPES[shape](counting, 100)
    assert counting.n_calls == 100 + n_joins


def test_every_shape_is_barred() -> None:
    """Each shape that can be built is held to a bar at the largest size."""
    assert all(max(costs.SIZES) in costs.SHAPES[shape] for shape in measure.SHAPES)


def test_failing_tracer_is_an_answer() -> None:
    """A tracer that breaks is named for how it broke, and the next question is answered."""
    counting = Counting()
    broken = answer(counting, "backward", shape="chain", n=10, limit_s=60)
    assert (broken, "bytes" in answer(counting, "call_memory", n=10)) == ({"why": "RecursionError"}, True)


def test_lacking_ability_is_an_answer() -> None:
    """A tracer that cannot be turned off has no figure for it."""
    assert answer(Counting(), "calls", kind="off", least_s=0) == {"why": "none"}


@pytest.mark.parametrize("kind", ["plain", "leaf", "two", "off", "code"])
def test_calls_of_ours_are_measured(ours: Ours, kind: str) -> None:
    """Each kind of call of our tracer gives a figure."""
    assert set(answer(ours, "calls", kind=kind, least_s=0)) == {"s"}


@pytest.mark.parametrize("shape", measure.SHAPES)
def test_graph_of_ours_is_weighed(ours: Ours, shape: str) -> None:
    """A graph of our tracer weighs something, and so does its backward pass."""
    weight = answer(ours, "memory", shape=shape, n=50, limit_s=60)
    assert min(weight["graph"], weight["backward"]) > 0


def test_names_of_ours_are_read(ours: Ours) -> None:
    """Every call has a name of its own in our trace, so that one given twice would be counted."""
    outputs = [ours.two(ours.leaf(f"x{i:03}"), ours.parameter("abcd")) for i in range(20)]
    assert len(set(ours.names(outputs))) >= 20


def test_records_of_ours_are_read(ours: Ours) -> None:
    """The inputs of a call are read by the names of its arguments."""
    assert ours.records(ours.two(ours.leaf("abcd"), ours.leaf("efgh"))) == [{"a": "abcd", "b": "efgh"}]


def test_nothing_of_ours_is_mixed_up(ours: Ours) -> None:
    """The checks of threads and of tasks find nothing wrong with our tracer."""
    found = [answer(ours, "threads", n_threads=4, n_calls=20), answer(ours, "tasks", n_tasks=4, n_calls=5)]
    assert found == [{"raised": 0, "values": 0, "inputs": 0, "names": 0}] * 2


def test_ended_child_says_why() -> None:
    """A child that ends is no figure, and its last words are the reason."""
    with (
        Probe(sys.executable, "benchmarks.nowhere", environment={}) as probe,
        pytest.raises(Unmeasured, match="No module named"),
    ):
        probe.ask("calls")


def test_peer_that_cannot_be_installed_is_missing(tmp_path: Path) -> None:
    """A peer whose environment cannot be made is missing by name, for a reason."""
    (tmp_path / "a-peer").write_text("in the way")
    with pytest.raises(PeerMissing, match=r"a-peer could not be installed: .+"):
        Peer("a-peer==1.0", ()).python(tmp_path)


def test_missing_peer_has_no_figures() -> None:
    """A peer that does not take part is asked nothing and stands in the table as not installed."""
    assert Lineup({}).in_turn([TRACE_OPT], 3, "calls") == {TRACE_OPT: Rounds(why="not installed")}


def test_row_compares_medians() -> None:
    """A row shows medians with our spread, the ratio to trace-opt and the verdict on the bar."""
    figures = {OURS: Figures((2e-6, 3e-6, 9e-6)), TRACE_OPT: Figures((0.2e-3, 0.3e-3, 0.3e-3))}
    row = compared("a call", figures, seconds, 10e-6, "")
    assert (row.ours, row.other, row.ratio, row.bar, row.passed) == (
        "3 us (2 us to 9 us)", f"{TRACE_OPT} 300 us", pytest.approx(100), "<= 10 us", True,
    )  # fmt: skip


def test_missing_figure_misses_the_bar() -> None:
    """A bar is not met by what could not be measured."""
    assert compared("a call", {OURS: Figures(why="TypeError")}, seconds, 1.0, "").passed is False


def test_missing_peer_has_no_ratio() -> None:
    """Without the peer's figure there is no ratio."""
    assert ratio({OURS: Figures((1.0,)), TRACE_OPT: Figures(why="over 20 s")}) is None


@given(st.floats(1e-8, 1e4))
def test_durations_read_back(value: float) -> None:
    """A duration as written is the duration to two digits."""
    number, unit = seconds(value).split()
    assert float(number) * {"s": 1, "ms": 1e-3, "us": 1e-6}[unit] == pytest.approx(value, rel=0.051)


@pytest.mark.parametrize(("value", "text"), [(73.2, "73 B"), (1000, "1 kB"), (1839, "1.8 kB"), (-3, "-3 B")])
def test_memory_is_written_in_bytes(value: float, text: str) -> None:
    """Memory is written in bytes, from a thousand on in kB."""
    assert byte_count(value) == text
