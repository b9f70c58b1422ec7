"""Limits and the text of what came back."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentopt.errors import InputError
from agentopt.sandbox import Limits
from agentopt.sandbox.levels import Level
from agentopt.sandbox.outcome import clean


@pytest.mark.parametrize("value", [0, -1, float("nan"), float("inf"), "1", True, None])
def test_limits_are_numbers_above_zero(value: object) -> None:
    """A time that is no finite number above zero is refused with the limit's name."""
    with pytest.raises(InputError, match="wall_s"):
        Limits(wall_s=value)  # type: ignore[arg-type]


def test_counts_are_whole() -> None:
    """A limit that counts takes whole numbers only."""
    with pytest.raises(InputError, match="memory_mib"):
        Limits(memory_mib=1.5)  # type: ignore[arg-type]


def test_limits_survive_as_data() -> None:
    """Limits that crossed the border as data are the same limits."""
    limits = Limits(wall_s=1.5, threads=3)
    assert Limits(**limits.as_data()) == limits  # type: ignore[arg-type]


@given(st.binary())
def test_clean_text_holds_no_control_character(data: bytes) -> None:
    """Whatever the bytes, the text has no control character but newline and tab, and can be written."""
    text = clean(data)
    assert not [c for c in text if unicodedata.category(c) == "Cc" and c not in "\n\t"]
    assert text.encode("utf-8").decode("utf-8") == text


@given(st.text(st.characters(exclude_categories=("C", "Z"))))
def test_clean_leaves_honest_text(text: str) -> None:
    """Text without control characters stays as it is."""
    assert clean(text) == text


def test_clean_takes_escape_sequences_whole() -> None:
    """Colours, titles and links leave nothing of themselves."""
    assert clean("\x1b[31mred\x1b[0m \x1b]8;;http://x\x07link\x1b]8;;\x07\r\n") == "red link\n"


def test_levels_are_ordered() -> None:
    """Stronger isolation is a higher level."""
    assert Level.NONE < Level.LIMITS < Level.SEATBELT < Level.LANDLOCK < Level.NAMESPACES


def test_an_unknown_level_is_refused() -> None:
    """A level is found by its name, and a wrong name lists the right ones."""
    with pytest.raises(InputError, match="landlock, namespaces"):
        Level.parse("jail")
