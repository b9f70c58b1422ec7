"""A small workflow with a prompt, a number and a choice whose optimum is known; run as a program, it can be killed."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

from agentopt import Budget, Dataset, Feedback, Node, Result, node, optimize, parameter, trace
from agentopt.graph import Choice, Integer, Text
from agentopt.llm import Message
from agentopt.optimizers import Mixed
from agentopt.search import Settings
from agentopt.store import Store
from agentopt.testing import ScriptedModel

RULES = ("Name the total.", "Leave out the unit.", "Answer in digits.")

prompt = parameter("How long is {text}?", Text(placeholders=("text",)), name="prompt")
limit = parameter(2, Integer(0, 9), name="limit")
tone = parameter("plain", Choice(["plain", "loud", "kind"]), name="tone")


def follow(messages: tuple[Message, ...]) -> str:
    """A student who knows as many rules as its prompt names."""
    return str(sum(rule in messages[-1].text for rule in RULES))


def teach(messages: tuple[Message, ...]) -> str:
    """A teacher who adds the next rule that is missing to the prompt that it is shown."""
    shown = messages[-1].text.partition("# Parameters")[2]
    present = re.findall(r"How long is \{text\}\?[^\n`]*", shown)[0]
    missing = [rule for rule in RULES if rule not in present]
    edits = [{"parameter": "prompt", "value": f"{present} {missing[0]}"}] if missing else []
    nothing = "" if missing else "Every rule is there."
    candidates = [{"reason": "One more rule.", "edits": edits}] if edits else []
    return json.dumps({"analysis": "", "nothing_to_change": nothing, "candidates": candidates})


student: Node[ScriptedModel] = node(ScriptedModel(follow), name="student")


@trace
def ask(student: ScriptedModel, prompt: str, text: str) -> int:
    """How many rules the student follows."""
    return int(student.complete([Message("user", prompt.format(text=text))]).value)


@trace
def weigh(rules: int, limit: int, tone: str) -> float:
    """How good an answer is."""
    return rules / 6 + (1 - abs(limit - 7) / 9) / 3 + (tone == "kind") / 6


def workflow(item: dict[str, Any]) -> Any:
    """Ask and weigh."""
    return weigh(ask(student, prompt, item["text"]), limit, tone)


def metric(item: dict[str, Any], score: float) -> Feedback:
    """The weight itself, with words."""
    return Feedback("Good." if score > 0.9 else f"{item['text']}: more rules, please.", score)


def dataset(n: int = 8) -> Dataset:
    """Texts, each in one part."""
    items = [{"text": f"{k} hours"} for k in range(3 * n)]
    return Dataset(items[:n], items[n : 2 * n], items[2 * n :])


def reset() -> None:
    """Let the parameters be as they were at first."""
    for one in (prompt, limit, tone):
        one.restore([(one.versions[0].then, one.versions[0].origin, None)], 0)


def search(**changes: Any) -> Result:
    """Optimize the workflow from its start."""
    reset()
    settings = {
        "optimizer": Mixed([prompt, limit, tone], ScriptedModel(teach), seed=3),
        "budget": Budget(evaluations=250),
        "executor": 4,
        "seed": 5,
        "settings": Settings(width=2),
    }
    return optimize(workflow, changes.pop("data", dataset()), metric, **(settings | changes))


def facts(result: Result) -> dict[str, Any]:
    """What has to be equal of two equal searches."""
    spent = result.spent
    return {
        "values": [candidate.values for candidate in result.candidates],
        "parents": [candidate.parents for candidate in result.candidates],
        "best": result.best.number,
        "estimates": {number: (one.mean, one.sd) for number, one in result.estimates.items()},
        "test": str(result.test),
        "curve": result.curve,
        "spent": [spent.calls, spent.tokens, spent.evaluations],
        "stopped": result.stopped,
    }


def main() -> None:
    """Run a search in a store, saying after each fresh trial that it is over; print the facts at the end."""
    path, name = sys.argv[1:3]

    def told(progress: Any) -> None:
        if not progress.replayed:
            sys.stderr.write(".")
            sys.stderr.flush()

    with Store(Path(path)) as store, store.run(name) as run:
        result = search(store=run, settings=Settings(width=2, progress=told))
    sys.stdout.write(json.dumps(facts(result)))


if __name__ == "__main__":
    main()
