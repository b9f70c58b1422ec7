"""A patch finds each of its places exactly once, or says which it did not."""

from __future__ import annotations

import difflib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentopt.errors import DomainError
from agentopt.graph.domains.patch import Replacement, diff, patched

TEXT = "def f(x):\n    y = x\n    return y\n\n\ndef g(x):\n    return x\n"


def test_replacements_follow_one_another() -> None:
    """Each replacement sees the text that the ones before it left."""
    steps = [Replacement("y = x", "y = 2 * x"), Replacement("2 * x", "3 * x"), Replacement("def g", "def h")]
    assert patched(TEXT, steps) == TEXT.replace("y = x", "y = 3 * x").replace("def g", "def h")


@given(st.text("ab", max_size=12), st.text("ab", min_size=1, max_size=4), st.text("ab", max_size=3))
def test_a_place_is_found_once_or_not_at_all(text: str, find: str, replace: str) -> None:
    """A replacement is made where the text begins at exactly one position, counted by looking at every one."""
    places = [place for place in range(len(text)) if text.startswith(find, place)]
    if len(places) == 1:
        expected = text[: places[0]] + replace + text[places[0] + len(find) :]
        assert patched(text, [Replacement(find, replace)]) == expected
    else:
        with pytest.raises(DomainError, match=f"occurs {len(places)} times"):
            patched(text, [Replacement(find, replace)])


@pytest.mark.parametrize(
    ("find", "said"),
    [
        ("", "replacement 2 of 2: expected a text to find, got an empty one"),
        ("return", "replacement 2 of 2: expected 'return' to occur once in the text, it occurs 2 times; add lines"),
        ("y = x\nreturn y", "occurs 0 times; it occurs once if indentation is ignored"),
        ("  y = x\n  return y\n", "it occurs once if indentation is ignored"),
        ("y  =  x", "it occurs once if spaces and line ends are ignored"),
        ("return  x\n\n", "it occurs once if spaces and line ends are ignored"),
        ("nowhere", "copy it from the text letter by letter"),
        ("\n \n", "letter by letter"),
    ],
)
def test_a_place_that_is_not_found_is_explained(find: str, said: str) -> None:
    """The sentence says which replacement, how often it occurs, and what nearly fits."""
    with pytest.raises(DomainError, match=said):
        patched(TEXT, [Replacement("def f", "def e"), Replacement(find, "")])


@given(st.text("ab\n", max_size=20), st.text("ab\n", max_size=20))
def test_a_diff_holds_both_texts(old: str, new: str) -> None:
    """The old and the new lines can be read off a unified diff with enough context."""
    if old == new:
        assert diff(old, new, "x") == ""
        return
    lines = diff(old, new, "x").split("\n")
    assert lines[:2] == ["--- x (old)", "+++ x (new)"]
    removed = [line[1:] for line in lines[2:] if line.startswith("-")]
    added = [line[1:] for line in lines[2:] if line.startswith("+")]
    assert set(removed) <= set(old.split("\n"))
    assert set(added) <= set(new.split("\n"))


def test_a_missing_last_line_end_is_said() -> None:
    """Texts that differ in the last line end only are not shown as equal."""
    assert "\\ No newline at end of text" in diff("a\n", "a", "x")


def test_a_diff_is_unified() -> None:
    """For texts that end their lines it is what difflib gives."""
    new = TEXT.replace("y = x", "y = 2")
    lines = difflib.unified_diff(TEXT.splitlines(True), new.splitlines(True), "f (old)", "f (new)")
    assert diff(TEXT, new, "f") == "".join(lines)
