"""The one way in to every export, and the formats that file names ask for."""

from __future__ import annotations

import ast
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from agentopt.errors import FormulationError, InputError
from agentopt.solvers.modeling.data.files import load_formulation
from agentopt.solvers.modeling.engines.route import solve_instance
from agentopt.solvers.modeling.export.writing import Format, export_text, format_of
from agentopt.solvers.modeling.instance import Instance


@pytest.fixture
def bakery(build: Callable[..., Instance]) -> Instance:
    """Two loaves, one oven: the optimum is 10."""
    return build({"rye": {"upper": 3}, "spelt": {"upper": 3}}, "2 * rye + 3 * spelt", "rye + spelt <= 3.5")


@pytest.mark.parametrize(
    ("name", "format"),
    [
        ("plan.yaml", "yaml"),
        ("plan.yml", "yaml"),
        ("plan.json", "json"),
        ("plan.lp", "lp"),
        ("a.b/plan.MPS", "mps"),
        ("plan.py", "pyomo"),
        ("plan.v2.html", "html"),
    ],
)
def test_the_ending_names_the_format(name: str, format: str) -> None:
    """Every ending has its format, in capitals too, and a folder's dots do not matter."""
    assert format_of(name) == format_of(Path(name)) == format


@pytest.mark.parametrize("name", ["plan.txt", "plan", ".lp", "plan.lp.gz", ""])
def test_another_ending_is_refused(name: str) -> None:
    """One sentence lists the endings that there are."""
    endings = r"\.yaml, \.yml, \.json, \.lp, \.mps, \.py, \.html"
    with pytest.raises(InputError, match=f"expected a name that ends with {endings}$"):
        format_of(name)


@pytest.mark.parametrize("format", ["yaml", "json"])
def test_the_elements_come_back(bakery: Instance, format: Format) -> None:
    """A formulation that was exported is loaded again as it was."""
    assert load_formulation(export_text(bakery, None, format)) == bakery.formulation


def test_json_is_json(bakery: Instance) -> None:
    """The json export holds the five elements under their names."""
    assert json.loads(export_text(bakery, None, "json"))["objective"]["sense"] == "maximize"


@pytest.mark.parametrize(("format", "start"), [("lp", "\\ "), ("mps", "* "), ("html", "<!DOCTYPE html>")])
def test_each_format_begins_as_it_should(bakery: Instance, format: Format, start: str) -> None:
    """The text is in the format that was asked for, and ends with its line."""
    text = export_text(bakery, solve_instance(bakery), format)
    assert text.startswith(start)
    assert text.endswith("\n")


def test_pyomo_is_a_program(bakery: Instance) -> None:
    """The pyomo export is Python."""
    assert ast.parse(export_text(bakery, None, "pyomo")).body


def test_a_format_that_is_none_is_refused(bakery: Instance) -> None:
    """A word that names no format is an error of the caller's, in one sentence."""
    with pytest.raises(InputError, match="expected one of the formats yaml, json, lp, mps, pyomo, html, got 'pdf'"):
        export_text(bakery, None, "pdf")  # type: ignore[arg-type]


def test_what_no_solver_file_says_is_said_by_pyomo(build: Callable[..., Instance]) -> None:
    """The way out that the refusal names is open."""
    curved = build({"x": {"upper": 4}}, "sqrt(x + 1)", "exp(x) <= 9")
    with pytest.raises(FormulationError, match="export it as pyomo"):
        export_text(curved, None, "lp")
    assert "pyo.exp" in export_text(curved, None, "pyomo")
