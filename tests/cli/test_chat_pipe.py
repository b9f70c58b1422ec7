"""The chat in a pipe: paragraphs and commands in, plain text and an exit code out."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from agentopt.testing import ModelServer
from agentopt.testing.behaviour import Hang, Say, Status
from tests.cli.conftest import COMMAND
from tests.cli.talk import WORDS, reading

Command = Callable[..., Any]
Problem = Callable[[str], Path]


def model_at(server: ModelServer) -> dict[str, str]:
    return {"AGENTOPT_MODEL": "openai/x", "OPENAI_BASE_URL": server.openai_url, "OPENAI_API_KEY": "sk-a-key"}


def test_paragraphs_and_commands_are_done_in_turn(process: Command) -> None:
    """A problem of two lines, a command and a change; plain text, no question, and what is open is told."""
    said = "A bakery bakes bread and cake.\nWhat should it bake?\n/cost\nroom = 6"
    with ModelServer([Say(reading())]) as server:
        end = process("chat", stdin=said.encode(), **model_at(server))
        asked = server.requests[0].body["messages"][-1]["content"]
    assert (end.code, end.err) == (0, "")
    assert "A bakery bakes bread and cake.\nWhat should it bake?\n" in asked
    places = [
        end.out.find(part) for part in ("Sets\n", "May pieces be cut?", "This session: 1 call", "from 13.5 to 18")
    ]
    assert (min(places) >= 0, places) == (True, sorted(places)), end.out
    assert "\x1b" not in end.out
    assert "Not said" not in end.out


def test_a_number_is_no_choice_in_a_pipe(process: Command) -> None:
    """Nothing was asked there, so a number is said to the model."""
    with ModelServer([Say(reading()), Status(401)]) as server:
        end = process("chat", stdin=f"{WORDS}\n\n2\n".encode(), **model_at(server))
        assert (end.code, len(server.requests)) == (1, 2)


@pytest.mark.parametrize(
    ("data", "code", "told"),
    [
        (b"", 0, ""),
        (b"\n\n \n", 0, ""),
        (b"/cost", 0, "This session: 0 calls"),
        (b"\xef\xbb\xbf/cost\r\n", 0, "This session: 0 calls"),
        (b"/quit\n/nothing\n", 0, ""),
        (b"/nothing\n/cost\n", 1, "there is no command /nothing; /help lists them\n\nThis session"),
        (b"/\n", 1, "there is no command /; /help lists them"),
        (b"/data a'b\n", 1, "close the quote"),
        (b"x " * 500_000, 1, "expected a problem of at most 200000 characters, got 1000000"),
        (b"/data " + b"x" * 1_000_000, 1, "expected a command of at most 200000 characters, got 1000006"),
    ],
    ids=range(10),
)
def test_whatever_comes_is_done_or_told(process: Command, data: bytes, code: int, told: str) -> None:
    """The code is 1 when an entry could not be done; those after it are done still."""
    end = process("chat", stdin=data)
    assert (end.code, end.err, told in end.out if told else not end.out) == (code, "", True), end.out


def test_what_went_wrong_is_told_in_a_sentence(process: Command) -> None:
    """An error that quotes what was entered is cut."""
    end = process("chat", stdin=b"/load " + b"x" * 50_000 + b".yaml")
    assert (end.code, len(end.out) < 1100, "internal error" in end.out) == (1, True, False)


def test_what_is_no_text_ends_with_2(process: Command) -> None:
    """What stands before it is done."""
    end = process("chat", stdin=b"/cost\ncaf\xe9\n/help\n")
    assert (end.code, end.err) == (2, "agentopt: line 2 of standard input is no UTF-8 text: b'caf\\xe9\\n'\n")
    assert end.out.startswith("This session: 0 calls")
    assert "Commands" not in end.out


def test_control_characters_reach_the_model_not_the_terminal(process: Command) -> None:
    """A NUL or an escape sequence in the words is data; nothing of it is drawn."""
    title = "A\x00 bakery\x1b[2J"
    with ModelServer([Say(reading(formulation=json.loads(reading())["formulation"] | {"title": title}))]) as server:
        end = process("chat", stdin=WORDS.encode() + b"\x00\x1b]0;t\x07", **model_at(server))
    assert end.code == 0
    assert "A bakery\n" in end.out
    assert not set("\x00\x1b\x07") & set(end.out)


needs_full = pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")


@needs_full
def test_results_that_cannot_be_written_end_the_chat(process: Command) -> None:
    """Nobody is served by what nobody reads."""
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [*COMMAND, "chat"], input=b"/cost\n", stdout=full, stderr=subprocess.PIPE, timeout=60, check=False
        )
    assert (done.returncode, done.stderr) == (1, b"agentopt: the result cannot be written: No space left on device\n")


def test_a_closed_input_is_an_error() -> None:
    """There is nothing to read from."""
    command = ["sh", "-c", 'exec "$@" <&-', "sh", *COMMAND, "chat"]
    done = subprocess.run(command, capture_output=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (2, b"agentopt: standard input is closed\n")


def test_ctrl_c_ends_a_pipe(tmp_path: Path) -> None:
    """Whoever feeds a pipe wants out, not the next entry; what was entered stands in the file."""
    file = tmp_path / "session.jsonl"
    with ModelServer([Hang()]) as server:
        command = [*COMMAND, "chat", "--session", str(file)]
        with subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=os.environ | model_at(server),
        ) as child:
            assert child.stdin is not None
            child.stdin.write(f"{WORDS}\n/cost\n".encode())
            child.stdin.flush()
            while not server.requests:
                assert child.poll() is None
                server.closing.wait(0.01)
            child.send_signal(signal.SIGINT)
            out, err = child.communicate(timeout=60)
    assert (child.returncode, out, err) == (130, b"", b"agentopt: interrupted\n")
    assert json.loads(file.read_text().splitlines()[1]) == {"event": "entered", "text": WORDS, "asked": False}


def test_agentopt_alone_in_a_pipe_is_its_help(process: Command) -> None:
    """The chat begins by itself on a terminal only."""
    end = process(stdin=b"/cost\n")
    assert (end.code, end.out, end.err.startswith("usage: agentopt")) == (2, "", True)
