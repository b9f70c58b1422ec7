"""What is typed at the chat's prompt: several lines, history, completion, Ctrl-C; and the paragraphs of a pipe."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from agentopt.cli.chat.typed import piped_entries
from agentopt.errors import InputError
from agentopt.testing import ModelServer
from agentopt.testing.behaviour import Hang, Say
from tests.cli.talk import reading

Chat = Callable[..., Any]
Problem = Callable[[str], Path]


def test_an_entry_may_have_several_lines(chat: Chat) -> None:
    """Alt-Enter, Ctrl-J and a paste begin another line, and the model reads all of them as one text."""
    with ModelServer([Say(reading())]) as server:
        talk = chat(server=server)
        talk.enter("A bakery\x1b\rbakes\nbread \x1b[200~and cake.\nWhat\r\nshould it bake?\x1b[201~")
        asked = server.requests[0].body["messages"][-1]["content"]
    assert "A bakery\nbakes\nbread and cake.\nWhat\nshould it bake?\n" in asked


def test_an_entry_comes_back_in_the_next_session(chat: Chat, tmp_path: Path) -> None:
    """Up-arrow brings what was entered before, its lines too; the file is for its owner alone."""
    talk = chat()
    talk.enter("/show\x1b\rnothing")
    talk.leave()
    again = chat()
    again.ready()
    again.type("\x1b[A")
    again.wait("> /show\n  nothing")
    kept = tmp_path / "state" / "agentopt"
    assert [oct(kept.joinpath(name).stat().st_mode)[-3:] for name in ("history", "sessions")] == ["600", "700"]


def test_commands_are_completed(chat: Chat) -> None:
    """What the commands of a beginning share is inserted; where they differ, a menu tells what each does."""
    talk = chat()
    talk.ready()
    talk.type("/wh\t")
    talk.wait("/whatif  change and solve again")
    talk.wait("/why     why not")
    talk.type("\x03")
    talk.ready()
    talk.type("/sens\t")
    talk.wait("> /sensitivity")


def test_files_are_completed_as_the_command_reads_them(chat: Chat, tmp_path: Path) -> None:
    """A blank in a name is written so that it belongs to the name, and a folder ends with its slash."""
    (tmp_path / "my data").mkdir()
    (tmp_path / "my data" / "plants.csv").write_text("plant,capacity\noslo,3\n")
    talk = chat()
    assert "plants.csv: 1 row" in talk.enter("/data my\tpl\t")


def test_names_are_completed(chat: Chat, problem: Problem) -> None:
    """Elements and members of the problem are completed among words."""
    talk = chat()
    talk.enter(f"/load {problem('bakery')}")
    talk.type("/whatif prof\t")
    talk.wait("> /whatif profit")
    talk.type("[bre\t")
    talk.wait("> /whatif profit[bread")
    talk.type("] = 5\r")
    talk.wait("~ parameter profit[bread]: 3 -> 5")


def test_ctrl_c_empties_the_line_then_leaves(chat: Chat) -> None:
    """A hint says how to leave; a second one at once leaves with 0, but not when words stand in the line."""
    talk = chat()
    talk.ready()
    talk.type("half a thought")
    talk.wait("> half a thought")
    talk.type("\x03")
    talk.wait("Ctrl-C again, Ctrl-D or /quit leaves.")
    talk.ready()
    talk.type("another")
    talk.wait("> another")
    talk.type("\x03")
    talk.wait(lambda: talk.text.count("Ctrl-C again") == 2)
    talk.ready()
    assert talk.leave("\x03\x03") == 0


def test_ctrl_c_stops_a_call_only(chat: Chat) -> None:
    """A model that never answers is given up, and what was asked comes back by up-arrow."""
    with ModelServer([Hang(), Say(reading())]) as server:
        talk = chat(server=server)
        talk.ready()
        talk.type("What should it bake?\r")
        talk.wait(lambda: bool(server.requests))
        talk.wait("Ctrl-C stops it")
        talk.type("\x03")
        talk.wait("Stopped. Everything stands as it was before.")
        talk.ready()
        talk.type("\x1b[A")
        talk.wait(lambda: talk.rows[-2] == "> What should it bake?")
        talk.type("\r")
        talk.wait("that earns 13.5 EUR")
        talk.ready()
        assert talk.leave() == 0


def test_ctrl_c_in_a_solve_keeps_the_best_so_far(chat: Chat, problem: Problem) -> None:
    """The incumbent and its gap are shown, and the chat goes on."""
    talk = chat()
    talk.ready()
    talk.type(f"/load '{problem('hard')}'\r")
    talk.wait("solving (2 s; Ctrl-C stops it)")
    talk.type("\x03")
    talk.wait("Interrupted; best so far: Imbalance:")
    talk.ready()
    assert "gap" in talk.text
    assert "nothing to take back" in talk.enter("/undo")


def test_what_is_no_utf_8_stays_readable(chat: Chat, tmp_path: Path) -> None:
    """A terminal that sends Latin-1 costs the letter, not the session or its file."""
    talk = chat()
    talk.ready()
    talk.type(b"/caf\xe9\r")
    talk.wait("there is no command /caf?")
    talk.ready()
    assert talk.leave() == 0
    assert '"/caf?"' in next((tmp_path / "state" / "agentopt" / "sessions").iterdir()).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("data", "entries"),
    [
        (b"", []),
        (b"\n \n", []),
        (b"one\ntwo\n\nthree", ["one\ntwo", "three"]),
        (b"one\n/show\n  /help\r\ntwo\r\n", ["one", "/show", "  /help", "two"]),
        (b"\xef\xbb\xbf/help", ["/help"]),
    ],
)
def test_a_pipe_is_read_in_paragraphs(data: bytes, entries: list[str]) -> None:
    """Words go on to an empty line, a command or the end; a command is a line; a mark of byte order is no text."""
    assert list(piped_entries(data.splitlines(keepends=True))) == entries


def test_a_line_that_is_no_text_is_named() -> None:
    """What stands before it is still yielded, but no half of its own paragraph."""
    entries = piped_entries([b"one\n", b"\n", b"two\n", b"caf\xe9\n"])
    assert next(entries) == "one"
    with pytest.raises(InputError, match=r"line 4 of standard input is no UTF-8 text: b'caf\\xe9\\n'"):
        next(entries)
