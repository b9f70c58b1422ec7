"""The table of measured results."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.table import Row, markdown, missed


def test_row_becomes_a_line() -> None:
    """Each field stands in its column, with the ratio and the verdict in short words."""
    row = Row("one LP", "48 ms", "fresh Python 540 ms", 11.25, ">= 10x", True, "seed 0")
    assert markdown([row]).splitlines()[2] == (
        "| one LP | 48 ms | fresh Python 540 ms | 11.2x | >= 10x | yes | seed 0 |"
    )


@given(st.text(st.characters(exclude_categories=["Cs"])), st.text(st.characters(exclude_categories=["Cs"])))
def test_no_text_breaks_the_table(what: str, note: str) -> None:
    """Whatever a cell holds, the table keeps a head, a rule and one line of seven cells."""
    lines = markdown([Row(what, "1 ms", note=note)]).removesuffix("\n").split("\n")
    assert [line.replace("\\|", "").count("|") for line in lines] == [8, 8, 8]


def test_missed_bars_are_listed() -> None:
    """Only rows with a bar that was not met count as missed."""
    late = Row("late", "9 s", bar="< 1 s", passed=False)
    assert missed([Row("told", "3 s"), late, Row("met", "1 s", bar="< 2 s", passed=True)]) == [late]


def test_a_bar_needs_a_verdict() -> None:
    """A row that names a bar without saying whether it was met is refused."""
    with pytest.raises(ValueError, match="bar and passed together"):
        Row("forgotten", "3 s", bar="< 1 s")
