"""`agentopt doctor`: everything is tried, and no secret is told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from agentopt.cli.checkup import Checkup
from agentopt.cli.doctor import solves_files

Command = Callable[..., Any]
SECRET = "sk-do-not-show-me-0123456789"


def test_doctor_tries_everything(agentopt: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """Solvers, a whole problem, model, sandbox and backends are tried; a key is told by name only."""
    monkeypatch.setenv("OPENAI_API_KEY", SECRET)
    end = agentopt("doctor", "--json")
    found = {check["name"]: check for check in end.document["checks"]}
    assert (end.code, SECRET in end.out + end.err) == (0, False)
    assert [found[name]["state"] for name in ("HiGHS", "SciPy", "Pyomo", "file problem", "modeling")] == ["ok"] * 5
    assert "OPENAI_API_KEY" in found["keys"]["detail"]
    assert {check["area"] for check in found.values()} == {
        "Installation",
        "Solvers",
        "Model",
        "Configuration",
        "Sandbox",
        "Backends",
    }


def test_what_is_missing_comes_with_what_to_do(agentopt: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """A package that cannot be imported is named with the line that installs it."""
    monkeypatch.setitem(__import__("sys").modules, "pyscipopt", None)
    end = agentopt("doctor")
    line = next(line for line in end.out.splitlines() if line.startswith("  missing  SCIP"))
    assert line.endswith("pip install pyscipopt")
    assert end.out.endswith("Problems in files can be solved.\n")


@pytest.mark.parametrize(
    ("checkups", "able"),
    [
        ([Checkup("Solvers", "file problem", "ok", "")], True),
        ([Checkup("Solvers", "file problem", "missing", "")], False),
        ([Checkup("Solvers", "HiGHS", "ok", "")], False),
    ],
)
def test_the_code_follows_the_whole_problem(checkups: list[Checkup], able: bool) -> None:
    """A solver that starts is not enough: a problem must have been solved the whole way."""
    assert solves_files(checkups) is able
