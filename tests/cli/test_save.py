"""`--save` writes a whole file or none."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from agentopt.cli.save import check_target
from agentopt.errors import FileError, InputError
from agentopt.whole_file import write_whole


def test_a_file_is_not_replaced_unasked(tmp_path: Path) -> None:
    """A file that exists stays as it is without --force."""
    taken = tmp_path / "m.yaml"
    taken.write_text("mine", encoding="utf-8")
    with pytest.raises(FileError, match="the file exists; --force replaces it"):
        check_target(taken, force=False)


def test_a_file_made_meanwhile_is_not_replaced(tmp_path: Path) -> None:
    """What another program wrote while the problem was solved survives."""
    taken = tmp_path / "m.yaml"
    taken.write_text("theirs", encoding="utf-8")
    with pytest.raises(FileError, match="exists"):
        write_whole(taken, "ours", force=False)
    assert taken.read_text(encoding="utf-8") == "theirs"


def test_force_replaces_a_file(tmp_path: Path) -> None:
    """With --force the new text stands there."""
    taken = tmp_path / "m.yaml"
    taken.write_text("old", encoding="utf-8")
    write_whole(taken, "new", force=True)
    assert taken.read_text(encoding="utf-8") == "new"


@pytest.mark.parametrize("force", [True, False])
def test_nothing_else_is_left_in_the_folder(tmp_path: Path, force: bool) -> None:
    """The file that was written first is gone under its first name."""
    write_whole(tmp_path / "m.yaml", "text", force=force)
    assert [path.name for path in tmp_path.iterdir()] == ["m.yaml"]


def test_a_saved_file_has_ordinary_rights(tmp_path: Path) -> None:
    """The file is as readable as any other that the user writes."""
    mask = os.umask(0o027)
    try:
        write_whole(tmp_path / "m.yaml", "text", force=False)
    finally:
        os.umask(mask)
    assert (tmp_path / "m.yaml").stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize(
    ("name", "error", "message"),
    [
        ("m.txt", InputError, "expected a name that ends with .yaml, .yml, .json"),
        ("nowhere/m.yaml", FileError, "there is no folder"),
        ("folder.yaml", FileError, "that is no regular file"),
    ],
)
def test_a_target_that_cannot_be_written_is_refused(
    tmp_path: Path, name: str, error: type[Exception], message: str
) -> None:
    """The refusal comes before any work and says why."""
    (tmp_path / "folder.yaml").mkdir()
    with pytest.raises(error, match=message):
        check_target(tmp_path / name, force=True)
