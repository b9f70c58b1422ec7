"""A function debugged from its own exceptions, with the examples in its docstring as a contract.

    python examples/trace_debug.py                      # needs no key: the replies are scripted
    python examples/trace_debug.py --model openai/...   # asks a model, live

`seconds` fails on most clock readings. Each failure goes back to its code as an exception that left a traced call;
new code has to keep the docstring's examples before it is taken, and runs in the sandbox. The first scripted reply
breaks an example, so it is refused and sent back. The optimum is known: all cases right, hidden ones as well.
"""

from __future__ import annotations

import argparse
import json

from agentopt import Feedback, Node, connect, trace
from agentopt.optimizers import OptoPrime
from agentopt.testing import ScriptedModel

CASES = {"0:59": 59, "12:30": 750, "1:02:03": 3723, "45": 45, "-1:30": -90}
HIDDEN = {"10:00:00": 36000, "7": 7, "0:00:01": 1, " -2:00:05 ": -7205}


@trace(trainable=True)
def seconds(clock: str) -> int:
    """Turn a clock reading, such as 1:02:03, into seconds.

    >>> seconds("0:59").data
    59
    """
    minutes, rest = clock.split(":")
    return int(minutes) * 60 + int(rest)


BREAKS_THE_CONTRACT = """def seconds(clock: str) -> int:
    hours, minutes, rest = clock.split(":")
    return int(hours) * 3600 + int(minutes) * 60 + int(rest)
"""
ANY_NUMBER_OF_PARTS = """def seconds(clock: str) -> int:
    total = 0
    for part in clock.split(":"):
        total = total * 60 + int(part)
    return total
"""
WITH_SIGN = """def seconds(clock: str) -> int:
    clock = clock.strip()
    total = 0
    for part in clock.lstrip("-").split(":"):
        total = total * 60 + int(part)
    return -total if clock.startswith("-") else total
"""


def reply(reason: str, source: str) -> str:
    """A reply with new code."""
    edits = [{"parameter": "seconds", "value": source}]
    return json.dumps({"analysis": reason, "candidates": [{"reason": reason, "edits": edits}]})


SCRIPT = [
    reply("There may be hours.", BREAKS_THE_CONTRACT),
    reply("There may be any number of parts.", ANY_NUMBER_OF_PARTS),
    reply("A sign holds for the whole reading.", WITH_SIGN),
]


def run(clock: str, wanted: int) -> tuple[Node[int] | Exception, Feedback]:
    """Call the function, and say of its output, or of the exception that left it, what should have come."""
    try:
        output = seconds(clock)
    except Exception as error:  # noqa: BLE001  whatever learned code raises is a finding
        return error, Feedback(f"This reading is fine and means {wanted} seconds.", 0)
    return output, Feedback("Right.", 1) if output.data == wanted else Feedback(f"Expected {wanted}.", 0)


def main() -> None:
    """Debug the function in a few steps."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", help="provider/name; without it the replies are scripted")
    name = parser.parse_args().model
    optimizer = OptoPrime(seconds, connect(name) if name else ScriptedModel(SCRIPT))
    for number in range(5):
        told = [run(clock, wanted) for clock, wanted in CASES.items()]
        failed = [(output, said) for output, said in told if not said.score]
        print(f"{len(told) - len(failed)} of {len(told)} right; first failure:", *(failed[0] if failed else ["none"]))
        if not failed:
            break
        optimizer.zero_feedback()
        for output, said in told:
            optimizer.backward(output, said)
        step = optimizer.step()
        for refused in step.rejected:
            print(f"step {number}: refused, {refused}")
        print(f"step {number}: {step.outcome}, {step.reason}")
    print(f"\n{seconds.parameter.data}")
    hidden = [run(clock, wanted)[1].score for clock, wanted in HIDDEN.items()]
    print(f"hidden cases: {hidden.count(1)} of {len(hidden)} right")
    print("optimum reached:", not failed and all(hidden))


if __name__ == "__main__":
    main()
