"""Programs that a model wrote: they run in the real sandbox, and nothing that they claim is believed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from agentopt.errors import AgentoptError, InputError, SandboxUnavailable
from agentopt.sandbox import Sandbox, open_sandbox
from agentopt.solvers.modeling.formulation import Formulation
from agentopt.solvers.modeling.solution import Solution
from agentopt.solvers.modeling.solving import solve
from agentopt.testing import ScriptedModel

# The language has no way to say that all amounts differ.
FORMULATION: dict[str, Any] = {
    "sets": [{"name": "S", "elements": ["a", "b", "c"]}],
    "parameters": [{"name": "worth", "index": ["S"], "value": [3, 2, 1]}],
    "variables": [
        {"name": "x", "index": ["S"], "domain": "integer", "upper": 5},
        {"name": "total"},
    ],
    "objective": {"sense": "maximize", "expression": "sum(worth[s] * x[s] for s in S)"},
    "constraints": [
        {"name": "sum_up", "expression": "total == sum(x[s] for s in S)"},
        {"name": "cap", "expression": "total <= 7"},
        {"name": "differ", "expression": "", "meaning": "No two amounts are equal"},
    ],
}

BEST = """
import itertools

def solve(data):
    members = [key[0] for key in data["sets"]["S"]]
    worth = {row[0]: row[1] for row in data["parameters"]["worth"]}
    points = [p for p in itertools.product(range(6), repeat=3) if len(set(p)) == 3 and sum(p) <= 7]
    best = max(points, key=lambda p: sum(worth[m] * v for m, v in zip(members, p)))
    return {"status": "optimal", "variables": {"x": [[m, v] for m, v in zip(members, best)], "total": [[sum(best)]]}}
"""


def claiming(status: Any, **variables: Any) -> str:
    """A program that claims something without any computation."""
    return f"def solve(data):\n    return {{'status': {status!r}, 'variables': {variables!r}}}\n"


def point(a: Any, b: Any, c: Any, total: Any) -> dict[str, Any]:
    """The variables as they are asked for."""
    return {"x": [["a", a], ["b", b], ["c", c]], "total": [[total]]}


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """The strongest sandbox of this machine, without warm packages."""
    try:
        opened = open_sandbox(preload=())
    except SandboxUnavailable as error:
        pytest.skip(f"this machine offers no sandbox: {error}")
    with opened:
        yield opened


class Author:
    """Solves the problem with a model that replies with the formulation and then with the programs."""

    def __init__(self, sandbox: Sandbox, *programs: str) -> None:
        formulated = json.dumps({"reasoning": "r", "no_problem": "", "formulation": FORMULATION})
        self.sandbox = sandbox
        self.model = ScriptedModel([formulated, *map(_reply, programs)])

    def solve(self, time_limit_s: float = 2) -> Solution:
        options: dict[str, Any] = {"model": self.model, "sandbox": self.sandbox, "max_rounds": 0}
        return solve("Three different amounts.", time_limit_s=time_limit_s, **options)

    @property
    def last_question(self) -> str:
        return self.model.requests[-1].messages[-1].text


def _reply(program: str) -> str:
    return f"Here it is.\n```python\n{program}\n```" if "def " in program else program


def refusal(sandbox: Sandbox, program: str) -> str:
    """What is said of a program that was sent twice."""
    with pytest.raises(AgentoptError) as caught:
        Author(sandbox, program, program).solve()
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_program_solves_what_the_language_cannot_say(sandbox: Sandbox) -> None:
    """The best of all points, by a program that reads the data it was given."""
    found = Author(sandbox, BEST).solve()
    assert found.variables == {"x": {("a",): 5.0, ("b",): 2.0, ("c",): 0.0}, "total": {(): 7.0}}
    assert found.incumbent_objective == 19


def test_the_answer_says_what_was_not_checked(sandbox: Sandbox) -> None:
    """The optimum is the program's word, and the sentence in words was not checked; the program is shown."""
    found = Author(sandbox, BEST).solve()
    assert (found.solution_status, found.guarantee, found.problem_class) == ("feasible", "none", "program")
    assert "not checked, stated in words only: differ: No two amounts are equal" in found.notes
    assert any("only feasibility was checked" in note for note in found.notes)
    assert found.program.strip() == BEST.strip()


def test_what_the_language_does_say_was_checked(sandbox: Sandbox) -> None:
    """The stated constraints, the bounds and the objective have findings of their own."""
    checks = {finding.check for finding in Author(sandbox, BEST).solve().findings if finding.ok}
    assert checks >= {"constraint cap", "constraint sum_up", "bounds of x", "integrality of x", "objective"}


def test_a_wrong_program_is_corrected_once(sandbox: Sandbox) -> None:
    """The second request holds what was wrong with the first program."""
    author = Author(sandbox, claiming("optimal", **point(5, 2, 1, 8)), BEST)
    assert author.solve().incumbent_objective == 19
    assert "fails the check of constraint cap" in author.last_question


@pytest.mark.parametrize(
    ("program", "what"),
    [
        (claiming("optimal", **point(5, 2, 1, 8)), "fails the check of constraint cap"),
        (claiming("optimal", **point(5, 1, 0, 7)), "fails the check of constraint sum_up"),
        (claiming("feasible", **point(7, 0, 0, 7)), "fails the check of bounds of x"),
        (claiming("feasible", **point(1.5, 0, 1, 2.5)), "fails the check of integrality of x"),
        (claiming("optimal", x=[["a", 1], ["b", 2]], total=[[3]]), "fails the check of values of x"),
        (claiming("optimal", x=[["a", 1], ["b", 2], ["z", 3]], total=[[6]]), "fails the check of values of x"),
        (claiming("optimal", x=[["a", 1], ["b", 2], ["c", 3]]), "fails the check of values of total"),
        (claiming("optimal", **point(1, 2, 3, 6), more=[[1]]), "fails the check of values of more"),
        (claiming("solved", **point(1, 2, 3, 6)), 'to return "status" as one of optimal, feasible, infeasible'),
        (claiming(["optimal"], **point(1, 2, 3, 6)), 'to return "status" as one of'),
        (claiming(None, **point(1, 2, 3, 6)), 'to return "status" as one of'),
        (claiming("optimal"), 'the program returned the status "optimal" and no variables'),
        (claiming("feasible"), 'the program returned the status "feasible" and no variables'),
        (claiming("optimal", x=[["a", "1"]]), "expected rows [key..., value] for the variable 'x'"),
        (claiming("optimal", x=[["a", True]]), "expected rows [key..., value] for the variable 'x'"),
        (claiming("optimal", x=[["a", 10**400]]), "expected rows [key..., value] for the variable 'x'"),
        (claiming("optimal", x=[[]]), "expected rows [key..., value] for the variable 'x'"),
        (claiming("optimal", x="abc"), "expected rows [key..., value] for the variable 'x'"),
        (claiming("optimal", x=[[1.5, 2]]), "expected text or whole numbers as key of 'x'"),
        (claiming("optimal", x=[[["a"], 2]]), "expected text or whole numbers as key of 'x'"),
        ("def solve(data):\n    return {'status': 'optimal', 'variables': [1]}", 'to return "variables" as {name:'),
        ("def solve(data):\n    return 42", 'to return "status" as one of'),
        ("def solve(data):\n    return {'status': 'optimal', 'variables': {'x': float('nan')}}", "error"),
        ("def solve(data):\n    return {1: 2}", "error"),
        ("def solve(data):\n    return object()", "error"),
        ("def answer(data):\n    return {}", "error"),
        ("def solve(data):\n    raise SystemExit(0)", "the program ended with"),
        ("def solve(data):\n    return {}[", "the program ended with error"),
        ("def solve(data):\n    return solve(data)", "the program ended with"),
    ],
)  # fmt: skip
def test_a_false_or_broken_claim_is_refused(program: str, what: str, sandbox: Sandbox) -> None:
    """No point, status or layout is taken on trust; the message says what was wrong with the last program."""
    said = refusal(sandbox, program)
    assert "no program for the part that is stated in words only" in said
    assert what in said


@pytest.mark.parametrize(
    ("program", "verdicts"),
    [
        ("def solve(data):\n    return open('/etc/passwd').read()", {"denied", "error"}),
        (
            "import socket\n\ndef solve(data):\n    return socket.create_connection(('127.0.0.1', 9))",
            {"denied", "error"},
        ),
        ("import subprocess\n\ndef solve(data):\n    return subprocess.check_output(['id'])", {"denied", "error"}),
        ("import os\n\ndef solve(data):\n    os.kill(os.getppid(), 9)", {"denied", "error", "crashed"}),
        ("import os\n\ndef solve(data):\n    os._exit(0)", {"crashed"}),
        ("def solve(data):\n    return 'x' * (1 << 33)", {"memory", "error"}),
        ("def solve(data):\n    return ['x' * (1 << 23)]", {"output", "error"}),
        ("def solve(data):\n    while True:\n        print('x' * 100000)", {"output", "timeout"}),
    ],
    ids=["files", "network", "process", "parent", "exit", "memory", "result", "output"],
)
def test_a_hostile_program_is_one_clear_error(program: str, verdicts: set[str], sandbox: Sandbox) -> None:
    """What the sandbox stops is told by its verdict, and the next program runs as if nothing had been."""
    said = refusal(sandbox, program)
    assert any(f"the program ended with {verdict}" in said for verdict in verdicts), said
    assert Author(sandbox, BEST).solve().incumbent_objective == 19


def test_a_claim_of_infeasibility_is_told_as_a_claim(sandbox: Sandbox) -> None:
    """There is no point to check, so the note says whose word it is."""
    found = Author(sandbox, claiming("infeasible")).solve()
    assert (found.termination_condition, found.solution_status, found.guarantee) == ("infeasible", "none", "none")
    assert "infeasible is the program's claim; it was not proved" in found.notes


def test_a_reply_without_a_program_is_refused(sandbox: Sandbox) -> None:
    """Prose in place of a program is one sentence."""
    assert "no program for the part that is stated in words only" in refusal(sandbox, "I cannot.")


def test_a_program_without_an_end_is_stopped(sandbox: Sandbox) -> None:
    """The time of a program is bounded, and the next one is asked for with the reason."""
    author = Author(sandbox, "import time\n\ndef solve(data):\n    while True:\n        time.sleep(1)", BEST)
    assert author.solve(time_limit_s=0.1).incumbent_objective == 19
    assert "the program ended with timeout" in author.last_question


def test_a_constraint_in_words_needs_a_model() -> None:
    """From a file it is refused by name."""
    with pytest.raises(InputError, match="constraint differ: expected an expression, got an empty text"):
        solve(Formulation.model_validate(FORMULATION))
