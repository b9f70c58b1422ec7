"""Which paths may be read: whatever a name looks like, nothing outside of the roots is."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agentopt.cli.mcp.roots import Roots
from agentopt.errors import FileError


@pytest.fixture
def roots(tmp_path: Path) -> Roots:
    """Two roots with a file each, beside a folder that is none."""
    for name in ("one", "two", "out"):
        (tmp_path / name / "deep").mkdir(parents=True)
        (tmp_path / name / f"{name}.csv").write_text("a\n1\n")
    (tmp_path / "one" / "way").symlink_to(tmp_path / "out")
    (tmp_path / "one" / "loop").symlink_to(tmp_path / "one" / "loop")
    return Roots.of([str(tmp_path / "one"), str(tmp_path / "two")])


def test_a_relative_name_starts_from_each_root(roots: Roots, tmp_path: Path) -> None:
    """A file is found below whichever root has it, and by its absolute path."""
    assert roots.find("one.csv") == (tmp_path / "one/one.csv").resolve()
    assert roots.find("two.csv") == (tmp_path / "two/two.csv").resolve()
    assert roots.find(str(tmp_path / "two/two.csv")) == tmp_path / "two/two.csv"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    parts=st.lists(
        st.sampled_from(
            ["..", ".", "one", "two", "out", "way", "loop", "deep", "out.csv", "one.csv", "~", "\0", "a" * 300]
        ),
        min_size=1,
        max_size=7,
    ),
    is_absolute=st.booleans(),
)
def test_what_is_found_lies_in_a_root(roots: Roots, tmp_path: Path, parts: list[str], is_absolute: bool) -> None:
    """Every name is either refused in a sentence or leads, all links followed, below a root."""
    name = "/".join([str(tmp_path), *parts] if is_absolute else parts)
    try:
        found = roots.find(name)
    except FileError:
        return
    assert any(found.resolve().is_relative_to(folder) for folder in roots.folders)


def test_a_folder_with_a_link_out_is_no_folder_of_tables(roots: Roots, tmp_path: Path) -> None:
    """One link that leads out refuses its folder: the reader would follow it."""
    with pytest.raises(FileError, match=r"'way' leads outside|'loop'"):
        roots.find_tables([str(tmp_path / "one")])


def test_what_lies_outside_is_not_told_to_exist(roots: Roots, tmp_path: Path) -> None:
    """The refusal is the same whether there is such a file or not."""
    said = set()
    for name in ("out.csv", "not.csv"):
        with pytest.raises(FileError) as refused:
            roots.find(str(tmp_path / "out" / name))
        said.add(str(refused.value).replace(name, "NAME"))
    assert len(said) == 1
