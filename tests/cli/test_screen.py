"""How blocks are drawn."""

from __future__ import annotations

import pytest

from agentopt.cli.block import Items, Line, Table
from agentopt.cli.screen import draw
from agentopt.cli.terminal import Style
from agentopt.number_text import show_amount, show_number

PLAIN = Style(tables=False, color=False)
BOXES = Style(tables=True, color=False)
COLORS = Style(tables=True, color=True)

HOSTILE = ("\x1b[2J", "\x1b[1A", "\x1b]", "\x1bc", "\x9b", "\x07", "\u202e")

TABLE = Table("Ways", ("from", "t"), (("Oslo", "3"), ("Rome", "12.5")), frozenset({1}), "2 of 9")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (-0.0, "0"),
        (3.0, "3"),
        (2.9999999999, "3"),
        (1 / 3, "0.33333333"),
        (1234567.891, "1234567.89"),
        (-17350.0, "-17350"),
        (100.0, "100"),
        (1e-7, "1e-07"),
        (2.5e18, "2.5e+18"),
        (float("inf"), "unlimited"),
        (float("nan"), "undefined"),
    ],
)
def test_numbers_are_written_for_people(value: float, text: str) -> None:
    """Eight digits, no trailing zeros, cents kept on large sums."""
    assert show_number(value) == text


def test_an_amount_may_be_unknown() -> None:
    """A figure that nobody has is called so."""
    assert (show_amount(None, "USD"), show_amount(2.0, "USD"), show_amount(2.0)) == ("unknown", "2 USD", "2")


def test_plain_tables_are_aligned() -> None:
    """Columns stand under their headers, numbers to the right, and no line ends in blanks."""
    assert draw([TABLE], PLAIN) == "Ways\n  from     t\n  Oslo     3\n  Rome  12.5\n  2 of 9\n"


def test_wide_characters_keep_plain_columns_aligned() -> None:
    """A name in wide characters pushes nothing out of its column."""
    drawn = draw([Table("", ("at", "n"), (("東京", "1"), ("Oslo", "2")))], PLAIN)
    assert drawn == "  at    n\n  東京  1\n  Oslo  2\n"


def test_blocks_stand_apart() -> None:
    """One empty line separates two blocks."""
    assert draw([Line("one"), Items("two", ("a", "b"))], PLAIN) == "one\n\ntwo\n  - a\n  - b\n"


@pytest.mark.parametrize("style", [PLAIN, BOXES, COLORS])
@pytest.mark.parametrize(
    "block",
    [
        Line("\x1b]0;title\x07ok\x1b[2J"),
        Items("\x1b[2Jok", ("[bold]\x9b2Jok[/bold]",)),
        Table("ok\x1bc", ("\x1b[2Jok",), (("\x1b[1Aok\u202e",),), note="\x1b[2Jok"),
    ],
)
def test_hostile_text_reaches_no_terminal(style: Style, block: Line | Items | Table) -> None:
    """Only the colours that we set ourselves are left of all escape sequences."""
    drawn = draw([block], style)
    assert "ok" in drawn
    assert not [sequence for sequence in HOSTILE if sequence in drawn]


def test_markup_in_data_is_text() -> None:
    """Brackets of an index or a name are shown, not read as markup."""
    assert "[red]demand[Oslo][/red] :smile:" in draw([Line("[red]demand[Oslo][/red] :smile:")], COLORS)


@pytest.mark.parametrize("width", [30, 80, 200])
def test_tables_keep_to_the_width(width: int) -> None:
    """No line of a table is wider than the terminal, however long a cell is."""
    table = Table("T", ("a", "b"), (("word " * 40, "x" * 150),))
    assert max(map(len, draw([table], BOXES, width).splitlines())) <= width


def test_without_color_no_sequence_is_written() -> None:
    """Boxes without colour hold no escape sequence at all."""
    assert "\x1b" not in draw([TABLE, Line("bad", "bad"), Items("x", ("y",), "warn")], BOXES)
