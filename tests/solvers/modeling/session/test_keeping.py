"""Sessions in files: kept as they go, gone on with, saved, torn, refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from agentopt.errors import FileError, InputError
from agentopt.solvers.modeling.formulation import Formulation
from agentopt.solvers.modeling.session.session import Session
from tests.solvers.modeling.session.conftest import FORMULATION


def worked(journal: Path | None) -> Session:
    """A session with two changes, one of them taken back."""
    session = Session(journal=journal)
    session.formulate(Formulation.model_validate(FORMULATION))
    session.tell("oven = 7")
    session.tell("drop rye_sales")
    session.undo()
    return session


@pytest.mark.parametrize("kept", [True, False])
def test_a_session_goes_on_where_it_was(tmp_path: Path, kept: bool) -> None:
    """From its own file, or from one that it was saved to; every state can still be taken back."""
    journal = tmp_path / "kept.jsonl" if kept else None
    session = worked(journal)
    if not kept:
        session.save(tmp_path / "kept.jsonl")
    again = Session.load(tmp_path / "kept.jsonl")
    assert (again.formulation, again.said) == (session.formulation, session.said)
    undone = again.undo().solution
    assert undone is not None
    assert undone.incumbent_objective == 11


def test_going_on_adds_to_the_same_file(tmp_path: Path) -> None:
    """What is done after loading is there when it is loaded once more."""
    worked(tmp_path / "kept.jsonl")
    Session.load(tmp_path / "kept.jsonl").tell("oven = 9")
    assert [state.said for state in Session.load(tmp_path / "kept.jsonl").history][-1] == "oven = 9"


def test_a_torn_last_line_loses_nothing_else(tmp_path: Path) -> None:
    """Killed while it wrote: at every length of the last line, the lines before it stand."""
    file = tmp_path / "kept.jsonl"
    worked(file)
    whole = file.read_bytes()
    last = whole.rstrip(b"\n").rfind(b"\n") + 1
    for cut in range(last, len(whole), 7):
        file.write_bytes(whole[:cut])
        assert len(Session.load(file).history) >= 2
        Session.load(file).tell("oven = 9")
        assert Session.load(file).history[-1].said == "oven = 9"


def test_a_session_in_which_nothing_is_said_leaves_no_file(tmp_path: Path) -> None:
    """Opening and leaving is nothing to keep."""
    Session(journal=tmp_path / "kept.jsonl")
    assert not (tmp_path / "kept.jsonl").exists()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no session"),
        ('{"key": 1}\n', "no session"),
        ("hello\nworld\n", "no JSON"),
        ('{"event": "start", "format": 99}\n', "format 99"),
        ('{"event": "start", "format": 1}\n{"event": "state", "problem": 3}\n', "cannot be read"),
        ('{"event": "start", "format": 1}\n{"event": "state", "formulation": {"variables": []}}\n', "cannot be read"),
    ],
)
def test_what_is_no_session_is_refused(tmp_path: Path, text: str, message: str) -> None:
    """One sentence, and the file stays as it is."""
    file = tmp_path / "other.jsonl"
    file.write_text(text)
    with pytest.raises(InputError, match=message):
        Session.load(file)
    assert file.read_text() == text


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    """Its name is in the sentence, and none is made."""
    with pytest.raises(FileError, match=r"other\.jsonl"):
        Session.load(tmp_path / "other.jsonl")
    assert not list(tmp_path.iterdir())


def test_data_that_went_are_told_and_the_session_opens(tmp_path: Path) -> None:
    """The formulation is there; its table is named as lost."""
    table = tmp_path / "oven.csv"
    table.write_text("oven\n5\n")
    session = Session(data=[table], journal=tmp_path / "kept.jsonl")
    session.formulate(Formulation.model_validate(FORMULATION))
    table.unlink()
    again = Session.load(tmp_path / "kept.jsonl")
    assert again.formulation is not None
    assert "oven.csv" in again.lost[0]


def test_a_session_is_not_saved_over_a_file(tmp_path: Path) -> None:
    """What is there stays."""
    (tmp_path / "plan.jsonl").write_text("mine")
    with pytest.raises(FileError, match="exists"):
        worked(None).save(tmp_path / "plan.jsonl")
    assert (tmp_path / "plan.jsonl").read_text() == "mine"
