"""The figures of a run are those of its rows, added up by hand."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from agentopt.store import Store
from agentopt.store.figures import Figures, figures
from tests.store.program import call, candidate, trial


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "runs.db") as opened:
        yield opened


def of(store: Store, name: str) -> Figures:
    return figures(store, store.find(name))


def test_an_empty_run_has_figures(store: Store) -> None:
    """Nothing adds up to nothing."""
    store.run("r")
    assert of(store, "r") == Figures(0, 0, 0, 0, 0.0, (), None)


def test_a_run_is_added_up_alone(store: Store) -> None:
    """Trials, candidates, calls, tokens, dollars and failures of this run, and of no other."""
    for name, n in (("a", 3), ("b", 5)):
        run = store.run(name)
        run.add_candidate(candidate())
        for k in range(n):
            run.add_call(call(f"{k}"))
            run.add_trial(trial(k, None if k else 0.5, error_kind=("", "ValueError", "Timeout")[min(k, 2)]))
    assert of(store, "b") == Figures(5, 1, 5, 60, 2.5, (("Timeout", 3), ("ValueError", 1)), None)


def test_a_price_that_is_not_known_makes_the_cost_unknown(store: Store) -> None:
    """An unknown price is not a price of nothing."""
    run = store.run("r")
    run.add_call(call("a"))
    run.add_call(call("b", cost_usd=None))
    assert of(store, "r").cost_usd is None


@pytest.mark.parametrize(
    ("summary", "best"), [({}, 2), ({"best": {"number": 0}}, 0), ({"best": "?"}, 2), ({"best": {"number": 9}}, None)]
)
def test_the_best_is_what_the_search_chose(store: Store, summary: dict[str, object], best: int | None) -> None:
    """Before its end it is what is thought best of those in the race."""
    run = store.run("r")
    for number in range(3):
        run.add_candidate(candidate(number))
    run.set_standing([(0, "", 0.4, 0.1), (1, "lost", 0.9, 0.1), (2, "", 0.8, 0.1)])
    run.finish("finished", summary)
    found = of(store, "r").best
    assert (found and found.number) == best
