"""What the examples on traces claim in their last line, and what they show on the way."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"
LEARNING = ["quickstart", "numbers", "prompt", "debug", "agent", "from_scratch"]


@cache
def said_by(name: str, *arguments: str) -> str:
    """What an example prints."""
    command = [sys.executable, str(EXAMPLES / f"trace_{name}.py"), *arguments]
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=True).stdout


@pytest.mark.parametrize("name", LEARNING)
def test_known_optimum_is_reached(name: str) -> None:
    """The example ends at its known optimum."""
    assert said_by(name).splitlines()[-1] == "optimum reached: True"


@pytest.mark.parametrize("seed", ["3", "11"])
def test_numbers_of_other_problems_are_learned(seed: str) -> None:
    """The numerical example is not made for one problem."""
    assert said_by("numbers", "--seed", seed).endswith("optimum reached: True\n")


def test_prompt_holds_for_what_was_held_out() -> None:
    """The prompt starts with nothing right and ends with all right, on questions that it was not learned on as well."""
    said = said_by("prompt")
    assert ("step 0: 0 of 4 right" in said, "held out: 100% right" in said) == (True, True)


def test_broken_contract_is_sent_back_within_the_step() -> None:
    """New code that breaks an example of the docstring is refused, and the step ends with code that keeps it."""
    refused, applied = (said_by("debug").index(f"step 0: {what}") for what in ("refused, seconds: the example", "appl"))
    assert refused < applied


def test_every_part_of_the_agent_was_learned_once() -> None:
    """Feedback on the answers changes both prompts and the code, each where the trace puts the fault."""
    applied = re.findall(r"applied; (\w+);", said_by("agent"))
    assert applied == ["reading", "total", "wording"]


def test_learned_agent_is_the_best_so_far_and_undoes_what_is_worse() -> None:
    """Its versions are scored by the episodes, and what a human tries in between is taken back."""
    said = said_by("agent")
    assert (said.count("the best so far: True"), "undone: True" in said) == (3, True)


@cache
def ablation() -> dict[str, tuple[float, float, float]]:
    """By optimizer: the share solved in per cent, the median steps and the most steps, of five problems."""
    rows = re.findall(
        r"^(\w.*?) +(\d+)% +(>?[\d.]+) +\d+-(>?\d+)$", said_by("ablation", "--problems", "5"), re.MULTILINE
    )
    return {name: (float(solved), _steps(median), _steps(most)) for name, solved, median, most in rows}


def _steps(text: str) -> float:
    """A number of steps; beyond the limit is as many as it takes."""
    return float("inf") if text.startswith(">") else float(text)


@pytest.mark.parametrize("blind", ["OptoPrime, no trace", "OPRO"])
def test_trace_saves_steps(blind: str) -> None:
    """With the same reader, the worst problem takes fewer steps with the trace than a middling one without."""
    assert ablation()["OptoPrime"][2] < ablation()[blind][1]


def test_all_is_solved_with_the_trace() -> None:
    """With the trace, every problem is solved within the limit."""
    assert ablation()["OptoPrime"][0] == 100
