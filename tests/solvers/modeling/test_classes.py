"""The problems of tasks/modeling that choose, order and route: every plan is tried, or a known algorithm proves it.

The loops are plain Python on the numbers of the tables; none of them reads an expression of the formulation.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from importlib.resources import files
from itertools import combinations, permutations, product
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment

from agentopt.solvers.modeling.data.bind import bind
from agentopt.solvers.modeling.data.files import load_problem
from agentopt.solvers.modeling.data.yaml_text import read_yaml
from agentopt.solvers.modeling.formulation import Change
from agentopt.solvers.modeling.instance import Data
from agentopt.solvers.modeling.language.analysis import analyze
from agentopt.solvers.modeling.solving import solve_formulation

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


def members(name: str, chosen: str) -> list[Any]:
    """The members of a set, bare where they have one position."""
    return [key[0] if len(key) == 1 else key for key in data(name).sets[chosen]]


def interpreters() -> float:
    """Every way to send seven people to seven hearings."""
    fee, people = by("interpreters", "fee"), members("interpreters", "INTERPRETERS")
    orders = permutations(members("interpreters", "HEARINGS"))
    return min(sum(fee.get(pair, math.inf) for pair in zip(people, hearings)) for hearings in orders)


def lifts() -> float:
    """Held and Karp (1962): the least drive through a set of houses that ends at one of them, by growing sets."""
    minutes, (depot, *houses) = by("lifts", "minutes"), members("lifts", "PLACES")
    drive = {(frozenset([h]), h): minutes[depot, h] for h in houses}
    for size in range(2, len(houses) + 1):
        for seen in map(frozenset, combinations(houses, size)):
            for last in seen:
                rest = seen - {last}
                drive[seen, last] = min(drive[rest, before] + minutes[before, last] for before in rest)
    return min(drive[frozenset(houses), last] + minutes[last, depot] for last in houses)


def given_back(sequences: dict[str, tuple[str, ...]]) -> float:
    """What a sequence for each machine costs, no step later than it must be; infinite if machines wait in a circle."""
    minutes, turn, due, penalty = (by("printshop", p) for p in ("minutes", "turn", "due", "penalty"))
    way = {job: sorted((m for j, m in minutes if j == job), key=lambda m: turn[job, m]) for job in due}
    free, ready = dict.fromkeys(sequences, 0.0), dict.fromkeys(way, 0.0)
    waiting = {machine: list(jobs) for machine, jobs in sequences.items()}
    while any(waiting.values()):
        able = [m for m, jobs in waiting.items() if jobs and way[jobs[0]][0] == m]
        if not able:
            return math.inf
        for machine in able:
            job = waiting[machine].pop(0)
            way[job].pop(0)
            free[machine] = ready[job] = max(free[machine], ready[job]) + minutes[job, machine]
    hour = one("printshop", "minutes_per_hour")
    return sum(penalty[job] / hour * max(0.0, ready[job] - due[job]) for job in due)


def printshop() -> float:
    """Every sequence of the orders of every machine."""
    machines, steps = members("printshop", "MACHINES"), members("printshop", "STEPS")
    choices = (permutations([job for job, m in steps if m == machine]) for machine in machines)
    return min(given_back(dict(zip(machines, chosen))) for chosen in product(*choices))


def water() -> float:
    """The network simplex of networkx; a source before the springs gives what is needed in all."""
    gives, needs, carries, pumping = (by("water", p) for p in ("gives", "needs", "carries", "pumping"))
    graph = nx.DiGraph()
    for place in needs:
        graph.add_node(place, demand=int(needs[place]))
        graph.add_edge("source", place, capacity=int(gives[place]), weight=0)
    graph.add_node("source", demand=-int(sum(needs.values())))
    for (a, b), most in carries.items():
        graph.add_edge(a, b, capacity=int(most), weight=int(pumping[a, b]))
    return float(nx.network_simplex(graph)[0])


def plans() -> list[tuple[float, float]]:
    """The CO2 and the cost of every possible plan of the parcel tours."""
    cost, given_off, tours = by("parcels", "cost"), by("parcels", "given_off"), members("parcels", "TOURS")
    found = []
    for vehicles in product(members("parcels", "VEHICLES"), repeat=len(tours)):
        ways = list(zip(tours, vehicles))
        if all(way in cost for way in ways) and all(vehicles.count(v) <= 1 for v in members("parcels", "SCARCE")):
            found.append((round(sum(given_off[way] for way in ways), 9), sum(cost[way] for way in ways)))
    return found


def parcels() -> float:
    """Every vehicle on every tour."""
    return min(cost for co2, cost in plans() if co2 <= one("parcels", "co2_limit"))


def workshops() -> float:
    """Every hall for every district."""
    rent, room, broken, trip = (by("workshops", p) for p in ("rent", "room", "broken", "trip"))
    best = math.inf
    for halls in product(rent, repeat=len(broken)):
        load = dict.fromkeys(halls, 0.0)
        for hall, bicycles in zip(halls, broken.values()):
            load[hall] += bicycles
        if all(bicycles <= room[hall] for hall, bicycles in load.items()):
            trips = sum(trip[d, hall] * bicycles for (d, bicycles), hall in zip(broken.items(), halls))
            best = min(best, trips + sum(rent[hall] for hall in load))
    return best


OPTIMA: dict[str, Callable[[], float]] = {
    made.__name__: made for made in (interpreters, lifts, printshop, water, parcels, workshops)
}


@pytest.mark.parametrize("name", OPTIMA)
def test_the_stated_optimum_is_found_without_a_solver(name: str) -> None:
    """A loop over all plans, a dynamic program or an algorithm on graphs gives the objective that is stated."""
    assert OPTIMA[name]() == pytest.approx(expected(name)["objective"], rel=1e-9)


def test_the_hungarian_method_agrees() -> None:
    """SciPy's assignment of least fees costs what is stated."""
    fee, people, hearings = (
        by("interpreters", "fee"),
        *(members("interpreters", s) for s in ("INTERPRETERS", "HEARINGS")),
    )
    table = np.array([[fee.get((i, h), 1e6) for h in hearings] for i in people])
    assert table[linear_sum_assignment(table)].sum() == expected("interpreters")["objective"]


def test_shortcuts_of_the_round_are_as_stated() -> None:
    """The nearest house next costs more than the best round, and rounds apart cost less than any single one."""
    minutes, (depot, *houses) = by("lifts", "minutes"), members("lifts", "PLACES")
    at, driven, left = depot, 0.0, set(houses)
    while left:
        after = min(left, key=lambda house: minutes[at, house])
        left, driven, at = left - {after}, driven + minutes[at, after], after
    places = [depot, *houses]
    table = np.array([[minutes[i, j] if i != j else 1e6 for j in places] for i in places])
    found = {"nearest_next": driven + minutes[at, depot], "rounds_apart": table[linear_sum_assignment(table)].sum()}
    assert found == {name: expected("lifts")[name] for name in found}


def test_the_front_is_every_plan_that_none_beats() -> None:
    """The stated pairs are the plans that no other plan equals or beats in both aims."""
    every = set(plans())
    best = [plan for plan in every if not any(p != plan and p[0] <= plan[0] and p[1] <= plan[1] for p in every)]
    assert sorted(best, reverse=True) == [tuple(pair) for pair in expected("parcels")["front"]]


def test_weights_miss_part_of_the_front() -> None:
    """The stated plans, and only they, lie above a line between two others, so no weighting prefers them."""
    front = [tuple(pair) for pair in expected("parcels")["front"]]

    def above(plan: tuple[float, float], a: tuple[float, float], b: tuple[float, float]) -> bool:
        share = (plan[0] - b[0]) / (a[0] - b[0])
        return 0 < share < 1 and plan[1] > share * a[1] + (1 - share) * b[1]

    missed = [plan[0] for plan in front if any(above(plan, a, b) for a in front for b in front if a != b)]
    assert missed == expected("parcels")["missed_by_weights"]


@pytest.mark.parametrize("pair", expected("parcels")["front"])
def test_a_limit_leads_along_the_front(pair: list[float]) -> None:
    """With the CO2 of a plan of the front as the limit, our solver finds its cost."""
    formulation, tables = load_problem(FOLDER / "parcels" / "problem.yaml")
    change = Change(by="set", amount=pair[0])
    parameters = [
        p.model_copy(update={"changes": [change]} if p.name == "co2_limit" else {}) for p in formulation.parameters
    ]
    solution = solve_formulation(formulation.model_copy(update={"parameters": parameters}), tables)
    assert solution.incumbent_objective == pytest.approx(pair[1], rel=1e-6)
