"""Counts and costs of records, by hand and against another formula."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentopt.solvers.modeling.bench.item import Label
from agentopt.solvers.modeling.bench.record import Record, Spent
from agentopt.solvers.modeling.bench.report import Z, misses, tallies, tally, wilson

Make = Callable[..., Record]
KEY = {"a": Label((("", 3.0),)), "b": Label((("", 5.0),)), "c": Label(()), "d": Label((("x", 1.0), ("y", 2.0)))}


def four(record: Make) -> list[Record]:
    return [
        record(objective=3.0, name="a", spent=Spent(1, 2, 10, 20, 0.5, model_s=1.0, seconds=1.5)),
        record(objective=4.0, name="b", kind="even", spent=Spent(0, 1, 30, 40, 0.25, model_s=2.0, seconds=2.1)),
        record("infeasible", name="c", spent=Spent(seconds=0.2)),
        record("failed", name="d", error="the connection broke", error_kind="TransportError"),
    ]


def test_a_tally_counts_and_adds(record: Make) -> None:
    """Two of four are right, three were executed, and the costs are summed."""
    total = tally("all", four(record), KEY)
    assert (total.n, total.right, total.right_strictly, total.executed, total.has_point) == (4, 2, 2, 3, 2)
    assert (total.n_no_solution, total.right_no_solution) == (1, 1)
    assert (total.n_named, total.all_quantities, total.failed_at_provider) == (1, 0, 1)
    assert (total.rounds, total.calls, total.input_tokens, total.output_tokens) == (1, 3, 40, 60)
    assert (total.cost_usd, total.model_s) == (0.75, 3.0)


def test_the_own_part_is_the_median_of_what_the_model_did_not_take(record: Make) -> None:
    """0, 100, 200 and 500 ms have the median 150."""
    assert tally("all", four(record), KEY).overhead_ms == pytest.approx(150)


def test_an_unknown_price_makes_the_sum_unknown(record: Make) -> None:
    """No cost is made up."""
    records = [record(objective=3.0, name="a", spent=Spent(cost_usd=None)), record(objective=5.0, name="b")]
    assert tally("all", records, KEY).cost_usd is None


def test_kinds_are_counted_apart(record: Make) -> None:
    """Every record is in the tally of its kind."""
    assert [(one.kind, one.n, one.right) for one in tallies(four(record), KEY)] == [("even", 1, 0), ("odd", 3, 2)]


def test_misses_say_what_was_expected_and_what_came(record: Make) -> None:
    """A wrong number has none but itself to say; a failure has its sentence."""
    told = [(miss.id, miss.expected, miss.found, miss.status, miss.why) for miss in misses(four(record), KEY)]
    assert told == [
        ("b", "5", 4.0, "solved", ""),
        ("d", "x: 1, y: 2", None, "failed", "the connection broke"),
    ]


def test_nothing_run_is_nothing_known(record: Make) -> None:
    """A tally of no record claims nothing."""
    empty = tally("all", [], {})
    assert (empty.n, empty.interval, empty.overhead_ms) == (0, (0.0, 1.0), 0.0)


@given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_interval_ends_where_the_count_would_contradict(counts: tuple[int, int]) -> None:
    """At each bound p inside (0, 1), |share - p| is Z standard deviations of a share of n with that p."""
    right, n = counts
    share = right / n
    for bound in wilson(right, n):
        if 1e-9 < bound < 1 - 1e-9:
            assert abs(share - bound) == pytest.approx(Z * (bound * (1 - bound) / n) ** 0.5, rel=1e-6)
