"""Real replies of a language model to the shipped prompts, replayed: all that follows them is computed anew.

A change of a prompt makes these fail, as it should: try the new prompt on a reader, and record again.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from agentopt.errors import InputError
from agentopt.llm import connect
from agentopt.sandbox import open_sandbox
from agentopt.solvers.modeling.data.bind import bind
from agentopt.solvers.modeling.data.tables import Tables
from agentopt.solvers.modeling.formulation import Formulation
from agentopt.solvers.modeling.language.analysis import analyze
from agentopt.solvers.modeling.solution import Solution
from agentopt.solvers.modeling.solving import solve
from agentopt.solvers.modeling.words.author import Author, Means
from agentopt.solvers.modeling.words.written import solve_by_program

HERE = Path(__file__).parent
ROOT = HERE.parents[2]

COFFEE = (
    "Our roasteries in Bergen, Turin and Porto (plants.csv) send coffee to the cities of markets.csv. A roastery ships "
    "no more than it can roast in the month, and every city must get what it drinks in the month. Freight costs by the "
    "tonne are in costs.csv. How much should each roastery send to each city so that we pay the least freight?"
)
WARD = (
    "A ward needs at least 6 nurses on the early, 5 on the late and 3 on the night shift. Every nurse works exactly "
    "one shift. 12 nurses are employed. An early shift costs 180, a late one 200 and a night shift 260 dollars per "
    "nurse. What is the cheapest roster?"
)
SCREWS = (
    "We pack screws into boxes. The number of screws in a box must be a prime number, so that nobody can split a box "
    "evenly, and at least 90 and at most 400. Packing costs 0.03 dollars for every screw in the box plus 700 dollars "
    "divided by the number of screws in the box. Which number of screws per box gives the lowest cost of a box?"
)
LAMPS = (
    "We plan a carousel with a whole number of lamps, at least 100 and at most 999. Because of the way its controller "
    "counts, the Collatz sequence that starts at the number of lamps (halve an even number, triple an odd one and add "
    "one) must reach 1 after at most 12 steps. We would like 600 lamps: every lamp less costs us 5 dollars of "
    "attraction, every lamp more 3 dollars of power. Which number of lamps costs the least?"
)
TWO_PRIMES = (
    "We pack screws into boxes, at least 90 and at most 400 in a box. The number of screws in a box must be a prime "
    "number, so that nobody can split a box evenly, and its decimal digits must add up to a prime number as well. "
    "Packing costs 0.03 dollars for every screw in the box plus 700 dollars divided by the number of screws in the "
    "box. Which number of screws per box gives the lowest cost of a box?"
)


def replayed(name: str, problem: str, data: tuple[Path, ...] = ()) -> Solution:
    """The solution of a problem by the recorded replies."""
    return solve(problem, data, model=connect(replay=HERE / "recordings" / f"{name}.jsonl"))


def is_prime(n: int) -> bool:
    return n > 1 and all(n % d for d in range(2, n))


def collatz_steps(n: int) -> int:
    steps = 0
    while n != 1:
        n, steps = (n // 2 if n % 2 == 0 else 3 * n + 1), steps + 1
    return steps


def test_tables_are_bound_by_name_and_not_copied() -> None:
    """A text with three tables beside it becomes a formulation that reads them, in one call."""
    solution = replayed("tables", COFFEE, (ROOT / "tasks/modeling/transport",))
    assert solution.usage is not None
    assert solution.incumbent_objective == pytest.approx(17350)
    assert (solution.usage.calls, {p.data is not None for p in solution.formulation.parameters}) == (1, {True})


def test_a_text_that_cannot_be_met_is_asked_about_once_and_explained() -> None:
    """12 nurses for 14 places: after one question the model stands by it, and the repair is two nurses more."""
    solution = replayed("infeasible", WARD)
    assert solution.conflict is not None
    assert (solution.termination_condition, solution.usage and solution.usage.calls) == ("infeasible", 2)
    assert (len(solution.conflict.members), "from at most 12 to 14" in solution.conflict.repair[0]) == (4, True)


def test_what_is_no_problem_is_told_in_the_models_sentence() -> None:
    """A wish for a poem is no optimization problem."""
    with pytest.raises(InputError, match="cannot be formulated as an optimization problem: The text asks for a poem"):
        replayed("poem", "Please write a short poem about autumn leaves and the smell of rain.")


def test_a_prime_number_can_be_said_by_computed_sets() -> None:
    """The model states primality in the language itself; the truth is a loop over all primes."""
    best = min(0.03 * n + 700 / n for n in range(90, 401) if is_prime(n))
    assert replayed("prime", SCREWS).incumbent_objective == pytest.approx(best)


def test_a_sequence_of_steps_can_be_said_by_binary_variables() -> None:
    """The model unrolls the Collatz sequence; the truth is a loop over all numbers."""
    costs = {n: max(5 * (600 - n), 3 * (n - 600)) for n in range(100, 1000) if collatz_steps(n) <= 12}
    assert replayed("collatz", LAMPS).incumbent_objective == pytest.approx(min(costs.values()))


def test_a_program_solves_what_stands_in_words_only() -> None:
    """The program that the model wrote runs in the sandbox, and what it cannot prove is said."""
    number: dict[str, Any] = {"name": "screws", "domain": "integer", "lower": 0, "unit": "screw"}
    given = (
        ("fewest", 90, "", "Fewest screws in a box"),
        ("most", 400, "", "Most screws in a box"),
        ("screw_cost", 0.03, "USD/screw", "Cost of a screw"),
        ("box_cost", 700, "USD*screw", "Cost that is shared by the screws"),
    )
    stated = (
        ("size", "fewest <= screws <= most", "A box holds between the fewest and the most"),
        ("prime", "", "The number of screws is a prime number"),
        ("digits", "", "The sum of the decimal digits of the number of screws is a prime number"),
    )
    cost = "screw_cost*screws+box_cost/screws"
    formulation = Formulation.model_validate(
        {
            "title": "Screws",
            "parameters": [dict(zip(("name", "value", "unit", "meaning"), row)) for row in given],
            "variables": [{**number, "meaning": "Screws in a box"}],
            "objective": {"sense": "minimize", "expression": cost, "meaning": "Cost of a box"},
            "constraints": [dict(zip(("name", "expression", "meaning"), row)) for row in stated],
        }
    )
    author = Author(connect(replay=HERE / "recordings/program.jsonl"), TWO_PRIMES, Tables())
    solution = solve_by_program(author, Means(10, open_sandbox), bind(analyze(formulation)))
    both = (n for n in range(90, 401) if is_prime(n) and is_prime(sum(map(int, str(n)))))
    assert solution.incumbent_objective == pytest.approx(min(0.03 * n + 700 / n for n in both))
    assert (solution.guarantee, sum("not checked" in note for note in solution.notes)) == ("none", 2)
