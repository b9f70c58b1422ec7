"""What a search promises: budgets, anchors, constraints, failures, time limits, interrupts, held-out tests."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from agentopt import Budget, Dataset, Feedback, Module, optimize, parameter, trace
from agentopt.errors import AuthError, BudgetExceeded, InputError, TransportError
from agentopt.graph import Choice, Integer, Parameter, Real
from agentopt.llm import Message
from agentopt.optimizers import LocalSearch, OptoPrime
from agentopt.search import Archive, Ask, HillClimb, Outcome, Processes, Settings, Strategy
from agentopt.testing import ScriptedModel


def number(start: float = 0.0) -> Parameter[Any]:
    return parameter(start, Real(0.0, 1.0), name="x")


def climb(x: Parameter[Any], metric: Any = None, **changes: Any) -> Any:
    """A search for the greatest x, without a model."""
    settings: dict[str, Any] = {"budget": Budget(evaluations=200), "seed": 1, "executor": 2}
    data = changes.pop("data", Dataset(range(3), range(10, 16), range(20, 28)))
    return optimize(lambda item: x + 0, data, metric or (lambda item, value: value), **(settings | changes))


def test_evaluations_never_exceed_the_budget() -> None:
    """Whatever the budget, test and minibatches included, no more is spent than was asked."""
    for allowed in (40, 41, 60, 97):
        result = climb(number(), budget=Budget(evaluations=allowed))
        assert 0 < result.spent.evaluations <= allowed


def test_a_budget_too_small_for_the_test_is_refused() -> None:
    """The sentence says what the test takes."""
    with pytest.raises(InputError, match="16 of the test"):
        climb(number(), budget=Budget(evaluations=20))


@pytest.mark.parametrize("limits", [{"calls": 30}, {"calls": 31}, {"tokens": 3000}, {"calls": 25, "evaluations": 20}])
def test_calls_and_tokens_never_exceed_the_budget(limits: dict[str, int]) -> None:
    """Calls of trials and of the optimizer are one account, which stops at its limit."""
    model = ScriptedModel(lambda messages: "3" if "Say" in messages[-1].text else EDIT)
    prompt, budget = parameter("Say {text}.", name="prompt"), Budget(**limits)  # type: ignore[arg-type]

    @trace(memo=False)
    def ask(prompt: str, item: int) -> int:
        return len(model.complete([Message("user", prompt.format(text=item))]).value)

    result = optimize(
        lambda item: ask(prompt, item),
        Dataset(range(3), range(3, 9), range(9, 11)),
        lambda item, value: value,
        optimizer=OptoPrime([prompt], model),
        budget=budget,
        executor=5,
    )
    spent = vars(result.spent)
    assert all(spent[name] <= limit for name, limit in limits.items())
    assert result.spent.calls == len(model.requests) > 0


def test_the_held_out_test_is_kept_affordable() -> None:
    """However much the optimizer's calls take, every item of the test is run."""
    model = ScriptedModel(lambda messages: "3" if "Say" in messages[-1].text else EDIT * 40)
    prompt = parameter("Say {text}.", name="prompt")

    @trace(memo=False)
    def ask(prompt: str, item: int) -> int:
        return len(model.complete([Message("user", prompt.format(text=item))]).value) + prompt.count("!")

    for tokens in (9_000, 12_345, 20_000):
        prompt.use(0)
        result = optimize(
            lambda item: ask(prompt, item),
            Dataset(range(3), range(3, 9), range(9, 15)),
            lambda item, value: value,
            optimizer=OptoPrime([prompt], model),
            budget=Budget(tokens=tokens),
        )
        assert result.spent.tokens <= tokens
        assert result.test is None or result.test.n == 6


def test_seconds_end_the_search() -> None:
    """By the clock of the budget."""
    ticks = iter(range(10**9))
    result = climb(number(), budget=Budget(seconds=3000, clock=lambda: float(next(ticks))))
    assert "seconds is used up" in result.stopped


EDIT = '{"analysis": "", "candidates": [{"reason": "", "edits": [{"parameter": "prompt", "value": "Say {text}!"}]}]}'


def test_a_candidate_that_fails_an_anchor_is_dropped() -> None:
    """Nothing that is worse than the start on an anchor is returned."""
    x = number(0.5)
    data = Dataset(["up"], ["up", "up2"], [], anchors=["down"])
    result = climb(x, lambda item, value: -value if item == "down" else value, data=data)
    assert result.best.number == 0
    assert any("on anchor 0" in one.dropped for one in result.candidates)


def test_constraints_are_checked_before_anything_is_paid_for() -> None:
    """A candidate that breaks one is never run."""
    x, seen = number(0.5), set()

    def metric(item: int, value: float) -> float:
        seen.add(value)
        return value

    rule = lambda values: "too high" if values["x"] > 0.6 else None  # noqa: E731
    result = climb(x, metric, settings=Settings(constraints=[rule]))
    assert max(seen) <= 0.6
    assert "too high" in result.refused


def test_a_failed_run_is_recorded_as_failed() -> None:
    """It has no score, its error reaches the optimizer, and it costs the candidate its place."""
    x = number(0.49)

    @trace
    def half(x: float) -> float:
        """Fails above a half."""
        if x > 0.5:
            raise ValueError("x is too large")
        return x

    told: list[str] = []

    class Listening(LocalSearch):
        def tell(self, evaluation: Any) -> None:
            told.append(evaluation.text)
            super().tell(evaluation)

    result = optimize(
        lambda item: half(x),
        Dataset(range(3), range(3, 9)),
        lambda item, value: value,
        optimizer=Listening([x], seed=2),
        strategy=Everybody(),
        budget=Budget(evaluations=200),
    )
    assert result.failures.keys() == {"ValueError"}
    assert result.best.values["x"] <= 0.5
    assert any("x is too large" in text for text in told)


class Everybody(Strategy):
    """Improves the start until a candidate fails, and then that one."""

    def propose(self, archive: Archive) -> list[Ask]:
        failing = [one for one in archive.candidates if archive.failures(one.number)]
        return [self.ask(archive, (failing or [archive.start])[0])]


def test_a_workflow_that_always_fails_is_refused_at_once() -> None:
    """The sentence names the error."""
    x = number()

    def broken(item: int) -> float:
        raise KeyError("colour")

    with pytest.raises(InputError, match="colour"):
        optimize(broken, range(20), lambda item, value: value, optimizer=LocalSearch([x]))


def test_a_metric_without_a_score_is_a_failure_with_a_sentence() -> None:
    """What the metric gave is named."""
    with pytest.raises(InputError, match="expected the metric to give a score, got 'fine'"):
        climb(number(), lambda item, value: "fine")


def test_a_missing_key_ends_the_search_with_its_own_error() -> None:
    """It concerns every trial, so no further one is tried."""
    x, calls = number(), []

    def workflow(item: int) -> float:
        calls.append(item)
        raise AuthError("no key")

    with pytest.raises(AuthError):
        optimize(workflow, range(20), lambda item, value: value, optimizer=LocalSearch([x]), executor=1)
    assert len(calls) <= 20


def test_a_broken_connection_is_no_failure_of_the_candidate() -> None:
    """The trial is run again."""
    x, broken = number(), set()

    def workflow(item: int) -> float:
        if item not in broken:
            broken.add(item)
            raise TransportError("the line broke")
        return float(x.data)

    result = optimize(
        workflow,
        Dataset(range(3), range(10, 16)),
        lambda item, value: value,
        optimizer=LocalSearch([x]),
        budget=Budget(evaluations=60),
        executor=1,
    )
    assert not result.failures


def test_a_run_that_takes_too_long_ends_and_calls_no_model_any_more() -> None:
    """In threads what is left behind is refused every further call."""
    x, late, released = number(), threading.Event(), threading.Event()
    model, refused = ScriptedModel(lambda messages: "1"), []

    def workflow(item: int) -> float:
        if item == 12 and not late.is_set():
            late.set()
            released.wait()
            try:
                model.complete([Message("user", "late")])
            except BudgetExceeded as error:
                refused.append(str(error))
            done.set()
        return float(x.data)

    done = threading.Event()
    result = optimize(
        workflow,
        Dataset(range(3), range(10, 16)),
        lambda item, value: value,
        optimizer=LocalSearch([x]),
        budget=Budget(evaluations=30),
        settings=Settings(timeout_s=0.2),
    )
    released.set()
    done.wait()
    assert result.failures == {"timeout": 1}
    assert (len(refused), model.requests) == (1, [])


def endless(item: int) -> Any:
    while item == 12:
        pass
    return _x + 0


def itself(item: int, value: float) -> float:
    return value


_x = parameter(0.1, Real(0.0, 1.0), name="x")


def test_a_run_that_never_ends_is_killed_with_its_process() -> None:
    """The search goes on in a new process."""
    processes = Processes(2)
    try:
        result = optimize(
            endless,
            Dataset(range(3), range(10, 16)),
            itself,
            budget=Budget(evaluations=30),
            executor=processes,
            settings=Settings(timeout_s=0.5, patience=2),
        )
    finally:
        processes.shutdown()
    assert result.failures["timeout"] >= 1
    assert result.spent.evaluations > 6


def test_an_interrupt_ends_with_the_best_so_far() -> None:
    """Ctrl-C gives a result, which says so, and leaves the parameters as they were."""
    x, count = number(0.1), []

    def told(progress: Any) -> None:
        count.append(progress)
        if len(count) == 60:
            raise KeyboardInterrupt

    result = climb(x, settings=Settings(progress=told))
    assert (result.interrupted, result.stopped, result.test) == (True, "interrupted", None)
    assert (x.data, result.best.values["x"] > 0.1) == (0.1, True)


def test_parameters_stay_where_the_test_shows_nothing() -> None:
    """No evidence of improvement is a normal result."""
    x = number(0.5)
    result = climb(x, lambda item, value: (hash((item, round(value, 3))) % 7) / 7)
    if not result.improved:
        assert x.data == 0.5
    assert "improve" in result.verdict


def test_equal_items_are_in_one_part() -> None:
    """No item of the test is one that was tuned on."""
    data = Dataset.of([k % 10 for k in range(60)])
    assert not set(data.test) & {*data.train, *data.validation}


def test_a_leaking_test_is_refused() -> None:
    """Items of the test must not be used for tuning."""
    with pytest.raises(InputError, match="1 of 2 are among"):
        Dataset([1, 2], [3], [3, 4])


def test_repeats_draw_anew() -> None:
    """A repeat is another draw of the model, the first run of an item is remembered."""
    x = parameter(1, Integer(1, 2), name="x")
    model = ScriptedModel(lambda messages: "1")

    def workflow(item: int) -> Any:
        return x + int(model.complete([Message("user", f"{item}")]).value)

    optimize(
        workflow,
        Dataset([1, 2, 3], [4, 5, 6]),
        lambda item, value: value,
        optimizer=LocalSearch([x]),
        budget=Budget(evaluations=60),
        settings=Settings(repeats=2),
        executor=1,
    )
    draws = [(request.messages[-1].text, request.sampling.draw) for request in model.requests]
    assert len(draws) == len(set(draws))
    assert {draw for _, draw in draws} == {0, 1000}


def test_the_workflow_finds_parameters_of_globals_closures_and_modules() -> None:
    """Whatever the workflow can reach by itself is optimized."""
    inner = parameter(0, Integer(0, 9), name="inner")

    @trace
    class Holder(Module):
        def __init__(self) -> None:
            self.held = parameter(0, Integer(0, 9))

        def __call__(self, item: int) -> Any:
            return self.held + inner + _x

    result = optimize(Holder(), range(12), lambda item, value: value, budget=Budget(evaluations=60))
    assert set(result.values) == {"held", "inner", "x"}


def test_objectives_span_a_front() -> None:
    """Candidates that are best in one aim are kept beside each other."""
    x = number(0.5)
    metric = lambda item, value: Feedback(objectives={"up": value, "down": 1 - value})  # noqa: E731
    result = climb(x, metric)
    assert len(result.front()) > 2


def test_a_choice_of_one_has_nothing_to_try() -> None:
    """The search ends by itself when no new candidate comes."""
    x = parameter("a", Choice(["a"]), name="x")
    result = optimize(lambda item: x + "", range(8), lambda item, value: 1.0, budget=Budget(evaluations=100))
    assert "no new candidate" in result.stopped


def test_a_strategy_may_be_given_as_an_object() -> None:
    """Names are short for objects."""
    assert climb(number(), strategy=HillClimb()).stopped
    with pytest.raises(InputError, match="expected a Strategy or one of pareto"):
        climb(number(), strategy="best")


def test_an_outcome_says_what_an_optimizer_is_told() -> None:
    """A failure is told by its error."""
    assert "no score. KeyError: 'a'" in Outcome(None, error="'a'", error_kind="KeyError").said().text
