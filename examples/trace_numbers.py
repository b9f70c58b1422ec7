"""Numbers learned from feedback that says by how much an output misses its target.

    python examples/trace_numbers.py                      # needs no key: a reader of the prompt answers
    python examples/trace_numbers.py --model openai/...   # asks a model, live

A random arithmetic expression joins three numbers. Its target is what it gives for hidden values of them, so that
it can be reached. Offline the reader of trace_reader.py answers, who sees the text of the prompt and nothing else.

After the numerical problem of Trace (Cheng, Nie and Swaminathan, NeurIPS 2024).
"""

from __future__ import annotations

import argparse
import random
from typing import Any

from trace_reader import answer

from agentopt import Feedback, connect, parameter
from agentopt.graph import Integer, Real
from agentopt.optimizers import OptoPrime
from agentopt.testing import ScriptedModel

CLOSE = 1e-3


class Problem:
    """An expression of random operations over x, y and k, with a target that can be reached."""

    def __init__(self, seed: int, n_operations: int = 8) -> None:
        rng = random.Random(seed)
        # Each operation joins the last result with y, then with k, then with anything before it.
        partners = [0, 1, *(rng.randrange(2 + step) for step in range(2, n_operations))]
        self._plan = [(partner, rng.choice("+-*")) for partner in partners]
        self._target = self._run(*_draw(rng))
        x, y, k = _draw(rng)
        self.parameters = [
            parameter(x, Real(-10, 10), name="x"),
            parameter(y, Real(-10, 10), name="y"),
            parameter(k, Integer(1, 9), name="k"),
        ]

    def run(self) -> Any:
        """The output with its trace: operators on nodes are recorded as they stand."""
        return self._run(*self.parameters)

    def gap(self, output: float) -> float:
        """How much higher the output should be."""
        return float(self._target - output)

    def _run(self, last: Any, *made: Any) -> Any:
        for partner, sign in self._plan:
            other, made = made[partner], (*made, last)
            last = last + other if sign == "+" else last - other if sign == "-" else last * other / 10
        return last


def feedback(gap: float) -> Feedback:
    """The gap in words, and as a score that is higher when it is smaller."""
    return Feedback(f"The output should be {abs(gap)!r} {'higher' if gap > 0 else 'lower'}.", -abs(gap))


def _draw(rng: random.Random) -> tuple[float, float, int]:
    return round(rng.uniform(-10, 10), 2), round(rng.uniform(-10, 10), 2), rng.randint(1, 9)


def main() -> None:
    """Learn one problem."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", help="provider/name; without it the reader answers")
    parser.add_argument("--seed", type=int, default=0, help="which problem")
    arguments = parser.parse_args()
    problem = Problem(arguments.seed)
    optimizer = OptoPrime(problem.parameters, connect(arguments.model) if arguments.model else ScriptedModel(answer))
    for number in range(10):
        output = problem.run()
        gap = problem.gap(output.data)
        print(f"step {number}:", *(f"{one.name} = {one.data:g}" for one in problem.parameters), f"| gap {gap:g}")
        if abs(gap) < CLOSE:
            break
        optimizer.zero_feedback()
        optimizer.backward(output, feedback(gap))
        optimizer.step()
    print("optimum reached:", abs(problem.gap(problem.run().data)) < CLOSE)


if __name__ == "__main__":
    main()
