"""Fronts of two objectives: efficient by brute force, monotone, and honest about what was not found."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentopt.errors import FormulationError, InputError
from agentopt.solvers.modeling.engines.route import solve_instance
from agentopt.solvers.modeling.formulation import Objective
from agentopt.solvers.modeling.insight.pareto import Front, pareto_front
from agentopt.solvers.modeling.instance import Instance
from agentopt.solvers.modeling.pointwise.check import check
from agentopt.solvers.modeling.variants import with_constraint

Build = Callable[..., Instance]
Interrupt = Callable[[float], AbstractContextManager[None]]


def least(expression: str, **more: str) -> Objective:
    """An objective to make small."""
    return Objective(sense="minimize", expression=expression, **more)


def most(expression: str, **more: str) -> Objective:
    """An objective to make large."""
    return Objective(sense="maximize", expression=expression, **more)


def figures(front: Front) -> list[tuple[float, float]]:
    """Both objectives of each point, without rounding."""
    return [(round(p.first, 5) + 0.0, round(p.second, 5) + 0.0) for p in front.points]


@pytest.fixture(scope="session")
def two(instance: Build) -> Instance:
    """Ten units of x at a profit of 3 and a pollution of 2, or of y at 1 and 0."""
    return instance({"x": {}, "y": {}}, maximize="3 * x + y", constraints={"c": "x + y <= 10"})


def test_a_linear_front_is_evenly_spaced(two: Instance) -> None:
    """From 30 with 20 of pollution down to 10 with none, every limit between gives its point on the line."""
    found = pareto_front(two, least("2 * x"), n_points=5)
    assert figures(found) == [(30, 20), (25, 15), (20, 10), (15, 5), (10, 0)]
    assert (found.complete, found.conflicting, found.notes) == (True, True, ())


def test_what_is_traded_has_a_rate(two: Instance) -> None:
    """A unit of pollution less costs a profit of 1."""
    rates = [p.rate for p in pareto_front(two, least("2 * x"), n_points=3).points]
    assert rates == [None, pytest.approx(1), pytest.approx(1)]


def test_the_front_is_told_in_one_sentence(two: Instance) -> None:
    """Names, ends and units stand in it."""
    found = pareto_front(two, least("2 * x", meaning="pollution", unit="t"), n_points=3)
    assert found.sentence == "Over 3 plans 3 * x + y goes from 30 to 10 while pollution goes from 20 to 0 t."


def test_the_end_is_the_best_of_the_first_among_the_best_of_the_second(two: Instance) -> None:
    """No pollution is had with y = 0 too, but the end makes 10 of it."""
    assert figures(pareto_front(two, least("2 * x"), n_points=2))[-1] == (10, 0)


def test_the_start_is_the_best_of_the_second_among_the_best_of_the_first(instance: Build) -> None:
    """x and y earn the same; of all the best plans the one without x is the cleanest, and nothing is left to trade."""
    made = instance({"x": {}, "y": {}}, maximize="x + y", constraints={"c": "x + y <= 10"})
    found = pareto_front(made, least("x"))
    assert (figures(found), found.conflicting) == ([(10, 0)], False)
    assert found.sentence == "The two objectives are not at odds: one plan is the best for both, with 10 and 0."


def test_an_objective_is_never_at_odds_with_itself(two: Instance) -> None:
    """One point comes out, and it is the optimum."""
    assert figures(pareto_front(two, most("3 * x + y"))) == [(30, 30)]


def test_each_point_is_a_checked_plan_under_its_limit(two: Instance) -> None:
    """The solution's formulation holds the limit, keeps to it, and solved by itself gives the same objective."""
    for point in pareto_front(two, least("2 * x"), n_points=4).points[1:]:
        assert point.limit is not None
        limited = with_constraint(two, point.limit)
        assert point.limit in point.solution.formulation.constraints
        assert check(limited, point.solution.variables).ok
        assert solve_instance(limited).incumbent_objective == pytest.approx(point.first)


def test_a_quadratic_front(instance: Build) -> None:
    """(x - 4)^2 against x, x in [0, 9]: under x <= e it is (e - 4)^2."""
    found = pareto_front(instance({"x": {"upper": 9}}, minimize="(x - 4) ** 2"), least("x"), n_points=5)
    assert [(p.first, p.second) for p in found.points] == [
        (pytest.approx((x - 4) ** 2, abs=2e-2), pytest.approx(x, abs=1e-2)) for x in (4, 3, 2, 1, 0)
    ]


def test_a_second_objective_of_any_class(instance: Build) -> None:
    """On x + y = 4 the profit 3 x + y is traded for the roundness x^2 + y^2, from (4, 0) to (2, 2)."""
    made = instance({"x": {"upper": 9}, "y": {"upper": 9}}, maximize="3 * x + y", constraints={"c": "x + y == 4"})
    found = pareto_front(made, least("x ** 2 + y ** 2"), n_points=3)
    assert (found.points[0].first, found.points[0].second) == (pytest.approx(12), pytest.approx(16))
    assert (found.points[-1].first, found.points[-1].second) == (pytest.approx(8, abs=1e-2), pytest.approx(8, abs=1e-4))
    # x^2 + (4 - x)^2 = 12 at x = 2 + sqrt(2)
    assert found.points[1].first == pytest.approx(8 + 2 * 2**0.5, abs=1e-3)


def test_a_nonlinear_first_objective(instance: Build) -> None:
    """The logarithm of x against x itself is a front by SCIP."""
    made = instance({"x": {"lower": 1, "upper": 9}}, maximize="log(x)")
    assert [p.second for p in pareto_front(made, least("x"), n_points=3).points] == [
        pytest.approx(x, abs=2e-2) for x in (9, 5, 1)
    ]


def test_a_problem_without_a_plan_has_no_front(instance: Build) -> None:
    """Nothing is invented."""
    found = pareto_front(instance({"x": {}}, maximize="x", constraints={"c": "x <= -1"}), least("x"))
    assert (found.points, found.complete, found.sentence) == ((), False, "There is no plan to begin with.")


def test_a_second_objective_without_an_end_is_said(instance: Build) -> None:
    """The best of the first stands alone, and the front is not called complete."""
    made = instance({"x": {"upper": 3}, "y": {}}, maximize="x - y")
    found = pareto_front(made, most("y"))
    assert (figures(found), found.complete, found.notes) == ([(3, 0)], False, ("y has no finite optimum",))


def test_without_time_nothing_is_claimed(two: Instance) -> None:
    """An empty front says why."""
    found = pareto_front(two, least("x"), time_limit_s=0)
    assert (found.points, found.complete, found.notes) == ((), False, ("the time is over",))


def test_progress_is_told_point_by_point(two: Instance) -> None:
    """Both ends and each limit have their line."""
    lines: list[str] = []
    pareto_front(two, least("2 * x", meaning="pollution"), n_points=3, progress=lines.append)
    assert lines == ["best plan for 3 * x + y", "best plan for pollution", "point 2 of 3: pollution at most 10"]


def test_ctrl_c_keeps_what_is_found(circles: Instance, interrupted_after: Interrupt) -> None:
    """An interrupt ends the search, not the program: the plan so far comes back, unproved, and the note says why."""
    made = circles
    with interrupted_after(1.0):
        found = pareto_front(made, least("x[0]"), time_limit_s=300.0)
    assert ([p.proved for p in found.points], found.complete, found.notes) == ([False], False, ("interrupted",))


def test_one_point_is_no_front(two: Instance) -> None:
    """Both ends are points."""
    with pytest.raises(InputError, match=r"^expected at least 2 points of a front, got 1$"):
        pareto_front(two, least("x"), n_points=1)


def test_a_wrong_second_objective_is_refused(two: Instance) -> None:
    """Its expression is read as any objective's."""
    with pytest.raises(FormulationError, match="unknown name 'z'"):
        pareto_front(two, least("z"))


SMALL = st.integers(-5, 5)


@settings(max_examples=40, deadline=None)
@given(
    first=st.lists(SMALL, min_size=3, max_size=3),
    second=st.lists(SMALL, min_size=3, max_size=3),
    weights=st.lists(st.integers(1, 4), min_size=3, max_size=3),
    senses=st.tuples(st.booleans(), st.booleans()),
)
def test_every_point_is_efficient_by_brute_force(
    instance: Build, first: list[int], second: list[int], weights: list[int], senses: tuple[bool, bool]
) -> None:
    """On small integer problems no plan is better than a point in one objective and as good in the other.

    The ends are the two lexicographic optima, and from point to point the first gets worse and the second better.
    """
    words = [" + ".join(f"{c} * n[{k}]" for k, c in enumerate(of)) for of in (first, second, weights)]
    made = instance(
        {"n": {"index": ["K"], "domain": "integer", "upper": 3}},
        sets={"K": [0, 1, 2]},
        constraints={"c": f"{words[2]} <= 9"},
        **{"maximize" if senses[0] else "minimize": words[0]},
    )
    found = pareto_front(made, (most if senses[1] else least)(words[1]), n_points=6)
    signs = [-1 if maximize else 1 for maximize in senses]
    plans = [n for n in product(range(4), repeat=3) if sum(w * k for w, k in zip(weights, n)) <= 9]
    values = {tuple(s * sum(c * k for c, k in zip(of, n)) for s, of in zip(signs, (first, second))) for n in plans}
    efficient = {v for v in values if not any(w != v and w[0] <= v[0] and w[1] <= v[1] for w in values)}
    points = [(round(signs[0] * p.first), round(signs[1] * p.second)) for p in found.points]
    assert set(points) <= efficient
    assert (points[0], points[-1]) == (min(values), min(values, key=lambda v: (v[1], v[0])))
    assert points == sorted(set(points))
    assert found.complete


@settings(max_examples=15, deadline=None)
@given(items=st.lists(st.tuples(st.integers(1, 4), st.integers(1, 4), st.integers(1, 3)), min_size=3, max_size=5))
def test_limits_close_enough_find_the_whole_front(instance: Build, items: list[tuple[int, int, int]]) -> None:
    """With a limit for every whole number between the ends, no efficient plan of a knapsack is missed."""
    gains, costs, weights = (" + ".join(f"{c} * t[{k}]" for k, c in enumerate(of)) for of in zip(*items))
    made = instance(
        {"t": {"index": ["K"], "domain": "binary"}},
        sets={"K": list(range(len(items)))},
        maximize=gains,
        constraints={"c": f"{weights} <= 5"},
    )
    plans = [t for t in product((0, 1), repeat=len(items)) if sum(i[2] for i, k in zip(items, t) if k) <= 5]
    values = {tuple(sum(i[of] for i, k in zip(items, t) if k) for of in (0, 1)) for t in plans}
    efficient = {v for v in values if not any(w != v and w[0] >= v[0] and w[1] <= v[1] for w in values)}
    span = max(v[1] for v in efficient) - min(v[1] for v in efficient)
    found = pareto_front(made, least(costs), n_points=max(span + 1, 2))
    assert {(round(p.first), round(p.second)) for p in found.points} == efficient
