"""A reader who answers optimizers' prompts about numbers, from the text of the prompt and nothing else.

    python examples/trace_reader.py   # shows one small prompt and the reply to it

It stands in for a model in the examples on numbers, and has one way to search: it lays a plane through the best
trial and those around it and goes to where the plane misses nothing, or tries something near the best. Where
the prompt shows calls, it takes them for the arithmetic that they are and tries as often as it likes in its head.
Where it shows none, each trial costs a step.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable
from typing import Any

import numpy as np

from agentopt.llm import Message

IN_HEAD, PATIENCE = 600, 30  # trials in its head, and after how many it starts somewhere else
Array = np.ndarray[Any, Any]

PROMPT = """# Parameters
x: a number from 0 to 10
x = 2.0

# Calls
mul_1 = x * x  # -> 4.0

# Feedback
mul_1: The output should be 5.0 higher.

You may change: x. Propose 1 candidate."""


def answer(messages: tuple[Message, ...]) -> str:
    """Propose new values for all numbers in the user's first message."""
    prompt = next(message.text for message in messages if message.role == "user")
    numbers, feedback, calls = Numbers(prompt), _section(prompt, "Feedback"), _section(prompt, "Calls")
    told = [feedback, *re.split(r"^Trial \d+:", _section(prompt, "rials"), flags=re.MULTILINE)]
    trials = [(-_gap(said), numbers.listed_in(said)) for said in told if "should be" in said]
    rng = random.Random(repr([miss for miss, _ in trials]))
    place = numbers.next_place(trials, rng)
    if calls:
        output = _program(calls, feedback.partition(":")[0], numbers.names)
        target = output(numbers.present) + _gap(feedback)
        for number in range(1, IN_HEAD):
            trials.append((output(place) - target, place))
            if abs(trials[-1][0]) < 1e-6:
                break
            trials = trials if number % PATIENCE else []
            place = numbers.next_place(trials, rng)
    edits = [{"parameter": name, "value": value} for name, value in zip(numbers.names, place.tolist())]
    candidate = {"reason": "Computed from the calls." if calls else "Guessed from the trials.", "edits": edits}
    return json.dumps({"analysis": "Find where nothing is missed.", "candidates": [candidate]})


class Numbers:
    """The numbers in a prompt: present values, bounds, and which are whole."""

    def __init__(self, prompt: str) -> None:
        found = re.findall(r"^(\w+): a (whole )?number from (\S+) to (\S+)\n\1 = (\S+)$", prompt, re.MULTILINE)
        self.names = [name for name, *_ in found]
        self._whole = np.array([bool(word) for _, word, *_ in found])
        self._low, self._high, self.present = np.array([row[2:] for row in found], float).T

    def listed_in(self, said: str) -> Array:
        """The numbers of a trial; those that it does not list are the present ones."""
        listed = dict(re.findall(r"^(\w+) = (\S+)$", said, re.MULTILINE))
        return np.array([float(listed.get(name, value)) for name, value in zip(self.names, self.present)])

    def next_place(self, trials: list[tuple[float, Array]], rng: random.Random) -> Array:
        """Where the plane through the best trial and those around it is zero, or near the best if that was tried."""
        if not trials:
            return self._nearest(np.array([rng.uniform(low, high) for low, high in zip(self._low, self._high)]))
        missed, best = min(trials, key=lambda trial: abs(trial[0]))
        others = sorted(trials, key=lambda trial: float(np.linalg.norm(trial[1] - best)))[1 : len(self.names) + 1]
        place = best
        if others:
            steps = np.array([other - best for _, other in others])
            slope = np.linalg.lstsq(steps, np.array([miss - missed for miss, _ in others]))[0]
            place = self._nearest(best - missed * slope / max(slope @ slope, 1e-9))
        while any(np.array_equal(place, other) for _, other in trials):
            place = self._nearest(best + [rng.uniform(-1, 1) for _ in best])
        return place

    def _nearest(self, place: Array) -> Array:
        place = np.clip(place, self._low, self._high)
        return np.where(self._whole, np.round(place), place)


def _section(prompt: str, heading: str) -> str:
    """What stands below the heading that has this in it."""
    found = re.search(rf"(?ms)^# [^\n]*{heading}[^\n]*\n(.*?)(?=\n# |\nYou may|\nPropose )", prompt)
    return found[1].strip() if found else ""


def _gap(said: str) -> float:
    """By how much an output should be higher."""
    size, way = re.findall(r"should be (\S+) (higher|lower)", said)[-1]
    return float(size) if way == "higher" else -float(size)


def _program(calls: str, output: str, names: list[str]) -> Callable[[Array], float]:
    """The calls as a function of the numbers; they are arithmetic that agentopt wrote down, nobody's code."""
    program = compile(calls, "calls", "exec")

    def run(place: Array) -> float:
        space: dict[str, Any] = {**dict(zip(names, place.tolist())), "__builtins__": {}}
        exec(program, space)
        return float(space[output])

    return run


if __name__ == "__main__":
    print(f"{PROMPT}\n\nThe reader's reply:\n{answer((Message('user', PROMPT),))}")
