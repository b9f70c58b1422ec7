"""A classification prompt, optimized with feedback on data, and tested on what was held out.

    python examples/optimize_prompt.py                      # needs no key: reader and editor are stand-ins
    python examples/optimize_prompt.py --model openai/...   # a model classifies, and the same model edits the prompt

Tickets of a support desk go to one of three queues. The prompt begins by knowing nothing of the desk's rules; what the
metric says of wrong answers holds them. The same budget of model calls goes to random search and to best-of-n as well.
"""

from __future__ import annotations

import argparse
import json
import random
import re

from agentopt import Budget, Feedback, Model, connect, node, optimize, parameter, trace
from agentopt.graph import Text
from agentopt.llm import Message
from agentopt.optimizers import OptoPrime, Settings
from agentopt.testing import ScriptedModel

# Of each rule: a word in the ticket, and where such tickets go.
RULES = {"invoice": "billing", "refund": "billing", "crash": "technical", "slow": "technical", "order": "shipping"}
QUEUES = ("billing", "technical", "shipping")
GOAL = (
    "Every ticket of a support desk is sent to the queue that takes care of it: billing (money), technical (the "
    "product and how it runs) or shipping (parcels on their way). Which word of a ticket decides is the desk's own "
    "rule. Nobody wrote the rules down: infer them from the feedback, and make up likely ones for words not seen yet."
)
START = "Name the queue (billing, technical or shipping) for this ticket, in one word.\nTicket: {ticket}"
CALLS = 260

prompt = parameter(
    START,
    Text(placeholders=("ticket",)),
    name="prompt",
    description="All that the classifier is told; it sees one ticket and answers with the name of a queue.",
)


def tickets(n: int, seed: int = 0) -> list[dict[str, str]]:
    """Tickets with the queue in which each belongs."""
    rng = random.Random(seed)
    found = []
    for number in range(n):
        word = rng.choice(list(RULES))
        place = rng.choice(["since Monday", "on my phone", "again", "as before", "at home"])
        found.append({"ticket": f"No {number}: something with my {word} is wrong {place}.", "queue": RULES[word]})
    return found


@trace
def classify(model: Model, prompt: str, ticket: str) -> str:
    """The queue that the model names: its whole reply without blanks at its ends, in small letters.

    It is right only if it equals billing, technical or shipping; a sentence around the word is wrong.
    """
    return model.complete([Message("user", prompt.format(ticket=ticket))]).value.strip().lower()


def judge(item: dict[str, str], queue: str) -> Feedback:
    """Right or wrong, and where the ticket belongs."""
    right = queue == item["queue"]
    said = "Right." if right else f"Wrong: {item['ticket']!r} belongs into {item['queue']}, not into {queue}."
    return Feedback(said, float(right))


def read(messages: tuple[Message, ...]) -> str:
    """The classifier offline: follows the rules that its prompt names, and guesses where it names none."""
    told, _, ticket = messages[-1].text.partition("Ticket:")
    for word, queue in re.findall(r"(\w+) goes to (\w+)", told):
        if word in ticket:
            return queue
    return QUEUES[len(ticket) % 3]


def edit(messages: tuple[Message, ...]) -> str:
    """The editor offline: makes a rule of one wrong answer, and now and then forgets one, as models do."""
    shown = messages[-1].text
    rules = dict(re.findall(r"(\w+) goes to (\w+)", shown.partition("# Parameters")[2].partition("# Feedback")[0]))
    wrong = re.findall(r"with my (\w+) is wrong .*? belongs into (\w+)", shown)
    rng = random.Random(shown)
    if rules and rng.random() < 0.25:
        rules.pop(rng.choice(sorted(rules)))
    rules |= dict([rng.choice(wrong)] if wrong else [])
    lines = "".join(f"{word} goes to {queue}.\n" for word, queue in rules.items())
    value = START.replace("Ticket:", f"{lines}Ticket:")
    candidate = {"reason": "A rule from a wrong answer.", "edits": [{"parameter": "prompt", "value": value}]}
    return json.dumps({"analysis": "", "candidates": [candidate]})


def main() -> None:
    """Optimize by three strategies at one budget."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", help="provider/name; without it stand-ins answer")
    name = parser.parse_args().model
    reader = node(connect(name) if name else ScriptedModel(read), name="model")
    editor = connect(name) if name else ScriptedModel(edit)
    data = tickets(90)
    for strategy in ("pareto", "random", "best-of-n"):
        prompt.use(0)
        result = optimize(
            lambda item: classify(reader, prompt, item["ticket"]),
            data,
            judge,
            optimizer=OptoPrime([prompt], editor, Settings(objective=GOAL)),
            strategy=strategy,
            budget=Budget(calls=CALLS),
            seed=1,
        )
        print(f"{strategy}: {result}\n")
        if strategy == "pareto":
            print(f"{result.values['prompt']}\n")


if __name__ == "__main__":
    main()
