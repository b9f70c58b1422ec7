"""A prompt and a threshold, optimized together: each kind of parameter has an optimizer that suits it.

    python examples/optimize_mixed.py                      # needs no key: judge and editor are stand-ins
    python examples/optimize_mixed.py --model openai/...   # a model judges, and the same model edits the prompt

A model says how urgent a message is, from 0 to 100; what is above the threshold wakes somebody up. Which threshold is
best depends on the prompt, so changes of the two are also tried together.
"""

from __future__ import annotations

import argparse
import json
import random
import re

from agentopt import Budget, Feedback, Model, connect, node, optimize, parameter, trace
from agentopt.graph import Integer, Text
from agentopt.llm import Message
from agentopt.optimizers import Mixed
from agentopt.search import Settings
from agentopt.testing import ScriptedModel

WORDS = {"fire": 90, "leak": 75, "outage": 70, "question": 55, "thanks": 50, "lunch": 45}
URGENT = 65
RULE = "Only harm to people or machines is urgent."
START = "How urgent is this, from 0 to 100? Answer with the number.\nMessage: {message}"

prompt = parameter(START, Text(placeholders=("message",)), name="prompt")
threshold = parameter(48, Integer(0, 100), name="threshold", description="Above it somebody is woken up.")


def messages(n: int, seed: int = 0) -> list[dict[str, object]]:
    """Messages, and whether somebody is to be woken up."""
    rng = random.Random(seed)
    words = [rng.choice(list(WORDS)) for _ in range(n)]
    return [{"message": f"No {k}, about the {word}", "urgent": WORDS[word] > URGENT} for k, word in enumerate(words)]


@trace
def rate(model: Model, prompt: str, message: str) -> int:
    """How urgent the model finds a message."""
    found = re.search(r"\d+", model.complete([Message("user", prompt.format(message=message))]).value)
    return int(found[0]) if found else 0


@trace
def is_alarm(urgency: int, threshold: int) -> bool:
    """Whether somebody is woken up."""
    return urgency > threshold


def judge(item: dict[str, object], alarm: bool) -> Feedback:
    """Right or wrong, and in which way."""
    if alarm == item["urgent"]:
        return Feedback("Right.", 1.0)
    return Feedback(f"{item['message']!r}: {'nobody should be' if alarm else 'somebody has to be'} woken up.", 0.0)


def feel(told: tuple[Message, ...]) -> str:
    """The judge offline: everything is rather urgent to it, unless its prompt says what is."""
    text = told[-1].text
    urgency = next((urgency for word, urgency in WORDS.items() if word in text.partition("Message:")[2]), 50)
    return str(urgency if RULE in text else 60 + urgency // 8)


def edit(told: tuple[Message, ...]) -> str:
    """The editor offline: adds the rule, or something that does not help."""
    rule = random.Random(told[-1].text).choice([RULE, "Be quick.", "Be polite."])
    value = START.replace("Message:", f"{rule}\nMessage:")
    candidate = {"reason": rule, "edits": [{"parameter": "prompt", "value": value}]}
    return json.dumps({"analysis": "", "candidates": [candidate]})


def main() -> None:
    """Optimize both, and say what came of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", help="provider/name; without it stand-ins answer")
    name = parser.parse_args().model
    model = node(connect(name) if name else ScriptedModel(feel), name="model")
    editor = connect(name) if name else ScriptedModel(edit)
    result = optimize(
        lambda item: is_alarm(rate(model, prompt, item["message"]), threshold),
        messages(80),
        judge,
        optimizer=Mixed([prompt, threshold], editor),
        budget=Budget(evaluations=800),
        settings=Settings(target=1.0),
        seed=3,
    )
    print(result)
    print(f"threshold {result.values['threshold']}, with the rule: {RULE in result.values['prompt']}")


if __name__ == "__main__":
    main()
