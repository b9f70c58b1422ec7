"""The runner of the benchmarks: what it finds, prints, writes and answers."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import run

MARKED = f"# Title\n\n{run.BEGIN}\nold figures\n{run.END}\n\nThe end.\n"


def test_benchmarks_are_found() -> None:
    """A file that defines rows is a benchmark, and the frame itself is none."""
    assert "imports" in run.available()
    assert not {"run", "table"} & set(run.available())


def test_import_bars_are_met(capsys: pytest.CaptureFixture[str]) -> None:
    """The imports benchmark runs, prints its machine and its table, and meets its bars."""
    code = run.main(["--only", "imports"])
    printed = capsys.readouterr().out
    assert (code, printed.startswith("Measured on "), printed.count("| yes |")) == (0, True, 2)


def test_failing_benchmark_is_a_missed_bar() -> None:
    """A benchmark that raises leaves one row that says so and counts as missed."""
    (row,) = run.measured("no_such_benchmark")
    assert (row.passed, "ModuleNotFoundError" in row.ours) == (False, True)


def test_table_replaces_the_old_one(tmp_path: Path) -> None:
    """Writing replaces what stands between the marks and nothing else."""
    readme = tmp_path / "README.md"
    readme.write_text(MARKED)
    run.write_between_marks(readme, "new figures\n")
    assert readme.read_text() == MARKED.replace("old", "new")


def test_writing_leaves_no_draft(tmp_path: Path) -> None:
    """After writing only the file itself is there."""
    readme = tmp_path / "README.md"
    readme.write_text(MARKED)
    run.write_between_marks(readme, "new figures\n")
    assert list(tmp_path.iterdir()) == [readme]


@pytest.mark.parametrize("text", ["no marks", run.BEGIN, f"{run.END}\n{run.BEGIN}", MARKED * 2])
def test_file_without_marks_is_left_alone(tmp_path: Path, text: str) -> None:
    """A file in which the marks are not found once and in order is refused and unchanged."""
    readme = tmp_path / "README.md"
    readme.write_text(text)
    with pytest.raises(ValueError, match="each once"):
        run.write_between_marks(readme, "new figures")
    assert readme.read_text() == text
