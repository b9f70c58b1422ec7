"""The exit codes of the command line, which scripts rely on."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agentopt.solvers.modeling.solution import Solution

SOLVED = 0
FAILED = 1
USAGE = 2
NO_SOLUTION = 3
NO_MODEL = 4
SPENT = 5
INTERRUPTED = 130

MEANINGS = {
    SOLVED: "solved, or nothing is wrong",
    FAILED: "failed",
    USAGE: "usage or bad input",
    NO_SOLUTION: "proved infeasible or unbounded: a correct answer",
    NO_MODEL: "no model, key or permission",
    SPENT: "budget or time used up; the best so far is shown",
    INTERRUPTED: "interrupted; the best so far is shown",
}


def exit_code(solution: Solution) -> int:
    """Return the code that says what came of a problem.

    That there is no solution is an answer only where a solver proved it.
    """
    match solution.termination_condition:
        case "optimal":
            return SOLVED if solution.solution_status != "none" else FAILED
        case "infeasible" | "unbounded":
            return NO_SOLUTION if solution.guarantee == "global" else FAILED
        case "time_limit":
            return SPENT
        case "interrupted":
            return INTERRUPTED
        case _:
            return FAILED
