"""The problems under tasks/modeling: their stated answers hold by arithmetic alone."""

from __future__ import annotations

from collections import defaultdict
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from agentopt.solvers.modeling.data.bind import bind
from agentopt.solvers.modeling.data.files import dump_formulation, load_formulation, load_problem
from agentopt.solvers.modeling.data.yaml_text import read_yaml
from agentopt.solvers.modeling.instance import Instance
from agentopt.solvers.modeling.language.analysis import analyze
from agentopt.solvers.modeling.language.units import check_units

FOLDER = Path(str(files("agentopt"))) / "tasks" / "modeling"
NAMES = sorted(path.parent.name for path in FOLDER.glob("*/problem.yaml"))


def instance(name: str) -> Instance:
    """A problem with its data."""
    formulation, tables = load_problem(FOLDER / name / "problem.yaml")
    return bind(analyze(formulation), tables)


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
