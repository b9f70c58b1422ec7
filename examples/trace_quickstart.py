"""A greeting learned from one sentence of feedback.

python examples/trace_quickstart.py                      # needs no key: the model's reply is scripted
python examples/trace_quickstart.py --model openai/...   # asks a model, live
"""

import argparse
import json

from agentopt import connect, parameter, trace
from agentopt.optimizers import OptoPrime
from agentopt.testing import ScriptedModel

EDIT = {"parameter": "greeting", "value": "Hi {name}!"}
REPLY = {"analysis": "It is long.", "candidates": [{"reason": "Short and warm.", "edits": [EDIT]}]}

arguments = argparse.ArgumentParser()
arguments.add_argument("--model", help="provider/name; without it the reply is scripted")
name = arguments.parse_args().model
model = connect(name) if name else ScriptedModel([json.dumps(REPLY)])

greeting = parameter("Dear Sir or Madam {name}, we hereby extend our greetings.", name="greeting")


@trace
def write(greeting: str, name: str) -> str:
    """Address somebody by name."""
    return greeting.format(name=name)


optimizer = OptoPrime([greeting], model)
letter = write(greeting, "Ada")
optimizer.backward(letter, "Too stiff: say hi, in at most 12 characters.")
optimizer.step()

letter = write(greeting, "Ada").data
for version in greeting.versions:
    print(f"version {version.number} by {version.author}: {version.data}")
print("optimum reached:", letter.lower().startswith("hi") and "Ada" in letter and len(letter) <= 12)
