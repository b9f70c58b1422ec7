"""`agentopt bench or` end to end: a file of problems, a model server on this machine, and what is shown."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from agentopt.testing import ModelServer
from agentopt.testing.behaviour import Behaviour, Hang, Received, Say, Status

Command = Callable[..., Any]

KEY = "sk-do-not-show-me-0123456789"
SECRET = 987654


def question(n: int) -> str:
    return f"Question {n}: what is the least x of at least {n}?"


def reading(least: int) -> str:
    return json.dumps(
        {
            "reasoning": "as it is",
            "no_problem": "",
            "formulation": {
                "variables": [{"name": "x"}],
                "objective": {"sense": "minimize", "expression": "x"},
                "constraints": [{"name": "least", "expression": f"x >= {least}"}],
            },
        }
    )


def asked(request: Received) -> int:
    """The number of the question in a request."""
    return int(json.dumps(request.body).split("Question ")[1].split(":")[0])


def right(request: Received) -> Behaviour:
    return Say(reading(asked(request)))


@pytest.fixture
def problems(tmp_path: Path) -> Path:
    """Six problems of two kinds; of the answers the last is wrong, and the fifth says that there is none."""
    answers: list[Any] = [0, 1, "2.0", 3, "No Best Solution", SECRET]
    entries = [
        {"id": f"p{n}", "kind": ("even", "odd")[n % 2], "question": question(n), "answer": answer}
        for n, answer in enumerate(answers)
    ]
    path = tmp_path / "problems.jsonl"
    path.write_text("".join(json.dumps(entry) + "\n" for entry in entries), encoding="utf-8")
    return path


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Callable[[Received], Behaviour]], ModelServer]]:
    """Starts a server that chooses its replies so, and that the next commands find by their environment."""
    servers = list[ModelServer]()

    def start(choose: Callable[[Received], Behaviour]) -> ModelServer:
        server = ModelServer(choose)
        server.__enter__()
        servers.append(server)
        monkeypatch.setenv("AGENTOPT_MODEL", "openai/any")
        monkeypatch.setenv("OPENAI_API_KEY", KEY)
        monkeypatch.setenv("OPENAI_BASE_URL", server.openai_url)
        return server

    yield start
    for server in servers:
        server.__exit__(None, None, None)


GOLDEN = """\
openai/any: 4 of 6 right (66.7 %)

  right at 1e-4   4 of 6 (66.7 %), 95 % interval 30.0 to 90.3 %
  right at 1e-6   4 of 6 (66.7 %)
  executed        6 of 6 (100.0 %): a checked point, or a proof that there is none
  checked points  6 of 6 (100.0 %): every constraint recomputed at the point
  no solution     0 of 1 (0.0 %) so labelled were proved to have none
  corrections     0, 0.00 a problem
"""

MISSES = """\
Misses
  id  expected     found  status  why
  p4  no solution      4  solved
  p5  987654           5  solved
"""


def test_a_file_is_measured(agentopt: Command, serve: Callable[..., ModelServer], problems: Path) -> None:
    """What came of it stands above, then the kinds, then the misses; the exit code says that it ran."""
    serve(right)
    end = agentopt("bench", "or", problems, "--workers", 3)
    assert (end.code, end.err) == (0, "")
    assert end.out.startswith(GOLDEN)
    assert [line.split()[:2] for line in end.out.splitlines() if line.startswith(("  even", "  odd", "  all"))] == [
        ["even", "3"],
        ["odd", "3"],
        ["all", "6"],
    ]
    assert MISSES.splitlines()[0] in end.out
    assert [line.split() for line in end.out.splitlines()[-2:]] == [
        ["p4", "no", "solution", "4", "solved"],
        ["p5", "987654", "5", "solved"],
    ]


def test_no_answer_reaches_the_model(agentopt: Command, serve: Callable[..., ModelServer], problems: Path) -> None:
    """No request holds the number of a label."""
    server = serve(right)
    agentopt("bench", "or", problems)
    bodies = [json.dumps(request.body) for request in server.requests]
    assert len(bodies) == 6
    assert not [body for body in bodies if str(SECRET) in body]


def test_a_draw_is_shown_and_stored(
    agentopt: Command, serve: Callable[..., ModelServer], problems: Path, tmp_path: Path
) -> None:
    """Its ids are in the text, in the document, and in the first line of the results."""
    server, out = serve(right), tmp_path / "results.jsonl"
    options = ("bench", "or", problems, "--n", 2, "--seed", 5, "--out", out)
    document = agentopt(*options, "--json").document
    shown = agentopt(*options).out
    head = json.loads(out.read_text(encoding="utf-8").splitlines()[0])
    assert len(document["drawn"]) == 2
    assert head["run"]["ids"] == document["drawn"]
    assert f"Drawn with seed 5: {', '.join(document['drawn'])}\n" in shown
    assert len(server.requests) == 2


def test_the_document_holds_figures_and_misses(
    agentopt: Command, serve: Callable[..., ModelServer], problems: Path
) -> None:
    """Programs find the same as people do."""
    serve(right)
    document = agentopt("bench", "or", problems, "--kinds", "even", "--json").document
    assert (document["agentopt"], document["exit_code"], document["model"]) == ("bench/1", 0, "openai/any")
    assert (document["total"]["n"], document["total"]["right"]) == (3, 2)
    assert document["total"]["calls"] == 3
    assert [miss["id"] for miss in document["misses"]] == ["p4"]
    assert [(one["id"], one["right"]) for one in document["items"]] == [("p0", True), ("p2", True), ("p4", False)]


def test_a_result_file_goes_on_and_refuses_another_run(
    agentopt: Command, serve: Callable[..., ModelServer], problems: Path, tmp_path: Path
) -> None:
    """A torn file is completed; with other settings one sentence says so, and the file stays as it is."""
    out = tmp_path / "results.jsonl"
    server = serve(right)
    first = agentopt("bench", "or", problems, "--out", out, "--json").document
    lines = out.read_bytes().splitlines(keepends=True)
    out.write_bytes(b"".join(lines[:3]) + lines[3][:30])
    second = agentopt("bench", "or", problems, "--out", out, "--json").document
    whole = out.read_bytes()
    other = agentopt("bench", "or", problems, "--out", out, "--max-rounds", 0)
    assert len(server.requests) == 6 + 4
    assert [one["objective"] for one in second["items"]] == [one["objective"] for one in first["items"]]
    assert (other.code, other.err.count("\n"), out.read_bytes()) == (2, 1, whole)
    assert "max rounds 2, not 0; repeat that command or name a new file" in other.err


def test_replies_are_recorded_and_replayed(
    agentopt: Command, serve: Callable[..., ModelServer], problems: Path, tmp_path: Path
) -> None:
    """A replay comes to the same without a model, and says so."""
    recording = tmp_path / "replies.jsonl"
    server = serve(right)
    live = agentopt("bench", "or", problems, "--record", recording, "--json").document
    again = agentopt("bench", "or", problems, "--replay", recording, "--workers", 4, "--json").document
    text = agentopt("bench", "or", problems, "--replay", recording).out
    assert len(server.requests) == 6
    assert again["misses"] == live["misses"]
    assert (again["replayed_from"], live["replayed_from"]) == (str(recording), None)
    assert text.endswith(f"The model's replies were replayed from {recording}; no model was asked.\n")


def test_a_refused_key_ends_with_4_and_keeps_what_is_done(
    agentopt: Command, serve: Callable[..., ModelServer], problems: Path, tmp_path: Path
) -> None:
    """The sentence is told, the key is not, and the results so far are shown and stored."""
    out = tmp_path / "results.jsonl"
    serve(lambda request: right(request) if asked(request) < 2 else Status(401, message=f"wrong key {KEY}"))
    end = agentopt("bench", "or", problems, "--out", out)
    assert end.code == 4
    assert end.err.count("\n") == 1
    assert end.out.startswith("openai/any: 2 of 2 right (100.0 %), of 6 that were to be run\n")
    assert len(out.read_bytes().splitlines()) == 3
    assert KEY not in end.out + end.err


def test_a_budget_ends_with_5(agentopt: Command, serve: Callable[..., ModelServer], problems: Path) -> None:
    """Calls are counted over all problems."""
    serve(right)
    end = agentopt("bench", "or", problems, "--max-calls", 3, "--json")
    assert (end.code, end.document["total"]["n"], end.document["n_items"]) == (5, 3, 6)
    assert "3 calls" in end.document["stopped"]


def test_a_provider_that_refuses_one_problem_does_not_end_the_others(
    agentopt: Command, serve: Callable[..., ModelServer], problems: Path
) -> None:
    """The problem is a miss with its sentence."""
    serve(lambda request: Status(400, message="this is not for me") if asked(request) == 1 else right(request))
    document = agentopt("bench", "or", problems, "--kinds", "odd", "--json").document
    assert (document["exit_code"], document["total"]["n"]) == (0, 3)
    assert (document["misses"][0]["id"], document["misses"][0]["status"]) == ("p1", "failed")
    assert "this is not for me" in document["misses"][0]["why"]


def test_misses_are_cut_unless_all_are_wanted(
    agentopt: Command, serve: Callable[..., ModelServer], tmp_path: Path
) -> None:
    """Ten are shown, and how many more there are."""
    path = tmp_path / "problems.jsonl"
    path.write_text(
        "".join(json.dumps({"question": question(n), "answer": -1}) + "\n" for n in range(12)), encoding="utf-8"
    )
    serve(right)
    few = agentopt("bench", "or", path, "--workers", 4).out
    every = agentopt("bench", "or", path, "--workers", 4, "--misses").out
    assert "and 2 more; --misses shows all" in few
    assert ("problems-12" in few, "problems-12" in every) == (False, True)


def test_progress_is_told_where_it_is_asked_for(
    agentopt: Command, serve: Callable[..., ModelServer], problems: Path
) -> None:
    """A line for each problem, on standard error."""
    serve(right)
    told = agentopt("bench", "or", problems, "-v").err.splitlines()
    assert len(told) == 6
    assert "6/6 p5: solved 5, wrong (1 calls" in told[-1]


def test_a_wrong_file_ends_with_2_before_any_call(
    agentopt: Command, serve: Callable[..., ModelServer], tmp_path: Path
) -> None:
    """One sentence, also as a document."""
    server, path = serve(right), tmp_path / "wrong.jsonl"
    path.write_text('{"text": "a", "label": 1}\n', encoding="utf-8")
    end = agentopt("bench", "or", path, "--json")
    assert (end.code, end.document["agentopt"], server.requests) == (2, "bench/1", [])
    assert "found the fields text, label" in end.document["error"]["message"]


@pytest.mark.parametrize("options", [("--n", "0"), ("--workers", "0"), ("--time-limit", "-1"), ("--seed", "x")])
def test_a_wrong_option_ends_with_2(agentopt: Command, problems: Path, options: tuple[str, str]) -> None:
    """The parser refuses it."""
    assert agentopt("bench", "or", problems, *options).code == 2


def test_ctrl_c_shows_what_is_done_and_ends_with_130(
    serve: Callable[..., ModelServer], problems: Path, tmp_path: Path
) -> None:
    """Two problems are done and the third one's call hangs: it is given up at once, and the file holds the two."""
    out = tmp_path / "results.jsonl"
    server = serve(lambda request: right(request) if asked(request) < 2 else Hang())
    command = [sys.executable, "-m", "agentopt", "bench", "or", str(problems), "--out", str(out), "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=dict(os.environ)) as child:
        while len(server.requests) < 3:
            assert child.poll() is None, "the command ended before it asked"
            server.closing.wait(0.01)
        child.send_signal(signal.SIGINT)
        told, err = child.communicate(timeout=60)
    document = json.loads(told)
    assert (child.returncode, err) == (130, b"agentopt: interrupted; what is done is shown\n")
    assert (document["interrupted"], document["exit_code"], document["total"]["n"]) == (True, 130, 2)
    assert len(out.read_bytes().splitlines()) == 3
