"""A whole run: what is asked, in what order it may end, what goes on, and what stops it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from agentopt.errors import AuthError, BudgetExceeded, ProviderError, QuotaError, TransportError
from agentopt.llm import Budget, Message
from agentopt.solvers.modeling.bench.attempt import Settings
from agentopt.solvers.modeling.bench.item import Benchmark
from agentopt.solvers.modeling.bench.record import Record
from agentopt.solvers.modeling.bench.running import run_bench, run_items
from agentopt.testing import ScriptedModel

Make = Callable[..., Benchmark]
Answer = Callable[[Sequence[Message]], str]


def what_was_found(records: Sequence[Record]) -> list[tuple[str, str, float | None]]:
    return [(record.id, record.status, record.objective) for record in records]


def test_a_run_is_scored(benchmark_of: Make, answering: Answer) -> None:
    """Question n has the answer n: of these labels two are right, one is wrong, and one says there is none."""
    report = run_bench(benchmark_of(0.0, 1.0, 7.0, None), ScriptedModel(answering))
    assert (report.total.n, report.total.right, report.total.executed) == (4, 2, 4)
    assert [(miss.id, miss.expected, miss.found) for miss in report.misses] == [
        ("p2", "7", 2.0),
        ("p3", "no solution", 3.0),
    ]
    assert [(one.kind, one.n, one.right) for one in report.by_kind] == [("even", 2, 1), ("odd", 2, 1)]


def test_no_answer_is_in_any_request(benchmark_of: Make, answering: Answer) -> None:
    """Nothing that the model is sent holds the number of a label, corrections included."""
    benchmark = benchmark_of(*(987654.0 + n for n in range(6)))
    model = ScriptedModel(answering)
    run_bench(benchmark, model)
    said = [message.text for request in model.requests for message in request.messages]
    assert len(model.requests) == 6
    assert not [text for text in said if "98765" in text]


def test_every_item_is_asked_once(benchmark_of: Make, answering: Answer) -> None:
    """A wrong answer is not tried again: the run has no way to know that it is wrong."""
    right, wrong = ScriptedModel(answering), ScriptedModel(answering)
    run_bench(benchmark_of(0.0, 1.0, 2.0), right)
    run_bench(benchmark_of(50.0, 50.0, 50.0), wrong)
    assert [request.messages for request in right.requests] == [request.messages for request in wrong.requests]


def test_the_order_in_which_items_end_changes_nothing(benchmark_of: Make, answering: Answer) -> None:
    """The first item waits until all others are over, and the records still are in the order of the items."""
    benchmark = benchmark_of(*map(float, range(6)))
    others = threading.Semaphore(0)

    def slow_first(messages: Sequence[Message]) -> str:
        if any("Question 0:" in message.text for message in messages):
            for _ in range(5):
                assert others.acquire(timeout=60)
        return answering(messages)

    told = list[str]()

    def tell(record: Record, n_done: int) -> None:
        told.append(record.id)
        others.release()

    many = run_bench(benchmark, ScriptedModel(slow_first), Settings(workers=3), tell)
    one = run_bench(benchmark, ScriptedModel(answering))
    assert told[-1] == "p0"
    assert what_was_found(many.records) == what_was_found(one.records)
    assert (many.total.right, many.misses) == (one.total.right, one.misses)


def test_a_run_that_was_killed_goes_on_with_what_is_missing(
    benchmark_of: Make, answering: Answer, tmp_path: Path
) -> None:
    """Half a file with a torn last line: only the missing items are asked, and the report is that of a whole run."""
    benchmark, settings = benchmark_of(*map(float, range(6))), Settings(out=tmp_path / "results.jsonl")
    whole = run_bench(benchmark, ScriptedModel(answering), settings)
    assert settings.out is not None
    lines = settings.out.read_bytes().splitlines(keepends=True)
    settings.out.write_bytes(b"".join(lines[:4]) + lines[4][:50])
    model = ScriptedModel(answering)
    again = run_bench(benchmark, model, settings)
    assert len(model.requests) == 3
    assert what_was_found(again.records) == what_was_found(whole.records)
    assert len(settings.out.read_bytes().splitlines()) == 7


def test_a_run_that_is_done_asks_nobody(benchmark_of: Make, answering: Answer, tmp_path: Path) -> None:
    """Its results are scored again, as with a key that was corrected meanwhile."""
    settings = Settings(out=tmp_path / "results.jsonl")
    run_bench(benchmark_of(0.0, 9.0), ScriptedModel(answering), settings)
    silent = ScriptedModel([])
    report = run_bench(benchmark_of(0.0, 1.0), silent, settings)
    assert (report.total.right, silent.requests) == (2, [])


def test_a_provider_that_dies_is_a_failure_of_each_item(benchmark_of: Make, least: Callable[[float], str]) -> None:
    """The others go on, and the failure has its sentence and counts as wrong."""
    model = ScriptedModel([least(0), ProviderError("the provider is down"), least(2)])
    report = run_bench(benchmark_of(0.0, 1.0, 2.0), model)
    assert [record.status for record in report.records] == ["solved", "failed", "solved"]
    assert (report.total.right, report.total.failed_at_provider, report.stopped) == (2, 1, "")
    assert report.misses[0].why == "the provider is down"


def test_what_failed_at_the_provider_is_run_again_when_asked_for(
    benchmark_of: Make, least: Callable[[float], str], tmp_path: Path
) -> None:
    """Only those: what the model itself did wrong stays as it is."""
    out, benchmark = tmp_path / "results.jsonl", benchmark_of(0.0, 1.0, 2.0)
    first = ScriptedModel([least(0), TransportError("the connection broke"), "no formulation", "none either"])
    run_bench(benchmark, first, Settings(out=out))
    silent, model = ScriptedModel([]), ScriptedModel([least(1)])
    kept = run_bench(benchmark, silent, Settings(out=out))
    again = run_bench(benchmark, model, Settings(out=out, retry_failed=True))
    assert [record.status for record in kept.records] == ["solved", "failed", "failed"]
    assert [record.status for record in again.records] == ["solved", "solved", "failed"]
    assert len(model.requests) == 1


@pytest.mark.parametrize("error", [AuthError("the key is wrong"), QuotaError("no credit is left")])
def test_a_refused_key_stops_the_run_and_keeps_what_is_done(
    benchmark_of: Make, least: Callable[[float], str], error: AuthError | QuotaError, tmp_path: Path
) -> None:
    """No further item is begun, none is counted as wrong for it, and the run can go on later."""
    benchmark, settings = benchmark_of(0.0, 1.0, 2.0, 3.0), Settings(out=tmp_path / "results.jsonl")
    model = ScriptedModel([least(0), least(1), error, least(3)])
    report = run_bench(benchmark, model, settings)
    later = run_bench(benchmark, ScriptedModel([least(2), least(3)]), settings)
    assert (report.stopped, report.exit_code) == (str(error), error.exit_code)
    assert (len(model.requests), report.total.n, report.n_items) == (3, 2, 4)
    assert (later.total.n, later.total.right, later.stopped) == (4, 4, "")


def test_the_error_that_ended_the_run_is_told_whoever_ends_first(benchmark_of: Make, answering: Answer) -> None:
    """Those that were stopped for it are no cause, with as many workers as items."""
    benchmark, refused = benchmark_of(*map(float, range(8))), AuthError("the key is wrong")
    some_over = threading.Event()

    def answer(messages: Sequence[Message]) -> str:
        if any("Question 3:" in message.text for message in messages):
            assert some_over.wait(timeout=60)
            raise refused
        return answering(messages)

    report = run_bench(benchmark, ScriptedModel(answer), Settings(workers=8), lambda record, n: some_over.set())
    assert (report.stopped, report.exit_code) == ("the key is wrong", 4)
    assert "p3" not in [record.id for record in report.records]


def test_a_key_that_is_refused_at_once_is_the_error(benchmark_of: Make) -> None:
    """There is nothing to report."""
    with pytest.raises(AuthError, match="the key is wrong"):
        run_bench(benchmark_of(0.0, 1.0), ScriptedModel([AuthError("the key is wrong")]))


def test_a_budget_ends_the_run_between_items(benchmark_of: Make, answering: Answer) -> None:
    """Two calls pay for two items; the third says nothing, and is not counted."""
    report = run_bench(benchmark_of(0.0, 1.0, 2.0), ScriptedModel(answering, Budget(calls=2)))
    assert (report.total.n, report.total.right, report.exit_code) == (2, 2, BudgetExceeded.exit_code)
    assert "2 calls" in report.stopped


def test_ctrl_c_keeps_what_is_done(benchmark_of: Make, answering: Answer, tmp_path: Path) -> None:
    """What was told of is in the report and in the file; the rest is given up."""
    settings, over = Settings(out=tmp_path / "results.jsonl"), threading.Event()

    def hanging(messages: Sequence[Message]) -> str:
        if any("Question 2:" in message.text for message in messages):
            assert over.wait(timeout=60)
        return answering(messages)

    def interrupt(record: Record, n_done: int) -> None:
        if n_done == 2:
            raise KeyboardInterrupt

    benchmark = benchmark_of(*map(float, range(5)))
    outcome = run_items(benchmark.items, ScriptedModel(hanging), settings, interrupt)
    over.set()
    again = ScriptedModel(answering)
    report = run_bench(benchmark, again, settings)
    assert (outcome.interrupted, len(outcome.records)) == (True, 2)
    assert (len(again.requests), report.total.right) == (3, 5)


def test_ctrl_c_keeps_what_ended_meanwhile(benchmark_of: Make, answering: Answer) -> None:
    """An item that ended while the first one was being told of is paid for, so it is kept."""
    first_told, second_over = threading.Event(), threading.Event()

    def answer(messages: Sequence[Message]) -> str:
        text = "".join(message.text for message in messages)
        if "Question 2:" in text:
            # With one worker, that this one is asked means that the second one has ended.
            second_over.set()
            assert first_told.wait(timeout=60)
        return answering(messages)

    def interrupt(record: Record, n_done: int) -> None:
        assert second_over.wait(timeout=60)
        raise KeyboardInterrupt

    outcome = run_items(benchmark_of(0.0, 1.0, 2.0).items, ScriptedModel(answer), Settings(), interrupt)
    first_told.set()
    assert [record.id for record in outcome.records] == ["p0", "p1"]


def test_items_that_need_a_solver_at_the_same_time_do_not_disturb_each_other(
    benchmark_of: Make, reply: Callable[..., str]
) -> None:
    """Eight knapsacks at a time; each optimum is known by brute force."""
    weights, profits = [7, 11, 13, 17, 19, 23, 29], [8, 12, 15, 18, 22, 25, 31]

    def best(room: int) -> int:
        chosen = ([place for place in range(7) if mask >> place & 1] for mask in range(1 << 7))
        fitting = (one for one in chosen if sum(weights[place] for place in one) <= room)
        return max(sum(profits[place] for place in one) for one in fitting)

    def knapsack(messages: Sequence[Message]) -> str:
        text = next(message.text for message in messages if "Question " in message.text)
        room = 20 + 3 * int(text.split("Question ")[1].split(":")[0])
        return reply(
            {
                "variables": [{"name": f"x{place}", "domain": "binary"} for place in range(7)],
                "objective": {"sense": "maximize", "expression": _weighted(profits)},
                "constraints": [{"name": "room", "expression": f"{_weighted(weights)} <= {room}"}],
            }
        )

    benchmark = benchmark_of(*(float(best(20 + 3 * n)) for n in range(24)))
    report = run_bench(benchmark, ScriptedModel(knapsack), Settings(workers=8))
    assert (report.total.right_strictly, report.misses) == (24, ())


def _weighted(factors: Sequence[int]) -> str:
    return " + ".join(f"{factor} * x{place}" for place, factor in enumerate(factors))
