"""`agentopt solve` in this process: what it says and with which code it ends."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from agentopt.solvers.modeling import solving
from agentopt.solvers.modeling.solution import Solution

Command = Callable[..., Any]
Problem = Callable[[str], Path]


def test_a_solved_problem_ends_with_0(agentopt: Command, problem: Problem) -> None:
    """The answer stands in the first line, and nothing stands on standard error."""
    end = agentopt("solve", problem("bakery"))
    assert (end.code, end.out.splitlines()[0], end.err) == (
        0,
        "Profit of the day: 12 EUR (maximized, proved optimal)",
        "",
    )


def test_an_infeasible_problem_ends_with_3(agentopt: Command, problem: Problem) -> None:
    """That no solution exists is an answer, told with the sentences that conflict."""
    end = agentopt("solve", problem("impossible"))
    assert end.code == 3
    assert "At least five litres are wanted" in end.out
    assert "The tank holds three litres" in end.out


def test_an_unbounded_problem_ends_with_3(agentopt: Command, problem: Problem) -> None:
    """That no finite optimum exists is an answer, told with the variable that runs away."""
    end = agentopt("solve", problem("endless"))
    assert end.code == 3
    assert "These variables can grow together without end\n  - x" in end.out


def test_time_used_up_ends_with_5_and_the_best_so_far(agentopt: Command, problem: Problem) -> None:
    """The best point that was found is shown with its gap."""
    end = agentopt("solve", problem("hard"), "--time-limit", "0.5")
    assert end.code == 5
    assert end.out.startswith("The time is used up; best so far: Imbalance: ")


@pytest.mark.parametrize(
    ("name", "code", "condition"),
    [("bakery", 0, "optimal"), ("impossible", 3, "infeasible"), ("endless", 3, "unbounded")],
)
def test_json_is_one_document_for_each_outcome(
    agentopt: Command, problem: Problem, name: str, code: int, condition: str
) -> None:
    """The document names its version, its outcome and the code of the process."""
    end = agentopt("solve", problem(name), "--json")
    told = [end.document[key] for key in ("agentopt", "exit_code", "termination_condition")]
    assert (end.code, told) == (code, ["solution/1", code, condition])


def test_json_holds_the_values_by_key(agentopt: Command, problem: Problem) -> None:
    """Values of an indexed variable stand beside their keys."""
    document = agentopt("solve", problem("bakery"), "--json").document
    assert document["variables"] == {
        "bake": [{"key": ["bread"], "value": 4.0}, {"key": ["cake"], "value": 0.0}],
        "hours": [{"key": [], "value": 1.0}],
    }


def test_json_formulation_solves_again(agentopt: Command, problem: Problem, tmp_path: Path) -> None:
    """The formulation in the document is a problem in itself."""
    again = tmp_path / "again.json"
    again.write_text(json.dumps(agentopt("solve", problem("bakery"), "--json").document["formulation"]))
    assert agentopt("solve", again, "--json").document["objective"]["value"] == 12.0


@pytest.mark.parametrize(
    ("argument", "content", "sentence"),
    [
        ("missing.yaml", None, "there is no such file"),
        ("folder", b"/", "that is a folder; name the problem's file"),
        ("binary.txt", b"\x00\x01", "expected text, got binary data"),
        ("latin.txt", b"caf\xe9", "expected text in UTF-8, got byte 0xe9 at 3"),
        ("empty.txt", b" \n", "there is nothing in it"),
        ("broken.yaml", b"variables: [", "broken.yaml"),
        (
            "wrong.yaml",
            b"variables: [{name: x}]\nobjective: {sense: maximize, expression: x + y}\n",
            "unknown name 'y'",
        ),
        ("list.json", b"[1, 2]", "expected"),
    ],
)
def test_bad_input_is_one_sentence_and_code_2(
    agentopt: Command, tmp_path: Path, argument: str, content: bytes | None, sentence: str
) -> None:
    """The sentence names the file or the element and what is wrong with it; nothing is printed as a result."""
    path = tmp_path / argument
    if content == b"/":
        path.mkdir()
    elif content is not None:
        path.write_bytes(content)
    end = agentopt("solve", path)
    assert (end.code, end.out, end.err.count("\n")) == (2, "", 1)
    assert sentence in end.err


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["solve"], "the following arguments are required: FILE|-|TEXT; see agentopt solve --help"),
        (["solve", "x", "--nonsense"], "unrecognized arguments: --nonsense"),
        (["solve", "x", "--time-limit", "-1"], "argument --time-limit: expected a number above 0, got '-1'"),
        (["solve", "x", "--time-limit", "soon"], "expected a number above 0, got 'soon'"),
        (["solve", "x", "--max-calls", "1.5"], "expected a whole number of 0 or more, got '1.5'"),
        (["solve", "x", "--show", "all"], "invalid choice: 'all'"),
        (["solve", "x", "--record", "a", "--replay", "b"], "not allowed with argument"),
        (["bake"], "invalid choice: 'bake'"),
        (["solve", "x", "--js"], "unrecognized arguments: --js"),
        (["solve", "nothing"], "'nothing': there is no such file, and a problem in words takes a sentence at least"),
        (["solve", ""], "expected a file, - or a problem in words, got an empty text"),
        (["solve", "plans/next week.yaml"], "plans/next week.yaml: there is no such file"),
    ],
)
def test_wrong_usage_is_one_sentence_and_code_2(agentopt: Command, arguments: list[str], sentence: str) -> None:
    """The sentence says what was expected and where to look."""
    end = agentopt(*arguments)
    assert (end.code, end.out, end.err.count("\n")) == (2, "", 1)
    assert sentence in end.err


def test_no_command_shows_the_help_on_standard_error(agentopt: Command) -> None:
    """A command is missing, so the help is no result."""
    end = agentopt()
    assert (end.code, end.out) == (2, "")
    assert "exit codes:" in end.err


@pytest.mark.parametrize(
    ("arguments", "kind", "code"),
    [
        (["solve", "missing.yaml", "--json"], "FileError", 2),
        (["solve", "x", "--json", "--nonsense"], "UsageError", 2),
        (["solve", "What is the best mix of two fuels?", "--json"], "ConfigError", 4),
        (["solve", "What is the best mix of two fuels?", "--json", "--max-calls", "0", "--model", "openai/x"], "", 0),
    ],
)
def test_json_tells_errors_too(
    agentopt: Command, monkeypatch: pytest.MonkeyPatch, arguments: list[str], kind: str, code: int
) -> None:
    """An error is a document with its kind, its sentence and the exit code."""
    if not kind:
        monkeypatch.setenv("OPENAI_API_KEY", "none-of-your-business")
        kind, code = "BudgetExceeded", 5
    end = agentopt(*arguments)
    error = end.document["error"]
    assert (end.code, error["kind"], error["exit_code"]) == (code, kind, code)
    assert end.err == f"agentopt: {error['message']}\n"


def test_json_error_names_the_element(agentopt: Command, tmp_path: Path) -> None:
    """Where an element is wrong the document says which."""
    path = tmp_path / "wrong.yaml"
    path.write_text("variables: [{name: x}]\nobjective: {sense: maximize, expression: x + y}\n")
    assert agentopt("solve", path, "--json").document["error"]["element"] == "objective"


def test_words_without_a_model_end_with_4(agentopt: Command) -> None:
    """The sentence says what to set."""
    end = agentopt("solve", "A farmer has 40 acres. How much wheat?")
    assert end.code == 4
    assert "AGENTOPT_MODEL" in end.err


def test_a_formulation_comes_through_standard_input(
    agentopt: Command, problem: Problem, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`-` reads five elements as well as words."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(problem("bakery").read_bytes())))
    assert agentopt("solve", "-").code == 0


def test_tables_are_found_by_option(agentopt: Command, tmp_path: Path) -> None:
    """--data names the table that a parameter reads."""
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "limits.csv").write_text("kind,most\na,2\nb,5\n")
    path = tmp_path / "p.yaml"
    path.write_text(
        "sets: [{name: K, data: {table: limits, keys: [kind]}}]\n"
        "parameters: [{name: most, index: [K], data: {table: limits, keys: [kind], column: most}}]\n"
        "variables: [{name: x, index: [K]}]\n"
        "objective: {sense: maximize, expression: 'sum(x[k] for k in K)'}\n"
        "constraints: [{name: c, expression: 'x[k] <= most[k] for k in K'}]\n"
    )
    assert agentopt("solve", path, "--data", tmp_path / "elsewhere").out.startswith("objective: 7 ")


def test_parts_are_shown_in_the_order_asked_for(agentopt: Command, problem: Problem) -> None:
    """--show may be repeated, and the checks are not told twice."""
    out = agentopt("solve", problem("bakery"), "--show", "check", "--show", "formulation", "--show", "solution").out
    places = [out.index(text) for text in ("Checks", "Constraints", "Profit of the day: 12")]
    assert places == sorted(places)
    assert out.count("Checks") == 1


def test_the_formulation_is_saved_and_solves_again(agentopt: Command, problem: Problem, tmp_path: Path) -> None:
    """What --save wrote is a problem with the same answer."""
    saved = tmp_path / "saved.yml"
    first = agentopt("solve", problem("bakery"), "--save", saved)
    assert first.err == f"agentopt: the formulation stands in {saved}\n"
    assert agentopt("solve", saved, "--json").document["objective"]["value"] == 12.0


def test_save_refuses_before_solving(agentopt: Command, problem: Problem) -> None:
    """A file that stands in the way is named, and no result is printed."""
    path = problem("bakery")
    end = agentopt("solve", path, "--save", path)
    assert (end.code, end.out) == (2, "")
    assert "--force replaces it" in end.err


def test_a_failed_save_does_not_lose_the_answer(
    agentopt: Command, problem: Problem, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answer is shown though the file was taken while the problem was solved."""
    path, target = problem("bakery"), tmp_path / "late.yaml"
    solve = solving.solve_formulation

    def slow(*arguments: Any) -> Solution:
        target.write_text("theirs", encoding="utf-8")
        return solve(*arguments)

    monkeypatch.setattr(solving, "solve_formulation", slow)
    end = agentopt("solve", path, "--save", target)
    assert (end.code, end.out.startswith("Profit of the day: 12"), target.read_text()) == (1, True, "theirs")
    assert "the file exists" in end.err


def test_progress_is_told_in_a_pipe_only_when_asked_for(agentopt: Command, problem: Problem) -> None:
    """-v tells each step on standard error."""
    assert "solving the formulation" in agentopt("solve", problem("bakery"), "-v").err


def test_a_model_that_is_not_needed_is_mentioned(agentopt: Command, problem: Problem) -> None:
    """A formulation asks no model, so naming one has no effect, which is said."""
    end = agentopt("solve", problem("bakery"), "--model", "openai/x")
    assert (end.code, end.err) == (0, "agentopt: the problem is a formulation already, so no model is asked\n")


def test_hostile_names_do_not_reach_the_terminal(agentopt: Command, tmp_path: Path) -> None:
    """Escape sequences in a member, a meaning and a file's name are taken out."""
    path = tmp_path / "p\x1b[2J.yaml"
    raw = {
        "sets": [{"name": "K", "elements": ["a\x1b]0;title\x07"]}],
        "variables": [{"name": "x", "index": ["K"], "meaning": "\x1b[2Jcleared", "upper": 1}],
        "objective": {"sense": "maximize", "expression": "sum(x[k] for k in K)", "meaning": "\x9b2Jgain"},
    }
    path.write_text(json.dumps(raw))
    shown = agentopt("solve", path, "--show", "formulation", "--show", "solution")
    failed = agentopt("solve", path, "--save", path)
    assert not [text for text in (shown.out, failed.err) if not text.replace("\n", "").isprintable()]


def test_unknown_exceptions_are_a_sentence(
    agentopt: Command, problem: Problem, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A defect of ours is told in one sentence, with where to look for more."""
    monkeypatch.setattr("agentopt.solvers.modeling.solving.prepare", lambda *_: 1 / 0)
    end = agentopt("solve", problem("bakery"))
    assert end.code == 1
    assert end.err == (
        "agentopt: internal error (ZeroDivisionError: division by zero); "
        "please report it; --debug shows the traceback\n"
    )


def test_debug_shows_the_traceback(agentopt: Command) -> None:
    """--debug adds the traceback to the sentence."""
    end = agentopt("solve", "missing.yaml", "--debug")
    assert "Traceback (most recent call last)" in end.err
    assert end.err.endswith("agentopt: missing.yaml: there is no such file\n")


def test_the_program_runs_on_its_own(agentopt: Command, problem: Problem, tmp_path: Path) -> None:
    """What --show program prints is a program that finds the same optimum without agentopt."""
    program = tmp_path / "program.py"
    program.write_text(agentopt("solve", problem("bakery"), "--show", "program").out, encoding="utf-8")
    command = [sys.executable, "-I", str(program)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, cwd=tmp_path)
    assert "12" in done.stdout, done.stderr
    assert "agentopt" not in {line.split()[1] for line in program.read_text().splitlines() if line.startswith("import")}


def test_json_holds_the_program_when_asked_for(agentopt: Command, problem: Problem) -> None:
    """The document carries the program only with --show program."""
    path = problem("bakery")
    programs = [agentopt("solve", path, "--json", *more).document["program"] for more in ([], ["--show", "program"])]
    assert (programs[0], "ConcreteModel" in programs[1]) == ("", True)
