"""Instances that differ from another in one thing, against instances that were stated so."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from agentopt.errors import FormulationError
from agentopt.solvers.modeling.engines.route import solve_instance
from agentopt.solvers.modeling.formulation import Constraint, Objective
from agentopt.solvers.modeling.instance import Instance
from agentopt.solvers.modeling.variants import relaxed, scaled, with_constraint, with_objective, without_constraint

Build = Callable[..., Instance]


@pytest.fixture
def bakery(instance: Build) -> Instance:
    """max 3 rye + 2 wheat, 2 rye + wheat <= 7 hours = minutes / 60, rye >= 1; whole loaves."""
    return instance(
        {"rye": {"domain": "integer"}, "wheat": {"domain": "integer", "upper": 100}},
        parameters={"minutes": 420, "hours": {"expression": "minutes / 60"}},
        maximize="3 * rye + 2 * wheat",
        constraints={"oven": "2 * rye + wheat <= hours", "least": "rye >= 1"},
    )


def optimum(instance: Instance) -> float | None:
    return solve_instance(instance).incumbent_objective


def test_a_constraint_more(bakery: Instance) -> None:
    """At most two wheat: three rye and one wheat are best, 9 + 2."""
    assert (optimum(bakery), optimum(with_constraint(bakery, Constraint(name="few", expression="wheat <= 2")))) == (
        13,
        11,
    )


def test_a_constraint_of_the_same_name_takes_its_place(bakery: Instance) -> None:
    """Stated again, `least` asks for three rye."""
    assert optimum(with_constraint(bakery, Constraint(name="least", expression="rye >= 3"))) == 11


def test_a_constraint_less(bakery: Instance) -> None:
    """Without it no rye is baked."""
    assert optimum(without_constraint(bakery, "least")) == 14


def test_another_objective(bakery: Instance) -> None:
    """The least rye is one."""
    assert optimum(with_objective(bakery, Objective(sense="minimize", expression="rye"))) == 1


def test_a_scaled_parameter_reaches_what_is_computed_from_it(bakery: Instance) -> None:
    """Twice the minutes are twice the hours: 14 = 2 * 1 + 12."""
    assert optimum(scaled(bakery, "minutes", 2)) == 27


def test_relaxed_variables_may_be_fractions(instance: Build) -> None:
    """Half a loaf of two hours fits into one; a binary variable stays within 0 and 1."""
    whole = instance(
        {"rye": {"domain": "integer"}, "lit": {"domain": "binary", "upper": None}},
        maximize="rye + lit",
        constraints={"oven": "2 * rye <= 1"},
    )
    assert (optimum(whole), optimum(relaxed(whole))) == (1, 1.5)


def test_what_cannot_be_said_is_refused(bakery: Instance) -> None:
    """An unknown name is named."""
    with pytest.raises(FormulationError, match="unknown name 'cake'"):
        with_constraint(bakery, Constraint(name="few", expression="cake <= 2"))
