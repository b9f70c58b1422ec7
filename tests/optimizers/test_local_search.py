"""Local search: steps stay in their domains, start where they are told to, and lead uphill."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentopt import Feedback, parameter
from agentopt.errors import InputError
from agentopt.graph import Choice, Exemplars, Integer, Parameter, Real, using
from agentopt.optimizers import Evaluation, LocalSearch, Optimizer, Random
from agentopt.optimizers.neighbour import neighbour

LARGE = 10**400
floats = st.floats(allow_nan=False, allow_infinity=False)


def indifferent(place: int) -> float:
    return 0.5


@st.composite
def numbers(draw: st.DrawFn) -> tuple[Any, Any]:
    """A domain of numbers with a value of it."""
    if draw(st.booleans()):
        low, value, high = sorted(draw(st.tuples(*[st.integers(-LARGE, LARGE)] * 3)))
        bounds: tuple[Any, Any] = draw(st.sampled_from([(low, high), (low, None), (None, high), (None, None)]))
        return Integer(*bounds), value
    few = st.floats(5e-324, 1.7e308) if (log := draw(st.booleans())) else floats
    low, value, high = sorted(draw(st.tuples(few, few, few).filter(lambda three: min(three) < max(three))))
    bounds = draw(st.sampled_from([(low, high), (low, None)] if log else [(low, high), (None, high), (None, None)]))
    return Real(*bounds, log=log), value


@st.composite
def places(draw: st.DrawFn) -> tuple[Any, Any]:
    """A domain of choices or exemplars with a value of it."""
    n = draw(st.integers(1, 6))
    if draw(st.booleans()):
        return Choice([[place] for place in range(n)]), [draw(st.integers(0, n - 1))]
    order = draw(st.permutations(range(n)))
    k = draw(st.integers(1, n))
    return Exemplars(list(range(n)), k), tuple(order[:k])


@given(numbers() | places(), st.integers(0, 10**6))
def test_a_neighbour_is_in_the_domain(of: tuple[Any, Any], seed: int) -> None:
    """Whatever the bounds and the value, a step ends inside."""
    domain, value = of
    domain.check(value)
    rng = np.random.default_rng(seed)
    for _ in range(5):
        value = neighbour(domain, value, indifferent, rng)
        domain.check(value)


def told(optimizer: Optimizer, one: Any, score: float | None = None) -> Optimizer:
    """The optimizer, told of a value."""
    optimizer.tell(Evaluation.of(one, Feedback("so far", score)))
    return optimizer


def hillclimb(optimizer: Optimizer, worth: Any, n: int) -> float:
    """The best of n trials, each made from the best so far."""
    parameters = optimizer.parameters
    best = worth()
    for _ in range(n):
        versions = [one.version for one in parameters]
        optimizer.zero_feedback()
        optimizer.tell(Evaluation.of_all([(one, Feedback(score=best)) for one in parameters]))
        (proposal,) = optimizer.ask()
        proposal.apply()
        now = worth()
        if now < best:
            for one, version in zip(parameters, versions):
                one.use(version.number)
        best = max(best, now)
    return float(best)


def problem() -> tuple[list[Parameter[Any]], Any]:
    """A number, one on a logarithmic scale, a whole one, a choice and exemplars, whose best values are known."""
    share = parameter(0.9, Real(0, 1), name="share")
    rate = parameter(0.1, Real(1e-6, 1, log=True), name="rate")
    n = parameter(0, Integer(0, 50), name="n")
    tone = parameter("a", Choice(list("abcdefgh")), name="tone")
    shown = parameter((0, 1, 2), Exemplars(list(range(10)), 3), name="shown")

    def worth() -> float:
        loss = abs(share.data - 0.25) + abs(math.log10(rate.data) + 4) / 6 + abs(n.data - 37) / 50
        right = sum(is_ == wanted for is_, wanted in zip(shown.data, (7, 3, 5)))
        return float((tone.data == "f") + right / 3 - loss)

    return [share, rate, n, tone, shown], worth


@pytest.mark.parametrize("seed", range(5))
def test_a_known_optimum_is_reached(seed: int) -> None:
    """Numbers, a choice and exemplars end near their best values, which are worth 2."""
    parameters, worth = problem()
    assert hillclimb(LocalSearch(parameters, seed=seed), worth, 800) > 1.97


@pytest.mark.parametrize("seed", range(3))
def test_steps_are_worth_more_than_draws(seed: int) -> None:
    """Small changes of the best find more than values drawn anew, at the same number of trials."""
    found = []
    for kind in (LocalSearch, Random):
        parameters, worth = problem()
        found.append(hillclimb(kind(parameters, seed=seed), worth, 300))
    assert found[0] > found[1] + 0.1


def values(optimizer: Optimizer, n: int = 5) -> list[dict[str, Any]]:
    return [{one.name: new for one, new in proposal.changes.items()} for proposal in optimizer.ask(n)]


def test_the_seed_and_the_number_of_the_ask_decide() -> None:
    """Equal seeds and numbers give equal proposals, other ones give others."""
    one = parameter(0.5, Real(0, 1), name="one")
    asked = [values(told(LocalSearch([one], seed=seed).fork(number), one)) for seed, number in ((1, 2), (1, 2), (1, 3))]
    assert asked[0] == asked[1] != asked[2]


def test_steps_start_from_what_was_told() -> None:
    """The parameter has gone on to another value since; the proposal is near the one that was told."""
    one = parameter(1_000.0, Real(0, 1e6), name="one")
    optimizer = told(LocalSearch([one]), one)
    one.set(900_000.0)
    made = optimizer.ask(20)
    assert {proposal.made_from[one] for proposal in made} == {0}
    assert sorted(proposal.changes[one] for proposal in made)[10] < 100_000


def test_what_was_not_traced_starts_from_the_present_version() -> None:
    """A parameter that did not feed the output has the version of the context."""
    one, other = parameter(1, Integer(0, 9), name="one"), parameter(1, Integer(0, 10**9), name="other")
    version = other.add(10**8)
    with using({other: version}):
        made = told(LocalSearch([one, other]), one).ask(30)
    assert {proposal.made_from.get(other) for proposal in made} == {None, version.number}


def test_no_combination_is_tried_twice_while_there_are_others() -> None:
    """Of five options all others come, each once, also those of earlier asks left out."""
    one = parameter("a", Choice(list("abcde")), name="one")
    optimizer = told(LocalSearch([one]), one)
    first = [proposal.changes[one] for proposal in optimizer.ask(2)]
    for option in first:
        optimizer.judge({one: one.add(option)}, 0.0)
    later = [proposal.changes[one] for proposal in optimizer.ask(2)]
    assert sorted(first + later) == ["b", "c", "d", "e"]


def test_options_of_good_trials_come_more_often() -> None:
    """After trials of two options, the better one is proposed more often from a third."""
    one, number = parameter("a", Choice(["a", "good", "bad"]), name="one"), parameter(0.0, Real(0, 1), name="number")
    optimizer = told(LocalSearch([one, number]), one, 0.5)
    for place in range(20):
        for option, estimate in (("good", 0.9), ("bad", 0.1)):
            optimizer.judge({one: one.add(option), number: number.add(place / 20)}, estimate)
    made = [proposal.changes.get(one) for proposal in optimizer.ask(200)]
    assert made.count("good") > 5 * made.count("bad") > 0


def test_exemplars_of_bad_trials_go_out_first() -> None:
    """What was in bad trials leaves its place more often than what was in good ones."""
    pool = Exemplars(list(range(30)), 2)
    shown = parameter((0, 1), pool, name="shown")
    optimizer = told(LocalSearch([shown]), shown, 0.5)
    for place in range(2, 12):
        optimizer.judge({shown: shown.add((0, place))}, 0.9)
        optimizer.judge({shown: shown.add((1, place))}, 0.1)
    made = [set(proposal.changes[shown]) for _ in range(10) for proposal in optimizer.ask(2)]
    assert sum(0 in one and 1 not in one for one in made) > 3 * sum(1 in one and 0 not in one for one in made)


@pytest.mark.parametrize("domain", [Choice(["only"]), Integer(3, 3), Exemplars(["only"], 1)])
def test_a_domain_of_one_value_has_no_neighbours(domain: Any) -> None:
    """Nothing comes, and the record says why."""
    value = {"choice": "only", "integer": 3, "exemplars": (0,)}[domain.kind]
    one = parameter(value, domain, name="one")
    step = told(LocalSearch([one]), one).step()
    assert (step.outcome, step.reason) == ("unchanged", "there is no other value")


def test_texts_are_left_alone() -> None:
    """It takes those parameters that it can change."""
    text, number = parameter("x", name="text"), parameter(1, Integer(0, 9), name="number")
    assert LocalSearch([text, number]).parameters == [number]


def test_texts_alone_are_refused() -> None:
    """The error names what was found and what kind it is."""
    with pytest.raises(InputError, match=r"LocalSearch can change, found the parameter 'text' \(text\)"):
        LocalSearch([parameter("x", name="text")])


@pytest.mark.parametrize("seed", [-1, 1.0, True])
def test_a_seed_that_is_none_is_refused(seed: Any) -> None:
    """A seed is a whole number from 0 on."""
    with pytest.raises(InputError, match="seed"):
        LocalSearch([parameter(1, Integer(0, 9), name="one")], seed=seed)
