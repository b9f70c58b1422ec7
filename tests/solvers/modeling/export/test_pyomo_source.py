"""The Pyomo program as text: it runs by itself, has the same optimum, and holds no code but ours."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentopt.errors import FormulationError, SandboxUnavailable
from agentopt.sandbox import Limits, Sandbox, open_sandbox
from agentopt.solvers.modeling.data.bind import bind
from agentopt.solvers.modeling.engines.route import solve_instance
from agentopt.solvers.modeling.export.pyomo_source import pyomo_source
from agentopt.solvers.modeling.export.pyomo_text import PyomoText
from agentopt.solvers.modeling.formulation import Formulation
from agentopt.solvers.modeling.instance import Instance
from agentopt.solvers.modeling.language.analysis import analyze
from agentopt.solvers.modeling.language.parser import parse

Build = Callable[..., Instance]


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """A sandbox with Pyomo and the solvers loaded, or a skip where this machine has none."""
    try:
        opened = open_sandbox()
    except SandboxUnavailable as error:
        pytest.skip(f"this machine offers no sandbox: {error}")
    with opened:
        yield opened


def printed(sandbox: Sandbox, source: str) -> dict[str, str]:
    """What a program prints, as words before and after the first : or =."""
    outcome = sandbox.run(source, limits=Limits(wall_s=60, cpu_s=60))
    assert outcome.verdict == "ok", (outcome.error, outcome.output)
    pairs = (re.split(r": | = ", line, maxsplit=1) for line in outcome.output.splitlines())
    return {pair[0]: pair[1] for pair in pairs if len(pair) == 2}


BOX = {"domain": "integer", "lower": 0, "upper": 9}
CASES: dict[str, dict[str, Any]] = {
    "transport with arcs": {
        "variables": {"ship": {"index": ["ARCS", "T"], "upper": "room[a, b] for a in P for b in M for t in T"}},
        "objective": "sum(cost[i, j] * t * ship[i, j, t] for (i, j) in ARCS for t in T)",
        "constraints": ["sum(ship[i, j, t] for (i, j) in ARCS if j == m for t in T) >= 5 for m in M"],
        "sets": {"P": ["Oslo", "Rome"], "M": ["A", "B"], "ARCS": "[(p, m) for p in P for m in M]", "T": "range(1, 3)"},
        "parameters": {
            "cost": {"index": ["P", "M"], "value": [[3, 1], [2, 4]]},
            "room": {"index": ["P", "M"], "rows": [["Oslo", "B", 3]], "default": 2},
        },
        "sense": "minimize",
    },
    "stock with order": {
        "variables": {"make": {"index": ["T"], "upper": 6}, "kept": {"index": ["T"], "upper": "most"}},
        "objective": "sum((1 + ord(t, T) / 10) * make[t] + kept[t] / len(T) for t in T)",
        "constraints": [
            "kept[t] == (kept[prev(t, T)] if t != first(T) else 1) + make[t] - need[t] for t in T",
            "make[t] <= 4 if need[t] > 2 else 1 <= make[t] <= 5 for t in T if t != last(T)",
        ],
        "sets": {"T": ["mo", "tu", "we", "th"]},
        "parameters": {"need": {"index": ["T"], "value": [3, 1, 4, 2]}, "most": {"value": 3}},
        "sense": "minimize",
    },
    "integers with functions": {
        "variables": {"x": BOX, "y": BOX},
        "objective": "max(x, y, 2) * (x - 2 * (y - 3)) - abs(x - 4) ** 2 + min(x, y)",
        "constraints": ["-x ** 2 / 2 - (-2 - y) >= -9 - 2 ** -1"],
    },
    "nonlinear": {
        "variables": {"x": {"lower": 0.1, "upper": 4}, "y": {"upper": 2}},
        "objective": "log(x) * exp(-x / 3) + sin(y) - sqrt(y) / 9 + prod(x + t for t in range(1, 3)) / 99",
        "constraints": ["max(x * t for t in range(1, 3)) + x ** 1.5 <= 7"],
    },
    "infeasible data": {
        "variables": {"x": {"index": ["T"], "upper": 1}},
        "objective": "sum(x[t] for t in T)",
        "constraints": ["sum(x[t] for t in T if t > k) >= k for k in range(3)"],
        "sets": {"T": [1]},
    },
}


def made(build: Build, name: str) -> Instance:
    case = dict(CASES[name])
    return build(case.pop("variables"), case.pop("objective"), *case.pop("constraints"), **case)


@pytest.mark.parametrize("name", CASES)
def test_the_program_finds_the_same_optimum(build: Build, sandbox: Sandbox, name: str) -> None:
    """Run by itself in the sandbox, the text prints the objective that our own solvers prove."""
    instance = made(build, name)
    ours = solve_instance(instance, 30.0)
    theirs = printed(sandbox, pyomo_source(instance))
    if ours.incumbent_objective is None:
        assert theirs["termination"] == "provenInfeasible"
    else:
        assert float(theirs["objective"]) == pytest.approx(ours.incumbent_objective, rel=1e-5, abs=1e-5)


@pytest.mark.parametrize("part", ["floor(x)", "x // 2", "x % 2", "min(x, 3) // 1"])
def test_a_step_of_a_variable_is_refused_by_element(build: Build, part: str) -> None:
    """What no solver behind Pyomo can prove is not written."""
    with pytest.raises(FormulationError, match="constraint c0: "):
        pyomo_source(build({"x": {}}, "x", f"{part} <= 2"))


HOSTILE = (
    "'; import os; os.abort() #",
    '"""\nimport os; os.abort()\n"""',
    "end\nraise SystemExit('out')",
    "end\r\nraise SystemExit('out')",
    "end\x0craise SystemExit\x85raise SystemExit\u2028raise SystemExit",
    "\\",
    "{0}{solver!r}%s",
    "\x00\ud800 nul",
)


def hostile(text: str) -> Instance:
    """A problem that says this text wherever a text may stand."""
    raw = {
        "title": text,
        "assumptions": [text],
        "sets": [{"name": "S", "elements": [text, "b"], "meaning": text}],
        "parameters": [{"name": "w", "index": ["S"], "rows": [[text, 2], ["b", 1]], "unit": text, "meaning": text}],
        "variables": [{"name": "x", "index": ["S"], "upper": 3, "unit": text, "meaning": text}],
        "objective": {"sense": "maximize", "expression": "sum(w[s] * x[s] for s in S)", "meaning": text, "unit": text},
        "constraints": [
            {"name": "all_of_it", "expression": f"sum(x[s] for s in S if s != {text!r}) <= 2", "meaning": text},
            {"name": "in_words", "expression": "", "meaning": text},
        ],
    }
    return bind(analyze(Formulation.model_validate(raw)))


def structure(source: str) -> list[str]:
    """The kinds of a program's statements and expressions, in order; texts and numbers are left open."""
    return [type(node).__name__ for node in ast.walk(ast.parse(source))]


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_text_stays_text(text: str) -> None:
    """Whatever a title, meaning, unit or member says, the program has the same statements."""
    assert structure(pyomo_source(hostile(text))) == structure(pyomo_source(hostile("plain")))


@given(st.text(st.characters(), min_size=1, max_size=40))
def test_any_text_stays_text(text: str) -> None:
    """The program of any text has the statements of the program of a plain one."""
    if text == "b" or text.strip() in ("", "b") or "\0" in repr(text):
        return
    assert structure(pyomo_source(hostile(text))) == structure(pyomo_source(hostile("plain")))


def test_a_hostile_text_runs_harmlessly(sandbox: Sandbox) -> None:
    """The program of a hostile text runs to the end and has its optimum: 2 * 3 + 1 * 2."""
    assert float(printed(sandbox, pyomo_source(hostile(HOSTILE[0])))["objective"]) == pytest.approx(8)


def test_names_do_not_shadow_what_the_program_needs(build: Build, sandbox: Sandbox) -> None:
    """Elements may be called pyo, model, print or state."""
    instance = build(
        {"pyo": {"upper": 2}, "print": {"index": ["model"], "upper": 1}, "type": {"upper": 1}},
        "pyo + sum(print[keys] for keys in model) + type",
        "pyo + print[state] <= 2 for state in model",
        sets={"model": [1, 2]},
    )
    assert float(printed(sandbox, pyomo_source(instance))["objective"]) == pytest.approx(4)


def test_meanings_stand_above_what_they_mean(build: Build) -> None:
    """A reader finds each sentence as a comment, and a constraint in words as one that is not stated."""
    source = pyomo_source(hostile("What it is for"))
    assert "# What it is for\nmodel.all_of_it = pyo.Constraint(pyo.Any)\n" in source
    assert "# NOT STATED: in_words: What it is for" in source
    comments = [t.string for t in tokenize.generate_tokens(io.StringIO(source).readline) if t.type == tokenize.COMMENT]
    assert "# What it is for [What it is for]" in comments


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("a - (b - c) + d", "a + d - (b - c)"),
        ("(a + b) * c / (d * a)", "(a + b) * c / (d * a)"),
        ("-a ** 2", "-a ** 2"),
        ("(-a) ** 2 ** -b", "(-a) ** 2.0 ** -b"),
        ("2 ** 3 ** 2", "2.0 ** 3.0 ** 2"),
        ("(2 ** 3) ** 2", "(2.0 ** 3) ** 2"),
        ("a * (b if a > 1 or not b == 2 and a in (1, 3) else c)", None),
        ("sum(a * t for t in range(3) if t != 1 and t < 3 or t == 7) - min(t for t in range(2, 4))", None),
        ("a // b % c - (a - 1.5e-7) * 1e20", None),
    ],
)
def test_text_means_what_the_nodes_mean(build: Build, text: str, written: str | None) -> None:
    """Brackets stand where Python needs them: read again, the text is the same tree of values."""
    values = {"a": 3.0, "b": 2.0, "c": 0.5, "d": 7.0}
    instance = build({"x": {}}, "x", parameters=dict(values))
    found = PyomoText(instance).text(parse(text).body)
    assert written is None or re.sub(r"\s", "", found) in (re.sub(r"\s", "", written), re.sub(r"\s", "", text))
    assert eval(found, dict(values)) == pytest.approx(eval(text, dict(values)))
