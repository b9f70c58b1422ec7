"""Right formulations with their texts, and solved subjects for the checks."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml

from agentopt.solvers.modeling.doubts.subject import Subject
from agentopt.solvers.modeling.engines.route import solve_instance
from agentopt.solvers.modeling.formulation import Formulation
from agentopt.solvers.modeling.instance import Instance
from agentopt.solvers.modeling.solving import prepare

RIGHT = Path(__file__).parent / "right"


@pytest.fixture(scope="session")
def right() -> Callable[[str], dict[str, Any]]:
    """Reads a right formulation and its text, as plain data that a test may spoil."""
    return lambda name: deepcopy(yaml.safe_load((RIGHT / f"{name}.yaml").read_text(encoding="utf-8")))


@pytest.fixture(scope="session")
def prepared() -> Callable[[dict[str, Any]], Instance]:
    """Makes an Instance of what `right` reads."""
    return lambda problem: prepare(Formulation.model_validate(problem["formulation"]))


@pytest.fixture(scope="session")
def solved() -> Callable[[Instance], Subject]:
    """Solves an instance."""
    return lambda made: Subject(made, solve_instance(made, 20))


@pytest.fixture(scope="session")
def named() -> Callable[[dict[str, Any], str], dict[str, Any]]:
    """Finds the element of a name in plain data."""

    def find(problem: dict[str, Any], name: str) -> dict[str, Any]:
        stated = problem["formulation"]
        groups = [stated.get(group, []) for group in ("sets", "parameters", "variables", "constraints")]
        return next(element for group in groups for element in group if element["name"] == name)

    return find
