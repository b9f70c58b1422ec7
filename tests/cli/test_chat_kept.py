"""What a session keeps: through a model that dies, a program that is killed, another start, and a replay."""

from __future__ import annotations

import json
import os
import re
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from agentopt.testing import ModelServer
from agentopt.testing.behaviour import Behaviour, Body, CutBody, Disconnect, Hang, Html, Say, Status
from tests.cli.talk import WORDS, reading

Chat = Callable[..., Any]
Command = Callable[..., Any]
Problem = Callable[[str], Path]


def events(file: Path, kind: str) -> list[Any]:
    """The texts or sentences of a session's events of one kind."""
    lines = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    return [line.get("text", line.get("sentence")) for line in lines if line.get("event") == kind]


@pytest.mark.parametrize(
    ("dies", "n"),
    [
        (Status(401), 1),
        (Status(500), 4),
        (Disconnect(), 4),
        (CutBody(), 4),
        (Html(), 4),
        (Body(b"{]"), 4),
        (Say("I would rather talk about the weather."), 3),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_provider_that_dies_costs_nothing(chat: Chat, dies: Behaviour, n: int) -> None:
    """One sentence says what happened; the same words are done once the provider is back."""
    script = [dies] * n
    with ModelServer(lambda request: script.pop() if script else Say(reading())) as server:
        talk = chat(server=server)
        said = talk.enter(WORDS)
        script.clear()
        again = talk.enter("\x1b[A")
    assert "Traceback" not in said
    assert "internal error" not in said
    assert 1 <= len(said.splitlines()[1:]) <= 5, said
    assert "Bake 4.5 breads; that earns 13.5 EUR." in again
    assert talk.leave() == 0


def test_what_was_entered_survives_a_kill(chat: Chat, tmp_path: Path) -> None:
    """After kill -9 in the middle of a call the next start tells what was not done, and goes on."""
    with ModelServer([Say(reading()), Hang(), Say(reading())]) as server:
        talk = chat(server=server)
        talk.enter(WORDS)
        talk.enter("2")
        talk.type("Why no cake?\r")
        talk.wait(lambda: len(server.requests) == 2)
        talk.child.send_signal(signal.SIGKILL)
        talk.child.wait()
        file = next((tmp_path / "state/agentopt/sessions").iterdir())
        assert events(file, "entered") == [WORDS, "2", "Why no cake?"]
        again = chat("--continue", server=server)
        again.wait("The program ended before this was done: Why no cake?")
        again.ready()
        assert "goes on: A bakery." in again.text
        assert "12 EUR" in again.enter("/show solution")
        assert "13.5 EUR" in again.enter("/undo")
        again.leave()
    third = chat("--session", file)
    third.ready()
    assert "The program ended before" not in third.text
    assert "13.5 EUR" in third.enter("/show solution")


def drawn(text: str) -> str:
    """A transcript without what differs from one run to the next: times, and that a reply is a recording's."""
    text = re.sub(r"^> .*\n(?:  .*\n)*\n", "", text, flags=re.MULTILINE)
    text = re.sub(r"\d+\.\d+ s\b", "N s", text)
    return text.replace("\nNotes\n  - the model's reply was replayed from a recording\n", "")


SAID = f"""\
{WORDS}

room = 6
/nothing
/undo
What else?

/why bake['cake'] >= 1
/sensitivity
Once more, from the beginning.

"""


def test_a_replay_draws_the_same_turns(process: Command, tmp_path: Path) -> None:
    """Every turn comes out as it was, those that failed too, without a model."""
    file = tmp_path / "session.jsonl"
    edit = {"reasoning": "", "action": "new", "edits": [], "requirement": "", "objective": None, "answer": ""}
    with ModelServer([Say(reading()), Status(401), Say(json.dumps(edit)), Say(reading(title=""))]) as server:
        model = {"OPENAI_BASE_URL": server.openai_url, "OPENAI_API_KEY": "sk-a-key"}
        live = process("chat", "--session", file, "--model", "openai/x", stdin=SAID.encode(), **model)
    kept = file.read_bytes()
    replayed = process("chat", "--replay", file)
    assert (live.code, live.err, replayed.err) == (1, "", "")
    assert drawn(replayed.out) == drawn(live.out)
    assert file.read_bytes() == kept


def test_a_replay_takes_the_same_readings(chat: Chat, process: Command, tmp_path: Path) -> None:
    """What was chosen on the terminal is chosen again."""
    with ModelServer([Say(reading())]) as server:
        talk = chat("--session", "bakery.jsonl", server=server)
        talk.enter(WORDS)
        talk.enter("2")
        talk.enter("/export bakery.lp")
        talk.leave()
    end = process("chat", "--replay", tmp_path / "bakery.jsonl")
    assert end.code == 0, end.out
    assert "The objective falls from 13.5 to 12 EUR" in end.out
    assert "Nothing is written in a replay." in end.out


def test_data_of_the_command_line_belong_to_the_session(process: Command, problem: Problem, tmp_path: Path) -> None:
    """A session that began with --data is played again with them, from another folder too."""
    (tmp_path / "plants.csv").write_text("plant,capacity\noslo,3\n")
    file = tmp_path / "session.jsonl"
    process("chat", "--session", file, "--data", os.path.relpath(tmp_path / "plants.csv"), stdin=b"/cost\n")
    assert "plants.csv: 1 row" in process("chat", "--replay", file).out


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("no.jsonl", b"hello\nyou\n", "line 1 of no.jsonl is no JSON; is it a session of agentopt?"),
        ("no.jsonl", b'{"event": "start", "format": 99}\n', "no.jsonl is a session of format 99, expected 1"),
        ("no.jsonl", b"{}\n", "no.jsonl is no session of agentopt"),
        ("no.jsonl", b"\xff\xfe", "cannot read the session no.jsonl"),
        ("/dev/full", None, "/dev/full is no file, so no session can be kept in it"),
        (".", None, ". is no file, so no session can be kept in it"),
        ("no.jsonl/x.jsonl", None, "the session cannot be kept in no.jsonl/x.jsonl"),
    ],
)
def test_what_is_no_session_is_told(
    process: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, content: bytes | None, sentence: str
) -> None:
    """One sentence, and the file stays as it was."""
    monkeypatch.chdir(tmp_path)
    Path("no.jsonl").write_bytes(content or b"")
    end = process("chat", "--session", name, stdin=b"/cost\n")
    assert (end.code, end.out, end.err.count("\n")) == (2, "", 1)
    assert end.err.startswith(f"agentopt: {sentence}")
    assert Path("no.jsonl").read_bytes() == (content or b"")


def test_a_full_disk_ends_the_keeping_only(chat: Chat, problem: Problem, tmp_path: Path) -> None:
    """It is said once, the session goes on, and what was kept before can be read."""
    # A limit on the size of files stands for a disk that is full.
    talk = chat("--session", "kept.jsonl", limit="ulimit -f 4;")
    talk.enter(f"/load {problem('bakery').name}")
    shown = [talk.enter("profit[bread] = 5"), *(talk.enter(f"profit[bread] = {number}") for number in (6, 7))]
    assert sum("cannot be kept" in one for one in shown) == 1
    assert "The objective rises from 24 to 28 EUR" in shown[-1]
    assert talk.leave() == 0
    again = chat("--session", "kept.jsonl")
    again.ready()
    assert "goes on: A bakery" in again.text


def test_a_home_that_cannot_be_written_keeps_nothing(chat: Chat, problem: Problem) -> None:
    """It is said at the start, and the chat goes on with its history in memory."""
    talk = chat(XDG_STATE_HOME="/dev/null/state")
    talk.wait("the session is not kept: /dev/null/state/agentopt/sessions: Not a directory")
    assert "proved optimal" in talk.enter(f"/load {problem('bakery').name}")
    talk.type("\x1b[A")
    talk.wait("> /load")
    assert talk.leave("\x03\x04") == 0
    assert "--continue" not in talk.text
