"""The README's examples run as they stand and print what it says."""

from __future__ import annotations

import io
import os
import re
from contextlib import redirect_stdout
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    """The fenced blocks of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)


def test_every_python_example_has_its_output() -> None:
    """As many outputs are shown as examples."""
    assert len(blocks("python")) == len(blocks("text")) == 4


@pytest.mark.parametrize("number", range(4))
def test_the_python_examples_print_what_stands_below_them(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """An example gives the output that the README shows, but for the solver's version."""
    monkeypatch.chdir(ROOT)
    printed = io.StringIO()
    with redirect_stdout(printed):
        exec(compile(blocks("python")[number], "README.md", "exec"), {})
    version = re.compile(r"HiGHS [\d.]+")
    assert version.sub("HiGHS", printed.getvalue()) == version.sub("HiGHS", blocks("text")[number])


def test_the_yaml_example_solves() -> None:
    """The formulation in the README costs 25 * 120 + 30 * 110 to ship, since each plant serves its near market."""
    from agentopt.solvers.modeling import load_formulation, solve

    assert solve(load_formulation(blocks("yaml")[0])).incumbent_objective == pytest.approx(25 * 120 + 30 * 110)


def test_every_link_leads_somewhere() -> None:
    """Each relative link of the README is a file of the repository."""
    links = re.findall(r"\]\(([^)#:]+)\)", README)
    assert [link for link in links if not os.path.exists(ROOT / link)] == []
