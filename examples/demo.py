"""The tour: four problems become formulations, solver runs and checked answers.

    python examples/demo.py                       # needs no key: the model's reply is replayed
    python examples/demo.py --model openai/...    # asks a model, live

(1) a problem in words, (2) five elements bound to CSV tables, (3) one that cannot be
met, (4) one with a false optimum. Every answer is compared with one that was found
without a solver; the exit code is 1 when an answer differs.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from pathlib import Path

import yaml

from agentopt import Solution, connect, solve
from agentopt.cli.elements import formulation_blocks
from agentopt.cli.screen import draw
from agentopt.cli.terminal import choose_style
from agentopt.cli.view import solution_blocks
from agentopt.errors import AgentoptError

TASKS = Path(__file__).parent.parent / "tasks" / "modeling"

TOUR = (
    ("furniture", "problem.txt", "a problem in words"),
    ("transport", "problem.yaml", "five elements, their data in three CSV tables"),
    ("staffing", "problem.yaml", "five elements that cannot all be met"),
    ("tickets", "problem.yaml", "a product of two decisions, with a false optimum at 5000"),
)


def main() -> int:
    """Run the tour and return the number of wrong answers as an exit code of 0 or 1."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", help="provider/name; without it the recorded reply is replayed")
    model = parser.parse_args().model
    right = 0
    for number, (name, file, what) in enumerate(TOUR, 1):
        print(f"\n{'=' * 78}\n({number}) {what}: tasks/modeling/{name}/{file}\n{'=' * 78}")
        try:
            right += tell(name, file, model)
        except AgentoptError as error:
            print(f"no answer: {error}")
    print(f"\n{right} of {len(TOUR)} answers are the known ones.")
    return 0 if right == len(TOUR) else 1


def tell(name: str, file: str, model: str | None) -> bool:
    """Solve one problem, show it, and say whether the answer is the known one."""
    path = TASKS / name / file
    if path.suffix == ".txt":
        print(path.read_text().rstrip())
        solution = solve_words(path, model)
        show(formulation_blocks(solution.formulation))
    else:
        print("(no model is asked: the file holds the formulation)")
        solution = solve(path)
    show(solution_blocks(solution))
    expected = yaml.safe_load((TASKS / name / "expected.yaml").read_text())
    right = agrees(solution, expected)
    known = expected["status"] if "objective" not in expected else f"{expected['objective']} {expected['unit']}"
    print(f"\n{'right' if right else 'WRONG'}: known without a solver: {known}")
    return right


def solve_words(path: Path, model: str | None) -> Solution:
    """Solve a problem in words, by a live model or by the recorded reply of one."""
    if model:
        print(f"\n[live: {model} is asked]")
        return solve(path, model=model)
    print("\n[the model's reply is REPLAYED from recording.jsonl; all that follows it is computed now]")
    return solve(path, model=connect(replay=path.parent / "recording.jsonl"))


def agrees(solution: Solution, expected: dict[str, object]) -> bool:
    """Whether status and objective are the known ones, to 1e-6 relative."""
    if solution.termination_condition != expected["status"]:
        return False
    if "objective" not in expected:
        return True
    known, found = float(str(expected["objective"])), solution.incumbent_objective
    return found is not None and abs(found - known) <= 1e-6 * abs(known)


def show(blocks: object) -> None:
    """Draw blocks as the command line does."""
    style = choose_style(sys.stdout.isatty(), os.environ)
    print(draw(blocks, style, shutil.get_terminal_size().columns))  # type: ignore[arg-type]


if __name__ == "__main__":
    sys.exit(main())
