"""The chat on a terminal in memory: what is said, and the screen that comes of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from agentopt.testing import ModelServer
from agentopt.testing.behaviour import Say
from tests.cli.talk import WORDS, reading

Chat = Callable[..., Any]
Problem = Callable[[str], Path]

TITLES = ("Sets\n", "Parameters\n", "Variables\n", "Objective\n", "Constraints\n", "Bake 4.5 breads", "Not said: ")


def test_a_problem_is_restated_solved_and_asked_about(chat: Chat) -> None:
    """Five tables, the answer with the solver's figures, then the question; a number changes the formulation."""
    with ModelServer([Say(reading())]) as server:
        talk = chat(server=server)
        shown = talk.enter(WORDS)
        chosen = talk.enter("2")
    places = [shown.find(title) for title in TITLES]
    assert (min(places) > 0, places) == (True, sorted(places)), shown
    assert "that earns 13.5 EUR" in shown
    assert "~ variable bake: continuous >= 0 -> integer >= 0" in chosen
    assert "The objective falls from 13.5 to 12 EUR" in chosen
    assert talk.leave() == 0


def test_a_question_stays_until_it_is_answered(chat: Chat) -> None:
    """A number that is no reading, a command and a model that fails leave it open; Enter keeps what was taken."""
    with ModelServer([Say(reading())]) as server:
        talk = chat(server=server)
        talk.enter(WORDS)
        wrong = talk.enter("3")
        talk.enter("/cost")
        failed = talk.enter("Why so few?")
        kept = talk.enter("")
    assert "3 is none of the readings: expected 1 to 2" in wrong
    assert "answered 418" in failed
    assert "Kept: They may." in kept


def test_questions_come_one_after_another(chat: Chat) -> None:
    """After Enter the next one is put; once another reading is taken, what is left is told with what was taken."""
    point = json.loads(reading())["open_points"][0]
    more = {"op": "change_data", "parameter": "room", "by": "set", "amount": 8}
    second = {"question": "Is the oven full?", "taken": "It is", "others": [{"reading": "Half", "edits": [more]}]}
    with ModelServer([Say(reading(open_points=[point, second]))] * 2) as server:
        talk = chat(server=server)
        assert "Is the oven full?" not in talk.enter(WORDS).rpartition("Not said: ")[2]
        assert "Not said: Is the oven full?" in talk.enter("They may")
        assert "rises from 13.5 to 24 EUR" in talk.enter("half")
        talk.enter("/new")
        talk.enter(WORDS)
        assert "- Is the oven full? Taken: It is." in talk.enter("2")


def test_a_change_of_the_problem_drops_the_question(chat: Chat) -> None:
    """Readings that were compared with another formulation are not offered any more."""
    with ModelServer([Say(reading())]) as server:
        talk = chat(server=server)
        talk.enter(WORDS)
        assert "Not said" not in talk.enter("room = 6")
        assert "a number takes a reading" not in talk.rows[-1]


def test_what_is_being_done_leaves_no_trace(chat: Chat) -> None:
    """The live line fits the terminal, and is gone before the results are drawn."""
    with ModelServer([Say(reading())]) as server:
        talk = chat(server=server, columns=40)
        talk.enter(WORDS)
    assert b"\rformulating (" in talk.drawn
    assert not [row for row in talk.rows if row.startswith(("formulating", "solving"))]


@pytest.mark.parametrize(("before", "after"), [(80, 40), (40, 200), (200, 80)])
def test_what_comes_after_a_resize_fits(chat: Chat, problem: Problem, before: int, after: int) -> None:
    """Tables and the foot are drawn for the width that the terminal has now."""
    talk = chat(columns=before)
    talk.enter(f"/load {problem('bakery').name}")
    talk.set_width(after)
    talk.ready()
    shown = talk.enter("/show")
    boxes = [row for row in shown.splitlines() if row.startswith("╭")]
    assert len(boxes) == 5
    assert all(row.endswith("╮") for row in boxes), shown
    assert ("Alt-Enter" in talk.rows[-1]) == (after > 40)


def test_agentopt_alone_is_the_chat(chat: Chat) -> None:
    """On a terminal no command is needed."""
    talk = chat(command=())
    assert "this list" in talk.enter("/help")
    assert talk.leave("/quit\r") == 0


def test_a_dumb_terminal_gets_no_escape_sequence(chat: Chat, problem: Problem) -> None:
    """Prompt, steps and results are plain lines; a newline sends, as from a program that drives it."""
    talk = chat(TERM="dumb")
    talk.wait(lambda: talk.rows[-1:] == [">"])
    talk.type(f"/load {problem('bakery').name}\n")
    talk.wait(lambda: talk.rows[-1:] == [">"] and "proved optimal" in talk.text)
    assert "s  solving" in talk.text
    assert talk.leave() == 0
    assert b"\x1b" not in talk.drawn


@pytest.mark.parametrize(("arguments", "environment"), [(["--no-color"], {}), ([], {"NO_COLOR": "1"})])
def test_color_is_left_out_where_it_is_not_wanted(
    chat: Chat, problem: Problem, arguments: list[str], environment: dict[str, str]
) -> None:
    """Neither the results nor the prompt set a colour."""
    talk = chat(*arguments, **environment)
    talk.ready()
    talk.type("/lo")
    talk.wait("go on with a session")
    menu = colors(talk)
    talk.type(f"ad {problem('bakery').name}\r")
    talk.wait("proved optimal")
    talk.ready()
    assert (menu, colors(talk)) == ({"default"}, {"default"})


def colors(talk: Any) -> set[str]:
    cells = [cell for row in talk.buffer.values() for cell in row.values()]
    return {cell.fg for cell in cells} | {cell.bg for cell in cells}


def test_quiet_shows_no_step(chat: Chat, problem: Problem) -> None:
    """With -q nothing is drawn over."""
    talk = chat("-q")
    talk.enter(f"/load {problem('bakery').name}")
    assert b"Ctrl-C stops it" not in talk.drawn


@pytest.mark.parametrize("outputs", ['>"$0" 2>&-', '>"$0" 2>errors.txt'])
def test_the_prompt_needs_no_standard_error(chat: Chat, problem: Problem, outputs: str) -> None:
    """The chat is the same where standard error is closed or a file."""
    talk = chat(outputs=outputs)
    talk.wait("State your problem in words")
    assert "proved optimal" in talk.enter(f"/load {problem('bakery').name}")
    assert talk.leave() == 0


def test_results_in_a_file_leave_questions_on_the_terminal(chat: Chat, tmp_path: Path) -> None:
    """What must be answered, and what went wrong, is seen where one types; the file has everything, without escapes."""
    with ModelServer([Say(reading())]) as server:
        talk = chat(server=server, outputs='>results.txt 2>"$0"')
        asked = talk.enter(WORDS)
        wrong = talk.enter("/nothing")
        talk.enter("2")
    results = (tmp_path / "results.txt").read_text()
    assert ("Sets" in asked, "Not said: May pieces be cut?" in asked) == (False, True)
    assert "there is no command /nothing" in wrong
    assert "The objective falls from 13.5 to 12 EUR" in results
    assert "\x1b" not in results
