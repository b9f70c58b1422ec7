"""Replies that readers gave to the prompts, word by word, through the decoding of today.

A reader saw the prompt that stands beside the reply, and nothing else.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from agentopt import parameter, trace
from agentopt.graph import Choice, Integer, Parameter, Real
from agentopt.llm import decode
from agentopt.optimizers.proposal import Provenance
from agentopt.optimizers.reply import Read, read, reply_type

FOLDER = Path(__file__).parent / "recordings"
SCHEDULE = '''
def schedule(jobs, machines):
    """Assign jobs (name, duration) to machines by longest processing time first; returns {machine: [names]}."""
    if machines < 1:
        raise ValueError("expected at least one machine")
    loads = [0] * machines
    plan = {number: [] for number in range(machines)}
    ordered = sorted(jobs, key=lambda job: (job[1], job[0]))
    for name, duration in ordered:
        if duration < 0:
            raise ValueError(f"job {name} has a negative duration")
        best = 0
        for number in range(1, machines):
            if loads[number] <= loads[best]:
                best = number
        loads[best] += duration
        plan[best].append(name)
    return plan
'''
MINUTES = '''
def minutes(text):
    """Minutes in a duration such as '1h30m', '45m' or '2h'.

    >>> minutes('1h30m')
    90
    """
    hours, rest = text.split("h")
    return int(hours) * 60 + int(rest.rstrip("m"))
'''
URGENT = '''
def urgent(self, ticket, team):
    """Whether a ticket must be answered within the hour."""
    return False
'''


def code(source: str, name: str) -> Parameter[Any]:
    space: dict[str, Any] = {}
    exec(source, space)
    return trace(trainable=True, source=source)(space[name]).parameter


PROGRAMS: dict[str, Callable[[], dict[str, Parameter[Any]]]] = {
    "debug": lambda: {"minutes": code(MINUTES, "minutes")},
    "desk": lambda: {
        "route_prompt": parameter("Which team: {ticket}"),
        "urgent": code(URGENT, "urgent"),
        "reply_prompt": parameter("Answer: {ticket}"),
    },
    "extraction": lambda: {"prompt": parameter("Extract the date from: {message}")},
    "numbers": lambda: {
        "a": parameter(2.0, Real(-10, 10)),
        "b": parameter(1.0, Real(-10, 10)),
        "c": parameter(3, Integer(0, 20)),
    },
    "patch": lambda: {"schedule": code(SCHEDULE, "schedule")},
    "summary": lambda: {"p": parameter("Summarise {text} for {reader} in {n} sentences.")},
    "praise": lambda: {"p": parameter("Bonjour {name}"), "q": parameter(3)},
    "tune": lambda: {
        "depth": parameter(3, Integer(1, 12)),
        "rate": parameter(0.3, Real(1e-4, 1.0, log=True)),
        "kind": parameter("linear", Choice(("linear", "tree", "forest"))),
    },
}


def judged(name: str) -> list[Read]:
    lines = (FOLDER / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    results = []
    for line in lines:
        versions = {key: one.version for key, one in PROGRAMS[name]().items()}
        reply = decode(json.loads(line)["reply"], reply_type(versions))
        results.append(read(reply, versions, Provenance()))
    return results


def test_every_recording_has_its_program() -> None:
    """No recording lies unused, and no program lacks its recording."""
    assert {path.stem for path in FOLDER.glob("*.jsonl")} == set(PROGRAMS)


@pytest.mark.parametrize("name", PROGRAMS)
def test_no_part_of_a_real_reply_is_refused(name: str) -> None:
    """What capable readers wrote decodes whole."""
    assert [str(fault) for result in judged(name) for fault in result.rejected] == []


@pytest.mark.parametrize("name", [name for name in PROGRAMS if name != "praise"])
def test_real_replies_propose(name: str) -> None:
    """A reader who was asked for changes proposed at least one candidate."""
    assert all(result.proposals and not result.nothing_to_change for result in judged(name))


def test_praise_changes_nothing() -> None:
    """A reader who was told that all is well left everything alone, and said so in the field for it."""
    (result,) = judged("praise")
    assert (result.proposals, bool(result.nothing_to_change)) == ((), True)


def test_a_reader_solved_the_equation() -> None:
    """The numbers that a reader proposed give the target of the trace that it saw."""
    (result,) = judged("numbers")
    a, b, c = result.proposals[0].changes.values()
    assert (a * b + c) * 0.5 - b == pytest.approx(17.5)


def test_a_patch_of_long_code_is_taken() -> None:
    """A reader changed two lines of a long function by replacements."""
    (result,) = judged("patch")
    (source,) = result.proposals[0].changes.values()
    assert [part in source for part in ("(-job[1], job[0])", "loads[number] < loads[best]")] == [True, True]
