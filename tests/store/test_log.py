"""What is written to a run comes back as it was."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agentopt.errors import CodecError, StoreError
from agentopt.store import AskRow, RunLog, Store, TrialRow
from agentopt.store.coding import packed, unpacked
from tests.store.program import call, candidate, trial

KEPT = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
"""Examples share the store of their test: each begins a run of its own."""
ANY_TEXT = st.text(st.characters(codec=None, exclude_categories=()))
DATA = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | ANY_TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ANY_TEXT, inner, max_size=3),
    max_leaves=8,
)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "runs.db") as opened:
        yield opened


@pytest.fixture
def run(store: Store) -> RunLog:
    return store.run("r")


def test_a_trial_comes_back(run: RunLog) -> None:
    """Every field of it."""
    row = TrialRow(("f", "test", "7", 2), 3, 0.25, {"cost": -1.5}, "fine", "", "", 2, 30, 4, None, 1, 0.5, 99.0)
    run.add_trial(row, "a trace")
    assert (run.trials(), run.trace(row.key)) == ([row], "a trace")


def test_a_failed_trial_has_no_score(run: RunLog) -> None:
    """A failure is kept as one, and not as a score of nothing."""
    run.add_trial(trial(1, None, error="boom", error_kind="ValueError"))
    assert [(row.score, row.error_kind) for row in run.trials()] == [(None, "ValueError")]


@KEPT
@given(ANY_TEXT, ANY_TEXT)
def test_any_text_is_kept(store: Store, feedback: str, trace: str) -> None:
    """Whatever a model or a program says: lone surrogates are escaped in columns, and kept as they are in traces."""
    with store.run() as run:
        row = trial(1, 0.5, feedback=feedback)
        run.add_trial(row, trace)
        (found,) = run.trials()
        assert found.feedback == feedback.encode("utf-8", "backslashreplace").decode()
        assert run.trace(row.key) == (trace or None)


@KEPT
@given(st.dictionaries(ANY_TEXT, DATA, max_size=3))
def test_any_data_is_kept(store: Store, values: dict[str, object]) -> None:
    """Values of candidates and proposals of asks come back equal."""
    with store.run() as run:
        run.add_candidate(replace(candidate(), values=values))
        run.add_ask(AskRow(1, 0, (1, 2), (values,), ("too long",)))
        assert run.candidates() == [replace(candidate(), values=values)]
        assert run.asks() == [AskRow(1, 0, (1, 2), (values,), ("too long",))]


@given(ANY_TEXT)
def test_packing_loses_nothing(text: str) -> None:
    """A text made short and long again is the same."""
    assert unpacked(packed(text)) == text


@pytest.mark.parametrize("data", [b"", b"no", packed("whole text")[:-3], packed("\ud800")[::-1]])
def test_what_was_not_packed_is_damage(data: bytes) -> None:
    """A broken text is told as such."""
    with pytest.raises(StoreError, match="the store is damaged"):
        unpacked(data)


def test_a_second_trial_of_a_key_changes_nothing(run: RunLog) -> None:
    """What was paid for first stays, with its trace."""
    run.add_trial(trial(1, 0.5), "first")
    run.add_trial(trial(1, 0.9), "second")
    assert [row.score for row in run.trials()] == [0.5]
    assert run.trace(trial(1).key) == "first"


def test_numbers_of_numpy_are_numbers(run: RunLog) -> None:
    """Scores, objectives and places may be numpy's."""
    run.add_trial(trial(1, np.float64(0.5), objectives={"speed": np.float32(2), "n": np.int64(3)}))
    run.add_ask(AskRow(1, 0, (np.int64(4),), ()))  # type: ignore[arg-type]
    assert (run.trials()[0].objectives, run.asks()[0].places) == ({"speed": 2.0, "n": 3}, (4,))


def test_what_is_no_data_is_refused(run: RunLog) -> None:
    """An object is not written as its address."""
    with pytest.raises(CodecError, match="expected data that can be stored as JSON: object is no data"):
        run.add_candidate(replace(candidate(), values={"prompt": object()}))
    assert run.candidates() == []


def test_a_number_that_sqlite_cannot_hold_is_refused(run: RunLog) -> None:
    """It ends in a sentence, and the store goes on."""
    with pytest.raises(StoreError, match="too large"):
        run.add_trial(trial(1, 0.5, input_tokens=1 << 80))
    run.add_trial(trial(2))
    assert len(run.trials()) == 1


def test_a_call_comes_back(run: RunLog) -> None:
    """A call is found by its key; another is not."""
    run.add_call(replace(call("a", "fünf \ud800"), model="m\udfff"))
    assert run.call("a") == replace(call("a", "fünf \ud800"), model="m\\udfff")
    assert run.call("b") is None


def test_runs_do_not_see_each_other(store: Store) -> None:
    """The same keys in two runs are two trials and two calls."""
    first, second = store.run("a"), store.run("b")
    first.add_trial(trial(1, 0.1), "one")
    second.add_trial(trial(1, 0.2))
    first.add_call(call("k", "one"))
    first.put_artifact("x", b"1")
    assert [row.score for row in second.trials()] == [0.2]
    assert (second.trace(trial(1).key), second.call("k"), second.artifact("x")) == (None, None, None)


def test_candidates_stand_by_what_is_thought_of_them(run: RunLog) -> None:
    """The best comes first, one that was dropped is not the best that stands, and one without a measure is left out."""
    for number in range(4):
        run.add_candidate(candidate(number))
    run.set_standing([(0, "", 0.5, 0.1), (1, "lost the race", 0.9, 0.1), (2, "", 0.7, 0.1)])
    run.set_standing([])
    assert [one.number for one in run.leaders(9)] == [1, 2, 0]
    best = run.standing_best()
    assert best is not None
    assert (best.number, best.mean, best.sd) == (2, 0.7, 0.1)
    assert (run.candidate(3), run.candidate(4)) == (candidate(3), None)


def test_an_artifact_is_replaced(run: RunLog) -> None:
    """The last one under a name is there, byte for byte."""
    run.put_artifact("a", b"one")
    run.put_artifact("a", bytes(range(256)))
    assert run.artifact("a") == bytes(range(256))


def test_a_batch_is_written_together(store: Store, run: RunLog) -> None:
    """Nobody sees half of it."""
    with Store(store.path) as other:
        with run.batch():
            run.add_trial(trial(1))
            run.add_trial(trial(2))
            assert other.log(other.find("r")).trials() == []
        assert len(other.log(other.find("r")).trials()) == 2


def test_a_batch_that_fails_is_undone(run: RunLog) -> None:
    """Nothing of it stays."""

    def fail() -> None:
        with run.batch():
            run.add_trial(trial(1))
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert run.trials() == []


def test_a_part_of_a_batch_may_fail_alone(run: RunLog) -> None:
    """Whoever catches the error of an inner batch keeps the rest of the outer one."""

    def fail() -> None:
        with run.batch():
            run.add_trial(trial(2))
            run.add_trial(trial(3, 0.5, calls=1 << 80))

    with run.batch():
        run.add_trial(trial(1))
        with pytest.raises(StoreError):
            fail()
        run.add_trial(trial(4))
    assert [row.key[2] for row in run.trials()] == ["1", "4"]


def test_many_threads_write_and_read(run: RunLog) -> None:
    """Nothing is lost and nothing is mixed up."""
    started = threading.Barrier(8)

    def work(thread: int) -> None:
        started.wait()
        for k in range(25):
            run.add_call(call(f"{thread} {k}", f"reply {thread} {k}"))
            run.add_trial(trial(f"{thread} {k}"), f"trace {thread} {k}")
            known = run.call(f"{thread} {k}")
            assert known is not None
            assert known.text == f"reply {thread} {k}"

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    assert {run.trace(row.key) for row in run.trials()} == {f"trace {t} {k}" for t in range(8) for k in range(25)}


def test_a_summary_is_written_whatever_stands_in_it(store: Store, run: RunLog) -> None:
    """A long run does not fail in the end for an object in its report."""
    run.finish("finished", {"best": {"number": 1}, "odd": {1, 2}})
    row = store.find("r")
    assert (row.status, row.summary) == ("finished", {"best": {"number": 1}, "odd": "{1, 2}"})


def test_a_trial_does_not_write_the_whole_run_again(store: Store, run: RunLog) -> None:
    """However long the description of a run, a trial adds a few pages to the log."""
    run.settle({"code": "x" * 4_000_000})
    log = store.path.with_name("runs.db-wal")
    before = log.stat().st_size
    for k in range(10):
        run.add_trial(trial(k))
    assert log.stat().st_size - before < 500_000


def test_looking_up_reads_no_table_as_a_whole(store: Store) -> None:
    """What is asked for once a trial or a call goes by an index."""
    queries = (
        "SELECT id FROM trials WHERE run = 1 AND fingerprint = 'f' AND part = 'p' AND item = 'i' AND repeat = 0",
        "SELECT text FROM calls JOIN exchanges ON call = id WHERE run = 1 AND key = 'k'",
        "SELECT error_kind, count(*) FROM trials WHERE run = 1 AND error_kind <> '' GROUP BY error_kind",
        "SELECT count(*) FROM trials WHERE run = 1",
    )
    with closing(sqlite3.connect(store.path)) as base:
        plans = [row[3] for query in queries for row in base.execute(f"EXPLAIN QUERY PLAN {query}")]
    assert all(plan.startswith("SEARCH") for plan in plans), plans
