"""LP and MPS files: two other readers find the same optimum in them, and the same names."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agentopt.errors import FormulationError
from agentopt.solvers.modeling.data.bind import bind
from agentopt.solvers.modeling.engines.route import solve_instance
from agentopt.solvers.modeling.export.lp_text import lp_text
from agentopt.solvers.modeling.export.mps_text import mps_text
from agentopt.solvers.modeling.instance import Instance
from agentopt.solvers.modeling.language.analysis import analyze

Build = Callable[..., Instance]
Read = Callable[[Path], float]
WRITERS = {"lp": lp_text, "mps": mps_text}

every_format = pytest.mark.parametrize("format", WRITERS)


def written(instance: Instance, format: str, folder: Path) -> Path:
    """The file of an instance."""
    path = folder / f"problem.{format}"
    path.write_text(WRITERS[format](instance), encoding="utf-8")
    return path


def in_highs(path: Path) -> Any:
    """HiGHS, silent, with the file read."""
    import highspy

    highs = highspy.Highs.__bases__[0]()
    highs.setOptionValue("output_flag", False)
    highs.setOptionValue("mip_rel_gap", 0.0)
    highs.setOptionValue("qp_regularization_value", 0.0)
    assert highs.readModel(str(path)) == highspy.HighsStatus.kOk
    return highs


def optimum_by_highs(path: Path) -> float:
    """The optimum that HiGHS finds in a file; NaN when there is none."""
    import highspy

    highs = in_highs(path)
    highs.run()
    optimal = highs.getModelStatus() == highspy.HighsModelStatus.kOptimal
    return float(highs.getInfo().objective_function_value) if optimal else math.nan


def in_scip(path: Path) -> Any:
    """SCIP, silent, with the file read."""
    from pyscipopt import Model

    model = Model()
    model.hideOutput()
    model.readProblem(str(path))
    return model


def optimum_by_scip(path: Path) -> float:
    """The optimum that SCIP finds in a file; NaN when there is none."""
    model = in_scip(path)
    model.optimize()
    return float(model.getObjVal()) if model.getStatus() == "optimal" else math.nan


every_reader = pytest.mark.parametrize("read", [optimum_by_highs, optimum_by_scip])

WHOLE = {"domain": "integer", "lower": -2, "upper": 2}
coefficients = st.integers(-4, 4)


@every_format
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_random_integer_programs_keep_their_optimum(
    build: Build, tmp_path: Path, format: str, data: st.DataObject
) -> None:
    """The optimum that both readers find is that of trying every point."""
    a, b, c, constant, p, q, r, low = (data.draw(coefficients) for _ in range(8))
    sense = data.draw(st.sampled_from(["minimize", "maximize"]))
    instance = build(
        {"x": WHOLE, "y": {**WHOLE, "upper": 1}, "z": {"domain": "binary"}},
        f"{a} * x + {b} * y + {c} * z + {constant} + 0.5",
        f"{p} * x + {q} * y - z <= {r}",
        f"{low} <= x + y + z <= {low + 3}",
        sense=sense,
    )
    points = itertools.product(range(-2, 3), range(-2, 2), range(2))
    values = [
        a * x + b * y + c * z + constant + 0.5
        for x, y, z in points
        if p * x + q * y - z <= r and low <= x + y + z <= low + 3
    ]
    best = (min if sense == "minimize" else max)(values, default=math.nan)
    path = written(instance, format, tmp_path)
    found = [optimum_by_highs(path), optimum_by_scip(path)]
    assert found == pytest.approx([best, best], abs=1e-6, nan_ok=True)


@every_format
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_random_linear_programs_keep_their_optimum(
    build: Build, tmp_path: Path, format: str, data: st.DataObject
) -> None:
    """Free, fixed, negative and one-sided columns: both readers find what the arrays give HiGHS directly."""
    bounds = st.sampled_from([(None, None), (None, 3), (-2, None), (-5, -1), (0, 4), (1.5, 1.5), (-3, 3)])
    variables = {}
    for name in "xyz":
        lower, upper = data.draw(bounds)
        variables[name] = {"lower": lower, "upper": upper}
    a, b, c, p, q, r = (data.draw(coefficients) for _ in range(6))
    instance = (
        build(
            variables,
            f"{a} * x + {b} * y + {c} * z - 7.25",
            f"{p} * x + {q} * y == {r}",
            "-6 <= x - y + 0.3 * z <= 6.1",
            "x + y + z <= 10",
            "x + y + z >= -10",
            sense=data.draw(st.sampled_from(["minimize", "maximize"])),
        )
        if (p or q)
        else build(variables, f"{a} * x + {b} * y", "x + y >= -4", "x - y <= 5 + z", sense="minimize")
    )
    solution = solve_instance(instance)
    stated = math.nan if solution.incumbent_objective is None else solution.incumbent_objective
    path = written(instance, format, tmp_path)
    found = [optimum_by_highs(path), optimum_by_scip(path)]
    assert found == pytest.approx([stated, stated], abs=1e-6, nan_ok=True)


@every_format
@every_reader
def test_a_convex_quadratic_objective_is_written(build: Build, tmp_path: Path, read: Read, format: str) -> None:
    """(x - 1)^2 + (x + y - 3)^2 + 2 is 2 at its least, at x = 1 and y = 2."""
    instance = build({"x": {}, "y": {}}, "(x - 1) ** 2 + (x + y - 3) ** 2 + 2", "x + y <= 5", sense="minimize")
    assert read(written(instance, format, tmp_path)) == pytest.approx(2, abs=1e-5)


@every_format
def test_a_nonconvex_quadratic_objective_is_written(build: Build, tmp_path: Path, format: str) -> None:
    """max 2 x y + 0.5 with x + y <= 6 in the box [0, 5] is 18.5, which SCIP proves."""
    box = {"upper": 5}
    instance = build({"x": box, "y": box}, "2 * x * y + 0.5", "x + y <= 6")
    assert optimum_by_scip(written(instance, format, tmp_path)) == pytest.approx(18.5, abs=1e-5)


@every_format
@every_reader
def test_a_concave_maximum_with_a_square_is_written(build: Build, tmp_path: Path, read: Read, format: str) -> None:
    """max 4 x - x^2 - y^2 + x y is 16 / 3, at x = 8 / 3 and y = 4 / 3."""
    instance = build({"x": {"upper": 9}, "y": {"upper": 9}}, "4 * x - x ** 2 - y ** 2 + x * y")
    assert read(written(instance, format, tmp_path)) == pytest.approx(16 / 3, abs=1e-5)


@every_format
@every_reader
def test_small_objectives_are_not_scaled(build: Build, tmp_path: Path, read: Read, format: str) -> None:
    """A price of 0.0005 stands in the file as it is, though the engine hands HiGHS a multiple."""
    instance = build({"x": {"upper": 2000}}, "0.0005 * x")
    assert read(written(instance, format, tmp_path)) == pytest.approx(1)


@pytest.fixture
def plan(build: Build) -> Instance:
    """Members with blanks, accents, brackets and signs; a range; a row over nothing; a column that stands nowhere."""
    return build(
        {"ship": {"index": ["P", "T"], "upper": 9}, "e9": {"upper": 1}, "free": {"domain": "binary"}, "idle": {}},
        "sum(ship[p, t] for p in P for t in T) + e9 + 3 * free",
        "2 <= sum(ship[p, t] for p in P) <= 8 for t in T",
        "sum(ship[p, t] for t in T) <= room[p] for p in P",
        "sum(ship[p, t] for p in P if t > 9) <= 5 for t in T",
        sets={"P": ["Zürich", "Zurich", "[a] b:c", "\u6771\u4eac"], "T": [-1, 2]},
        parameters={"room": {"index": ["P"], "value": [1, 2, 3, 4]}},
    )


@every_format
def test_both_readers_find_every_name(plan: Instance, tmp_path: Path, format: str) -> None:
    """The columns and rows that HiGHS and SCIP read are those of the elements, made legal, each once."""
    path = written(plan, format, tmp_path)
    lp, scip = in_highs(path).getLp(), in_scip(path)
    rows = {constraint.name for constraint in scip.getConss()}
    members = ("Zurich", "Zurich", "_a__b_c", "__")
    keys = [f"({p},{t})" for p in members for t in ("_1", "2")]
    columns = {f"ship{key}" for key in keys} | {"ship(Zurich,_1)_2", "ship(Zurich,2)_2", "_e9", "free_", "idle"}
    assert set(lp.col_names_) == {variable.name for variable in scip.getVars()} == columns
    assert set(lp.row_names_) == rows >= {"c0(_1)_lower", "c0(2)_upper", "c1(_a__b_c)", "c1(Zurich)_2", "c2(2)"}
    assert (len(lp.col_names_), len(lp.row_names_)) == (11, 10)


@every_format
@every_reader
def test_awkward_names_keep_the_optimum(plan: Instance, tmp_path: Path, read: Read, format: str) -> None:
    """Four sites with room for 10 in all, and 1 and 3 for the two lone columns: 14."""
    assert read(written(plan, format, tmp_path)) == pytest.approx(14)


@every_format
def test_names_that_changed_are_told_in_the_head(plan: Instance, format: str) -> None:
    """A reader finds the member behind a changed name; a name that only has other brackets is not listed."""
    sign = {"lp": "\\", "mps": "*"}[format]
    head = [line for line in WRITERS[format](plan).splitlines() if line.startswith(sign)]
    assert f"{sign} ship(Zurich,2) is ship[Zürich, 2]" in head
    assert f"{sign} free_ is free" in head
    assert not any(line.endswith("is idle") for line in head)


@every_format
def test_a_title_cannot_leave_its_comment(build: Build, tmp_path: Path, format: str) -> None:
    """A title of several lines stays one comment, so that nothing in it is read as a row."""
    instance = build({"x": {"upper": 2}}, "x")
    titled = instance.formulation.model_copy(update={"title": "Plan\nSubject To\r\u2028 c: x <= 1\nROWS\n N other"})
    assert optimum_by_scip(written(bind(analyze(titled)), format, tmp_path)) == pytest.approx(2)


@every_format
def test_a_long_name_is_cut(build: Build, tmp_path: Path, format: str) -> None:
    """Names beyond what readers take are cut and stay distinct."""
    instance = build({"x": {"index": ["S"], "upper": 1}}, "sum(x[s] for s in S)", sets={"S": ["a" * 400, "a" * 401]})
    names = in_highs(written(instance, format, tmp_path)).getLp().col_names_
    assert len(set(names)) == 2
    assert max(map(len, names)) <= 255


@every_format
def test_crossed_bounds_stay_infeasible(build: Build, tmp_path: Path, format: str) -> None:
    """A column from 0 up to -1 is not read as one from minus infinity."""
    path = written(build({"x": {"upper": -1}}, "x", "x >= -5"), format, tmp_path)
    assert math.isnan(optimum_by_highs(path))
    assert math.isnan(optimum_by_scip(path))


@every_format
@pytest.mark.parametrize(
    ("objective", "constraint", "reason"),
    [
        ("x", "x * y <= 1", "a constraint of this problem is quadratic"),
        ("x", "exp(x) <= 1", "constraint c0: exp"),
        ("x * y * x", "x <= 1", "a product of more than two variables"),
    ],
)
def test_what_the_format_cannot_say_is_refused(
    build: Build, format: str, objective: str, constraint: str, reason: str
) -> None:
    """One sentence says why, and which format can say it."""
    with pytest.raises(FormulationError, match=rf"an {format.upper()} file says .*{reason}.*; export it as pyomo$"):
        WRITERS[format](build({"x": {}, "y": {}}, objective, constraint))


@every_format
def test_a_problem_without_columns_is_refused(build: Build, format: str) -> None:
    """Where no variable has a key there is nothing that the format could hold."""
    with pytest.raises(FormulationError, match="no variable of this problem has a key"):
        WRITERS[format](
            build({"x": {"index": ["S"]}}, "sum(x[s] for s in S)", sets={"S": "[s for s in T if s > 5]", "T": [1]})
        )


@every_format
def test_numbers_are_read_back_to_the_last_digit(build: Build, tmp_path: Path, format: str) -> None:
    """0.1 + 0.2, a third, and a large and a small number come back as they were."""
    numbers = [0.1 + 0.2, 1 / 3, 123456789012345.6, 1e-7]
    instance = build(
        {"x": {"index": ["S"], "upper": "cost[s] for s in S"}},
        "sum(cost[s] * x[s] for s in S)",
        "sum(cost[s] * x[s] for s in S) <= 1e14 / 3",
        sets={"S": "range(4)"},
        parameters={"cost": {"index": ["S"], "value": numbers}},
    )
    lp = in_highs(written(instance, format, tmp_path)).getLp()
    read = [list(lp.col_cost_), list(lp.col_upper_), list(lp.a_matrix_.value_), list(lp.row_upper_)]
    assert read == [numbers, numbers, numbers, [1e14 / 3]]


def test_bounds_that_readers_take_differently_are_spelled_out(build: Build) -> None:
    """Elsewhere a lone negative upper bound frees the lower one, and an integer without any bound is binary."""
    instance = build({"x": {"upper": -1}, "n": {"domain": "integer"}}, "x - n")
    lines = mps_text(instance).splitlines()
    bounds = lines[lines.index("BOUNDS") + 1 : lines.index("ENDATA")]
    assert bounds == [" LO BOUND x 0", " UP BOUND x -1", " PL BOUND n"]
    assert " 0 <= x <= -1" in lp_text(instance).splitlines()
