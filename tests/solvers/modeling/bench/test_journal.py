"""The file of results: what is written, what is taken up again, and what is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentopt.errors import AgentoptError, FileError, InputError
from agentopt.solvers.modeling.bench.attempt import Settings
from agentopt.solvers.modeling.bench.item import Item
from agentopt.solvers.modeling.bench.journal import Journal, Run
from agentopt.solvers.modeling.bench.record import Record, Spent

Make = Callable[..., Record]
ITEMS = [Item("p0", "odd", "What is least?"), Item("p1", "odd", "What is most?")]
RUN = Run.of(ITEMS, "scripted/model", Settings())


def test_what_is_written_is_read_again(tmp_path: Path, record: Make) -> None:
    """A record comes back as it was, its formulation and cost included."""
    path = tmp_path / "results.jsonl"
    kept = [
        record(objective=3.5, numbers=(1.0, 2.0), others=(4.0,), spent=Spent(1, 2, 3, 4, None, 0.5, 0.75)),
        record("failed", name="p1", error="größer als ∞", error_kind="ReplyError"),
    ]
    journal = Journal(path, RUN)
    for one in kept:
        journal.add(one)
    assert list(Journal(path, RUN).records.values()) == kept


def test_every_record_is_a_line_that_stands_at_once(tmp_path: Path, record: Make) -> None:
    """The first line says what is run; whoever kills the process loses nothing that was added."""
    path = tmp_path / "results.jsonl"
    Journal(path, RUN).add(record(objective=3.0))
    head, line = map(json.loads, path.read_text(encoding="utf-8").splitlines())
    assert (head["format"], head["run"]["ids"]) == ("bench-results/1", ["p0", "p1"])
    assert (line["id"], line["status"], line["found"]["objective"]) == ("p0", "solved", 3.0)
    assert line["found"]["formulation"]["objective"] == {"sense": "minimize", "expression": "x"}


@given(data=st.data())
def test_a_file_cut_off_anywhere_keeps_its_whole_lines(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory, record: Make
) -> None:
    """Cut at any byte, also within a character: what was whole is kept, and the file goes on as if never cut."""
    path = tmp_path_factory.mktemp("cut") / "results.jsonl"
    kept = [record("failed", name=item.id, error="größer als ∞") for item in ITEMS]
    journal = Journal(path, RUN)
    for one in kept:
        journal.add(one)
    whole = path.read_bytes()
    cut = data.draw(st.integers(0, len(whole)))
    path.write_bytes(whole[:cut])
    again = Journal(path, RUN)
    assert list(again.records.values()) == kept[: max(0, whole[:cut].count(b"\n") - 1)]
    for one in kept[len(again.records) :]:
        again.add(one)
    assert path.read_bytes() == whole


def test_the_last_line_of_an_item_holds(tmp_path: Path, record: Make) -> None:
    """An item that was run again has the later outcome."""
    path = tmp_path / "results.jsonl"
    for status in ("failed", "infeasible"):
        Journal(path, RUN).add(record(status))
    assert Journal(path, RUN).records["p0"].status == "infeasible"


@pytest.mark.parametrize(
    ("other", "finding"),
    [
        (Run.of(ITEMS, "scripted/other", Settings()), "model scripted/model, not scripted/other"),
        (Run.of(ITEMS, "scripted/model", Settings(time_limit_s=5)), "time limit 60.0, not 5"),
        (Run.of(ITEMS, "scripted/model", Settings(max_rounds=0)), "max rounds 2, not 0"),
        (Run.of(ITEMS[:1], "scripted/model", Settings()), "a run with other items"),
        (Run.of([ITEMS[0], replace(ITEMS[1], question="?")], "scripted/model", Settings()), "questions"),
        (replace(RUN, agentopt="0.0.0"), "agentopt .*, not 0.0.0"),
    ],
)
def test_another_run_is_refused_and_nothing_is_changed(tmp_path: Path, record: Make, other: Run, finding: str) -> None:
    """The sentence names what differs."""
    path = tmp_path / "results.jsonl"
    Journal(path, RUN).add(record(objective=3.0))
    before = path.read_bytes()
    with pytest.raises(InputError, match=finding):
        Journal(path, other)
    assert path.read_bytes() == before


def test_workers_may_differ(tmp_path: Path) -> None:
    """How many items are under way at a time does not make another run."""
    assert Run.of(ITEMS, "scripted/model", Settings(workers=8, retry_failed=True)) == RUN


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        ("hello\n", "holds no results of a benchmark"),
        ("hello", "holds no results of a benchmark"),
        ('{"id": "p0"}\n', "holds no results of a benchmark"),
        ("[]\n", "holds no results of a benchmark"),
        ('{"format": "bench-results/2", "run": {}}\n', "holds no results of a benchmark"),
    ],
)
def test_a_file_of_something_else_is_left_alone(tmp_path: Path, text: str, finding: str) -> None:
    """A user's file is not written over or added to."""
    path = tmp_path / "results.jsonl"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(FileError, match=finding):
        Journal(path, RUN)
    assert path.read_text(encoding="utf-8") == text


def test_a_damaged_line_in_the_middle_is_told(tmp_path: Path, record: Make) -> None:
    """Only the end of a file may be torn; elsewhere it is damage, and the line is named."""
    path = tmp_path / "results.jsonl"
    journal = Journal(path, RUN)
    for item in ITEMS:
        journal.add(record(objective=3.0, name=item.id))
    head, first, second = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text(head + first[:40] + "\n" + second, encoding="utf-8")
    with pytest.raises(FileError, match=r"line 2: expected a result, got '\{"):
        Journal(path, RUN)


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    """Before the first call is paid for."""
    for place in (tmp_path, tmp_path / "nowhere" / "results.jsonl"):
        with pytest.raises(AgentoptError, match=r"folder|cannot write"):
            Journal(place, RUN)


def test_without_a_file_records_are_kept_in_memory(record: Make) -> None:
    """A run needs no file."""
    journal = Journal(None, RUN)
    journal.add(record(objective=3.0))
    assert list(journal.records) == ["p0"]
