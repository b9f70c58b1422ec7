"""A prompt learned on a batch of questions, each with feedback of its own.

    python examples/trace_prompt.py                      # needs no key: student and teacher are stand-ins
    python examples/trace_prompt.py --model openai/...   # a model is both student and teacher, live

The student answers questions with the prompt as it stands; it cannot know in which form answers are wanted. All
answers of a batch go into one step, each kept apart with what was said of it, and the optimizer changes the prompt.
The optimum is known: every answer right, on questions that were held out as well.
"""

from __future__ import annotations

import argparse
import json
import re

from agentopt import Feedback, Model, Node, connect, no_trace, node, parameter, trace
from agentopt.graph import Text
from agentopt.llm import Message
from agentopt.optimizers import OptoPrime
from agentopt.testing import ScriptedModel

BATCH = {"1 hour 20 minutes": "80", "45 minutes": "45", "2 hours": "120", "3 hours 5 minutes": "185"}
HELD_OUT = {"10 minutes": "10", "1 hour": "60", "2 hours 30 minutes": "150", "12 hours 1 minute": "721"}


@trace
def ask(student: Model, prompt: str, duration: str) -> str:
    """Let the student answer the prompt, filled in with a duration."""
    return student.complete([Message("user", prompt.format(duration=duration))]).value.strip()


def judge(answer: str, wanted: str) -> Feedback:
    """Right or wrong, and what was wanted."""
    return Feedback("Right.", 1) if answer == wanted else Feedback(f"Wrong: expected exactly {wanted!r}.", 0)


def follow(messages: tuple[Message, ...]) -> str:
    """The student offline: does what the prompt says to the letter, and no more.

    It repeats the duration that it is given; it adds it up in minutes and leaves out the unit if it is told to.
    """
    told = messages[-1].text.lower()
    hours, minutes = (sum(map(int, re.findall(rf"(\d+) {unit}", told))) for unit in ("hour", "minute"))
    if "total number of minutes" in told:
        words = [f"{60 * hours + minutes} minutes"]
    else:
        words = [f"{n} {unit}" for n, unit in ((hours, "hours"), (minutes, "minutes")) if n]
    return " and ".join(words) if "without" not in told else " ".join(re.findall(r"\d+", " ".join(words)))


def teach(messages: tuple[Message, ...]) -> str:
    """The teacher offline: reads calls and feedback in the prompt, and mends one thing that they have in common."""
    shown = messages[-1].text
    gave = dict(re.findall(r"^(ask_\d+) = .*  # -> '(.*)'$", shown, re.MULTILINE))
    wrong = dict(re.findall(r"^(ask_\d+): .*expected exactly '(.*)'", shown, re.MULTILINE))
    in_hours = any("hour" in gave[name] for name in wrong)
    rule = "Give the total number of minutes." if in_hours else "Write the number without its unit."
    edits = [{"parameter": "prompt", "value": [{"find": "{duration}?", "replace": f"{{duration}}? {rule}"}]}]
    return json.dumps({"analysis": rule, "candidates": [{"reason": rule, "edits": edits}]})


def share_right(student: Node[Model], prompt: str, items: dict[str, str]) -> float:
    """How many of some questions are answered right; nothing is recorded."""
    with no_trace():
        right = [bool(ask(student, prompt, given).data == wanted) for given, wanted in items.items()]
    return sum(right) / len(right)


def main() -> None:
    """Learn the prompt in a few steps of one batch each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", help="provider/name; without it stand-ins answer")
    name = parser.parse_args().model
    teacher: Model = connect(name) if name else ScriptedModel(teach)
    student: Node[Model] = node(teacher if name else ScriptedModel(follow), name="student")
    prompt = parameter("How long is {duration}?", Text(placeholders=("duration",)), name="prompt")
    optimizer = OptoPrime([prompt], teacher)
    for number in range(5):
        answers = {given: ask(student, prompt, given) for given in BATCH}
        right = sum(answer.data == BATCH[given] for given, answer in answers.items())
        print(f"step {number}: {right} of {len(BATCH)} right with {prompt.data!r}")
        if right == len(BATCH):
            break
        optimizer.zero_feedback()
        for given, answer in answers.items():
            optimizer.backward(answer, judge(answer.data, BATCH[given]))
        optimizer.step()
    held_out = share_right(student, prompt.data, HELD_OUT)
    print(f"held out: {held_out:.0%} right")
    print("optimum reached:", share_right(student, prompt.data, BATCH) == held_out == 1)


if __name__ == "__main__":
    main()
