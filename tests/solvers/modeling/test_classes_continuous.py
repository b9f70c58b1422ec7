"""The problems of tasks/modeling whose decisions are amounts, places and speeds: multipliers and closed forms.

The sums are plain Python on the numbers of the problems; none of them reads an expression of the formulation.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from functools import cache
from importlib.resources import files
from itertools import combinations, product
from pathlib import Path
from typing import Any

import pytest

from agentopt.solvers.modeling.data.bind import bind
from agentopt.solvers.modeling.data.files import load_problem
from agentopt.solvers.modeling.data.yaml_text import read_yaml
from agentopt.solvers.modeling.instance import Data
from agentopt.solvers.modeling.language.analysis import analyze

Place = tuple[float, float]
FOLDER = Path(str(files("agentopt"))) / "tasks" / "modeling"


@cache
def data(name: str) -> Data:
    """The members and numbers of a problem."""
    formulation, tables = load_problem(FOLDER / name / "problem.yaml")
    return bind(analyze(formulation), tables).data


def expected(name: str) -> dict[str, Any]:
    """What is stated of a problem's answer."""
    stated: dict[str, Any] = read_yaml((FOLDER / name / "expected.yaml").read_text(), name)
    return stated


def by(name: str, parameter: str) -> dict[Any, float]:
    """A parameter's values, by the bare member where its key has one position."""
    return {key[0] if len(key) == 1 else key: value for key, value in data(name).parameters[parameter].items()}


def one(name: str, parameter: str) -> float:
    """The value of a parameter without an index."""
    return data(name).parameters[parameter][()]


def price_at(spent: Callable[[float], float], there: float) -> float:
    """The price from which on no more is taken than there is, where less is taken at a higher price."""
    low, high = 0.0, 1e4
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if spent(middle) > there else (low, middle)
    return high


def dispatch_at(price: float) -> dict[str, float]:
    """What each set delivers when a MWh earns this price: where its marginal cost is the price, within its limits."""
    cost, growth, most, least = (by("dispatch", p) for p in ("cost", "growth", "most", "least"))
    return {u: min(most[u], max(least.get(u, 0.0), (price - cost[u]) / (2 * growth[u]))) for u in cost}


def dispatch(draw: float | None = None) -> float:
    """By Lagrange: the price of a MWh is raised until the sets deliver what is drawn."""
    drawn = one("dispatch", "draw") if draw is None else draw
    price = price_at(lambda p: -sum(dispatch_at(p).values()), -drawn)
    cost, growth = by("dispatch", "cost"), by("dispatch", "growth")
    return sum(cost[u] * p + growth[u] * p * p for u, p in dispatch_at(price).items())


def lots_at(price: float) -> dict[str, float]:
    """The best lot of each material when a m2 of floor costs this price, after Harris."""
    used, order_cost, storage, needed = (by("orders", p) for p in ("used", "order_cost", "storage", "floor_needed"))
    holding = {m: one("orders", "lying") * storage[m] + price * needed[m] for m in used}
    return {m: math.sqrt(order_cost[m] * used[m] / holding[m]) for m in used}


def orders(floor: float | None = None) -> float:
    """By Lagrange: the price of a m2 is raised until the lots fit into the shed."""
    used, order_cost, storage, needed = (by("orders", p) for p in ("used", "order_cost", "storage", "floor_needed"))
    there = one("orders", "floor_there") if floor is None else floor
    lots = lots_at(price_at(lambda price: sum(needed[m] * lot for m, lot in lots_at(price).items()), there))
    return sum(order_cost[m] * used[m] / lot + one("orders", "lying") * storage[m] * lot for m, lot in lots.items())


def villages() -> list[Place]:
    east, north = by("rescue", "village_east"), by("rescue", "village_north")
    return [(east[v], north[v]) for v in east]


def farthest(place: Place) -> float:
    return max(math.dist(place, village) for village in villages())


def allowed(place: Place) -> bool:
    moor = (one("rescue", "moor_east"), one("rescue", "moor_north"))
    return math.dist(place, moor) >= one("rescue", "quiet") - 1e-9


def bisector(a: Place, b: Place) -> tuple[Place, Place]:
    """The middle of two places, and the direction in which both stay as far: that of the turned difference."""
    length = math.dist(a, b)
    return ((a[0] + b[0]) / 2, (a[1] + b[1]) / 2), ((a[1] - b[1]) / length, (b[0] - a[0]) / length)


def crossing(a: Place, b: Place, c: Place) -> Place:
    """The middle of the circle through three places, where two bisectors cross."""
    (m, u), (n, v) = bisector(a, b), bisector(b, c)
    t = ((n[0] - m[0]) * v[1] - (n[1] - m[1]) * v[0]) / (u[0] * v[1] - u[1] * v[0])
    return m[0] + t * u[0], m[1] + t * u[1]


def on_rim(start: Place, along: Place) -> Iterator[Place]:
    """Where a line crosses the rim of the sanctuary."""
    moor, radius = (one("rescue", "moor_east"), one("rescue", "moor_north")), one("rescue", "quiet")
    ahead = (moor[0] - start[0]) * along[0] + (moor[1] - start[1]) * along[1]
    foot = (start[0] + ahead * along[0], start[1] + ahead * along[1])
    half = radius**2 - math.dist(foot, moor) ** 2
    for sign in (1, -1) if half >= 0 else ():
        yield foot[0] + sign * math.sqrt(half) * along[0], foot[1] + sign * math.sqrt(half) * along[1]


def rescue() -> float:
    """The best of all places where the farthest distance can be least, see expected.yaml."""
    moor = (one("rescue", "moor_east"), one("rescue", "moor_north"))
    places = [bisector(*pair)[0] for pair in combinations(villages(), 2)]
    places += [crossing(*triple) for triple in combinations(villages(), 3)]
    places += [place for pair in combinations(villages(), 2) for place in on_rim(*bisector(*pair))]
    for village in villages():
        length = math.dist(village, moor)
        places += on_rim(moor, ((village[0] - moor[0]) / length, (village[1] - moor[1]) / length))
    return min(farthest(place) for place in places if allowed(place))


def round_cost(loop: str, ships: int) -> float:
    """The cost of a loop in a week at the slowest speed that is in time, which burns the least."""
    length, in_ports, charter, burn = (by("liner", p)[loop] for p in ("length", "in_ports", "charter", "burn"))
    at_sea = one("liner", "week") * ships - in_ports
    speed = max(one("liner", "slowest"), length / at_sea) if at_sea > 0 else math.inf
    if speed > one("liner", "fastest"):
        return math.inf
    days = length / speed / one("liner", "hours_per_day")
    return charter * ships + one("liner", "fuel_price") * burn * (speed / one("liner", "tested")) ** 3 * days


def liner() -> float:
    """Every number of ships on every loop."""
    fleet = int(one("liner", "fleet"))
    costs = [[round_cost(loop, ships) for ships in range(fleet + 1)] for loop in by("liner", "length")]
    choices = product(range(1, fleet + 1), repeat=len(costs))
    return min(sum(cost[n] for cost, n in zip(costs, ships)) for ships in choices if sum(ships) <= fleet)


OPTIMA: dict[str, Callable[..., float]] = {made.__name__: made for made in (dispatch, orders, rescue, liner)}


@pytest.mark.parametrize("name", OPTIMA)
def test_the_stated_optimum_is_found_without_a_solver(name: str) -> None:
    """Multipliers, or all places and numbers that can be the best, give the objective that is stated."""
    assert OPTIMA[name]() == pytest.approx(expected(name)["objective"], rel=1e-9)


@pytest.mark.parametrize(("name", "amount"), [("dispatch", "draw"), ("orders", "floor_there")])
def test_the_stated_price_is_what_one_more_costs(name: str, amount: str) -> None:
    """The slope of the optimum, taken from both sides, is the price of a MWh drawn and, saved, of a m2 of floor."""
    there, step = one(name, amount), 1e-3
    slope = (OPTIMA[name](there + step) - OPTIMA[name](there - step)) / (2 * step)
    assert abs(slope) == pytest.approx(expected(name)["price"], rel=1e-6)


@pytest.mark.parametrize("stated", expected("rescue")["false_optima"])
def test_a_false_base_is_the_best_nearby(stated: dict[str, Any]) -> None:
    """No place within 1 km of a false optimum that is allowed has a nearer farthest village."""
    base = (stated["point"]["east"], stated["point"]["north"])
    near = [
        (base[0] + r / 50 * math.cos(k / 57), base[1] + r / 50 * math.sin(k / 57))
        for r in range(51)
        for k in range(360)
    ]
    assert allowed(base)
    assert farthest(base) == pytest.approx(stated["objective"], rel=1e-9)
    assert min(farthest(place) for place in near if allowed(place)) >= stated["objective"] - 1e-9
