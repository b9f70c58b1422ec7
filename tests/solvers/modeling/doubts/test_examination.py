"""All checks together: quiet on right formulations, and each planted fault found by the check that should find it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from agentopt.solvers.modeling.data.files import load_problem
from agentopt.solvers.modeling.doubts import Examination, examine
from agentopt.solvers.modeling.engines.route import solve_instance
from agentopt.solvers.modeling.instance import Instance
from agentopt.solvers.modeling.solving import prepare

RIGHT = sorted(path.stem for path in (Path(__file__).parent / "right").glob("*.yaml"))
TASKS = Path(__file__).parents[4] / "tasks" / "modeling"

Problem = dict[str, Any]
Examine = Callable[[Problem], Examination]
Named = Callable[[Problem, str], Problem]


@pytest.fixture
def examined(prepared: Callable[[Problem], Instance]) -> Examine:
    """Solves and examines a problem."""

    def run(problem: Problem) -> Examination:
        made = prepared(problem)
        return examine(made, solve_instance(made, 60), problem["text"], time_limit_s=60)

    return run


@pytest.mark.parametrize("name", RIGHT)
def test_a_right_formulation_raises_no_doubt(name: str, right: Callable[[str], Problem], examined: Examine) -> None:
    """No check cries wolf on a formulation that is right, whatever its class."""
    assert examined(right(name)).doubts == ()


@pytest.mark.parametrize("name", sorted(path.parent.name for path in TASKS.glob("*/problem.yaml")))
def test_the_tasks_raise_no_doubt(name: str) -> None:
    """The tasks that are shipped are right, the infeasible one as well."""
    formulation, tables = load_problem(TASKS / name / "problem.yaml", [])
    made, text = prepare(formulation, tables), TASKS / name / "problem.txt"
    said = text.read_text(encoding="utf-8") if text.exists() else ""
    assert examine(made, solve_instance(made, 60), said, tables=tables, time_limit_s=60).doubts == ()


def drop_fish(problem: Problem, named: Named) -> None:
    stated = problem["formulation"]
    stated["parameters"].remove(named(problem, "max_fish"))
    stated["constraints"].remove(named(problem, "little_fish"))


def drop_link(problem: Problem, named: Named) -> None:
    named(problem, "handled")["expression"] = "sum(send[t, d] for t in TOWNS) <= capacity[d] for d in DEPOTS"


def swap_soy(problem: Problem, named: Named) -> None:
    expression = named(problem, "some_soy")["expression"]
    named(problem, "some_soy")["expression"] = expression.replace(">=", "<=")


def swap_cover(problem: Problem, named: Named) -> None:
    expression = named(problem, "cover")["expression"]
    named(problem, "cover")["expression"] = expression.replace(">=", "<=")


def swap_sense(problem: Problem, named: Named) -> None:
    problem["formulation"]["objective"]["sense"] = "minimize"


def ignore_stock(problem: Problem, named: Named) -> None:
    expression = named(problem, "balance")["expression"]
    named(problem, "balance")["expression"] = expression.replace("else at_start", "else 0")


def invent_days(problem: Problem, named: Named) -> None:
    named(problem, "days")["value"] = 22


def invent_capacity(problem: Problem, named: Named) -> None:
    named(problem, "capacity")["value"] = [700, 500, 460]


def convert_wrongly(problem: Problem, named: Named) -> None:
    named(problem, "volume")["value"] = 200


def let_agents_be_parts(problem: Problem, named: Named) -> None:
    named(problem, "start")["domain"] = "continuous"
    named(problem, "cover")["expression"] = "2 * start[b] + start[(b - 1) % 6] >= needed[b] for b in BLOCKS"


FAULTS = [
    ("blending", drop_fish, "figures of the text"),
    ("depots", drop_link, "variable open"),
    ("blending", swap_soy, "the words of the text"),
    ("crews", swap_cover, "a trivial answer"),
    ("plain", swap_sense, "the words of the text"),
    ("quarters", ignore_stock, "parameter at_start"),
    ("depots", invent_days, "figures of the formulation"),
    ("depots", invent_capacity, "figures of the formulation"),
    ("tank", convert_wrongly, "figures of the formulation"),
    ("crews", let_agents_be_parts, "variable start"),
]


@pytest.mark.parametrize(("name", "plant", "check"), FAULTS, ids=[fault[1].__name__ for fault in FAULTS])
def test_a_planted_fault_is_found_by_its_check(
    name: str, plant: Callable[[Problem, Named], None], check: str,
    right: Callable[[str], Problem], named: Named, examined: Examine,
) -> None:  # fmt: skip
    """Each fault of a kind that readers make raises the doubt that speaks of it."""
    problem = right(name)
    plant(problem, named)
    found = examined(problem)
    assert found.raises_doubt
    assert check in {finding.check for finding in found.doubts}


def test_without_time_only_the_cheap_checks_are_made(
    right: Callable[[str], Problem], prepared: Callable[..., Instance]
) -> None:
    """What needs a solve is listed as not tried; what does not is still done."""
    made = prepared(right("blending"))
    found = examine(made, solve_instance(made), right("blending")["text"], time_limit_s=1e-9)
    assert {f.check.split()[0] for f in found.not_tried} == {"the", "leaving", "scaling"}
    assert "all 10 figures of the text stand in the formulation" in {f.detail for f in found.findings}


def test_each_step_is_told(right: Callable[[str], Problem], prepared: Callable[..., Instance]) -> None:
    """A long examination says where it is."""
    made, lines = prepared(right("crews")), []
    examine(made, solve_instance(made), progress=lines.append)
    assert "leaving out cover (1 of 1)" in lines


def test_an_examination_says_the_same_twice(right: Callable[[str], Problem], examined: Examine) -> None:
    """Nothing in it is left to chance."""
    assert examined(right("depots")).findings == examined(right("depots")).findings
