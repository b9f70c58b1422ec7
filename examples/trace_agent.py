"""An agent with two prompts and a piece of code, all three learned from what customers say.

    python examples/trace_agent.py                      # needs no key: agent's model and teacher are stand-ins
    python examples/trace_agent.py --model openai/...   # a model is both, live

The agent reads an order, adds it up and words an answer. Each episode is a customer, who says what is wrong, and the
trace tells where. At the end the parameters are saved, loaded into a new agent, compared with what they were, and
undone. Known optimum: every customer, new ones as well, is told the right amount in the right form.
"""

from __future__ import annotations

import argparse
import json
import re
import tempfile
from pathlib import Path
from typing import Any

from agentopt import Feedback, Model, Module, Node, connect, parameter, trace
from agentopt.llm import Message
from agentopt.optimizers import OptoPrime
from agentopt.testing import ScriptedModel

CUSTOMERS = {"3 apples and 2 pears, please": "2.70 EUR", "I take 12 apples": "5.40 EUR", "5 pears": "3.00 EUR"}
NEW_CUSTOMERS = {"10 pears and 10 apples, please": "9.90 EUR", "only 1 apple": "0.50 EUR", "9 pears": "5.40 EUR"}


class Desk(Module):
    """Reads an order, adds it up, and words the answer."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.reading = parameter("Which goods are ordered? {message}", name="reading")
        self.wording = parameter("Tell the customer that the order costs {total}.", name="wording")

    def serve(self, message: str) -> Any:
        """Answer a customer; the answer is a node with all that led to it."""
        order = self.parse(self.say(self.reading, message=message))
        return self.say(self.wording, total=self.total(order))

    @trace
    def say(self, prompt: str, **about: object) -> str:
        """Let the model answer a prompt, filled in."""
        return self.model.complete([Message("user", prompt.format(**about))]).value.strip()

    @trace
    def parse(self, order: str) -> dict[str, int]:
        """Take an order as one JSON object, as {"apples": 1, "pears": 2}."""
        return {str(goods): int(n) for goods, n in json.loads(order).items()}

    @trace(trainable=True)
    def total(self, order: dict[str, int]) -> float:
        """Add up an order in EUR."""
        prices = {"apples": 0.5, "pears": 0.6}
        return sum(prices[goods] * n for goods, n in order.items())


def meet(desk: Desk, message: str, wanted: str) -> tuple[Node[str] | Exception, Feedback]:
    """One episode: what comes of a message, and what the customer says of it."""
    try:
        answer = desk.serve(message)
    except Exception as error:  # noqa: BLE001  whatever went wrong is a finding
        return error, Feedback("The customer got no answer.", 0)
    if wanted in answer.data:
        return answer, Feedback("Right.", 1)
    if any(float(number) == float(wanted.split()[0]) for number in re.findall(r"\d+(?:\.\d+)?", answer.data)):
        return answer, Feedback(f"The amount is right, write it as {wanted}.", 0.5)
    return answer, Feedback(f"It should be {wanted}: orders of 10 pieces or more are 10 % cheaper.", 0)


def follow(messages: tuple[Message, ...]) -> str:
    """The agent's model offline: does what a prompt says to the letter, and no more."""
    told = messages[-1].text
    if amount := re.search(r"costs (\d+\.?\d*)", told):
        return f"It is {float(amount[1]):.2f} EUR." if "two decimals" in told else f"It is {float(amount[1])}."
    found = {f"{goods}s": int(n) for n, goods in re.findall(r"(\d+) (apple|pear)", told)}
    return json.dumps(found) if "JSON" in told else " and ".join(f"{n} {goods}" for goods, n in found.items())


LESSONS = [
    ("JSONDecodeError", "reading", "{message}", "{message} Reply with a JSON object of apples and pears."),
    ("10 % cheaper", "total", "return sum(", "return (0.9 if sum(order.values()) >= 10 else 1) * sum("),
    ("write it as", "wording", "{total}.", "{total}. Give the amount in EUR with two decimals."),
]


def teach(messages: tuple[Message, ...]) -> str:
    """The teacher offline: looks for what went wrong, and changes what is to blame."""
    shown = messages[-1].text.partition("# Earlier trials")[0]
    name, find, replace = next(rest for sign, *rest in LESSONS if sign in shown)
    edit = {"parameter": name, "value": [{"find": find, "replace": replace}]}
    return json.dumps({"analysis": "", "candidates": [{"reason": f"To mend {name}.", "edits": [edit]}]})


def main() -> None:
    """Learn from one customer after the other, then look at what was learned."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", help="provider/name; without it stand-ins answer")
    name = parser.parse_args().model
    model, teacher = (connect(name),) * 2 if name else (ScriptedModel(follow), ScriptedModel(teach))
    optimizer = OptoPrime(desk := Desk(model), teacher)
    for number, (message, wanted) in enumerate(list(CUSTOMERS.items()) * 3):
        answer, said = meet(desk, message, wanted)
        optimizer.zero_feedback()
        optimizer.backward(answer, said)
        print(f"episode {number}: {message!r} -> {said}", f"-> {optimizer.step()}" if said.score != 1 else "")
    with tempfile.TemporaryDirectory() as folder:
        desk.save(Path(folder, "desk.yaml"))
        (again := Desk(model)).load(Path(folder, "desk.yaml"))
    for path, learned in again.named_parameters().items():
        version, is_best = learned.version, learned.version is learned.best
        print(f"\n{path}: version {version.number} by {version.author}, the best so far: {is_best}")
        print(learned.diff().replace("\\ No newline at end of text\n", "").rstrip())
    again.wording.set("{total}", reason="Shorter.")
    print("\nundone:", again.wording.undo().data == desk.wording.data)
    everybody = (CUSTOMERS | NEW_CUSTOMERS).items()
    print("optimum reached:", all(meet(again, *customer)[1].score == 1 for customer in everybody))


if __name__ == "__main__":
    main()
