"""The problems under tasks/modeling: well stated, and solved to the answers that are known without a solver.

The answers of the newer ones are proved in `test_classes.py` and `test_classes_continuous.py`.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from agentopt.errors import SandboxUnavailable
from agentopt.sandbox import Limits, Sandbox, open_sandbox
from agentopt.solvers.modeling.data.bind import bind
from agentopt.solvers.modeling.data.files import dump_formulation, load_formulation, load_problem
from agentopt.solvers.modeling.data.yaml_text import read_yaml
from agentopt.solvers.modeling.engines.route import solve_instance
from agentopt.solvers.modeling.export.pyomo_source import pyomo_source
from agentopt.solvers.modeling.instance import Instance, Key
from agentopt.solvers.modeling.language.analysis import analyze
from agentopt.solvers.modeling.language.units import check_units
from agentopt.solvers.modeling.solution import Solution

FOLDER = Path(str(files("agentopt"))) / "tasks" / "modeling"
NAMES = sorted(path.parent.name for path in FOLDER.glob("*/problem.yaml"))
IN_WORDS = [name for name in NAMES if (FOLDER / name / "problem.txt").exists()]
CLASSES = {
    "transport": "LP",
    "water": "LP",
    "interpreters": "MIP",
    "lifts": "MIP",
    "parcels": "MIP",
    "printshop": "MIP",
    "workshops": "MIP",
    "dispatch": "convex QP",
    "tickets": "nonconvex QP",
    "rescue": "QCP",
    "orders": "NLP",
    "liner": "MINLP",
}
"""The class that each problem is there to show; `staffing` is not here, for it has no solution."""


def instance(name: str) -> Instance:
    """A problem with its data."""
    formulation, tables = load_problem(FOLDER / name / "problem.yaml")
    return bind(analyze(formulation), tables)


@cache
def solved(name: str) -> Solution:
    """A problem's checked answer by our own solvers."""
    return solve_instance(instance(name), 60.0)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """A sandbox with Pyomo and the solvers loaded, or a skip where this machine has none."""
    try:
        opened = open_sandbox()
    except SandboxUnavailable as error:
        pytest.skip(f"this machine offers no sandbox: {error}")
    with opened:
        yield opened


def expected(name: str) -> dict[str, Any]:
    """What is stated of a problem's answer."""
    stated: dict[str, Any] = read_yaml((FOLDER / name / "expected.yaml").read_text(), name)
    return stated


@pytest.mark.parametrize("name", NAMES)
def test_units_agree(name: str) -> None:
    """The examples that are shown to newcomers have units, and they fit."""
    assert check_units(instance(name).analysis) == []


@pytest.mark.parametrize("name", NAMES)
def test_every_element_is_explained(name: str) -> None:
    """Every element has a meaning and the words it comes from."""
    assert all(e.meaning and e.source for _, e in instance(name).formulation.elements())


@pytest.mark.parametrize("name", NAMES)
def test_file_survives_a_round_trip(name: str) -> None:
    """Written and read again, a problem is the same."""
    formulation = load_formulation(FOLDER / name / "problem.yaml")
    assert load_formulation(dump_formulation(formulation)) == formulation


@pytest.mark.parametrize("name", IN_WORDS)
def test_sources_stand_in_the_words(name: str) -> None:
    """Every source quotes the problem's text, its parts joined by " ... "."""
    words = " ".join((FOLDER / name / "problem.txt").read_text().split())
    stated = instance(name).formulation
    parts = [part for e in (*(e for _, e in stated.elements()), stated.objective) for part in e.source.split(" ... ")]
    assert [part for part in parts if not part or part not in words] == []


def test_the_table_of_problems_is_complete() -> None:
    """README.md has a row for each folder, and the tests know the class of each that can be solved."""
    rows = re.findall(r"^\| `(\w+)` \|", (FOLDER / "README.md").read_text(), re.MULTILINE)
    assert sorted(rows) == sorted(path.name for path in FOLDER.iterdir() if path.is_dir())
    assert sorted([*CLASSES, "staffing"]) == NAMES


@pytest.mark.parametrize("name", CLASSES)
def test_our_solver_proves_the_known_optimum(name: str) -> None:
    """The answer is the known one, proved to be the best, and of the class that the problem shows."""
    solution = solved(name)
    assert solution.incumbent_objective == pytest.approx(expected(name)["objective"], rel=1e-6)
    assert (solution.solution_status, solution.guarantee) == ("optimal", "global")
    assert solution.problem_class == CLASSES[name]


@pytest.mark.parametrize("name", CLASSES)
def test_our_solver_finds_the_known_point(name: str) -> None:
    """Where the decisions are stated the solver makes the same; a decision that is not listed is 0."""
    for variable, stated in expected(name)["point"].items():
        found = {key: value for key, value in solved(name).variables[variable].items() if abs(value) > 1e-6}
        assert found == pytest.approx({key: value for key, value in keyed(stated).items() if value}, rel=1e-4)


def keyed(stated: Any) -> dict[Key, float]:
    """A stated decision by its keys: a number, a mapping, or rows of the key and the number."""
    if isinstance(stated, dict):
        return {(member,): value for member, value in stated.items()}
    return {tuple(row[:-1]): row[-1] for row in stated} if isinstance(stated, list) else {(): stated}


@pytest.mark.parametrize("name", CLASSES)
def test_the_pyomo_program_finds_the_known_optimum(sandbox: Sandbox, name: str) -> None:
    """The exported text runs by itself, data included, and prints the known objective as a proved optimum."""
    outcome = sandbox.run(pyomo_source(instance(name)), limits=Limits(wall_s=15, cpu_s=15))
    assert outcome.verdict == "ok", (outcome.error, outcome.output)
    printed = dict(line.split(": ") for line in outcome.output.splitlines() if ": " in line)
    assert printed["termination"] == "convergenceCriteriaSatisfied", (outcome.error, outcome.output)
    assert float(printed["objective"]) == pytest.approx(expected(name)["objective"], rel=1e-6)


def test_transport_optimum_is_certified() -> None:
    """The stated shipments are feasible and cost what the stated prices prove to be the least."""
    data, stated = instance("transport").data.parameters, expected("transport")
    sent: dict[tuple[str, str], float] = {(p, m): amount for p, m, amount in stated["point"]["ship"]}
    out: dict[str, float] = defaultdict(float)
    into: dict[str, float] = defaultdict(float)
    for (plant, market), amount in sent.items():
        out[plant] += amount
        into[market] += amount
    roast, serve = stated["prices"]["roast"], stated["prices"]["serve"]
    assert all(out[p] <= data["capacity"][p,] for p in roast)
    assert all(into[m] >= data["demand"][m,] for m in serve)
    assert all(serve[m] - roast[p] <= cost for (p, m), cost in data["freight"].items())  # type: ignore[index]
    cost = sum(data["freight"][key] * amount for key, amount in sent.items())
    bound = sum(serve[m] * data["demand"][m,] for m in serve) - sum(roast[p] * data["capacity"][p,] for p in roast)
    assert cost == bound == stated["objective"]


def test_staffing_conflict_is_irreducible() -> None:
    """The four requirements exclude each other, and without any one of them some roster keeps all the rest."""
    data = instance("staffing").data.parameters
    needed, wage = [data["needed"][s,] for s in ("early", "late", "night")], list(data["wage"].values())
    rosters = [(e, n, t) for e in range(15) for n in range(15) for t in range(15)]
    keeps = {
        **{f"cover[{s}]": (lambda r, k=k: r[k] >= needed[k]) for k, s in enumerate(("early", "late", "night"))},
        "roster": lambda r: sum(r) <= data["employed"][()],
        "pay": lambda r: sum(w * n for w, n in zip(wage, r)) <= data["pay_limit"][()],
        "quiet_night": lambda r: r[2] <= data["night_limit"][()],
    }
    conflict = expected("staffing")["conflict"]
    assert not any(all(keeps[name](r) for name in conflict) for r in rosters)
    assert all(any(all(keep(r) for name, keep in keeps.items() if name != left) for r in rosters) for left in conflict)


def test_tickets_optimum_is_the_best_of_a_fine_grid() -> None:
    """No price and number of posters on a grid earns more than stated, and the false optimum is one nearby."""
    p = {name: values[()] for name, values in instance("tickets").data.parameters.items()}
    stated = expected("tickets")

    def profit(price: float, posters: float) -> float:
        sold = p["base"] + p["lift"] * posters - p["slope"] * price
        return price * sold - p["poster_cost"] * posters if 0 <= sold <= p["seats"] else float("-inf")

    grid = [(price / 2, posters) for price in range(401) for posters in range(301)]
    false = stated["false_optimum"]
    near = [(price, posters) for price, posters in grid if posters <= 20]
    assert max(profit(*at) for at in grid) == stated["objective"]
    assert profit(stated["point"]["price"], stated["point"]["posters"]) == stated["objective"]
    assert max(profit(*at) for at in near) == false["objective"] == profit(false["point"]["price"], 0)
