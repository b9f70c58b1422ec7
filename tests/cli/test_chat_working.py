"""The line that shows what is being done, and the entries that a session's file holds."""

from __future__ import annotations

import json
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from agentopt.cli.chat.played import Entry, entries_in
from agentopt.cli.chat.working import live_line
from agentopt.cli.terminal import clean, n_columns
from agentopt.solvers.modeling.session.journal import Journal, read_events


@given(st.text().map(clean), st.floats(0, 1e5), st.integers(12, 300))
def test_the_live_line_never_wraps(step: str, seconds: float, columns: int) -> None:
    """It leaves the last column free, whatever letters the step has, and always tells the seconds."""
    line = live_line(step, seconds, columns)
    assert n_columns(line) < columns
    assert f" ({seconds:.0f} s" in line


def test_the_live_line_tells_how_to_stop_where_there_is_room() -> None:
    """Below that the step goes first."""
    lines = [live_line("solving the other readings", 3.2, columns) for columns in (80, 40, 16)]
    assert lines == [
        "solving the other readings (3 s; Ctrl-C stops it)",
        "solving the other readings (3 s)",
        "solving … (3 s)",
    ]


def test_every_entry_is_read_back_with_what_came_of_it(tmp_path: Path) -> None:
    """Done, not done for a reason, and broken off by the end of the program are told apart."""
    journal = Journal(tmp_path / "session.jsonl")
    journal.write("entered", text="one", asked=True)
    journal.write("state", problem="")
    journal.write("done")
    journal.write("entered", text="two", asked=False)
    journal.write("trouble", sentence="it broke")
    journal.write("entered", text="three", asked=False)
    with journal.path.open("a") as file:
        file.write(json.dumps({"format": 1, "key": "", "request": {}}) + "\n")
    assert list(entries_in(read_events(journal.path))) == [
        Entry("one", True, ""),
        Entry("two", False, "it broke"),
        Entry("three", False, None),
    ]
