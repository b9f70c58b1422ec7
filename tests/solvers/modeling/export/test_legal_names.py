"""Names that LP and MPS files take."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentopt.solvers.modeling.export.legal_names import LegalNames, legal

keys = st.tuples(st.one_of(st.text(max_size=8), st.integers(-5, 5)))


@given(st.lists(keys, max_size=30))
def test_names_are_legal_and_differ(members: list[tuple[str | int]]) -> None:
    """Whatever the members are, each name is distinct, not too long, and of allowed signs."""
    names = LegalNames()
    given_names = [names.name("x", key) for key in members]
    assert len(set(given_names)) == len(members)
    assert all(re.fullmatch(r"[A-Za-z_][A-Za-z0-9_.(),]{0,254}", name) for name in given_names)


def test_many_alike_are_numbered_in_order() -> None:
    """Members without a letter of ours are told apart by a number; a name that is taken is passed over."""
    names = LegalNames()
    taken = [names.name("x", ("__",)), names.name("x", ("東京",)), names.name("x", ("大阪",))]
    assert taken == ["x(__)", "x(__)_2", "x(__)_3"]


@pytest.mark.parametrize(
    ("element", "name"),
    [("free", "free_"), ("End", "End_"), ("e9", "_e9"), ("E", "_E"), ("example", "example"), ("e_9", "e_9")],
)
def test_words_of_the_formats_are_no_names(element: str, name: str) -> None:
    """SCIP reads `+ 3 st` as the end of the objective, and `3 e9` may be a number."""
    assert LegalNames().name(element) == name


@pytest.mark.parametrize(
    ("text", "plain"), [("Zürich Nord", "Zurich_Nord"), ("-3", "_3"), ("a.b", "a.b"), ("a\nb", "a_b"), ("½", "1_2")]
)
def test_accents_are_dropped(text: str, plain: str) -> None:
    """A letter with a mark keeps its letter; other signs become underscores."""
    assert legal(text) == plain
