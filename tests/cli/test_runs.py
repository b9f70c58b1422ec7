"""`agentopt runs`: what is shown of a store, what is exported, and what is refused."""

from __future__ import annotations

import csv
import io
import json
import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from agentopt.store import AskRow, CandidateRow, Store, TrialRow

Command = Callable[..., Any]
EVIL = "\x1b]0;owned\x07\x1b[31mred\u202e"

SUMMARY = {
    "verdict": "improved: 0.5 -> 0.75 on 40 held-out items",
    "improved": True,
    "start": {"estimate": 0.5, "sd": 0.05},
    "best": {"number": 2, "estimate": 0.7, "sd": 0.04},
    "test": {"n": 40, "start": 0.5, "best": 0.75, "difference": 0.25, "low": 0.1, "high": 0.4, "alpha": 0.05},
    "spent": {"calls": 12, "tokens": 345, "dollars": 0.25, "seconds": 3.0, "evaluations": 60},
    "stopped": "the budget was spent",
    "curve": [[1, 0.5], [20, 0.6], [40, 0.7]],
}


def row(number: int, prompt: str, mean: float | None, dropped: str = "", **changes: Any) -> CandidateRow:
    """A candidate of a prompt and a number."""
    values = {"prompt": {"value": prompt}, "k": {"value": 3}}
    parents = (number - 1,) if number else ()
    made = CandidateRow(number, parents, values, f"print{number}", "optoprime", "more rules", number or None)
    return replace(made, mean=mean, sd=None if mean is None else 0.04, dropped=dropped, **changes)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A store of two runs: one that ended well, and one that was cut off at its start."""
    path = tmp_path / "runs.db"
    with Store(path) as store:
        with store.run("first") as run:
            run.settle({"workflow": "triage:answer", "strategy": "Pareto", "seed": 1})
            run.add_candidate(row(0, "Sort.\n\tBe brief.\n", 0.5))
            run.add_candidate(row(1, "Sort well.\n\tBe brief.\n", 0.6, "lost the race"))
            run.add_candidate(row(2, "Sort well.\n\tBe kind.\n", 0.7))
            run.add_ask(AskRow(1, 0, (0, 1), ({"reason": "more rules"},), ("too long",)))
            for k in range(4):
                run.add_trial(TrialRow(("print2", "validation", str(k), 0), 2, k / 4, {"speed": 2.0}, 'a "b"\n, c'))
            run.add_trial(TrialRow(("print2", "validation", "9", 0), 2, None, error="boom", error_kind="ValueError"))
            run.finish("finished", SUMMARY)
        store.run("second").close()
    return path


@pytest.fixture
def runs(agentopt: Command, path: Path) -> Command:
    """`agentopt runs` on that store."""
    return lambda verb, *rest: agentopt("runs", verb, *rest, "--store", path)


def test_list_names_every_run(runs: Command) -> None:
    """The latest first, with status, trials and best."""
    lines = runs("list").out.splitlines()
    assert [line.split()[:3] for line in lines] == [
        ["id", "run", "status"],
        ["2", "second", "cut"],
        ["1", "first", "finished"],
    ]
    assert lines[2].split()[5:] == ["triage:answer", "5", "0.7"]


def test_list_as_json_is_one_document(runs: Command) -> None:
    """Everything of a run but its trials."""
    document = runs("list", "--json").document
    assert (document["agentopt"], document["exit_code"]) == ("runs/1", 0)
    first = document["runs"][1]
    assert (first["run"], first["trials"], first["best"]["number"]) == ("first", 5, 2)
    assert (first["failures"], first["summary"]["test"]["low"]) == ({"ValueError": 1}, 0.1)


def test_show_says_what_came_of_a_run(runs: Command) -> None:
    """Verdict, test with its interval, cost, failures, curve, lineage, candidates, and what the best changes."""
    shown = runs("show", "fir").out
    for part in (
        "first: finished\n",
        "improved: 0.5 -> 0.75 on 40 held-out items\n",
        "0.5 -> 0.75 on 40 held-out items, difference 0.25 (90 % interval 0.1 to 0.4)",
        "60 evaluations, 12 calls, 345 tokens, $0.25",
        "candidate 2, estimate 0.7 (sd 0.04)",
        "0 > 1 > 2",
        "1 ValueError",
        "the budget was spent",
        "0.5 ▁▄█ 0.7",
        "0.6  0.04  optoprime  more rules (dropped: lost the race)",
        "-\tBe brief.".replace("\t", " "),
        "+\tBe kind.".replace("\t", " "),
    ):
        assert part in shown


def test_show_of_a_run_that_just_began(runs: Command) -> None:
    """Where there is nothing, nothing is said of it."""
    end = runs("show", "2")
    assert end.code == 0
    assert [line.split()[0] for line in end.out.splitlines() if line] == ["second:", "begun", "trials", "models"]


def test_show_as_json(runs: Command) -> None:
    """The leaders and the changes stand beside the figures."""
    (shown,) = runs("show", "first", "--json").document["runs"]
    assert [one["number"] for one in shown["leaders"]] == [2, 1, 0]
    assert list(shown["changes"]) == ["prompt"]


@pytest.mark.parametrize(
    "summary",
    [
        {"verdict": None, "best": None, "test": None, "spent": None, "curve": None, "stopped": None},
        {
            "verdict": 3,
            "best": {"number": "x"},
            "test": {"start": "?"},
            "spent": {"calls": "y"},
            "curve": [[1], 2, "z"],
        },
        {"best": {"number": 99}, "test": {"start": 1, "best": 2}, "curve": [[0, float("nan")], [1, 1.0]]},
        {"best": [], "test": [], "spent": [], "curve": {}, "improved": "yes"},
        {"curve": [[0, 1e308], [1, -1e308], [2, float("inf")]], "spent": {"dollars": None, "calls": 10**30}},
        {"best": {"number": True}, "test": {"start": 0, "best": 1, "alpha": "x", "low": 0, "high": 1}},
    ],
)
def test_show_survives_any_summary(runs: Command, path: Path, summary: dict[str, Any]) -> None:
    """What is not there, or is something else, is left out."""
    with Store(path) as store, store.run("first") as run:
        run.finish("finished", summary)
    for verb in ("show", "diff"):
        assert runs(verb, "first").code in (0, 2)
    assert runs("list").code == 0
    json.loads(runs("show", "first", "--json").out, parse_constant=pytest.fail)


def test_what_is_stored_cannot_drive_a_terminal(agentopt: Command, tmp_path: Path) -> None:
    """Escape sequences and direction overrides of models, errors and programs are taken out."""
    path = tmp_path / "runs.db"
    with Store(path) as store, store.run("r") as run:
        run.settle({"workflow": EVIL, "strategy": EVIL})
        run.add_candidate(row(0, "one", 0.5, author=EVIL))
        run.add_candidate(row(1, f"{EVIL}\n", 0.6, EVIL, reason=EVIL))
        run.add_trial(TrialRow((EVIL, "validation", EVIL, 0), 1, None, error=EVIL, error_kind=EVIL))
        run.finish("finished", {"verdict": EVIL, "stopped": EVIL, "best": {"number": 1}})
    for line in (["list"], ["show", "r"], ["diff", "r"], ["show", EVIL], ["diff", f"r:{EVIL}"]):
        end = agentopt("runs", *line, "--store", path)
        assert not set("\x1b\x07\u202e") & set(end.out + end.err)


def test_an_export_to_a_terminal_is_clean(terminal: Command, path: Path) -> None:
    """CSV keeps what was stored in a pipe, and cannot drive a terminal on one."""
    with Store(path) as store, store.run("first") as run:
        run.add_trial(TrialRow(("p", "test", "1", 0), 0, 1.0, feedback=EVIL))
    assert "\x1b" not in terminal("runs", "export", "first", "--format", "csv", "--store", path).out


def test_diff_compares_start_and_best(runs: Command) -> None:
    """A unified difference, with its tabs; parameters that are the same are not there."""
    assert runs("diff", "first").out == (
        "--- prompt (old)\n+++ prompt (new)\n@@ -1,2 +1,2 @@\n-Sort.\n-\tBe brief.\n+Sort well.\n+\tBe kind.\n"
    )


def test_diff_compares_any_two(runs: Command) -> None:
    """Two candidates by number, of one run or of two; the same ones do not differ."""
    assert "-\tBe brief.\n+\tBe kind.\n" in runs("diff", "first:1", "first:2").out
    assert runs("diff", "first:2", "first").out == "nothing differs\n"
    assert list(runs("diff", "first", "--json").document["changes"]) == ["prompt"]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (["diff", "first:1"], "expected a second candidate to compare first:1 with"),
        (["diff", "first:0", "first:7"], "expected the number of a candidate of the run first, 0 to 2, got '7'"),
        (["diff", "first:0", "first:" + "9" * 5000], "expected the number of a candidate"),
        (["diff", "first:-1", "first"], "got '-1'"),
        (["diff", "second"], "the run second, which has none yet, got '0'"),
        (["show", "third"], "which fits no run; there are: second, first"),
        (["export", "second"], "the run second has no candidate that was measured yet"),
        (["resume", "first"], "the run first was begun by a program; run that one again with the same store and name"),
    ],
)
def test_what_is_not_there_is_told(runs: Command, line: list[str], said: str) -> None:
    """One sentence, exit code 2, and the same as a document."""
    end = runs(*line)
    assert (end.code, end.out) == (2, "")
    assert said in end.err
    assert said in runs(*line, "--json").document["error"]["message"]


def test_a_refused_resume_leaves_the_run_as_it_is(runs: Command) -> None:
    """It is still finished, and its verdict stands."""
    runs("resume", "first")
    assert "first: finished\n" in runs("show", "first").out


def test_export_as_yaml_gives_the_best_parameters(runs: Command) -> None:
    """Name and value, as a program reads them."""
    assert yaml.safe_load(runs("export", "first").out) == {"prompt": "Sort well.\n\tBe kind.\n", "k": 3}


def test_export_as_json_gives_all(runs: Command) -> None:
    """Every candidate and every ask."""
    document = json.loads(runs("export", "first", "--format", "json").out)
    assert [one["number"] for one in document["candidates"]] == [0, 1, 2]
    assert document["asks"][0]["rejected"] == ["too long"]


def test_export_as_lines_and_as_table_say_the_same(runs: Command) -> None:
    """A trial a line, a failed one without a score."""
    lines = [json.loads(line) for line in runs("export", "first", "--format", "jsonl").out.splitlines()]
    rows = list(csv.DictReader(io.StringIO(runs("export", "first", "--format", "csv").out)))
    assert [line["score"] for line in lines] == [0.0, 0.25, 0.5, 0.75, None]
    assert [one["score"] for one in rows] == ["0.0", "0.25", "0.5", "0.75", ""]
    assert [list(one) for one in rows] == [list(line) for line in lines]
    assert rows[0]["feedback"] == lines[0]["feedback"] == 'a "b"\n, c'
    assert json.loads(rows[0]["objectives"]) == lines[0]["objectives"] == {"speed": 2.0}


@pytest.mark.parametrize(("form", "n_lines"), [("jsonl", 0), ("csv", 1)])
def test_a_run_without_trials_can_be_exported(runs: Command, form: str, n_lines: int) -> None:
    """Nothing but the header, if there is one."""
    end = runs("export", "second", "--format", form)
    assert (end.code, len(end.out.splitlines())) == (0, n_lines)


def test_export_writes_a_file_once(runs: Command, tmp_path: Path) -> None:
    """Another file is not replaced unasked, and a folder must be there."""
    target = tmp_path / "best.yaml"
    assert (runs("export", "first", "--to", target).code, "prompt" in target.read_text()) == (0, True)
    before = target.read_text()
    again = runs("export", "first", "--to", target, "--format", "csv")
    assert (again.code, target.read_text()) == (2, before)
    assert f"--to {target}: the file exists; --force replaces it" in again.err
    assert runs("export", "first", "--to", target, "--format", "csv", "--force").code == 0
    assert target.read_text().startswith("candidate,part,item,repeat,score")
    assert "there is no folder" in runs("export", "first", "--to", tmp_path / "no" / "x.yaml").err


def test_export_with_json_is_one_document(runs: Command, tmp_path: Path) -> None:
    """The text inside, or where it stands."""
    assert "prompt" in runs("export", "first", "--json").document["text"]
    target = tmp_path / "x.csv"
    document = runs("export", "first", "--format", "csv", "--to", target, "--json", "-q").document
    assert (document["to"], document["format"]) == (str(target), "csv")


def test_the_store_is_found(agentopt: Command, path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """AGENTOPT_STORE, then agentopt.db here; where neither is, none is made."""
    monkeypatch.chdir(tmp_path)
    none = agentopt("runs", "list")
    assert (none.code, none.err) == (
        2,
        "agentopt: there is no store at agentopt.db; give --store FILE, or set AGENTOPT_STORE\n",
    )
    monkeypatch.setenv("AGENTOPT_STORE", str(path))
    assert "first" in agentopt("runs", "list").out
    monkeypatch.delenv("AGENTOPT_STORE")
    assert not (tmp_path / "agentopt.db").exists()
    Store("agentopt.db").close()
    assert agentopt("runs", "list").out == "There is no run yet.\n"


@pytest.mark.parametrize("content", [b"no database", b"SQLite format 3\x00" + b"\x00" * 200])
def test_a_file_that_is_no_store_is_refused(agentopt: Command, tmp_path: Path, content: bytes) -> None:
    """One sentence, and the file stays."""
    path = tmp_path / "other.db"
    path.write_bytes(content)
    end = agentopt("runs", "list", "--store", path)
    assert (end.code, end.err.count("\n"), path.read_bytes()) == (1, 1, content)


def test_a_run_can_be_shown_while_another_process_writes(runs: Command, path: Path) -> None:
    """Looking waits for nobody."""
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        assert runs("show", "first").code == 0


def test_tables_on_a_terminal(terminal: Command, path: Path) -> None:
    """In boxes as wide as the terminal."""
    end = terminal("runs", "show", "first", "--store", path, columns=70)
    assert end.code == 0
    assert "╭" in end.out
    assert max(len(re.sub(r"\x1b\[[\d;]*m", "", line)) for line in end.out.splitlines()) <= 70


def test_a_run_of_the_command_goes_on(agentopt: Command, tmp_path: Path) -> None:
    """A finished one gives the same again, and costs no trial; the list knows it."""
    program = tmp_path / "task.py"
    program.write_text(
        "from agentopt import parameter\n"
        "from agentopt.graph import Integer\n"
        "k = parameter(1, Integer(0, 9), name='k')\n"
        "def workflow(item): return abs(k.data - 7)\n"
        "def metric(item, output): return 1 - output / 9\n"
    )
    (tmp_path / "data.jsonl").write_text("".join(f"{n}\n" for n in range(12)))
    store = ("--store", tmp_path / "runs.db")
    begun = agentopt(
        *("optimize", f"{program}:workflow", "--metric", f"{program}:metric", "--data", tmp_path / "data.jsonl"),
        *("--optimizer", "local", "--max-evaluations", 60, "--run", "r", "--json", "--executor", "threads:1", *store),
    )
    assert begun.code == 0, begun.err
    n_trials = agentopt("runs", "list", "--json", *store).document["runs"][0]["trials"]
    resumed = agentopt("runs", "resume", "r", "--json", *store)
    assert resumed.code == 0, resumed.err
    assert resumed.document["values"] == begun.document["values"]
    assert resumed.document["verdict"] == begun.document["verdict"]
    assert agentopt("runs", "list", "--json", *store).document["runs"][0]["trials"] == n_trials > 0
