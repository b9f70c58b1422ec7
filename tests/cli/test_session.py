"""The command on a terminal of a set size."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Command = Callable[..., Any]
Problem = Callable[[str], Path]


def lines_of(text: str) -> list[str]:
    """Return the lines of a screen without their colours."""
    return re.sub(r"\x1b\[[0-9;]*m", "", text).splitlines()


@pytest.mark.parametrize("columns", [40, 80])
def test_a_terminal_gets_tables_that_fit(terminal: Command, problem: Problem, columns: int) -> None:
    """Boxes and colour are drawn, and no table is wider than the terminal."""
    end = terminal("solve", problem("bakery"), "--show", "formulation", "--show", "solution", columns=columns)
    lines = lines_of(end.out)
    assert (end.code, max(map(len, lines)) <= columns) == (0, True), end.out
    assert "\x1b[1;32mProfit of the day: 12 EUR" in end.out
    assert "╭" in end.out


def test_a_terminal_sees_the_progress(terminal: Command, problem: Problem) -> None:
    """What is being done is told while it is done."""
    assert re.search(r"0\.\d s  solving the formulation", terminal("solve", problem("bakery")).out)


def test_quiet_tells_no_progress(terminal: Command, problem: Problem) -> None:
    """With -q the first thing on the screen is the answer."""
    assert lines_of(terminal("solve", problem("bakery"), "-q").out)[0].startswith("Profit of the day")


@pytest.mark.parametrize(
    ("arguments", "environment", "boxes"),
    [(["--no-color"], {}, True), ([], {"NO_COLOR": "1"}, True), ([], {"TERM": "dumb"}, False)],
)
def test_color_is_left_out_where_it_is_not_wanted(
    terminal: Command, problem: Problem, arguments: list[str], environment: dict[str, str], boxes: bool
) -> None:
    """No escape sequence is sent; a dumb terminal gets no boxes either."""
    end = terminal("solve", problem("bakery"), *arguments, **environment)
    assert ("\x1b" in end.out, "╭" in end.out) == (False, boxes)
