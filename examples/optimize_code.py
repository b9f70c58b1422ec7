"""A heuristic for bin packing, evolved as code; every version but the human's runs in the sandbox.

    python examples/optimize_code.py                      # needs no key: a stand-in writes the code
    python examples/optimize_code.py --model openai/...   # a model writes it

Items come one by one and go into the open bin of the highest priority. The start takes the first bin in which they fit
(first-fit). The score of an instance is the share of the bins' room that is used, so a perfect packing scores 1.
Islands keep different heuristics apart (MAP-Elites), as FunSearch did on this problem (Romera-Paredes et al. 2023).
"""

from __future__ import annotations

import argparse
import json
import random

from agentopt import Budget, Feedback, connect, optimize, trace
from agentopt.llm import Message
from agentopt.optimizers import OptoPrime
from agentopt.optimizers import Settings as OptimizerSettings
from agentopt.search import Islands
from agentopt.testing import ScriptedModel

CAPACITY = 100


@trace(trainable=True)
def priorities(item: int, rooms: list[int]) -> list[float]:
    """How good each bin is for an item, in the order of the bins; the item goes where the priority is highest.

    Args:
        item: The size of the item.
        rooms: What is free in each bin in which the item fits, the oldest bin first.
    """
    return [-place for place, room in enumerate(rooms)]


@trace(allow_hidden=True)
def pack(instance: dict[str, list[int]]) -> float:
    """The share of the room of all used bins that is filled; it reads the heuristic, which nobody passes to it."""
    rooms: list[int] = []
    for item in instance["items"]:
        fitting = [place for place, room in enumerate(rooms) if room >= item]
        if not fitting:
            rooms.append(CAPACITY - item)
            continue
        ranked = priorities(item, [rooms[place] for place in fitting])
        best = max(range(len(fitting)), key=lambda place: (ranked[place], -place))
        rooms[fitting[best]] -= item
    return sum(instance["items"]) / (CAPACITY * len(rooms))


def metric(instance: dict[str, list[int]], filled: float) -> Feedback:
    """The share itself."""
    return Feedback(f"{filled:.1%} of the room is used.", filled)


def instances(n: int, seed: int = 0) -> list[dict[str, list[int]]]:
    """Instances of 80 items each."""
    rng = random.Random(seed)
    return [{"items": [rng.randint(20, 80) for _ in range(80)]} for _ in range(n)]


HEAD = "def priorities(item: int, rooms: list[int]) -> list[float]:\n"
BODIES = (
    "    return [room - item for room in rooms]\n",  # worst fit
    "    return [room - item / 0 for room in rooms]\n",  # fails
    "    return [-(room - item) for room in rooms]\n",  # best fit
    "    return [-abs(room - item - 15) for room in rooms]\n",  # leaves a usual gap
    "    return [-(room - item) if room - item < 4 or room - item >= 20 else item - room - 100 for room in rooms]\n",
    "    return [100.0 if room == item else -(room - item) for room in rooms]\n",  # best fit, said longer
    "    return [1000.0 - (room - item) if room - item < 6 or room > 70 else -room for room in rooms]\n",
)


def write(messages: tuple[Message, ...]) -> str:
    """The writer offline: tries one idea after another, good and bad ones."""
    body = random.Random(messages[-1].text).choice(BODIES)
    edits = [{"parameter": "priorities", "value": HEAD + body}]
    return json.dumps({"analysis": "", "candidates": [{"reason": "Another idea.", "edits": edits}]})


def main() -> None:
    """Evolve the heuristic and compare it with first-fit on instances that were held out."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", help="provider/name; without it a stand-in answers")
    name = parser.parse_args().model
    writer = connect(name) if name else ScriptedModel(write)
    objective = "Pack online items into as few bins as possible."
    result = optimize(
        pack,
        instances(60),
        metric,
        optimizer=OptoPrime(priorities, writer, OptimizerSettings(objective=objective)),
        strategy=Islands(islands=2, migrate=4),
        budget=Budget(evaluations=400),
        executor=2,
        seed=2,
    )
    print(result)
    print(result.values["priorities"])
    print("beats first-fit:", result.improved)


if __name__ == "__main__":
    main()
