"""The draw: the same for a seed, even by kind, and a part of every larger one."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentopt.errors import InputError
from agentopt.solvers.modeling.bench.draw import draw
from agentopt.solvers.modeling.bench.item import Item

ITEMS = [Item(f"{kind}-{n}", kind, "?") for kind, size in (("a", 50), ("b", 5), ("c", 20)) for n in range(size)]


def test_a_draw_is_known_by_its_seed() -> None:
    """These ids, taken from sha256sum, are part of what a published figure says: they hold for every version."""
    assert [item.id for item in draw(ITEMS, 4, seed=1)] == ["a-12", "a-47", "b-0", "c-15"]


@given(st.permutations(ITEMS), st.integers(1, 74), st.integers(0, 9))
def test_a_draw_does_not_depend_on_the_order_of_the_file(items: list[Item], n: int, seed: int) -> None:
    """The same items are drawn from a file that was sorted otherwise."""
    assert set(draw(items, n, seed)) == set(draw(ITEMS, n, seed))


@given(st.integers(1, 74), st.integers(0, 9))
def test_a_larger_draw_holds_the_smaller(n: int, seed: int) -> None:
    """Whoever has measured 20 and wants 40 keeps the 20."""
    assert set(draw(ITEMS, n, seed)) < set(draw(ITEMS, n + 1, seed))


@given(st.integers(1, 75), st.integers(0, 9))
def test_kinds_are_even_while_they_last(n: int, seed: int) -> None:
    """No kind has two more than another that has some left."""
    drawn = Counter(item.kind for item in draw(ITEMS, n, seed))
    left = [kind for kind, size in Counter(item.kind for item in ITEMS).items() if drawn[kind] < size]
    assert sum(drawn.values()) == n
    assert all(drawn[kind] >= max(drawn.values()) - 1 for kind in left)


def test_the_order_of_the_file_stays() -> None:
    """What is drawn is run in the order in which it stands."""
    places = [ITEMS.index(item) for item in draw(ITEMS, 30, seed=3)]
    assert places == sorted(places)


def test_another_seed_is_another_draw() -> None:
    """Seeds matter."""
    assert draw(ITEMS, 10, seed=0) != draw(ITEMS, 10, seed=1)


def test_only_the_kinds_named_are_drawn() -> None:
    """All of a kind where no number is given."""
    assert draw(ITEMS, kinds=["b"]) == tuple(item for item in ITEMS if item.kind == "b")


def test_an_unknown_kind_is_told_with_those_there_are() -> None:
    """The sentence lists the kinds."""
    with pytest.raises(InputError, match="there is no kind 'd'; there are a, b, c"):
        draw(ITEMS, kinds=["d"])


def test_a_draw_of_nothing_is_refused() -> None:
    """A benchmark of no item has no result."""
    with pytest.raises(InputError, match="at least 1 item, got 0"):
        draw(ITEMS, 0)
