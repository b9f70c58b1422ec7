"""What may reach a terminal."""

from __future__ import annotations

import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentopt.cli.terminal import Style, choose_style, clean, n_columns


@given(st.text(st.characters(), max_size=60))
def test_clean_text_has_no_control_characters(text: str) -> None:
    """Whatever the text, no character that could drive a terminal is left."""
    allowed = "\u200c\u200d"
    assert not [c for c in clean(text) if unicodedata.category(c) in ("Cc", "Cf", "Cs") and c not in allowed]


@given(st.text(st.sampled_from("\x1b\x9b\x90\x9c\x07[]P?;31mA \n\u202e"), max_size=40))
def test_cleaning_twice_changes_nothing(text: str) -> None:
    """What was cleaned is clean."""
    assert clean(clean(text)) == clean(text)


@pytest.mark.parametrize(
    ("hostile", "harmless"),
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("a\x1b]0;new title\x07b", "ab"),
        ("a\x1b]8;;http://evil.example\x1b\\b", "ab"),
        ("a\x9b2Jb", "ab"),
        ("two\nlines\tand a tab", "two lines and a tab"),
        ("\u202eevil", "evil"),
        ("a\rb", "a b"),
        ("\x1b]never ended", "]never ended"),
        ("\ud800", ""),
    ],
)
def test_escape_sequences_leave_nothing_behind(hostile: str, harmless: str) -> None:
    """A sequence goes as a whole, so that its parameters do not litter the text."""
    assert clean(hostile) == harmless


def test_cleaning_is_linear() -> None:
    """A long hostile text takes no quadratic time."""
    started = time.process_time()
    for start in ("\x1b]", "\x90", "\x1b[", "\x9b0"):
        clean(start * 200_000)
    assert time.process_time() - started < 5


def test_lines_are_kept_where_they_are_wanted() -> None:
    """A program keeps its lines and loses its sequences."""
    assert clean("a\n\x1b[1mb", lines=True) == "a\nb"


@pytest.mark.parametrize(("text", "columns"), [("abc", 3), ("東京", 4), ("e\u0301", 1), ("", 0)])
def test_columns_count_what_is_seen(text: str, columns: int) -> None:
    """Wide characters take two columns, combining ones none."""
    assert n_columns(text) == columns


@pytest.mark.parametrize(
    ("is_terminal", "environ", "style"),
    [
        (True, {"TERM": "xterm"}, Style(tables=True, color=True)),
        (True, {}, Style(tables=True, color=True)),
        (True, {"NO_COLOR": "1"}, Style(tables=True, color=False)),
        (True, {"NO_COLOR": ""}, Style(tables=True, color=True)),
        (True, {"TERM": "dumb"}, Style(tables=False, color=False)),
        (False, {"TERM": "xterm"}, Style(tables=False, color=False)),
        (False, {"FORCE_COLOR": "1"}, Style(tables=True, color=True)),
        (False, {"FORCE_COLOR": "0"}, Style(tables=False, color=False)),
        (False, {"FORCE_COLOR": "1", "NO_COLOR": "1"}, Style(tables=False, color=False)),
        (True, {"TERM": "dumb", "FORCE_COLOR": "1"}, Style(tables=True, color=True)),
    ],
)
def test_style_follows_stream_and_environment(is_terminal: bool, environ: dict[str, str], style: Style) -> None:
    """NO_COLOR wins over FORCE_COLOR, which wins over TERM=dumb and a pipe."""
    assert choose_style(is_terminal, environ) == style


def test_option_wins_over_the_environment() -> None:
    """--no-color takes colour away though FORCE_COLOR is set."""
    assert not choose_style(True, {"FORCE_COLOR": "1"}, no_color=True).color
