"""What the trace adds: the same problems and the same reader, with the calls shown and with the calls left out.

    python examples/trace_ablation.py                      # needs no key: a reader of the prompt answers
    python examples/trace_ablation.py --model openai/...   # asks a model, live

Three optimizers learn the seeded problems of trace_numbers.py. OptoPrime shows the calls; OptoPrime(trace=False)
shows the parameters, what was said of the output, and the trials; OPRO shows the trials with their scores. All are
answered by the reader of trace_reader.py, which has one way to search, and are told the same of every output. The
figures say what is in the prompts for somebody who can do arithmetic; what a model makes of it, --model measures.
"""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Callable

from trace_numbers import CLOSE, Problem, feedback
from trace_reader import answer

from agentopt import Model, connect
from agentopt.optimizers import OPRO, Optimizer, OptoPrime, Settings
from agentopt.testing import ScriptedModel

LIMIT = 10
SETTINGS = Settings(objective="Bring the output to its target.", memory=8)
Made = Callable[[Problem, Model], Optimizer]

OPTIMIZERS: dict[str, Made] = {
    "OptoPrime": lambda problem, model: OptoPrime(problem.parameters, model, SETTINGS),
    "OptoPrime, no trace": lambda problem, model: OptoPrime(problem.parameters, model, SETTINGS, trace=False),
    "OPRO": lambda problem, model: OPRO(problem.parameters, model, SETTINGS),
}


def count_steps(seed: int, made: Made, model: Model) -> int:
    """How many steps an optimizer takes to a problem's optimum; one more than the limit if it gets there too late."""
    problem = Problem(seed)
    optimizer = made(problem, model)
    for n_steps in range(LIMIT + 1):
        output = problem.run()
        gap = problem.gap(output.data)
        if abs(gap) < CLOSE:
            return n_steps
        optimizer.zero_feedback()
        optimizer.backward(output, feedback(gap))
        if n_steps < LIMIT:
            optimizer.step()
    return LIMIT + 1


def shown(n_steps: float) -> str:
    """A number of steps, or that it is beyond the limit."""
    return f"{n_steps:g}" if n_steps <= LIMIT else f">{LIMIT}"


def main() -> None:
    """Count the steps of every optimizer on every problem, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", help="provider/name; without it the reader answers")
    parser.add_argument("--problems", type=int, default=10, help="how many; they are seeded 0, 1, 2, ...")
    arguments = parser.parse_args()
    model = connect(arguments.model) if arguments.model else ScriptedModel(answer)
    print(f"{arguments.problems} problems, at most {LIMIT} steps each, answered by {model.name}\n")
    print(f"{'':<21}{'solved':>8}{'median steps':>14}{'min-max':>10}")
    medians = {}
    for name, made in OPTIMIZERS.items():
        counts = [count_steps(seed, made, model) for seed in range(arguments.problems)]
        medians[name] = statistics.median(counts)
        solved = sum(count <= LIMIT for count in counts) / len(counts)
        spread = f"{min(counts)}-{shown(max(counts))}"
        print(f"{name:<21}{solved:>8.0%}{shown(medians[name]):>14}{spread:>10}")
    print("\nfewest steps with the trace:", medians["OptoPrime"] < min(medians["OptoPrime, no trace"], medians["OPRO"]))


if __name__ == "__main__":
    main()
