"""Removing what a hostile program left."""

from __future__ import annotations

import os
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from agentopt.sandbox import folder, watch

NAMES = st.sampled_from(["a", "b", "c\n", "\udcff", "0-moved-0"])
TREE = st.recursive(st.none(), lambda children: st.dictionaries(NAMES, children, max_size=3), max_leaves=12)


def _plant(place: str, tree: object) -> None:
    if not isinstance(tree, dict):
        os.symlink("/etc", place)
        return
    os.mkdir(place)
    for name, below in tree.items():
        _plant(os.path.join(place, name), below)
    os.chmod(place, 0)


@given(st.dictionaries(NAMES, TREE, max_size=3))
def test_any_tree_goes(tree: dict[str, object]) -> None:
    """Whatever names, links and modes it holds, a folder is removed and nothing else."""
    place = folder.make("/tmp")
    for name, below in tree.items():
        _plant(os.path.join(place, name), below)
    folder.remove(place)
    assert not os.path.lexists(place)
    assert os.path.isdir("/etc")


def test_size_counts_empty_files(tmp_path: Path) -> None:
    """Ten empty files hold more than nine pages and no more than ten."""
    for number in range(10):
        (tmp_path / str(number)).touch()
    assert watch.holds_more(str(tmp_path), 0, 9 * 4096)
    assert not watch.holds_more(str(tmp_path), 0, 10 * 4096)
